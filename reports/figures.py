"""What a quarter adds up to: one computation that the dashboard, the ledger and the bulletin all read.

Decimals are percent, 0–100, rounded half up to 0.1 where they are shown; means are taken of unrounded values. How a
missing filing, an open party or 本季度无相关工作 counts is said where it is decided, below.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tasks.models import Assignment, Measure, Plan, ProgressUpdate, ReportingPeriod, Responsibility, Scope
from tasks.rules import (
    FILED,
    NOT_FILED,
    ZERO,
    Filing,
    Light,
    PeriodState,
    Progress,
    Status,
    counted_percent,
    filing_for,
    is_past_due,
    light_for,
    mean,
    round_tenth,
)

OPEN_PARTY = "待确认"
NOT_DUE = "未到期"
NO_WORK = "无相关工作"


@dataclass(frozen=True)
class Figure:
    """A rounded percent against 序时进度 with its light. `percent` None: no value (`label` says why)."""

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
        return sum(self.filings.get(state, 0) for state in NOT_FILED)


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

    def measure(self, number: int) -> MeasureFigures:
        """The measure of that number; KeyError where there is none."""
        for row in self.measures:
            if row.number == number:
                return row
        raise KeyError(number)

    def unit(self, code: str) -> UnitFigures | None:
        return next((row for row in self.units if row.code == code), None)

    @property
    def key(self) -> str:
        return f"{self.year}Q{self.quarter}"


@dataclass(frozen=True)
class _Value:
    """An unrounded value on its way up. `percent` None: left out of the means above."""

    percent: Decimal | None
    done: bool = False
    lagging: bool = False


class _Judge:
    """Turns values into figures under one plan's thresholds at one moment."""

    def __init__(self, plan: Plan, past_due: bool) -> None:
        self.plan, self.past_due = plan, past_due

    def figure(self, value: _Value, expected: Decimal, *, filed: bool, without: str = OPEN_PARTY) -> Figure:
        percent = None if value.percent is None else round_tenth(value.percent)
        expected = round_tenth(expected)
        if percent is None:
            return Figure(None, expected, Light.GREY, without)
        if not filed and not self.past_due and not value.done:
            return Figure(percent, expected, Light.GREY, NOT_DUE)
        light = light_for(
            percent,
            expected,
            done=value.done,
            lagging=value.lagging,
            yellow_from=self.plan.yellow_from,
            red_from=self.plan.red_from,
        )
        return Figure(percent, expected, light, str(light.label))


def moment_of(period: ReportingPeriod, now: datetime) -> datetime:
    """The moment a quarter is judged at: now while it is open, its closing time once closed."""
    if period.state in (PeriodState.UPCOMING, PeriodState.OPEN) or period.closed_at is None:
        return now
    return period.closed_at


def plan_figures(plan: Plan, period: ReportingPeriod, now: datetime) -> PlanFigures:
    """All figures of `plan` at `period`, from five queries whatever its size."""
    moment = moment_of(period, now)
    past_due = is_past_due(period.due_on, moment)
    judge = _Judge(plan, past_due)
    quarter = period.quarter

    measures = list(Measure.objects.filter(plan=plan).select_related("task").order_by("number"))
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
        updates[update.assignment_id][update.quarter] = update

    measure_rows: list[MeasureFigures] = []
    values: dict[int, _Value] = {}
    unit_duties: dict[str, list[tuple[_Value, Decimal, DutyFigures]]] = defaultdict(list)
    units: dict[str, Any] = {}
    for measure in measures:
        expected = measure.expected(quarter)
        party_rows, party_values = [], []
        for party in parties[measure.pk]:
            rows, row_values = [], []
            for duty in duties[party.pk] if not party.is_open else []:
                value, row = _duty(judge, measure, duty, updates[duty.pk], quarter)
                rows.append(row)
                row_values.append(value)
                units[row.unit_code] = duty.unit
                unit_duties[row.unit_code].append((value, expected, row))
            value = _combine(row_values)
            filed = any(row.filing in FILED for row in rows)
            without = NO_WORK if rows else OPEN_PARTY
            party_rows.append(
                PartyFigures(
                    party.printed,
                    party.scope,
                    party.is_open,
                    judge.figure(value, expected, filed=filed, without=without),
                    tuple(rows),
                )
            )
            # A note without units has no weight; an open party has no value, yet keeps the measure unfinished.
            if party.scope != Scope.NOTE or rows:
                party_values.append(value if rows or not party.is_open else _Value(None))
        measure_rows.append(_measure(judge, measure, expected, party_rows, party_values, values))

    tasks = _tasks(judge, measures, measure_rows, values)
    every_duty = [duty for row in measure_rows for duty in row.duties]
    overall = _combine([values[row.number] for row in measure_rows])
    return PlanFigures(
        plan_code=plan.code,
        plan_title=plan.title,
        year=plan.year,
        quarter=quarter,
        as_of=moment.isoformat(),
        past_due=past_due,
        figure=judge.figure(
            overall,
            _mean_expected(measure_rows, values, period),
            filed=any(duty.filing in FILED for duty in every_duty),
        ),
        filings=_counts(duty.filing for duty in every_duty),
        due=len(every_duty),
        filed=sum(duty.filing in FILED for duty in every_duty),
        late=sum(duty.late for duty in every_duty),
        lights=_counts(row.figure.light for row in measure_rows),
        tasks=tasks,
        measures=tuple(measure_rows),
        units=tuple(
            _unit(judge, units[code], unit_duties[code])
            for code in sorted(units, key=lambda code: (units[code].kind, units[code].order, units[code].pk))
        ),
    )


def _duty(
    judge: _Judge, measure: Measure, duty: Assignment, filed: dict[int, ProgressUpdate], quarter: int
) -> tuple[_Value, DutyFigures]:
    """One unit on one measure: the latest approved filing counts; what was never filed counts as 0."""
    current = filed.get(quarter)
    approved = [q for q, update in filed.items() if update.status == Status.APPROVED and not update.no_work]
    latest = filed[max(approved)] if approved else None
    no_work = bool(current and current.status == Status.APPROVED and current.no_work)
    status = latest.final_status if latest else ""
    if no_work:
        value = _Value(None)
    elif latest is None:
        value = _Value(ZERO)
    else:
        percent = counted_percent(measure.kind, status, latest.final_percent, measure.expected(max(approved)))
        value = _Value(percent, done=status == Progress.DONE, lagging=status == Progress.LAGGING)
    filing = filing_for(current.status if current else None, past_due=judge.past_due)
    shown = current if current and filing in FILED else None
    return value, DutyFigures(
        assignment_id=duty.pk,
        unit_code=duty.unit.code,
        unit_name=duty.unit.name,
        lead=duty.role == "lead",
        figure=judge.figure(value, measure.expected(quarter), filed=filing in FILED, without=NO_WORK),
        filing=filing,
        status=status,
        no_work=no_work,
        late=bool(shown and shown.is_late),
        proxy=bool(shown and shown.is_proxy),
        returns=shown.returns if shown else 0,
        update_id=shown.pk if shown else None,
    )


def _measure(
    judge: _Judge,
    measure: Measure,
    expected: Decimal,
    parties: list[PartyFigures],
    party_values: list[_Value],
    values: dict[int, _Value],
) -> MeasureFigures:
    """The mean of the printed parties, so that 各街道 weighs as much as one named bureau."""
    combined = _combine(party_values)
    is_open = any(party.open for party in parties)
    value = _Value(combined.percent, done=combined.done and not is_open, lagging=combined.lagging)
    values[measure.number] = value
    rows = [duty for party in parties for duty in party.duties]
    filed = sum(duty.filing in FILED for duty in rows)
    return MeasureFigures(
        number=measure.number,
        task_number=measure.task.number,
        kind=measure.kind,
        text=measure.text,
        units_text=measure.units_text,
        lead_confirmed=measure.lead_confirmed,
        figure=judge.figure(
            value, expected, filed=filed > 0, without=NO_WORK if rows and not is_open else OPEN_PARTY
        ),
        done=value.done,
        filed=filed,
        due=len(rows),
        lagging=sum(duty.status == Progress.LAGGING for duty in rows),
        parties=tuple(parties),
    )


def _tasks(
    judge: _Judge, measures: list[Measure], rows: list[MeasureFigures], values: dict[int, _Value]
) -> tuple[TaskFigures, ...]:
    """The mean of a task's measures; those without a value are skipped."""
    titles = {measure.task.number: measure.task.title for measure in measures}
    tasks = []
    for number in sorted(titles):
        own = [row for row in rows if row.task_number == number]
        valued = [row for row in own if values[row.number].percent is not None]
        value = _combine([values[row.number] for row in own])
        value = _Value(value.percent, done=bool(own) and all(row.done for row in own), lagging=False)
        expected = mean([row.figure.expected for row in valued or own]) or ZERO
        tasks.append(
            TaskFigures(
                number=number,
                title=titles[number],
                figure=judge.figure(value, expected, filed=any(row.filed for row in own)),
                measures=len(own),
                red_measures=sum(row.figure.light == Light.RED for row in own),
                filed=sum(row.filed for row in own),
                due=sum(row.due for row in own),
            )
        )
    return tuple(tasks)


def _unit(judge: _Judge, unit: Any, rows: list[tuple[_Value, Decimal, DutyFigures]]) -> UnitFigures:
    duties = [row for _, _, row in rows]
    value = _combine([value for value, _, _ in rows])
    expected = mean([expected for value, expected, _ in rows if value.percent is not None])
    filed = sum(duty.filing in FILED for duty in duties)
    return UnitFigures(
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        kind_label=unit.get_kind_display(),
        figure=judge.figure(
            _Value(value.percent, value.done, False), expected or ZERO, filed=filed > 0, without=NO_WORK
        ),
        due=len(duties),
        filed=filed,
        late=sum(duty.late for duty in duties),
        filings=_counts(duty.filing for duty in duties),
    )


def _combine(values: list[_Value]) -> _Value:
    """Mean of the values there are; done or lagging when all of them are."""
    known = [value for value in values if value.percent is not None]
    return _Value(
        mean([value.percent for value in known if value.percent is not None]),
        done=bool(known) and all(value.done for value in known),
        lagging=bool(known) and all(value.lagging for value in known),
    )


def _mean_expected(rows: list[MeasureFigures], values: dict[int, _Value], period: ReportingPeriod) -> Decimal:
    known = [row.figure.expected for row in rows if values[row.number].percent is not None]
    result = mean(known or [row.figure.expected for row in rows])
    return ZERO if result is None else result


def _counts(items: Iterable[str]) -> dict[str, int]:
    return {str(key): count for key, count in sorted(Counter(items).items())}
