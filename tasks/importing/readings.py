"""What reading a plan gives: the plan as printed, before anybody is asked whom the names mean."""

from dataclasses import dataclass, field
from datetime import date

from tasks.importing.deadlines import Deadline
from tasks.importing.grid import CellPlace, Problem
from tasks.importing.parties import Party
from tasks.planbook.stated import Stated


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was printed: the table's index among the document's tables, its row number, the head of its column."""

    table: int
    row: int
    column: str | None = None


@dataclass(frozen=True, slots=True)
class MeasureReading:
    """One 工作措施. `number` is unique and rising in the plan; `label` is the number as typed, None where there was none.

    `extras`: further columns, head → text. `units_place`: the cell of the units, None in a document without tables.
    """

    number: int
    text: str
    units_text: str
    parties: tuple[Party, ...]
    deadline_text: str
    deadline: Deadline
    place: Place
    units_column: str
    deadline_column: str
    label: str | None = None
    extras: tuple[tuple[str, str], ...] = ()
    units_place: CellPlace | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class TaskReading:
    """One 目标任务. `categories`: what stands above it (类别, a band over the table), outermost first."""

    number: int
    title: str
    measures: tuple[MeasureReading, ...]
    place: Place
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SectionReading:
    """A section of the text around the table. `number` as printed (一, （一）), level 0: text before the first heading."""

    heading: str
    level: int
    text: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class PlanReading:
    title: str
    year: int | None
    tasks: tuple[TaskReading, ...]
    sections: tuple[SectionReading, ...] = ()
    preamble: str = ""
    attachment_title: str = ""
    issuer: str = ""
    issued_on: date | None = None
    problems: tuple[Problem, ...] = field(default=())
    # Of a workbook of ours only.
    stated: Stated | None = None

    @property
    def measures(self) -> list[MeasureReading]:
        return [measure for task in self.tasks for measure in task.measures]
