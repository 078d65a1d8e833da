"""Issuing a bulletin. What is issued never changes.

Issuing takes two transactions with the rendering between them: `begin_issue` freezes, a process of its own renders (see
renderings.py), `run_issue` stores all files together or none. Whatever ends the rendering early gives draft and quarter
back: an error at once, a process that died as soon as anybody looks, by `release_stalled`.
"""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from reports.blocks import plain
from reports.document import build_document, unprintable_in
from reports.models import Bulletin, BulletinFile, BulletinStatus, Rendering, RenderingState
from reports.renderers.process import TIME_LIMIT, RenderError, canonical_json, render_files
from reports.sentences import changes
from reports.services.drafts import (
    course_to_issue,
    earlier_figures,
    lock_draft,
    require_office,
    start_draft,
    texts_to_issue,
    undecided_key,
    undecided_updates,
)
from reports.services.editions import conclude, give_back, stand_still
from reports.services.renderings import (
    CUT_SHORT,
    NOT_STARTED,
    STARTING,
    WAITED_TOO_LONG,
    Lost,
    fail,
    is_given_up,
    listener_of,
    start_waiting,
)
from reports.words import draft_words
from tasks.errors import WorkflowError
from tasks.models import ReportingPeriod
from tasks.services.common import lock_period
from units.models import User


def begin_issue(
    *,
    period_id: int,
    actor: User,
    at: datetime | None = None,
    version: int | None = None,
    undecided: str | None = None,
    accept_old_words: bool = True,
) -> Rendering:
    """Freeze the quarter and have its files made in a process of their own. Never call it inside a transaction.

    `version`, `undecided` (see `undecided_key`) and `accept_old_words` are what a person saw and agreed to: where any has
    changed, WorkflowError asks to look again. Without `version` (a command) a draft that nobody edited is written anew
    from the figures first. WorkflowError, too, where no process starts: then draft and quarter are given back.
    """
    row = _freeze(period_id, actor, at or timezone.now(), version, undecided, accept_old_words)
    start_waiting()
    row.refresh_from_db(fields=["state", "error"])
    if row.state == RenderingState.FAILED:
        release_stalled(period_id=period_id, actor=actor)
        raise WorkflowError(f"通报没有印发，已退回草稿：{row.error or NOT_STARTED}")
    return row


def issue_bulletin(
    *,
    period_id: int,
    actor: User,
    at: datetime | None = None,
    version: int | None = None,
    undecided: str | None = None,
    accept_old_words: bool = True,
    seconds: int = TIME_LIMIT,
) -> Bulletin:
    """Issue the quarter and wait for it, in this process: what a command does. The arguments are `begin_issue`'s.

    A rendering that fails or is killed gives draft and quarter back and raises WorkflowError. Never call it inside a
    transaction.
    """
    moment = at or timezone.now()
    row = _freeze(period_id, actor, moment, version, undecided, accept_old_words, running=True)
    return run_issue(row, seconds=seconds)


def run_issue(row: Rendering, *, seconds: int = TIME_LIMIT) -> Bulletin:
    """Render what was frozen and store it, in this process, which has the row. Raises WorkflowError."""
    try:
        # Read back: what is rendered is what was stored, not what was about to be.
        frozen = Bulletin.objects.filter(renderings=row).values_list("data", flat=True)
        document: dict[str, Any] = frozen.get() or {}
        formats = document["files"]
        files = render_files(document, formats, seconds=seconds, listener=listener_of(row, formats))
        return _store(row, files)
    except RenderError as error:
        _give_back(row, str(error))
        raise WorkflowError(f"通报没有印发，已退回草稿：{error}") from error
    except BaseException:
        _give_back(row, CUT_SHORT)
        raise


def is_stalled(bulletin: Bulletin, now: datetime) -> bool:
    """Whether the bulletin is being rendered by nobody: its process died, or none took it up."""
    if bulletin.status != BulletinStatus.RENDERING:
        return False
    row = bulletin.renderings.defer("document", "content").first()
    return row is None or is_given_up(row, now)


@transaction.atomic
def release_stalled(*, period_id: int, actor: User, at: datetime | None = None) -> bool:
    """Give draft and quarter back after a rendering that died. False: there is none.

    Whoever of the office looks next does it: nothing is decided, the rendering has ended and its traces are put in order.
    """
    moment = at or timezone.now()
    lock_period(period_id)
    require_office(actor)
    bulletin = (
        Bulletin.objects.select_for_update(of=("self",))
        .filter(period_id=period_id, status=BulletinStatus.RENDERING)
        .first()
    )
    if bulletin is None:
        return False
    row = (
        bulletin.renderings.select_for_update(of=("self",))
        .select_related("asked_by")
        .defer("document", "content")
        .first()
    )
    if row is not None and not is_given_up(row, moment):
        return False
    if row is not None and row.state != RenderingState.FAILED:
        fail(row, WAITED_TOO_LONG if row.state == RenderingState.WAITING else CUT_SHORT)
    _release(bulletin, actor)
    return True


def _freeze(
    period_id: int,
    actor: User,
    at: datetime,
    version: int | None,
    undecided: str | None,
    accept_old_words: bool,
    *,
    running: bool = False,
) -> Rendering:
    """The first transaction: everything that will be printed is stored, and the quarter stands still."""
    release_stalled(period_id=period_id, actor=actor)
    with transaction.atomic():
        start_draft(period_id=period_id, actor=actor, at=at)
        bulletin = lock_draft(period_id, actor, version)
        if undecided is not None and undecided != undecided_key(undecided_updates(bulletin.period)):
            raise WorkflowError("待审核、退回的填报刚刚有变化，请核对下方最新清单后再印发。")
        earlier = earlier_figures(bulletin.period, at)
        stand_still(bulletin, actor, at)
        # Figures and words as of the moment that the quarter stood still.
        bulletin.period = ReportingPeriod.objects.select_related("plan").get(pk=period_id)
        course = course_to_issue(bulletin.period, at, earlier=earlier)
        texts = texts_to_issue(bulletin.period)
        words = draft_words(course, texts)
        if changes(bulletin.body, bulletin.generated, words.blocks):
            if version is None and bulletin.body == plain(bulletin.generated):
                bulletin.body, bulletin.generated = words.body, words.blocks
            elif not accept_old_words:
                raise WorkflowError("起草后填报数据有变化，正文中的数字可能已不一致。请核对后再印发。")
        data = build_document(bulletin, bulletin.period, course, at=at, issued_by=actor.name, texts=texts)
        strange = unprintable_in(data)
        if strange:
            places = "；".join(f"{place}：{'、'.join(chars[:8])}" for place, chars in strange[:8])
            raise WorkflowError(f"有无法印刷的字符，请先修改（填报内容可退回单位修改）：{places}。")
        bulletin.data = data
        bulletin.data_sha256 = hashlib.sha256(canonical_json(data)).hexdigest()
        bulletin.status = BulletinStatus.RENDERING
        bulletin.version += 1
        bulletin.save()
        now = timezone.now()
        return Rendering.objects.create(
            bulletin=bulletin,
            filename=f"{bulletin.period}通报",
            state=RenderingState.RUNNING if running else RenderingState.WAITING,
            step=STARTING if running else "",
            asked_by=actor,
            asked_at=now,
            heartbeat_at=now if running else None,
        )


def _store(row: Rendering, files: dict[str, bytes]) -> Bulletin:
    """The second transaction: all files are stored and the quarter is issued, for good."""
    with transaction.atomic():
        bulletin = _lock_own(row)
        if bulletin is None:
            raise Lost("生成时间过长，期间通报已被退回草稿。")
        for file_format, content in files.items():
            BulletinFile.objects.create(
                bulletin=bulletin,
                format=file_format,
                content=content,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )
        # Issued as of the moment that was frozen.
        at = datetime.fromisoformat((bulletin.data or {})["issued"]["at"])
        conclude(bulletin, row.asked_by, at)
        bulletin.status = BulletinStatus.ISSUED
        bulletin.issued_by, bulletin.issued_at = row.asked_by, at
        bulletin.signed_on = bulletin.signed_on or timezone.localdate(at)
        bulletin.save()
        Rendering.objects.filter(pk=row.pk).update(state=RenderingState.DONE, step="", done_at=timezone.now())
    return bulletin


@transaction.atomic
def _give_back(row: Rendering, reason: str) -> None:
    bulletin = _lock_own(row)
    if bulletin is not None:
        fail(row, reason)
        _release(bulletin, row.asked_by)


def _lock_own(row: Rendering) -> Bulletin | None:
    """The bulletin, locked after its quarter, if the row is still this process's."""
    mine = Bulletin.objects.filter(pk=row.bulletin_id or 0)
    lock_period(mine.values_list("period_id", flat=True).get())
    bulletin = mine.select_for_update(of=("self",)).select_related("period__plan").get()
    active = (RenderingState.WAITING, RenderingState.RUNNING)
    own = Rendering.objects.select_for_update(of=("self",)).filter(
        pk=row.pk, token=row.token, state__in=active
    )
    return bulletin if own.exists() else None


def _release(bulletin: Bulletin, actor: User) -> None:
    bulletin.status = BulletinStatus.DRAFT
    bulletin.data, bulletin.data_sha256 = None, ""
    bulletin.version += 1
    bulletin.save()
    give_back(bulletin, actor)
