"""Quarters: opening, closing, dating; and the two ends of issuing, which reports calls."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from tasks.errors import StaleSummary, WorkflowError
from tasks.models import AssignmentRole, Measure, MeasureSummary, ProgressUpdate, ReportingPeriod
from tasks.readings import summary_of
from tasks.rules import FROZEN_PERIODS, PeriodState, Status, can_move_period
from tasks.services.common import lock_period, move, require_writable, touch_plan
from units.models import Unit, User


def _move_period(period: ReportingPeriod, new: PeriodState, actor: User) -> None:
    if period.state == new:
        # Somebody else was quicker, or it was clicked twice.
        raise WorkflowError(f"{period}已经是“{new.label}”，本次操作没有作任何改动。")
    if not can_move_period(period.state, new, actor.role):
        raise WorkflowError(f"{period}当前为“{period.get_state_display()}”，不能改为“{new.label}”。")
    period.state = new


@transaction.atomic
def open_period(*, period_id: int, actor: User) -> ReportingPeriod:
    """Let units file: a quarter that has not begun, or one that was closed."""
    period = lock_period(period_id)
    _move_period(period, PeriodState.OPEN, actor)
    period.closed_at = None
    period.save()
    touch_plan(period.plan_id)
    return period


@transaction.atomic
def close_period(*, period_id: int, actor: User, at: datetime | None = None) -> ReportingPeriod:
    """Stop the clock: from now on lights are judged as of this moment. Late filing still works."""
    period = lock_period(period_id)
    _move_period(period, PeriodState.CLOSED, actor)
    period.closed_at = at or timezone.now()
    period.save()
    touch_plan(period.plan_id)
    return period


@transaction.atomic
def recall_period(*, period_id: int, actor: User) -> ReportingPeriod:
    """Take back an opening by mistake, as long as nobody has begun to write."""
    period = lock_period(period_id)
    _move_period(period, PeriodState.UPCOMING, actor)
    if period.updates.exists() or period.drafts.exists():
        raise WorkflowError(f"{period}已有单位开始填报，不能撤回开放；如需停止填报，请使用“截止填报”。")
    period.save()
    touch_plan(period.plan_id)
    return period


@transaction.atomic
def set_period_dates(*, period_id: int, actor: User, opens_on: date, due_on: date) -> ReportingPeriod:
    """Date a quarter that is not issued."""
    period = lock_period(period_id)
    if not actor.is_office:
        raise WorkflowError("只有区生态办可以调整填报日期。")
    if period.state in FROZEN_PERIODS:
        raise WorkflowError(f"{period}{period.get_state_display()}，日期不能再改。")
    if due_on < opens_on:
        raise WorkflowError("截止日期不能早于开放日期。")
    period.opens_on, period.due_on, period.dates_default = opens_on, due_on, False
    period.save()
    touch_plan(period.plan_id)
    return period


@transaction.atomic
def set_measure_summary(
    *,
    measure: Measure,
    period: ReportingPeriod,
    actor: User,
    text: str,
    base: str | None = None,
    at: datetime | None = None,
) -> MeasureSummary | None:
    """The office writes 本措施总体进展 where no confirmed lead did; empty text removes it.

    `base`: the text that the writer started from; raises StaleSummary where another stands by now.
    """
    locked = lock_period(period.pk)
    require_writable(locked)
    if not actor.is_office:
        raise WorkflowError("只有区生态办可以填写本措施总体进展。")
    if measure.plan_id != locked.plan_id:
        raise WorkflowError("该措施不属于本报告期的计划。")
    lead = lead_that_wrote(measure, locked)
    if lead is not None:
        raise WorkflowError(f"牵头单位{lead.name}已报送本措施总体进展，无需代写。如需修改，请退回其填报。")
    summary = summary_of(measure, locked)
    if base is not None and base != (summary.text if summary else ""):
        raise StaleSummary(summary)
    touch_plan(locked.plan_id)
    if not text.strip():
        if summary:
            summary.delete()
        return None
    summary = summary or MeasureSummary(measure=measure, period=locked)
    summary.text, summary.written_by, summary.written_at = text.strip(), actor, at or timezone.now()
    summary.save()
    return summary


def lead_that_wrote(measure: Measure, period: ReportingPeriod) -> Unit | None:
    """The confirmed lead, where it has handed in 本措施总体进展 of the quarter; None otherwise."""
    filing = (
        ProgressUpdate.objects.filter(
            assignment__measure=measure,
            assignment__measure__lead_confirmed=True,
            assignment__role=AssignmentRole.LEAD,
            period=period,
            no_work=False,
        )
        .exclude(status=Status.DRAFT)
        .exclude(overall_text="")
        .select_related("assignment__unit")
        .first()
    )
    return filing.assignment.unit if filing else None


@transaction.atomic
def begin_issuing(*, period_id: int, actor: User, at: datetime | None = None) -> ReportingPeriod:
    """Freeze the quarter for issuing: nothing is filed or reviewed from here on."""
    period = lock_period(period_id)
    if period.state == PeriodState.OPEN or period.closed_at is None:
        period.closed_at = at or timezone.now()
    _move_period(period, PeriodState.ISSUING, actor)
    period.save()
    touch_plan(period.plan_id)
    return period


@transaction.atomic
def abort_issuing(*, period_id: int, actor: User) -> ReportingPeriod:
    """Give the quarter back after a rendering that failed or was killed."""
    period = lock_period(period_id)
    _move_period(period, PeriodState.CLOSED, actor)
    period.save()
    touch_plan(period.plan_id)
    return period


@transaction.atomic
def finish_issuing(*, period_id: int, actor: User, at: datetime | None = None) -> ReportingPeriod:
    """Issued: what was not decided is recorded as 已报未审 or 退回未改 and is read-only."""
    moment = at or timezone.now()
    period = lock_period(period_id)
    _move_period(period, PeriodState.ISSUED, actor)
    leftovers = {Status.SUBMITTED: Status.UNREVIEWED, Status.RETURNED: Status.UNMENDED}
    for update in (
        ProgressUpdate.objects.select_for_update(of=("self",))
        .select_related("assignment__measure", "period")
        .filter(period=period, status__in=leftovers)
    ):
        move(update, leftovers[Status(update.status)], actor=actor, at=moment, comment=f"{period}通报印发")
    period.save()
    touch_plan(period.plan_id)
    return period
