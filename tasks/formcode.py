"""The code on a paper form: plan, quarter, measure and unit, so that whoever types it in finds the filing again."""

import re
import unicodedata

from tasks.models import Assignment, ReportingPeriod

# Longer than any code; what is pasted beyond that is none.
CODE_MAX = 120
_CODE = re.compile(r"([-\w]{1,40})/Q([1-4])/([0-9]{1,4})/([-\w]{1,40})", re.ASCII | re.IGNORECASE)


def form_code(assignment: Assignment, period: ReportingPeriod) -> str:
    """2024/Q1/8/fgj. Needs the plan, the measure and the unit beside them."""
    number, unit = assignment.measure.number, assignment.unit.code
    return f"{period.plan.code}/Q{period.quarter}/{number}/{unit}"


def find_filing(text: str) -> tuple[Assignment, ReportingPeriod] | None:
    """The duty and the quarter that a typed code names; None where it names none.

    Full-width characters, blanks and the word before it (编号：) do not matter.
    """
    folded = "".join(unicodedata.normalize("NFKC", text[:CODE_MAX]).split())
    match = _CODE.fullmatch(folded.removeprefix("编号").removeprefix(":"))
    if match is None:
        return None
    plan, quarter, number, unit = match.groups()
    period = (
        ReportingPeriod.objects.select_related("plan")
        .filter(plan__code__iexact=plan, quarter=int(quarter))
        .first()
    )
    assignment = (
        Assignment.objects.select_related("responsibility")
        .filter(measure__plan=period.plan_id, measure__number=int(number), unit__code__iexact=unit)
        .first()
        if period
        else None
    )
    if period is None or assignment is None:
        return None
    stands = assignment.covers(period.quarter) and not assignment.responsibility.is_open
    return (assignment, period) if stands else None
