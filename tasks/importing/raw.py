"""Tasks and measures as the rows of a table give them, before their wording is mended."""

from dataclasses import dataclass, field
from functools import cached_property

from tasks.importing.grid import Cell, Paragraph, Problem, Row
from tasks.importing.heads import PARTIES, Column, Layout
from tasks.importing.limits import check_cell
from tasks.importing.wording import fold, is_finished, mend, mend_line

Units = dict[tuple[Column, str], str]


class View:
    """A row under a layout: what stands in each kind of column. A merged cell counts once."""

    def __init__(self, row: Row, layout: Layout) -> None:
        self.row, self.layout = row, layout

    def cell(self, kind: Column) -> Cell | None:
        """The first cell with text in columns of this kind."""
        cells = self.row.cells
        for place in self.layout.columns.get(kind, ()):
            if place < len(cells) and cells[place].text.strip():
                return cells[place]
        return None

    def _joined(self, places: list[int]) -> str:
        cells = self.row.cells
        if len(places) == 1:
            return cells[places[0]].text.strip() if places[0] < len(cells) else ""
        seen = {
            id(cell): cell.text.strip() for place in places if place < len(cells) for cell in [cells[place]]
        }
        return "\n".join(text for text in seen.values() if text)

    def text(self, kind: Column) -> str:
        return self._joined(self.layout.columns.get(kind, []))

    @cached_property
    def measure(self) -> str:
        return self.text("measure")

    @cached_property
    def number_cell(self) -> Cell | None:
        return self.cell("number")

    @cached_property
    def number(self) -> str:
        return mend_line(self.number_cell.text) if self.number_cell else ""

    @cached_property
    def units(self) -> Units:
        return {key: self._joined(places) for key, places in self.layout.parties.items()}

    @property
    def has_units(self) -> bool:
        return any(self.units.values())

    @property
    def deadline(self) -> str:
        starts, ends = self.text("starts"), self.text("deadline")
        if not starts:
            return ends
        return f"{starts}至{ends}" if ends else f"{starts}起"

    def extras(self) -> dict[str, str]:
        beside = self.layout.beside
        return {name: text for name, places in beside.items() if (text := self._joined(places))}

    def categories(self) -> list[str]:
        """The text of every column above the task, "" where its cell is empty."""
        groups: dict[str, list[int]] = {}
        for place in self.layout.columns.get("category", []):
            groups.setdefault(self.layout.names[place], []).append(place)
        return [mend_line(self._joined(places)) for places in groups.values()]

    def cells(self) -> dict[Column, Cell]:
        kinds: tuple[Column, ...] = ("number", "measure", "deadline", *PARTIES)
        return {kind: cell for kind in kinds if (cell := self.cell(kind)) is not None}


@dataclass(slots=True)
class RawMeasure:
    """A measure; `units` by kind and head of column. `cells`: those already taken in, to know a merged one again.

    `inherited`: its cell of units was empty, and those of the measure before it are assumed.
    """

    row: int
    table: int
    text: str
    layout: Layout
    units: Units
    deadline: str
    own_number: str
    extras: dict[str, str]
    cells: dict[Column, Cell] = field(default_factory=dict)
    inherited: bool = False

    @classmethod
    def of(cls, view: View, table: int, text: str) -> "RawMeasure":
        return cls(
            view.row.number,
            table,
            check_cell(text),
            view.layout,
            dict(view.units),
            view.deadline,
            view.number,
            view.extras(),
            view.cells(),
        )

    @property
    def opening(self) -> str:
        return mend(self.text[:80])

    @property
    def ending(self) -> str:
        return mend(self.text[-80:])

    @property
    def is_finished(self) -> bool:
        return is_finished(self.ending)

    @property
    def expects_units(self) -> bool:
        """Whether a cell of units breaks off behind a sign."""
        return any(text.rstrip().endswith(("、", "，", ",")) for text in self.units.values())

    def add_text(self, text: str) -> None:
        # Two words of Latin script are parted by a blank, two halves of a Chinese word by nothing.
        joint = " " if self.text.rstrip()[-1:].isascii() and text[:1].isascii() else "\n"
        self.text = check_cell(self.text + joint + text)

    def add(self, view: View, text: str) -> None:
        """What a further row of the same measure brings: only what its first rows did not show already."""
        cells = view.cells()
        if text:
            self.add_text(text)
        for key, more in view.units.items():
            if more and self.cells.get(key[0]) is not cells.get(key[0]):
                self.units[key] = _both("" if self.inherited else self.units.get(key, ""), more)
        self.inherited = self.inherited and not view.has_units
        if self.cells.get("deadline") is not cells.get("deadline"):
            self.deadline = _both(self.deadline, view.deadline)
        for name, more in view.extras().items():
            now = self.extras.get(name, "")
            if more not in now:
                self.extras[name] = _both(now, more)
        self.cells.update(cells)


def _both(now: str, more: str) -> str:
    """Two texts of one cell, one below the other; a repeated one once."""
    if not now or not more or fold(now) == fold(more):
        return now or more
    return check_cell(f"{now}\n{more}")


@dataclass(slots=True)
class RawTask:
    """`is_implied`: no column names tasks; the title is the heading above, or the measure itself.

    `column`: the place of its cell in the row.
    """

    title: str
    number: str
    table: int
    row: int
    categories: tuple[str, ...]
    measures: list[RawMeasure] = field(default_factory=list)
    is_implied: bool = False
    # Further columns of a row that the task has for itself: they are said of all its measures.
    extras: dict[str, str] = field(default_factory=dict)
    column: int = 0


@dataclass(slots=True)
class Text:
    """A paragraph around the tables, with the number of plan tables before it."""

    paragraph: Paragraph
    after_tables: int


@dataclass(slots=True)
class Found:
    tasks: list[RawTask] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    tables: int = 0
