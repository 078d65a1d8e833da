"""What the office does with a bulletin: drafts it, edits it, issues it. What is issued never changes.

Issuing takes two transactions with the rendering between them (see `issue_bulletin`). Whatever ends the rendering early
gives draft and quarter back: an error at once, a process that died with its request by `release_stalled`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from reports.document import build_document, unprintable_in
from reports.figures import plan_figures
from reports.figures_types import PlanFigures
from reports.models import Bulletin, BulletinFile, BulletinStatus
from reports.reading import Course, begun_before, figures_for
from reports.renderers.process import TIME_LIMIT, RenderError, canonical_json, render_pdf
from reports.words import Words, draft_words
from tasks.errors import WorkflowError
from tasks.models import Plan, ProgressUpdate, ReportingPeriod
from tasks.rules import PeriodState, Status
from tasks.services.common import lock_period
from tasks.services.periods import abort_issuing, begin_issuing, finish_issuing
from units.models import User

# What the office may edit in a draft.
DRAFT_FIELDS = (
    "title",
    "body",
    "document_number",
    "masthead",
    "recipients",
    "cc",
    "signatory",
    "signed_on",
    "printed_by",
    "printed_on",
)
# A rendering that old is nobody's any more: its process is killed after TIME_LIMIT.
STALLED_AFTER = timedelta(seconds=TIME_LIMIT + 30)


class StaleBulletin(WorkflowError):
    """Somebody else (`who`) wrote the draft first; `current` is what stands now."""

    def __init__(self, current: Bulletin) -> None:
        self.current = current
        self.who = current.updated_by.name if current.updated_by else "他人"
        super().__init__(f"通报草稿已由{self.who}修改，您的内容没有覆盖它。请对照两份内容后再保存。")


def earlier_figures(period: ReportingPeriod, now: datetime) -> tuple[PlanFigures, ...]:
    """The quarters of the plan before `period` that have begun, oldest first.

    They are cached under the plan's revision. So never call this after `touch_plan` in the same transaction: were that
    rolled back, the next change would be given the same revision and find figures from before it.
    """
    return tuple(figures_for(row, now) for row in begun_before(period))


def course_to_issue(
    period: ReportingPeriod, now: datetime, *, earlier: tuple[PlanFigures, ...] | None = None
) -> Course:
    """The quarters up to `period` as the bulletin prints them: undecided filings are 已报未审 and 退回未改."""
    if earlier is None:
        earlier = earlier_figures(period, now)
    return Course((*earlier, plan_figures(period.plan, period, now, issuing=True)))


def words_for(period: ReportingPeriod, now: datetime) -> Words:
    """Title and text as the figures give them now."""
    course = course_to_issue(period, now)
    return draft_words(course.current, course.previous)


def draft_from_figures(period: ReportingPeriod, now: datetime) -> Bulletin:
    """The first draft, not saved."""
    words = words_for(period, now)
    return Bulletin(
        period=period,
        title=words.title,
        body=words.body,
        generated=words.body,
        signatory=period.plan.issuer,
    )


def preview_document(bulletin: Bulletin, period: ReportingPeriod, now: datetime) -> dict[str, Any]:
    """The document of a draft as it stands, marked 草稿."""
    return build_document(bulletin, period, course_to_issue(period, now), at=now)


def undecided_updates(period: ReportingPeriod) -> list[ProgressUpdate]:
    """What issuing would record as 已报未审 or 退回未改, by measure and in official order of the units."""
    return list(
        ProgressUpdate.objects.filter(period=period, status__in=[Status.SUBMITTED, Status.RETURNED])
        .select_related("assignment__measure", "assignment__unit")
        .order_by("assignment__measure__number", "assignment__unit__kind", "assignment__unit__order")
    )


def undecided_key(updates: Iterable[ProgressUpdate]) -> str:
    """What the person who issues has seen of them: another list gives another text."""
    return ",".join(sorted(f"{update.pk}:{update.status}" for update in updates))


@transaction.atomic
def start_draft(*, period_id: int, actor: User, at: datetime | None = None) -> Bulletin:
    """The quarter's draft, written from the figures where there is none yet."""
    moment = at or timezone.now()
    period = lock_period(period_id)
    _require_office(actor)
    existing = Bulletin.objects.filter(period=period).first()
    if existing:
        return existing
    if period.state == PeriodState.UPCOMING:
        raise WorkflowError(f"{period}尚未开始填报，不能起草通报。")
    bulletin = draft_from_figures(period, moment)
    bulletin.updated_by, bulletin.updated_at = actor, moment
    bulletin.save()
    return bulletin


@transaction.atomic
def save_draft(
    *, period_id: int, actor: User, base_version: int, values: Mapping[str, Any], at: datetime | None = None
) -> Bulletin:
    """Write some of DRAFT_FIELDS. Raises StaleBulletin when the draft was written after `base_version`."""
    bulletin = _lock_draft(period_id, actor, base_version)
    unknown = set(values) - set(DRAFT_FIELDS)
    if unknown:
        raise ValueError(f"not content of a bulletin: {sorted(unknown)}")
    for name, value in values.items():
        setattr(bulletin, name, value)
    return _write(bulletin, actor, at)


@transaction.atomic
def rewrite_draft(*, period_id: int, actor: User, base_version: int, at: datetime | None = None) -> Bulletin:
    """Write the text anew from the figures; what the office wrote is replaced, title and the other fields stay."""
    bulletin = _lock_draft(period_id, actor, base_version)
    bulletin.body = bulletin.generated = words_for(bulletin.period, at or timezone.now()).body
    bulletin.error = ""
    return _write(bulletin, actor, at)


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
    _require_office(actor)
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
        bulletin = _lock_draft(period_id, actor, version)
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


def _lock_draft(period_id: int, actor: User, base_version: int | None) -> Bulletin:
    """The draft, locked after its quarter; refuses when it is issued, being rendered, or newer than what was seen."""
    period = lock_period(period_id)
    _require_office(actor)
    bulletin = (
        Bulletin.objects.select_for_update(of=("self",))
        .select_related("updated_by")
        .filter(period=period)
        .first()
    )
    if bulletin is None:
        raise WorkflowError(f"{period}尚未起草通报。")
    if bulletin.is_issued:
        raise WorkflowError(f"{period}通报已印发，不能再修改。")
    if bulletin.status == BulletinStatus.RENDERING:
        raise WorkflowError(f"{period}通报正在生成，请稍候刷新页面查看。")
    if base_version is not None and bulletin.version != base_version:
        raise StaleBulletin(bulletin)
    # The plan as it is now: its revision is part of what figures are cached under.
    period.plan = Plan.objects.get(pk=period.plan_id)
    bulletin.period = period
    return bulletin


def _write(bulletin: Bulletin, actor: User, at: datetime | None) -> Bulletin:
    """Compare-and-set: the lock makes it certain on PostgreSQL, the version on a database without row locks."""
    bulletin.updated_by, bulletin.updated_at = actor, at or timezone.now()
    bulletin.version += 1
    bulletin.save()
    return bulletin


def _require_office(actor: User) -> None:
    if not actor.is_office:
        raise WorkflowError("只有区生态办可以起草和印发通报。")
