"""What a workbook of ours states beside the plan as printed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.importing.grid import CellPlace
from tasks.importing.settings import PlanSettings


@dataclass(frozen=True, slots=True)
class NamedAt:
    """A name of a unit in the workbook, and the cell where it first stands (column by its head)."""

    name: str
    place: CellPlace
    column: str


@dataclass(frozen=True, slots=True)
class Stated:
    """`settings`: with names of units where codes will stand. `continues`: number of a measure → code of the plan and number of
    the measure that it continues.

    `is_new_year`: the workbook was exported from the plan of another year, and serves as a pattern. `duty_units`: whose names stand
    for duties.
    """

    code: str = ""
    is_new_year: bool = False
    settings: PlanSettings = field(default_factory=PlanSettings)
    continues: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    duty_units: tuple[NamedAt, ...] = ()
