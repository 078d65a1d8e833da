"""本措施总体进展 in the office's words, where no confirmed lead wrote it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from tasks.errors import StaleSummary, WorkflowError
from tasks.models import AssignmentRole, Measure, MeasureSummary, ProgressUpdate, ReportingPeriod
from tasks.readings import summary_of
from tasks.rules import Status
from tasks.services.common import lock_period, require_writable, touch_plan
from units.models import Unit, User


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
