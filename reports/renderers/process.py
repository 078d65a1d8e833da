"""The renderer in a process of its own: started, timed, and killed where it takes too long."""

import json
import logging
import os
import subprocess
import sys
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)

TIME_LIMIT = 60
# The exit status by which the worker says that the document itself is at fault.
REFUSED = 2


class RenderError(Exception):
    """No PDF came out; the text says why, in Chinese, for the person who asked."""


def canonical_json(document: dict[str, Any]) -> bytes:
    """The one spelling of a document: what is hashed, and what the renderer gets."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def render_pdf(document: dict[str, Any], *, seconds: int = TIME_LIMIT) -> bytes:
    """The PDF of a frozen document, from a process that is killed after `seconds`. Raises RenderError."""
    command = [sys.executable, "-m", "reports.renderers.worker"]
    environment = {
        **os.environ,
        "FONT_DIR": settings.FONT_DIR,
        "RENDER_SECONDS": str(seconds),
        "PYTHONIOENCODING": "utf-8",
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            input=canonical_json(document),
            capture_output=True,
            timeout=seconds,
            cwd=settings.BASE_DIR,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RenderError(f"生成 PDF 超过 {seconds} 秒，已中止。请稍后重试。") from None
    except OSError as error:
        logger.exception("the renderer did not start")
        raise RenderError("生成 PDF 的程序无法启动，请联系系统管理员。") from error
    message = done.stderr.decode(errors="replace").strip()
    if done.returncode == REFUSED:
        raise RenderError(message[-300:])
    if done.returncode < 0:
        logger.error("the renderer was killed by signal %s", -done.returncode)
        raise RenderError("生成 PDF 的程序被中止，未生成文件。请重试。")
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        logger.error("the renderer failed (%s): %s", done.returncode, message[-2000:])
        raise RenderError("生成 PDF 时出错，未生成文件。请重试；若仍不成功，请联系系统管理员。")
    if message:
        logger.warning("the renderer said: %s", message[-2000:])
    return done.stdout
