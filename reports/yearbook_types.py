"""What a year's workbook tells: a measure through its quarters, a filing, a unit that is missing."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from tasks.rules import Light


class QuarterState(NamedTuple):
    """Where a measure stands in a quarter. `percent`: 0–100, of a measure with an end; `filed` 5/7."""

    percent: Decimal | None
    light: Light
    word: str
    filed: str


class YearFiling(NamedTuple):
    """What one unit handed in on a measure in a quarter. Moments are those of the wall, without a zone."""

    quarter: str
    number: int
    unit: str
    role: str
    task: str
    text: str
    filing: str
    own_status: str
    own_percent: Decimal | None
    checked_status: str
    checked_percent: Decimal | None
    note: str
    progress: str
    problems: str
    next_steps: str
    overall: str
    indicator: str
    indicator_value: Decimal | None
    decrease_reason: str
    submitted_by: str
    proxy: bool
    submitted_at: datetime | None
    late: bool
    decided_by: str
    decided_at: datetime | None
    returns: int
    evidence: int


class YearMeasure(NamedTuple):
    """`lead` once confirmed; `quarters`: the four, None for one that has not begun; `overall`: the latest there is."""

    number: int
    task: str
    text: str
    units_text: str
    lead: str
    deadline: str
    kind: str
    quarters: tuple[QuarterState | None, ...]
    overall: str
    filings: tuple[YearFiling, ...]


class Unfiled(NamedTuple):
    """A unit that has not handed in all of a quarter. `numbers`: the measures that are missing."""

    quarter: str
    unit: str
    contact: str
    due: int
    filed: int
    overdue: bool
    numbers: tuple[int, ...]
