"""Papers made off the request: the rows that say how far each is, and the processes that make them.

A row waits until one of RENDER_PROCESSES processes is free, is reserved for it by compare-and-set on state and token, and
is told to be alive every few seconds; one that has not been is dead, and whoever looks next may go on. Documents of all
kinds are made here and kept for a while; the issue of a bulletin is issuing.py's, on the same rows.
"""

import hashlib
import logging
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from reports.models import Rendering, RenderingState
from reports.renderers.process import Listener, RenderError, canonical_json, render_files
from tasks.errors import WorkflowError
from units.models import User

logger = logging.getLogger(__name__)

# A process that has said nothing for so long is dead: it speaks every two seconds, and a busy SQLite holds it up for 20.
DEAD_AFTER = timedelta(seconds=30)
# A bulletin that no process took up in that time is not issued behind everybody's back long after the click.
WAIT_LIMIT = timedelta(minutes=10)
# Papers are kept so long, then made anew when asked for.
KEPT = timedelta(days=1)
# A page that reloads by itself is told of a failure first; only a later look tries again.
RETRY_AFTER = timedelta(seconds=5)
# So many papers may one person have waiting, besides those at work.
MOST_WAITING = 8

STARTING = "正在启动"
CUT_SHORT = "生成中途停止，没有生成文件。请重试。"
WAITED_TOO_LONG = "等待时间过长，没有生成文件。请重试。"
NOT_STARTED = "生成文件的程序无法启动，请稍后重试；若仍不成功，请联系系统管理员。"
BROKEN = "生成文件时出错。请稍后重试；若仍不成功，请联系系统管理员。"
STEPS = {
    "pdf": "正在排版 PDF",
    "docx": "正在生成 Word 文件",
    "xlsx": "正在生成 Excel 附件",
    "brief": "正在排版领导专报",
}


class TooManyWaiting(WorkflowError):
    """The person has asked for as many papers as may wait."""


class Lost(RenderError):
    """The row was given to somebody else, or up: what this process makes is nobody's any more."""


# --- papers -----------------------------------------------------------------------------------------


def request_rendering(
    *,
    document: Mapping[str, Any],
    file_format: str,
    filename: str,
    actor: User,
    at: datetime | None = None,
) -> Rendering:
    """The rendering of a document as it stands now: made once, started if nobody asked for it before.

    One that failed is tried again RETRY_AFTER later. `content` is not loaded. Raises TooManyWaiting. Never call it inside
    a transaction: the process that makes it would not find the row.
    """
    moment = at or timezone.now()
    key = rendering_key(document, file_format)
    row = _by_key(key)
    if row is None or _may_retry(row, moment):
        _enqueue(key, document, file_format, filename, actor, moment)
    if row is None or row.state != RenderingState.DONE:
        start_waiting()
        row = _by_key(key)
    if row is None:
        raise WorkflowError(BROKEN)
    return row


def rendering_key(document: Mapping[str, Any], file_format: str) -> str:
    """Names what a document prints as: another document, format or version of the renderers gives another key."""
    parts = (canonical_json(dict(document)), file_format.encode(), _renderers())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def run_paper(row: Rendering) -> None:
    """Make one paper in this process and keep it; whatever goes wrong is told on the row."""
    try:
        content = render_files(row.document or {}, [row.format], listener=listener_of(row, [row.format]))[
            row.format
        ]
        _own(row).update(
            state=RenderingState.DONE,
            step="",
            content=content,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            # Only the bytes are asked for again.
            document=None,
            done_at=timezone.now(),
        )
    except Lost:
        logger.warning("rendering %s went to another process", row.pk)
    except RenderError as error:
        fail(row, str(error))
    except BaseException:
        fail(row, CUT_SHORT)
        raise


def _by_key(key: str) -> Rendering | None:
    return Rendering.objects.defer("document", "content").filter(key=key).first()


def _may_retry(row: Rendering, now: datetime) -> bool:
    return row.state == RenderingState.FAILED and row.done_at is not None and now - row.done_at > RETRY_AFTER


@transaction.atomic
def _enqueue(
    key: str, document: Mapping[str, Any], file_format: str, filename: str, actor: User, at: datetime
) -> None:
    papers = Rendering.objects.filter(bulletin=None)
    papers.filter(state__in=(RenderingState.DONE, RenderingState.FAILED), done_at__lt=at - KEPT).delete()
    waiting = papers.filter(asked_by=actor, state=RenderingState.WAITING).exclude(key=key)
    # The same paper with other content: nobody waits for the older one any more.
    waiting.filter(filename=filename, format=file_format).delete()
    if waiting.count() >= MOST_WAITING:
        raise TooManyWaiting(f"您已有 {MOST_WAITING} 份文件在等待生成，请稍候再打开。")
    values = {
        "document": dict(document),
        "format": file_format,
        "filename": filename,
        "state": RenderingState.WAITING,
        "step": "",
        "error": "",
        "asked_by": actor,
        "asked_at": at,
        "done_at": None,
    }
    row, made = Rendering.objects.get_or_create(key=key, defaults=values)
    if not made:
        failed = Rendering.objects.filter(pk=row.pk, state=RenderingState.FAILED)
        failed.update(**values, token=uuid.uuid4())


@cache
def _renderers() -> bytes:
    """The renderers as they are: after an upgrade no page shows what the older ones made."""
    base = Path(settings.BASE_DIR)
    folders = [base / "reports" / "renderers"]
    folders += [base / "templates" / name for name in ("bulletin", "papers", "pictures")]
    files = [file for folder in folders for file in sorted(folder.rglob("*"))]
    digest = hashlib.sha256(settings.FONT_DIR.encode())
    for file in [*files, base / "templates" / "ground.css"]:
        if file.suffix in (".py", ".html", ".css"):
            digest.update(file.read_bytes())
    return digest.digest()


# --- rows -------------------------------------------------------------------------------------------


def is_dead(row: Rendering, now: datetime) -> bool:
    """Whether the process that has the row can no longer be alive."""
    return row.state == RenderingState.RUNNING and (
        row.heartbeat_at is None or now - row.heartbeat_at > DEAD_AFTER
    )


def is_given_up(row: Rendering, now: datetime) -> bool:
    """Whether nothing will come of the row any more: it ended, its process died, or none took it up in time."""
    if row.state == RenderingState.WAITING:
        return now - row.asked_at > WAIT_LIMIT
    return row.state != RenderingState.RUNNING or is_dead(row, now)


def take(pk: int, token: uuid.UUID) -> Rendering | None:
    """Claim the row that was reserved under `token`, for this process alone. None: another has it, or it was given up."""
    mine = uuid.uuid4()
    reserved = Rendering.objects.filter(pk=pk, token=token, state=RenderingState.RUNNING)
    if not reserved.update(token=mine, heartbeat_at=timezone.now()):
        return None
    return Rendering.objects.select_related("asked_by").get(pk=pk)


def listener_of(row: Rendering, formats: list[str]) -> Listener:
    """What the renderer tells, written to the row; raises Lost when the row is not this process's any more."""

    def listen(current: str, made: int) -> None:
        step = STEPS.get(current, "正在生成文件") if current else STARTING
        if current and len(formats) > 1:
            step += f"（{min(made + 1, len(formats))}/{len(formats)}）"
        if not _own(row).update(step=step, heartbeat_at=timezone.now()):
            raise Lost(CUT_SHORT)

    return listen


def fail(row: Rendering, reason: str) -> bool:
    """End the row with the reason. False: it was not this process's any more."""
    return bool(
        _own(row).update(
            state=RenderingState.FAILED,
            step="",
            error=reason[:300],
            token=uuid.uuid4(),
            done_at=timezone.now(),
        )
    )


def _own(row: Rendering) -> QuerySet[Rendering]:
    active = (RenderingState.WAITING, RenderingState.RUNNING)
    return Rendering.objects.filter(pk=row.pk, token=row.token, state__in=active)


# --- processes --------------------------------------------------------------------------------------


def start_waiting() -> None:
    """Start processes for what waits, as many as there is room for; ends papers whose process died."""
    # Mostly there is nothing to do: pages ask every second, and a lock for each would hold up everybody's writing.
    papers = Rendering.objects.filter(bulletin=None, state=RenderingState.RUNNING)
    for paper in papers.defer("document", "content"):
        if is_dead(paper, timezone.now()):
            logger.error("the process of rendering %s died", paper.pk)
            fail(paper, CUT_SHORT)
    while Rendering.objects.filter(state=RenderingState.WAITING).exists():
        row = reserve_next()
        if row is None:
            return
        try:
            start_process(row)
        except OSError:
            logger.exception("no process for rendering %s", row.pk)
            fail(row, NOT_STARTED)


@transaction.atomic
def reserve_next() -> Rendering | None:
    """The next row that waits, if there is room for one more process; issues go before papers."""
    # Locked all together, in one order: two who look at once do not both find the last free place.
    active = Rendering.objects.select_for_update(of=("self",)).filter(
        state__in=(RenderingState.WAITING, RenderingState.RUNNING)
    )
    rows = list(active.defer("document", "content").order_by("pk"))
    now = timezone.now()
    running = [row for row in rows if row.state == RenderingState.RUNNING and not is_dead(row, now)]
    waiting = [
        row
        for row in rows
        if row.state == RenderingState.WAITING and (row.bulletin_id is None or not is_given_up(row, now))
    ]
    if not waiting or len(running) >= settings.RENDER_PROCESSES:
        return None
    row = min(waiting, key=lambda row: (row.bulletin_id is None, row.pk))
    row.state, row.step, row.heartbeat_at = RenderingState.RUNNING, STARTING, now
    row.save(update_fields=["state", "step", "heartbeat_at"])
    return row


def start_process(row: Rendering) -> None:
    """A process of its own session for the row: it outlives the request and the web process. Raises OSError."""
    command = [sys.executable, "manage.py", "run_rendering", str(row.pk), str(row.token)]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and command
        command,
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # Its log goes where the server's goes. All other descriptors, sockets above all, are closed.
        close_fds=True,
        start_new_session=True,
    )
    # Somebody must ask for its exit status, or it stays in the process table.
    threading.Thread(target=_bury, args=(process, row.pk), daemon=True).start()


def _bury(process: subprocess.Popen[bytes], pk: int) -> None:
    status = process.wait()
    if status:
        logger.error("the process of rendering %s ended with %s", pk, status)


def waiting_before(row: Rendering) -> int:
    """How many go first, while the row waits."""
    first = Q(bulletin__isnull=False) | Q(pk__lt=row.pk)
    return Rendering.objects.filter(first, state=RenderingState.WAITING).exclude(pk=row.pk).count()
