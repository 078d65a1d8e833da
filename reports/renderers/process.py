"""The renderer in a process of its own: started, listened to, timed, and killed where it takes too long."""

import json
import logging
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

from django.conf import settings

logger = logging.getLogger(__name__)

# For all files of a document together, in seconds.
TIME_LIMIT = 120
# For the worker's data, in bytes: the files of 20 pages with charts take 0.8 GB of it, those of 336 measures 0.9.
MEMORY_LIMIT = 3 << 30
# How often whoever waits is told that the worker lives, in seconds.
BEAT = 2.0
# What a person asked for, as it stands in a sentence.
NAMES = {"pdf": " PDF ", "docx": " Word 文件", "xlsx": " Excel 附件", "brief": "领导专报"}

# Called with the format at work ("" before the first) and how many files are made: at every change and every BEAT.
Listener = Callable[[str, int], None]


class RenderError(Exception):
    """No file came out; the text says why, in Chinese, for the person who asked."""


def canonical_json(document: dict[str, Any]) -> bytes:
    """The one spelling of a document: what is hashed, and what the renderer gets."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def render_pdf(document: dict[str, Any], *, seconds: int = TIME_LIMIT) -> bytes:
    """The PDF of a document alone."""
    return render_files(document, ["pdf"], seconds=seconds)["pdf"]


def render_files(
    document: dict[str, Any],
    formats: Sequence[str],
    *,
    seconds: int = TIME_LIMIT,
    listener: Listener | None = None,
) -> dict[str, bytes]:
    """Format → bytes, from one process that is killed after `seconds`, or when `listener` raises. Raises RenderError."""
    environment = {
        **os.environ,
        "FONT_DIR": settings.FONT_DIR,
        "RENDER_SECONDS": str(seconds),
        "RENDER_MEMORY": str(MEMORY_LIMIT),
        "RENDER_PARENT": str(os.getpid()),
        "PYTHONIOENCODING": "utf-8",
    }
    # Files, not pipes: neither side ever waits for the other to read. A worker that is killed leaves its fonts, 35 MB, behind.
    with (
        TemporaryFile() as given,
        TemporaryFile() as said,
        TemporaryDirectory(prefix="rendering-") as scratch,
    ):
        given.write(canonical_json(document))
        given.seek(0)
        try:
            worker = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "reports.renderers.worker", *formats],
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=said,
                cwd=settings.BASE_DIR,
                env={**environment, "TMPDIR": scratch},
            )
        except OSError as error:
            logger.exception("the renderer did not start")
            raise RenderError("生成文件的程序无法启动，请联系系统管理员。") from error
        try:
            assert worker.stdout is not None
            answer = _Answer(worker.stdout, time.monotonic() + seconds, listener)
            finished = answer.read()
            if finished:
                worker.wait(timeout=max(answer.deadline - time.monotonic(), 1))
        except subprocess.TimeoutExpired:
            finished = False
        finally:
            worker.kill()
            worker.wait()
            if worker.stdout:
                worker.stdout.close()
        said.seek(0)
        message = said.read().decode(errors="replace").strip()
    if not finished:
        raise RenderError(f"生成文件超过 {seconds} 秒，已中止。请稍后重试。")
    what = NAMES.get(answer.current, "文件")
    if answer.refusal:
        raise RenderError(answer.refusal)
    if worker.returncode < 0:
        logger.error("the renderer was killed by signal %s: %s", -worker.returncode, message[-2000:])
        raise RenderError(f"生成{what}的程序被中止，未生成文件。请重试。")
    if worker.returncode or list(answer.files) != list(formats):
        logger.error("the renderer failed (%s): %s", worker.returncode, message[-2000:])
        raise RenderError(f"生成{what}时出错，未生成文件。请重试；若仍不成功，请联系系统管理员。")
    if message:
        logger.warning("the renderer said: %s", message[-2000:])
    return answer.files


class _Answer:
    """What comes from the worker (see worker.py for its form), read until it ends or the time is over."""

    def __init__(self, stream: IO[bytes], deadline: float, listener: Listener | None) -> None:
        self.stream = stream
        self.deadline = deadline
        self.listener = listener
        self.files: dict[str, bytes] = {}
        self.current = ""
        self.refusal = ""
        self._buffer = bytearray()
        self._missing = 0

    def read(self) -> bool:
        """Whether the worker closed its side in time."""
        descriptor = self.stream.fileno()
        beat = time.monotonic() + BEAT
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while (now := time.monotonic()) < self.deadline:
                if now >= beat:
                    beat = now + BEAT
                    self._tell()
                if not selector.select(max(min(beat, self.deadline) - now, 0)):
                    continue
                chunk = os.read(descriptor, 1 << 20)
                if not chunk:
                    return True
                self._buffer += chunk
                self._parse()
        return False

    def _parse(self) -> None:
        while True:
            if self._missing:
                if len(self._buffer) < self._missing:
                    return
                self.files[self.current] = bytes(self._buffer[: self._missing])
                del self._buffer[: self._missing]
                self._missing = 0
                self._tell()
            end = self._buffer.find(b"\n")
            if end < 0:
                return
            line = json.loads(self._buffer[:end])
            del self._buffer[: end + 1]
            if "begun" in line:
                self.current = line["begun"]
                self._tell()
            elif "refused" in line:
                self.refusal = line["refused"]
            else:
                self._missing = line["size"]

    def _tell(self) -> None:
        if self.listener:
            self.listener(self.current, len(self.files))
