"""Units × measures: who owes what and where it stands, and the list of those who owe. From figures alone."""

from dataclasses import dataclass

from reports.figures_types import NO_WORK, DutyFigures, MeasureFigures, PlanFigures, TaskFigures, UnitFigures
from tasks.rules import Filing

# One character for each state of a filing: it must be told apart without colour, in a cell of a finger's width.
GLYPHS: dict[str, str] = {
    Filing.APPROVED: "✓",
    Filing.SUBMITTED: "审",
    Filing.RETURNED: "退",
    Filing.MISSING: "未",
    Filing.OVERDUE: "逾",
    Filing.UNREVIEWED: "审",
    Filing.UNMENDED: "退",
}
NO_WORK_GLYPH = "无"


@dataclass(frozen=True)
class Cell:
    """A unit's duty on a measure. `update_id`: the filing that the reader may open, None for none."""

    duty: DutyFigures
    measure: MeasureFigures
    glyph: str
    words: str
    update_id: int | None


@dataclass(frozen=True)
class Row:
    """A unit; a cell for each measure in order, None where it has no duty."""

    unit: UnitFigures
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Matrix:
    """`tasks`: each with its measures, in order; rows in official order; `legend`: glyph, words and state, as used."""

    tasks: tuple[tuple[TaskFigures, tuple[MeasureFigures, ...]], ...]
    rows: tuple[Row, ...]
    legend: tuple[tuple[str, str, str], ...]
    has_late: bool


@dataclass(frozen=True)
class Debtor:
    """A unit with the numbers of the measures on which it has not reported."""

    unit: UnitFigures
    measures: tuple[int, ...]


def matrix_of(figures: PlanFigures, readable: frozenset[int]) -> Matrix:
    """The matrix of a quarter; `readable`: ids of the filings that the reader may open."""
    cells = {
        (duty.unit_code, measure.number): _cell(duty, measure, readable)
        for measure in figures.measures
        for duty in measure.duties
    }
    duties = [cell.duty for cell in cells.values()]
    states = [
        (glyph, str(Filing(state).label), state)
        for state, glyph in GLYPHS.items()
        if figures.filings.get(state)
    ]
    if any(duty.no_work for duty in duties):
        states.append((NO_WORK_GLYPH, f"通过（{NO_WORK}）", Filing.APPROVED))
    return Matrix(
        tasks=tuple(
            (task, tuple(row for row in figures.measures if row.task_number == task.number))
            for task in figures.tasks
        ),
        rows=tuple(
            Row(unit, tuple(cells.get((unit.code, measure.number)) for measure in figures.measures))
            for unit in figures.units
        ),
        legend=tuple(states),
        has_late=any(duty.late for duty in duties),
    )


def debtors_of(figures: PlanFigures) -> list[Debtor]:
    """Who has not reported (未报, 逾期未报), in official order."""
    owed: dict[str, list[int]] = {}
    for measure in figures.measures:
        for duty in measure.duties:
            if duty.missing:
                owed.setdefault(duty.unit_code, []).append(measure.number)
    return [Debtor(unit, tuple(owed[unit.code])) for unit in figures.units if unit.code in owed]


def debtors_text(figures: PlanFigures) -> str:
    """催报名单 as text to paste into a message: units in official order with the numbers of their measures."""
    debtors = debtors_of(figures)
    word = "逾期未报" if figures.past_due else "未报"
    total = sum(len(debtor.measures) for debtor in debtors)
    lines = [
        f"{figures.period_name}生态环境保护任务进展{word}单位名单（共{len(debtors)}个单位、{total}项措施）"
    ]
    lines += [
        f"{place}. {debtor.unit.name}：措施{'、'.join(map(str, debtor.measures))}"
        for place, debtor in enumerate(debtors, start=1)
    ]
    return "\n".join(lines)


def _cell(duty: DutyFigures, measure: MeasureFigures, readable: frozenset[int]) -> Cell:
    words = str(duty.filing.label)
    if duty.no_work:
        words += f"（{NO_WORK}）"
    if duty.late:
        words += "，逾期报送"
    return Cell(
        duty=duty,
        measure=measure,
        glyph=NO_WORK_GLYPH if duty.no_work else GLYPHS[duty.filing],
        words=words,
        update_id=duty.update_id if duty.update_id in readable else None,
    )
