"""Issuing a bulletin. What is issued never changes.

Issuing takes two transactions with the rendering between them (see `issue_bulletin`). Whatever ends the rendering early
gives draft and quarter back: an error at once, a process that died with its request by `release_stalled`.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from reports.document import build_document, unprintable_in
from reports.models import Bulletin, BulletinFile, BulletinStatus
from reports.renderers.process import TIME_LIMIT, RenderError, canonical_json, render_pdf
from reports.services.drafts import (
    course_to_issue,
    earlier_figures,
    lock_draft,
    require_office,
    start_draft,
    undecided_key,
    undecided_updates,
)
from reports.words import draft_words
from tasks.errors import WorkflowError
from tasks.models import ReportingPeriod
from tasks.services.common import lock_period
from tasks.services.periods import abort_issuing, begin_issuing, finish_issuing
from units.models import User

# A rendering that old is nobody's any more: its process is killed after TIME_LIMIT.
STALLED_AFTER = timedelta(seconds=TIME_LIMIT + 30)


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
    """Issue the quarter: freeze its data, render, store the file. Never call it inside a transaction.

    `version`, `undecided` (see `undecided_key`) and `accept_old_words` are what a person saw and agreed to: where any has
    changed, WorkflowError asks to look again. Without `version` (a command) a draft that nobody edited is written anew
    from the figures first. A rendering that fails or is killed gives draft and quarter back and raises WorkflowError.
    """
    moment = at or timezone.now()
    bulletin = _freeze(period_id, actor, moment, version, undecided, accept_old_words)
    try:
        # Read back: what is rendered is what was stored, not what was about to be.
        document: dict[str, Any] = Bulletin.objects.values_list("data", flat=True).get(pk=bulletin.pk) or {}
        pdf = render_pdf(document, seconds=seconds)
        return _store(bulletin, pdf, actor, moment)
    except RenderError as error:
        _give_back(bulletin, actor, str(error))
        raise WorkflowError(f"通报没有印发，已退回草稿：{error}") from error
    except BaseException:
        _give_back(bulletin, actor, "印发过程意外中断，未生成文件。请重试。")
        raise


def is_stalled(bulletin: Bulletin, now: datetime) -> bool:
    """Whether a rendering was begun whose process can no longer be alive."""
    return (
        bulletin.status == BulletinStatus.RENDERING
        and bulletin.rendering_since is not None
        and now - bulletin.rendering_since > STALLED_AFTER
    )


@transaction.atomic
def release_stalled(*, period_id: int, actor: User, at: datetime | None = None) -> bool:
    """Give draft and quarter back after a rendering that died with its web process. False: there is none."""
    lock_period(period_id)
    require_office(actor)
    bulletin = Bulletin.objects.select_for_update(of=("self",)).filter(period_id=period_id).first()
    if bulletin is None or not is_stalled(bulletin, at or timezone.now()):
        return False
    _release(bulletin, actor, "上一次印发中途停止，未生成文件。请重新印发。")
    return True


def _freeze(
    period_id: int,
    actor: User,
    at: datetime,
    version: int | None,
    undecided: str | None,
    accept_old_words: bool,
) -> Bulletin:
    """The first transaction: everything that will be printed is stored, and the quarter stands still."""
    release_stalled(period_id=period_id, actor=actor)
    with transaction.atomic():
        start_draft(period_id=period_id, actor=actor, at=at)
        bulletin = lock_draft(period_id, actor, version)
        if undecided is not None and undecided != undecided_key(undecided_updates(bulletin.period)):
            raise WorkflowError("待审核、退回的填报刚刚有变化，请核对下方最新清单后再印发。")
        earlier = earlier_figures(bulletin.period, at)
        begin_issuing(period_id=period_id, actor=actor, at=at)
        # Figures and words as of the moment that the quarter stood still.
        bulletin.period = ReportingPeriod.objects.select_related("plan").get(pk=period_id)
        course = course_to_issue(bulletin.period, at, earlier=earlier)
        words = draft_words(course.current, course.previous)
        if bulletin.generated != words.body:
            if version is None and bulletin.body == bulletin.generated:
                bulletin.body = bulletin.generated = words.body
            elif not accept_old_words:
                raise WorkflowError("起草后填报数据有变化，正文中的数字可能已不一致。请核对后再印发。")
        data = build_document(bulletin, bulletin.period, course, at=at, issued_by=actor.name)
        strange = unprintable_in(data)
        if strange:
            places = "；".join(f"{place}：{'、'.join(chars[:8])}" for place, chars in strange[:8])
            raise WorkflowError(f"有无法印刷的字符，请先修改（填报内容可退回单位修改）：{places}。")
        bulletin.data = data
        bulletin.data_sha256 = hashlib.sha256(canonical_json(data)).hexdigest()
        bulletin.status = BulletinStatus.RENDERING
        bulletin.rendering_since = timezone.now()
        bulletin.error = ""
        bulletin.version += 1
        bulletin.save()
    return bulletin


def _store(frozen: Bulletin, pdf: bytes, actor: User, at: datetime) -> Bulletin:
    """The second transaction: the bytes are stored and the quarter is issued, for good."""
    with transaction.atomic():
        lock_period(frozen.period_id)
        bulletin = _lock_own_rendering(frozen)
        if bulletin is None:
            raise RenderError("生成时间过长，期间通报已被退回草稿。")
        BulletinFile.objects.create(
            bulletin=bulletin,
            format="pdf",
            content=pdf,
            size=len(pdf),
            sha256=hashlib.sha256(pdf).hexdigest(),
        )
        finish_issuing(period_id=bulletin.period_id, actor=actor, at=at)
        bulletin.status = BulletinStatus.ISSUED
        bulletin.rendering_since = None
        bulletin.issued_by, bulletin.issued_at = actor, at
        bulletin.signed_on = bulletin.signed_on or timezone.localdate(at)
        bulletin.save()
    return bulletin


@transaction.atomic
def _give_back(frozen: Bulletin, actor: User, reason: str) -> None:
    lock_period(frozen.period_id)
    bulletin = _lock_own_rendering(frozen)
    if bulletin is not None:
        _release(bulletin, actor, reason)


def _lock_own_rendering(frozen: Bulletin) -> Bulletin | None:
    """The bulletin, if it is still being rendered from the data that this process froze."""
    return (
        Bulletin.objects.select_for_update(of=("self",))
        .select_related("period__plan")
        .filter(
            pk=frozen.pk,
            status=BulletinStatus.RENDERING,
            version=frozen.version,
            data_sha256=frozen.data_sha256,
        )
        .first()
    )


def _release(bulletin: Bulletin, actor: User, reason: str) -> None:
    bulletin.status = BulletinStatus.DRAFT
    bulletin.data, bulletin.data_sha256, bulletin.rendering_since = None, "", None
    bulletin.error = reason[:300]
    bulletin.version += 1
    bulletin.save()
    abort_issuing(period_id=bulletin.period_id, actor=actor)
