"""Text of a quarter that was issued over it, taken into the next one: 已报未审 and 退回未改 are not lost."""

from datetime import datetime

from django.db import transaction

from tasks.errors import WorkflowError
from tasks.models import Assignment, ProgressUpdate, ReportingPeriod
from tasks.readings import reading_of
from tasks.rules import EDITABLE, Status
from tasks.services.filing import ensure_update, save_draft
from units.models import User

# Words only: percent, state and indicator are asked anew, as they stand at the end of the new quarter.
CARRIED_FIELDS = ("progress_text", "problems", "next_steps", "overall_text")


def left_undecided(assignment: Assignment, period: ReportingPeriod) -> ProgressUpdate | None:
    """The duty's filing of the quarter before, if that was issued before anybody decided on it."""
    return (
        ProgressUpdate.objects.select_related("assignment", "period__plan")
        .filter(
            assignment=assignment,
            period__plan=period.plan_id,
            period__quarter=period.quarter - 1,
            status__in=[Status.UNREVIEWED, Status.UNMENDED],
        )
        .first()
    )


@transaction.atomic
def carry_over(
    *,
    assignment: Assignment,
    period: ReportingPeriod,
    actor: User,
    base_version: int,
    at: datetime | None = None,
) -> ProgressUpdate:
    """Copy CARRIED_FIELDS of the undecided filing of the quarter before into this quarter's draft.

    Refuses where there is none and where something is written already; raises StaleUpdate when the draft was written
    after `base_version`.
    """
    update = ensure_update(assignment=assignment, period=period, actor=actor)
    source = left_undecided(assignment, period)
    if source is None:
        raise WorkflowError("上一季度没有“已报未审”或“退回未改”的内容可供复制。")
    if update.status not in EDITABLE:
        raise WorkflowError(f"本填报当前为“{update.get_status_display()}”，不能复制上一季度内容。")
    if any(getattr(update, name).strip() for name in CARRIED_FIELDS):
        raise WorkflowError("本季度已经填写了内容，没有复制。如需使用上一季度的内容，请先清空或手动复制。")
    text = reading_of(source, actor)
    return save_draft(
        assignment=assignment,
        period=period,
        actor=actor,
        values={name: text[name] for name in CARRIED_FIELDS},
        base_version=base_version,
        at=at,
    )
