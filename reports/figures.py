"""What a quarter adds up to: one computation that the dashboard, the ledger and the bulletin all read.

Means are taken of unrounded values; what is shown, the lights and the differences use the rounded ones. How a missing
filing, an open party or 本季度无相关工作 counts is said where it is decided, below.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from reports.figures_types import (
    NO_DUTY,
    NO_WORK,
    NOT_DUE,
    OPEN_PARTY,
    DutyFigures,
    Figure,
    MeasureFigures,
    PartyFigures,
    PlanFigures,
    TaskFigures,
    UnitFigures,
)
from tasks.models import (
    Assignment,
    AssignmentRole,
    Measure,
    Plan,
    ProgressUpdate,
    ReportingPeriod,
    Responsibility,
    Scope,
)
from tasks.rules import (
    FILED,
    HUNDRED,
    ZERO,
    Filing,
    Light,
    Progress,
    Status,
    counted_percent,
    filing_for,
    light_for,
    mean,
    round_tenth,
)
from units.models import Unit

# Once a quarter is issued, what nobody decided on stays as it was handed in.
_UNDECIDED = {Filing.SUBMITTED: Filing.UNREVIEWED, Filing.RETURNED: Filing.UNMENDED}


@dataclass(frozen=True)
class _Value:
    """An unrounded value on its way up. `percent` None: left out of the means above, and `without` says why."""

    percent: Decimal | None
    done: bool = False
    lagging: bool = False
    without: str = NO_DUTY


_OPEN = _Value(None, without=OPEN_PARTY)
_NONE = _Value(None)


@dataclass(frozen=True)
class _Judge:
    """Turns values into figures under one plan's thresholds at one moment."""

    plan: Plan
    quarter: int
    past_due: bool
    issuing: bool

    def figure(self, value: _Value, expected: Decimal, *, filed: bool) -> Figure:
        expected = round_tenth(expected)
        if value.percent is None:
            return Figure(None, expected, Light.GREY, value.without)
        percent = round_tenth(value.percent)
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

    def filing(self, status: str | None) -> Filing:
        filing = filing_for(status, past_due=self.past_due)
        return _UNDECIDED.get(filing, filing) if self.issuing else filing


@dataclass
class _UnitRows:
    """One unit's duties on their way to its figures."""

    unit: Unit
    values: list[_Value] = field(default_factory=list)
    expected: list[Decimal] = field(default_factory=list)
    duties: list[DutyFigures] = field(default_factory=list)


@dataclass(frozen=True)
class _Rows:
    """What the database holds of a plan up to a quarter: party → duties, duty → quarter → filing."""

    measures: list[Measure]
    parties: dict[int, list[Responsibility]]
    duties: dict[int, list[Assignment]]
    updates: dict[int, dict[int, ProgressUpdate]]


def plan_figures(plan: Plan, period: ReportingPeriod, now: datetime, *, issuing: bool = False) -> PlanFigures:
    """All figures of `plan` at `period`, from four queries whatever its size.

    `issuing`: as the quarter will stand once it is issued, with 待审核 as 已报未审 and 退回 as 退回未改.
    """
    moment, past_due = period.moment(now), period.is_past_due(now)
    judge = _Judge(plan, period.quarter, past_due, issuing)
    rows = _load(plan, period.quarter)

    by_unit: dict[str, _UnitRows] = {}
    measures: list[MeasureFigures] = []
    values: list[_Value] = []
    for measure in rows.measures:
        value, figures = _measure(judge, measure, rows, by_unit)
        values.append(value)
        measures.append(figures)
    duties = [duty for measure_row in measures for duty in measure_row.duties]
    expected = [row.figure.expected for row in measures]
    return PlanFigures(
        plan_code=plan.code,
        plan_title=plan.title,
        year=plan.year,
        quarter=period.quarter,
        as_of=moment.isoformat(),
        past_due=past_due,
        figure=_mean_figure(judge, values, expected, filed=any(row.filed for row in measures)),
        filings=_counts(duty.filing for duty in duties),
        due=len(duties),
        filed=sum(duty.filing in FILED for duty in duties),
        late=sum(duty.late for duty in duties),
        lights=_counts(row.figure.light for row in measures),
        tasks=_tasks(judge, rows.measures, measures, values),
        measures=tuple(measures),
        units=tuple(_unit(judge, own) for own in sorted(by_unit.values(), key=_official_order)),
    )


def _load(plan: Plan, quarter: int) -> _Rows:
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
        updates[update.assignment_id][update.quarter] = update  # type: ignore[attr-defined]
    measures = list(Measure.objects.filter(plan=plan).select_related("task").order_by("number"))
    return _Rows(measures, parties, duties, updates)


def _measure(
    judge: _Judge, measure: Measure, rows: _Rows, by_unit: dict[str, _UnitRows]
) -> tuple[_Value, MeasureFigures]:
    """The mean of the printed parties, so that 各街道 weighs as much as one named bureau."""
    expected = measure.expected(judge.quarter)
    parties: list[PartyFigures] = []
    values: list[_Value] = []
    for party in rows.parties[measure.pk]:
        duties: list[DutyFigures] = []
        duty_values: list[_Value] = []
        is_open = _is_open(party, judge.quarter)
        # An open party asks nobody for anything, whoever had a duty under it before.
        for duty in [] if is_open else rows.duties[party.pk]:
            value, figures = _duty(judge, measure, duty, rows.updates.get(duty.pk, {}))
            duties.append(figures)
            duty_values.append(value)
            own = by_unit.setdefault(duty.unit.code, _UnitRows(duty.unit))
            own.values.append(value)
            own.expected.append(expected)
            own.duties.append(figures)
        value = _OPEN if is_open else _combine(duty_values)
        filed = any(row.filing in FILED for row in duties)
        parties.append(
            PartyFigures(
                printed=party.printed,
                scope=party.scope,
                open=is_open,
                figure=judge.figure(value, expected, filed=filed),
                duties=tuple(duties),
            )
        )
        values.append(value)
    value = _combine(values)
    every = [duty for row in parties for duty in row.duties]
    filed_count = sum(duty.filing in FILED for duty in every)
    return value, MeasureFigures(
        number=measure.number,
        task_number=measure.task.number,
        kind=measure.kind,
        text=measure.text,
        units_text=measure.units_text,
        lead_confirmed=measure.lead_confirmed,
        figure=judge.figure(value, expected, filed=filed_count > 0),
        done=value.done,
        filed=filed_count,
        due=len(every),
        lagging=sum(duty.status == Progress.LAGGING for duty in every),
        parties=tuple(parties),
    )


def _duty(
    judge: _Judge, measure: Measure, duty: Assignment, updates: dict[int, ProgressUpdate]
) -> tuple[_Value, DutyFigures]:
    """One unit on one measure: the latest approved filing counts; what was never filed counts as 0."""
    current = updates.get(judge.quarter)
    approved = [q for q, update in updates.items() if update.status == Status.APPROVED and not update.no_work]
    latest = updates[max(approved)] if approved else None
    status = latest.final_status if latest else ""
    no_work = bool(current and current.status == Status.APPROVED and current.no_work)
    if status == Progress.DONE:
        # What is finished stays finished: having no work with it any more must not lower the figures above.
        value = _Value(HUNDRED, done=True)
    elif no_work:
        value = _Value(None, without=NO_WORK)
    elif latest is None:
        value = _Value(ZERO)
    else:
        percent = counted_percent(measure.kind, status, latest.final_percent, measure.expected(max(approved)))
        value = _Value(percent, lagging=status == Progress.LAGGING)
    filing = judge.filing(current.status if current else None)
    shown = current if current and filing in FILED else None
    return value, DutyFigures(
        assignment_id=duty.pk,
        unit_code=duty.unit.code,
        unit_name=duty.unit.name,
        lead=duty.role == AssignmentRole.LEAD,
        figure=judge.figure(value, measure.expected(judge.quarter), filed=shown is not None),
        filing=filing,
        status=status,
        no_work=no_work,
        late=bool(shown and shown.is_late),
        proxy=bool(shown and shown.is_proxy),
        returns=shown.returns if shown else 0,
        update_id=shown.pk if shown else None,
    )


def _tasks(
    judge: _Judge, measures: list[Measure], figures: list[MeasureFigures], values: list[_Value]
) -> tuple[TaskFigures, ...]:
    """The mean of a task's measures; those without a value are skipped."""
    tasks = {measure.task.number: measure.task for measure in measures}
    result = []
    for number in sorted(tasks):
        own = [(row, value) for row, value in zip(figures, values, strict=True) if row.task_number == number]
        result.append(
            TaskFigures(
                number=number,
                title=tasks[number].title,
                figure=_mean_figure(
                    judge,
                    [value for _, value in own],
                    [row.figure.expected for row, _ in own],
                    filed=any(row.filed for row, _ in own),
                ),
                measures=len(own),
                red_measures=sum(row.figure.light == Light.RED for row, _ in own),
                filed=sum(row.filed for row, _ in own),
                due=sum(row.due for row, _ in own),
            )
        )
    return tuple(result)


def _unit(judge: _Judge, rows: _UnitRows) -> UnitFigures:
    filed = sum(duty.filing in FILED for duty in rows.duties)
    return UnitFigures(
        code=rows.unit.code,
        name=rows.unit.name,
        kind=rows.unit.kind,
        kind_label=rows.unit.get_kind_display(),
        figure=_mean_figure(judge, rows.values, rows.expected, filed=filed > 0),
        due=len(rows.duties),
        filed=filed,
        late=sum(duty.late for duty in rows.duties),
        filings=_counts(duty.filing for duty in rows.duties),
    )


def _mean_figure(
    judge: _Judge, values: Sequence[_Value], expected: Sequence[Decimal], *, filed: bool
) -> Figure:
    """The figure of a task, a unit or the plan: its light is its mean's, 滞后 below it does not colour it.

    序时进度 is the mean of the same rows that the percent is a mean of.
    """
    known = [e for value, e in zip(values, expected, strict=True) if value.percent is not None]
    value = replace(_combine(values), lagging=False)
    return judge.figure(value, mean(known or list(expected)) or ZERO, filed=filed)


def _combine(values: Sequence[_Value]) -> _Value:
    """Mean of the values there are; 已完成 only when every responsibility is, also one that has no value now."""
    weighty = [value for value in values if value.without != NO_DUTY or value.percent is not None]
    if not weighty:
        return _NONE
    known = [value.percent for value in weighty if value.percent is not None]
    is_open = any(value.without == OPEN_PARTY for value in weighty)
    return _Value(
        mean(known),
        done=all(value.done for value in weighty),
        lagging=bool(known) and all(value.lagging for value in weighty if value.percent is not None),
        without=OPEN_PARTY if is_open else NO_WORK,
    )


def _is_open(party: Responsibility, quarter: int) -> bool:
    """待确认 in a quarter: also before the one from which the office settled it."""
    settled_later = party.scope not in (Scope.UNIT, Scope.NOTE) and quarter < party.first_quarter
    return party.is_open or settled_later


def _official_order(rows: _UnitRows) -> tuple[int, int, int]:
    return rows.unit.kind, rows.unit.order, rows.unit.pk


def _counts(items: Iterable[str]) -> dict[str, int]:
    return {str(key): count for key, count in sorted(Counter(items).items())}
