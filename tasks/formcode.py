"""The code of a filing: plan, quarter, measure and unit; on a paper form and in the rows of a 季度填报表, so that the filing is
found again. It gives no right to anything."""

import re
import unicodedata
from dataclasses import dataclass

from tasks.models import Assignment, ReportingPeriod

# Longer than any code; what is pasted beyond that is none.
CODE_MAX = 120
_CODE = re.compile(r"([-\w]{1,40})/Q([1-4])/([0-9]{1,4})/([-\w]{1,40})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class FormCode:
    """2024/Q1/8/fgj: codes of plan and unit, the quarter (1–4) and the measure's number. Nothing says that they exist."""

    plan: str
    quarter: int
    number: int
    unit: str

    def __str__(self) -> str:
        return f"{self.plan}/Q{self.quarter}/{self.number}/{self.unit}"


def form_code(assignment: Assignment, period: ReportingPeriod) -> FormCode:
    """The code of a duty in a quarter. Needs the plan, the measure and the unit beside them."""
    return FormCode(period.plan.code, period.quarter, assignment.measure.number, assignment.unit.code)


def read_code(text: str) -> FormCode | None:
    """The code that a person or a file wrote; None for anything else.

    Full-width characters, blanks and the word before it (编号：) do not matter.
    """
    folded = "".join(unicodedata.normalize("NFKC", text[:CODE_MAX]).split())
    match = _CODE.fullmatch(folded.removeprefix("编号").removeprefix(":"))
    if match is None:
        return None
    plan, quarter, number, unit = match.groups()
    return FormCode(plan, int(quarter), int(number), unit)


def find_filing(text: str) -> tuple[Assignment, ReportingPeriod] | None:
    """The duty and the quarter that a typed code names; None where it names none."""
    code = read_code(text)
    if code is None:
        return None
    period = (
        ReportingPeriod.objects.select_related("plan")
        .filter(plan__code__iexact=code.plan, quarter=code.quarter)
        .first()
    )
    assignment = (
        Assignment.objects.select_related("responsibility")
        .filter(measure__plan=period.plan_id, measure__number=code.number, unit__code__iexact=code.unit)
        .first()
        if period
        else None
    )
    if period is None or assignment is None:
        return None
    stands = assignment.covers(period.quarter) and not assignment.responsibility.is_open
    return (assignment, period) if stands else None
