"""The shapes of a quarter's figures. Frozen, so that one computation can serve every page, the ledger and the bulletin.

Percents and 序时进度 are Decimals, 0–100, rounded half up to 0.1. An issued quarter is read from exactly these fields as
JSON (see frozen.py): a field that comes later needs a default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tasks.rules import NOT_FILED, QUARTER_NAMES, RED_FROM, YELLOW_FROM, Filing, Light, Progress, round_tenth

# What a figure without a percent, or not yet judged, says instead of a light's own word.
OPEN_PARTY = "待确认"
NOT_DUE = "未到期"
NO_WORK = "无相关工作"
NO_DUTY = "不单独计算"

# Behind 序时进度, the worse first.
SLOW_LIGHTS = (Light.RED, Light.YELLOW)
# Handed in, but not decided on; returned and not handed in again. Before a quarter is issued, and after.
UNDECIDED = (Filing.SUBMITTED, Filing.UNREVIEWED)
UNMENDED = (Filing.RETURNED, Filing.UNMENDED)


@dataclass(frozen=True)
class Figure:
    """A percent against 序时进度 with its light. `percent` None: no value (`label` says why)."""

    percent: Decimal | None
    expected: Decimal
    light: Light
    label: str

    @property
    def gap(self) -> Decimal | None:
        """Percentage points ahead of 序时进度 (negative: behind)."""
        return None if self.percent is None else self.percent - self.expected


@dataclass(frozen=True)
class DutyFigures:
    """One unit on one measure. `update_id` None: nothing was filed, or a draft only."""

    assignment_id: int
    unit_code: str
    unit_name: str
    lead: bool
    figure: Figure
    filing: Filing
    status: str
    no_work: bool
    late: bool
    proxy: bool
    returns: int
    update_id: int | None

    @property
    def missing(self) -> bool:
        """Whether nothing was handed in (未报, 逾期未报)."""
        return self.filing in NOT_FILED

    @property
    def undecided(self) -> bool:
        return self.filing in UNDECIDED

    @property
    def unmended(self) -> bool:
        return self.filing in UNMENDED

    @property
    def slow(self) -> bool:
        """Whether it is behind 序时进度, by its figure or by the unit's own word (滞后)."""
        return self.status == Progress.LAGGING or self.figure.light in SLOW_LIGHTS


@dataclass(frozen=True)
class PartyFigures:
    """A printed party with the duties under it. `open`: 待确认."""

    printed: str
    scope: str
    open: bool
    figure: Figure
    duties: tuple[DutyFigures, ...]


@dataclass(frozen=True)
class MeasureFigures:
    """A measure; `filed` of `due` duties are handed in, `lagging` of them stand at 滞后."""

    number: int
    task_number: int
    kind: str
    text: str
    units_text: str
    lead_confirmed: bool
    figure: Figure
    done: bool
    filed: int
    due: int
    lagging: int
    parties: tuple[PartyFigures, ...]

    @property
    def duties(self) -> list[DutyFigures]:
        return [duty for party in self.parties for duty in party.duties]

    @property
    def lead(self) -> DutyFigures | None:
        """The duty of the lead, confirmed or proposed."""
        return next((duty for duty in self.duties if duty.lead), None)

    @property
    def has_open_party(self) -> bool:
        return any(party.open for party in self.parties)


@dataclass(frozen=True)
class TaskFigures:
    number: int
    title: str
    figure: Figure
    measures: int
    red_measures: int
    filed: int
    due: int


@dataclass(frozen=True)
class UnitFigures:
    """A unit's quarter. `filings`: how many of its duties stand where, by the value of Filing."""

    code: str
    name: str
    kind: int
    kind_label: str
    figure: Figure
    due: int
    filed: int
    late: int
    filings: dict[str, int]

    @property
    def missing(self) -> int:
        return not_filed(self.filings)


@dataclass(frozen=True)
class PlanFigures:
    """A plan at a quarter. `as_of` is the moment that lights were judged at (ISO 8601)."""

    plan_code: str
    plan_title: str
    year: int
    quarter: int
    as_of: str
    past_due: bool
    figure: Figure
    filings: dict[str, int]
    due: int
    filed: int
    late: int
    lights: dict[str, int]
    tasks: tuple[TaskFigures, ...]
    measures: tuple[MeasureFigures, ...]
    units: tuple[UnitFigures, ...]
    # The thresholds that the lights were judged by, in percentage points behind 序时进度.
    yellow_from: int = YELLOW_FROM
    red_from: int = RED_FROM

    def measure(self, number: int) -> MeasureFigures:
        """The measure of that number; KeyError where there is none."""
        for row in self.measures:
            if row.number == number:
                return row
        raise KeyError(number)

    def task(self, number: int) -> TaskFigures | None:
        return next((row for row in self.tasks if row.number == number), None)

    def unit(self, code: str) -> UnitFigures | None:
        return next((row for row in self.units if row.code == code), None)

    @property
    def missing(self) -> int:
        """How many duties have nothing handed in (未报 and 逾期未报)."""
        return not_filed(self.filings)

    @property
    def filing_rate(self) -> Decimal | None:
        """报送率 in percent, 0–100; None where nothing was due."""
        return round_tenth(Decimal(self.filed) * 100 / self.due) if self.due else None

    @property
    def period_name(self) -> str:
        """2024年第一季度."""
        return f"{self.year}年{QUARTER_NAMES[self.quarter]}"


def not_filed(filings: Mapping[str, int]) -> int:
    return sum(filings.get(state, 0) for state in NOT_FILED)
