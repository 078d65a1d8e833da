"""Quarters: opening, closing, dating; and the two ends of issuing, which reports calls."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from tasks.errors import WorkflowError
from tasks.models import ProgressUpdate, ReportingPeriod
from tasks.rules import FROZEN_PERIODS, PeriodState, Status, can_move_period
from tasks.services.common import lock_period, move, touch_plan
from units.models import User


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
