"""The lines of the summary tables: what stands beside a figure on 总览 and on the pages of tasks and units."""

from dataclasses import dataclass
from decimal import Decimal

from reports.charts import FILINGS
from reports.figures_types import DutyFigures, MeasureFigures, PlanFigures, TaskFigures, UnitFigures
from reports.reading import Course
from tasks.rules import QUARTER_NAMES, Filing, Light


@dataclass(frozen=True)
class TaskLine:
    """A task with the difference to last quarter in percentage points, None without one."""

    task: TaskFigures
    change: Decimal | None


@dataclass(frozen=True)
class UnitLine:
    """A unit likewise; `counts`: (filing state, its word, how many of its duties) for each of `filing_states`."""

    unit: UnitFigures
    change: Decimal | None
    counts: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class QuarterLine:
    """A quarter of the plan, or of one unit (`unit`, None where it had no duty then)."""

    figures: PlanFigures
    name: str
    change: Decimal | None
    unit: UnitFigures | None = None


@dataclass(frozen=True)
class LightLine:
    light: Light
    count: int


def filing_states(figures: PlanFigures) -> list[tuple[str, str]]:
    """The filing states that occur in the quarter, with their words: the columns of the units' table."""
    return [(state, str(Filing(state).label)) for state in FILINGS if figures.filings.get(state)]


def task_lines(course: Course) -> list[TaskLine]:
    return [TaskLine(task, course.task_change(task.number)) for task in course.current.tasks]


def unit_lines(course: Course) -> list[UnitLine]:
    """The units in official order."""
    states = filing_states(course.current)
    return [
        UnitLine(
            unit,
            course.unit_change(unit.code),
            tuple((state, label, unit.filings.get(state, 0)) for state, label in states),
        )
        for unit in course.current.units
    ]


def quarter_lines(course: Course, unit_code: str = "") -> list[QuarterLine]:
    """The quarters so far, oldest first; with `unit_code`, as they were for that unit."""
    lines = []
    for place, figures in enumerate(course.figures):
        so_far = Course(course.figures[: place + 1])
        lines.append(
            QuarterLine(
                figures=figures,
                name=QUARTER_NAMES[figures.quarter],
                change=so_far.unit_change(unit_code) if unit_code else so_far.change,
                unit=figures.unit(unit_code) if unit_code else None,
            )
        )
    return lines


def light_lines(figures: PlanFigures) -> list[LightLine]:
    """How many measures stand at each light, the finished first."""
    return [LightLine(light, figures.lights.get(light, 0)) for light in Light]


@dataclass(frozen=True)
class DutyLine:
    """A unit's duty on a measure, and (name, duty) of the quarters before, None where it had none."""

    measure: MeasureFigures
    duty: DutyFigures
    earlier: tuple[tuple[str, DutyFigures | None], ...]


def duty_lines(course: Course, unit_code: str) -> list[DutyLine]:
    """The unit's duties in the plan's order. Duties of earlier quarters only are left to the pages of those."""
    *before, current = [(QUARTER_NAMES[row.quarter], _duties(row, unit_code)) for row in course.figures]
    return [
        DutyLine(
            measure,
            current[1][measure.number],
            tuple((name, duties.get(measure.number)) for name, duties in before),
        )
        for measure in course.current.measures
        if measure.number in current[1]
    ]


def _duties(figures: PlanFigures, unit_code: str) -> dict[int, DutyFigures]:
    """Measure number → the unit's duty on it."""
    return {
        measure.number: duty
        for measure in figures.measures
        for duty in measure.duties
        if duty.unit_code == unit_code
    }
