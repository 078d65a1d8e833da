"""What the office does with a draft: starts it, edits it, has it written anew. Issuing is issuing.py's."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from reports.amended import correction_of, open_correction
from reports.figures import plan_figures
from reports.figures_types import PlanFigures
from reports.filings import QuarterTexts, quarter_texts
from reports.models import Bulletin, BulletinStatus
from reports.reading import Course, begun_before, figures_for
from reports.words import Words, draft_words
from tasks.errors import WorkflowError
from tasks.models import Plan, ProgressUpdate, ReportingPeriod
from tasks.rules import PeriodState, Status
from tasks.services.common import lock_period
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
    "sealed",
    "signed_on",
    "printed_by",
    "printed_on",
)


# A red head names who issues the document.
NO_ISSUER = "填写发文字号的，须填写发文机关标志或者署名。"


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
    """The quarters up to `period` as the bulletin prints them: undecided filings are 已报未审 and 退回未改.

    Of an issued quarter that is being corrected: what was issued, with the filings that the correction names.
    """
    if earlier is None:
        earlier = earlier_figures(period, now)
    correction = open_correction(period)
    if correction:
        return Course((*earlier, correction.figures(earlier)))
    return Course((*earlier, plan_figures(period.plan, period, now, issuing=True)))


def texts_to_issue(period: ReportingPeriod) -> QuarterTexts:
    """What is approved of the quarter; of one that is being corrected, as the correction has it."""
    correction = open_correction(period)
    return correction.texts if correction else quarter_texts(period)


def words_for(period: ReportingPeriod, now: datetime) -> Words:
    """Title and text as the data give them now."""
    return draft_words(course_to_issue(period, now), texts_to_issue(period))


def draft_from_figures(period: ReportingPeriod, now: datetime) -> Bulletin:
    """The first draft, not saved."""
    words = words_for(period, now)
    return Bulletin(
        period=period,
        title=words.title,
        body=words.body,
        generated=words.blocks,
        signatory=period.plan.issuer,
    )


def undecided_updates(period: ReportingPeriod) -> list[ProgressUpdate]:
    """What issuing would record as 已报未审 or 退回未改, by measure and in official order of the units."""
    return list(
        (
            ProgressUpdate.objects.filter(period=period, status__in=[Status.SUBMITTED, Status.RETURNED])
            # One that a correction reopened and its unit took back is not nothing: it was issued once.
            | ProgressUpdate.objects.filter(period=period).being_amended().exclude(status=Status.APPROVED)
        )
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
    require_office(actor)
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
def rewrite_draft(*, period_id: int, actor: User, base_version: int, at: datetime | None = None) -> Bulletin:
    """Write the text anew from the figures; what the office wrote is replaced, title and the other fields stay.

    A correction keeps saying what it supersedes.
    """
    bulletin = lock_draft(period_id, actor, base_version)
    words = words_for(bulletin.period, at or timezone.now())
    bulletin.body, bulletin.generated = words.body, words.blocks
    correction = correction_of(bulletin)
    if correction:
        bulletin.body = correction.under_opening(words.body)
    return write(bulletin, actor, at)


def lock_draft(period_id: int, actor: User, base_version: int | None) -> Bulletin:
    """The draft, locked after its quarter; refuses when it is issued, being rendered, or newer than what was seen."""
    period = lock_period(period_id)
    require_office(actor)
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


def put(bulletin: Bulletin, values: Mapping[str, Any]) -> None:
    """Set some of DRAFT_FIELDS on a draft that is locked; `write` saves it. Raises WorkflowError for a head without issuer."""
    unknown = set(values) - set(DRAFT_FIELDS)
    if unknown:
        raise ValueError(f"not content of a bulletin: {sorted(unknown)}")
    for name, value in values.items():
        setattr(bulletin, name, value)
    # Two people may each have taken away one half of what a red head needs.
    if bulletin.document_number and not (bulletin.masthead or bulletin.signatory):
        raise WorkflowError(NO_ISSUER)


def write(bulletin: Bulletin, actor: User, at: datetime | None) -> Bulletin:
    """Compare-and-set: the lock makes it certain on PostgreSQL, the version on a database without row locks."""
    bulletin.updated_by, bulletin.updated_at = actor, at or timezone.now()
    bulletin.version += 1
    bulletin.save()
    return bulletin


def require_office(actor: User) -> None:
    if not actor.is_office:
        raise WorkflowError("只有区生态办可以起草和印发通报。")
