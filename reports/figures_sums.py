"""From the duties up: parties, measures, tasks, units and the plan.

One arithmetic for a quarter computed from its filings and for a corrected one, whose duties are those of the frozen edition
but for the filings that were mended. A duty's own percent has one decimal at most, so nothing is lost by freezing it; every
mean above is taken anew, of unrounded means.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from reports.figures_types import (
    NO_WORK,
    DutyFigures,
    Figure,
    MeasureFigures,
    PartyFigures,
    PlanFigures,
    TaskFigures,
    UnitFigures,
)
from reports.figures_values import OPEN, Judge, Value, combine, mean_figure
from tasks.rules import FILED, HUNDRED, ZERO, Light, Progress


def unjudged(expected: Decimal = ZERO) -> Figure:
    """What stands in a figure that `add_up` has still to compute: only its 序时进度 is known."""
    return Figure(None, expected, Light.GREY, "")


def value_for(status: str, percent: Decimal | None, *, no_work: bool) -> Value:
    """What a duty counts as: `status` and `percent` (as counted) of its latest approved filing, '' and 0 without one."""
    if status == Progress.DONE:
        # What is finished stays finished: having no work with it any more must not lower the figures above.
        return Value(HUNDRED, done=True)
    if no_work:
        return Value(None, without=NO_WORK)
    return Value(percent, lagging=status == Progress.LAGGING)


def value_of(duty: DutyFigures) -> Value:
    """The value that the figure of `duty` was judged from."""
    return value_for(duty.status, duty.figure.percent, no_work=duty.no_work)


@dataclass(frozen=True)
class _Row:
    """A duty on its way into its unit's figures."""

    duty: DutyFigures
    value: Value
    expected: Decimal


def add_up(figures: PlanFigures) -> PlanFigures:
    """`figures` with everything above the duties computed from them.

    Taken as given: the duties, texts, names and order, which parties are open, each measure's 序时进度, the thresholds and
    whether the quarter is past due.
    """
    judge = Judge(figures.past_due, figures.yellow_from, figures.red_from)
    by_unit: dict[str, list[_Row]] = defaultdict(list)
    values: list[Value] = []
    measures: list[MeasureFigures] = []
    for row in figures.measures:
        value, measure = _measure(judge, row, by_unit)
        values.append(value)
        measures.append(measure)
    duties = [duty for row in measures for duty in row.duties]
    return replace(
        figures,
        figure=mean_figure(
            judge,
            values,
            [row.figure.expected for row in measures],
            filed=any(row.filed for row in measures),
        ),
        filings=_counts(duty.filing for duty in duties),
        due=len(duties),
        filed=_filed(duties),
        late=sum(duty.late for duty in duties),
        lights=_counts(row.figure.light for row in measures),
        tasks=tuple(_task(judge, task, measures, values) for task in figures.tasks),
        measures=tuple(measures),
        units=tuple(_unit(judge, unit, by_unit[unit.code]) for unit in figures.units),
    )


def add_up_measure(judge: Judge, row: MeasureFigures) -> MeasureFigures:
    """`row` alone, as `add_up` leaves it within its plan."""
    return _measure(judge, row, defaultdict(list))[1]


def _measure(
    judge: Judge, row: MeasureFigures, by_unit: dict[str, list[_Row]]
) -> tuple[Value, MeasureFigures]:
    """The mean of the printed parties, so that 各街道 weighs as much as one named bureau."""
    expected = row.figure.expected
    values: list[Value] = []
    parties: list[PartyFigures] = []
    for party in row.parties:
        own = [_Row(duty, value_of(duty), expected) for duty in party.duties]
        for one in own:
            by_unit[one.duty.unit_code].append(one)
        value = OPEN if party.open else combine([one.value for one in own])
        values.append(value)
        figure = judge.figure(value, expected, filed=_filed(party.duties) > 0)
        parties.append(replace(party, figure=figure))
    value = combine(values)
    filed = _filed(row.duties)
    return value, replace(
        row,
        figure=judge.figure(value, expected, filed=filed > 0),
        done=value.done,
        filed=filed,
        due=len(row.duties),
        lagging=sum(duty.status == Progress.LAGGING for duty in row.duties),
        parties=tuple(parties),
    )


def _task(
    judge: Judge, task: TaskFigures, measures: list[MeasureFigures], values: list[Value]
) -> TaskFigures:
    """The mean of a task's measures; those without a value are skipped."""
    own = [
        (row, value) for row, value in zip(measures, values, strict=True) if row.task_number == task.number
    ]
    return replace(
        task,
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


def _unit(judge: Judge, unit: UnitFigures, rows: list[_Row]) -> UnitFigures:
    duties = [row.duty for row in rows]
    filed = _filed(duties)
    return replace(
        unit,
        figure=mean_figure(
            judge, [row.value for row in rows], [row.expected for row in rows], filed=filed > 0
        ),
        due=len(duties),
        filed=filed,
        late=sum(duty.late for duty in duties),
        filings=_counts(duty.filing for duty in duties),
    )


def _filed(duties: Iterable[DutyFigures]) -> int:
    return sum(duty.filing in FILED for duty in duties)


def _counts(items: Iterable[str]) -> dict[str, int]:
    return {str(key): count for key, count in sorted(Counter(items).items())}
