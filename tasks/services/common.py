"""Locks and bookkeeping that the services share."""

from datetime import datetime
from typing import Any

from django.db.models import F

from tasks.completeness import CONTENT_FIELDS
from tasks.errors import StaleUpdate, WorkflowError
from tasks.models import Plan, ProgressUpdate, ReportingPeriod, StatusChange
from tasks.rules import FROZEN_PERIODS, Status, can_transition
from units.models import User

SNAPSHOT_FIELDS = (*CONTENT_FIELDS, "approved_percent", "approved_status", "approval_note")


def lock_period(period_id: int) -> ReportingPeriod:
    """The quarter, locked till the end of the transaction. Every writer takes this lock first."""
    return ReportingPeriod.objects.select_related("plan").select_for_update(of=("self",)).get(pk=period_id)


def lock_quarters(plan_id: int) -> frozenset[int]:
    """Lock all quarters of a plan; returns the numbers of those being issued or issued.

    Who changes duties or weights takes this lock first, so that neither a filing nor an issue crosses the change.
    """
    periods = ReportingPeriod.objects.select_for_update().filter(plan_id=plan_id).order_by("pk")
    return frozenset([period.quarter for period in periods if period.state in FROZEN_PERIODS])


def require_office(actor: User) -> None:
    """Refuse everyone but the office."""
    if not actor.is_office:
        raise WorkflowError("只有区生态办可以维护计划。")


def require_writable(period: ReportingPeriod, **filing: Any) -> None:
    """Refuse when the quarter has not begun, is being issued or has been.

    `filing` (pk, or assignment): but for the filing that an open amendment of the issued quarter names. The quarter must be
    locked: opening, closing and issuing an amendment lock it, too.
    """
    if period.is_writable:
        return
    if filing and ProgressUpdate.objects.writable().filter(period=period, **filing).exists():
        return
    raise WorkflowError(f"{period}{period.get_state_display()}，不能填报或审核。")


def lock_update(update_id: int) -> ProgressUpdate:
    """The update, locked, after its quarter; refuses when it is not writable there."""
    period_id = ProgressUpdate.objects.values_list("period_id", flat=True).get(pk=update_id)
    period = lock_period(period_id)
    require_writable(period, pk=update_id)
    update = (
        ProgressUpdate.objects.select_related(
            "assignment__measure", "assignment__unit", "written_by", "submitted_by"
        )
        .select_for_update(of=("self",))
        .get(pk=update_id)
    )
    update.period = period
    return update


def write(update: ProgressUpdate, fields: tuple[str, ...]) -> None:
    """Save `fields` by compare-and-set on the version read before; raises StaleUpdate where it has moved on.

    The lock makes this certain on PostgreSQL; on a database without row locks the version alone does.
    """
    read = update.version
    update.version = read + 1
    values = {name: getattr(update, name) for name in (*fields, "version")}
    changed = ProgressUpdate.objects.filter(pk=update.pk, version=read).update(**values)
    if not changed:
        raise StaleUpdate(ProgressUpdate.objects.select_related("written_by").get(pk=update.pk))


def record(
    update: ProgressUpdate, old: str, new: str, *, actor: User, at: datetime, comment: str = ""
) -> StatusChange:
    """Append the StatusChange with text, figures and evidence as they stand."""
    return StatusChange.objects.create(
        update=update,
        from_status=old,
        to_status=new,
        actor=actor,
        actor_name=actor.name,
        actor_unit=actor.unit.name if actor.unit else actor.get_role_display(),
        at=at,
        comment=comment,
        is_proxy=update.is_proxy,
        version=update.version,
        snapshot={name: _plain(getattr(update, name)) for name in SNAPSHOT_FIELDS},
        evidence=list(update.evidence.attached().values("id", "name", "sha256")),
    )


def move(
    update: ProgressUpdate,
    new: Status,
    *,
    actor: User,
    at: datetime,
    fields: tuple[str, ...] = (),
    comment: str = "",
    amending: bool = False,
) -> StatusChange:
    """One transition: guard, save `fields` and the status, write the StatusChange, bump the plan's revision.

    `amending`: a step that an amendment itself takes (rules.AMENDING).
    """
    old = update.status
    if not can_transition(old, new, actor.role, amending=amending):
        raise WorkflowError(
            f"当前为“{update.get_status_display()}”，不能改为“{new.label}”。请刷新页面查看最新状态。"
        )
    update.status = new
    write(update, (*fields, "status"))
    touch_plan(update.period.plan_id)
    return record(update, old, new, actor=actor, at=at, comment=comment)


def touch_plan(plan_id: int) -> None:
    """Count a change that figures depend on: every cached figure of the plan is out of date."""
    Plan.objects.filter(pk=plan_id).update(revision=F("revision") + 1)


def _plain(value: object) -> object:
    return value if isinstance(value, (bool, str)) or value is None else str(value)
