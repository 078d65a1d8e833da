"""What a quarter adds up to: one computation that the dashboard, the ledger and the bulletin all read.

Means are taken of unrounded values; what is shown, the lights and the differences use the rounded ones. How a missing
filing, an open party or 本季度无相关工作 counts is said where it is decided, below.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from reports.figures_rows import Rows, load_rows
from reports.figures_types import (
    NO_WORK,
    DutyFigures,
    MeasureFigures,
    PartyFigures,
    PlanFigures,
    TaskFigures,
    UnitFigures,
)
from reports.figures_values import OPEN, Judge, Value, combine, mean_figure
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
    Light,
    Progress,
    Status,
    counted_percent,
)
from units.models import Unit


@dataclass
class _UnitRows:
    """One unit's duties on their way to its figures."""

    unit: Unit
    values: list[Value] = field(default_factory=list)
    expected: list[Decimal] = field(default_factory=list)
    duties: list[DutyFigures] = field(default_factory=list)


def plan_figures(plan: Plan, period: ReportingPeriod, now: datetime, *, issuing: bool = False) -> PlanFigures:
    """All figures of `plan` at `period`, from four queries whatever its size.

    `issuing`: as the quarter will stand once it is issued, with 待审核 as 已报未审 and 退回 as 退回未改.
    """
    moment, past_due = period.moment(now), period.is_past_due(now)
    judge = Judge(plan, period.quarter, past_due, issuing)
    rows = load_rows(plan, period.quarter)

    by_unit: dict[str, _UnitRows] = {}
    measures: list[MeasureFigures] = []
    values: list[Value] = []
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
        figure=mean_figure(judge, values, expected, filed=any(row.filed for row in measures)),
        filings=_counts(duty.filing for duty in duties),
        due=len(duties),
        filed=sum(duty.filing in FILED for duty in duties),
        late=sum(duty.late for duty in duties),
        lights=_counts(row.figure.light for row in measures),
        tasks=_tasks(judge, rows.measures, measures, values),
        measures=tuple(measures),
        units=tuple(_unit(judge, own) for own in sorted(by_unit.values(), key=_official_order)),
        yellow_from=plan.yellow_from,
        red_from=plan.red_from,
    )


def _measure(
    judge: Judge, measure: Measure, rows: Rows, by_unit: dict[str, _UnitRows]
) -> tuple[Value, MeasureFigures]:
    """The mean of the printed parties, so that 各街道 weighs as much as one named bureau."""
    expected = measure.expected(judge.quarter)
    parties: list[PartyFigures] = []
    values: list[Value] = []
    for party in rows.parties[measure.pk]:
        duties: list[DutyFigures] = []
        duty_values: list[Value] = []
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
        value = OPEN if is_open else combine(duty_values)
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
    value = combine(values)
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
    judge: Judge, measure: Measure, duty: Assignment, updates: dict[int, ProgressUpdate]
) -> tuple[Value, DutyFigures]:
    """One unit on one measure: the latest approved filing counts; what was never filed counts as 0."""
    current = updates.get(judge.quarter)
    approved = [q for q, update in updates.items() if update.status == Status.APPROVED and not update.no_work]
    latest = updates[max(approved)] if approved else None
    status = latest.final_status if latest else ""
    no_work = bool(current and current.status == Status.APPROVED and current.no_work)
    if status == Progress.DONE:
        # What is finished stays finished: having no work with it any more must not lower the figures above.
        value = Value(HUNDRED, done=True)
    elif no_work:
        value = Value(None, without=NO_WORK)
    elif latest is None:
        value = Value(ZERO)
    else:
        percent = counted_percent(measure.kind, status, latest.final_percent, measure.expected(max(approved)))
        value = Value(percent, lagging=status == Progress.LAGGING)
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
    judge: Judge, measures: list[Measure], figures: list[MeasureFigures], values: list[Value]
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
                figure=mean_figure(
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


def _unit(judge: Judge, rows: _UnitRows) -> UnitFigures:
    filed = sum(duty.filing in FILED for duty in rows.duties)
    return UnitFigures(
        code=rows.unit.code,
        name=rows.unit.name,
        kind=rows.unit.kind,
        kind_label=rows.unit.get_kind_display(),
        figure=mean_figure(judge, rows.values, rows.expected, filed=filed > 0),
        due=len(rows.duties),
        filed=filed,
        late=sum(duty.late for duty in rows.duties),
        filings=_counts(duty.filing for duty in rows.duties),
    )


def _is_open(party: Responsibility, quarter: int) -> bool:
    """待确认 in a quarter: also before the one from which the office settled it."""
    settled_later = party.scope not in (Scope.UNIT, Scope.NOTE) and quarter < party.first_quarter
    return party.is_open or settled_later


def _official_order(rows: _UnitRows) -> tuple[int, int, int]:
    return rows.unit.kind, rows.unit.order, rows.unit.pk


def _counts(items: Iterable[str]) -> dict[str, int]:
    return {str(key): count for key, count in sorted(Counter(items).items())}
