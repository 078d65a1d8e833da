"""What the database holds of a plan up to a quarter, as the figures need it."""

from collections import defaultdict
from dataclasses import dataclass

from tasks.models import Assignment, Measure, Plan, ProgressUpdate, Responsibility
from tasks.standing import as_issued


@dataclass(frozen=True)
class Rows:
    """What the database holds of a plan up to a quarter: party → duties, duty → quarter → filing."""

    measures: list[Measure]
    parties: dict[int, list[Responsibility]]
    duties: dict[int, list[Assignment]]
    updates: dict[int, dict[int, ProgressUpdate]]


def load_rows(plan: Plan, quarter: int) -> Rows:
    """Four queries, whatever the size of the plan; one more while filings of it are being amended: these count as issued."""
    parties: dict[int, list[Responsibility]] = defaultdict(list)
    for party in Responsibility.objects.filter(measure__plan=plan).order_by("measure", "order"):
        parties[party.measure_id].append(party)
    duties: dict[int, list[Assignment]] = defaultdict(list)
    for duty in (
        Assignment.objects.filter(measure__plan=plan, first_quarter__lte=quarter, last_quarter__gte=quarter)
        .select_related("unit")
        .order_by("unit__kind", "unit__order", "unit_id")
    ):
        duties[duty.responsibility_id].append(duty)
    updates: dict[int, dict[int, ProgressUpdate]] = defaultdict(dict)
    for update in (
        ProgressUpdate.objects.filter(assignment__measure__plan=plan, period__quarter__lte=quarter)
        .annotate_quarter()
        .annotate_amending()
        .only(
            "assignment_id",
            "status",
            "no_work",
            "percent",
            "self_status",
            "approved_percent",
            "approved_status",
            "is_late",
            "is_proxy",
            "returns",
        )
    ):
        updates[update.assignment_id][update.quarter] = update  # type: ignore[attr-defined]
    as_issued(update for filings in updates.values() for update in filings.values())
    measures = list(Measure.objects.filter(plan=plan).select_related("task").order_by("number"))
    return Rows(measures, parties, duties, updates)
