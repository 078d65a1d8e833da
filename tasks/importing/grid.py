"""The one form that every source is brought into: paragraphs and tables in document order."""

from dataclasses import dataclass, field

from openpyxl.utils import get_column_letter

# What `tasks.importing.marking` puts into a file beside its marks, and readers pass over: a sheet of this name, or a table, under
# this line.
LIST_SHEET = "问题清单"
LIST_TITLE = "问题清单（平台标注）"
LIST_HEADS = ("序号", "位置", "列", "问题", "处理办法", "类别")


@dataclass(slots=True, eq=False)
class Cell:
    """A cell as printed, line breaks kept. A merged cell is one object at every position that it covers."""

    text: str = ""


@dataclass(slots=True)
class Row:
    """`number`: the row as a person counts it (row of the sheet, line of the text, row of the Word table), from 1."""

    number: int
    cells: list[Cell]
    # A row that its source prints as one line over the whole width (a text line without tabs).
    is_line: bool = False
    # Blank lines stand before it, as scans leave them where a page ends.
    is_after_gap: bool = False


@dataclass(slots=True)
class Table:
    """`name`: how a message names it. `sheet`: of a workbook, its name there.

    `columns`: the column of the source behind each place of a row's cells, from 0; empty where they are the same.
    """

    name: str
    rows: list[Row] = field(default_factory=list)
    sheet: str = ""
    columns: list[int] = field(default_factory=list)

    def place(self, index: int, row: int, place: int) -> "CellPlace":
        """Where the cell at `place` of this row stands. `index`: of this table in its document."""
        column = self.columns[place] if place < len(self.columns) else place
        return CellPlace(row, column, index, self.sheet)


@dataclass(slots=True)
class Paragraph:
    """`level`: of a heading that its style marks as one, from 1; else None."""

    text: str
    level: int | None = None


@dataclass(frozen=True, slots=True)
class CellPlace:
    """A cell of the file itself. A place inside a merged cell means that cell.

    `row`: as `Row.number`. `column`: from 0, of the sheet, of the Word table's grid, or of the text line's fields. `sheet`: a
    workbook's sheet by name; else "" and `table` counts, from 0, among `Document.tables`.
    """

    row: int
    column: int
    table: int = 0
    sheet: str = ""

    @property
    def letter(self) -> str:
        """The column as a workbook names it: C."""
        return get_column_letter(self.column + 1)

    @property
    def address(self) -> str:
        """The cell as a workbook names it: C5."""
        return f"{self.letter}{self.row}"


@dataclass(frozen=True, slots=True)
class Problem:
    """What a person should know. `row` and `column` as people find them; None where it is about the whole.

    `decide`: the plan should not be taken over before somebody has looked at this. `place`: the cell to mark.
    """

    message: str
    row: int | None = None
    column: str | None = None
    decide: bool = True
    place: CellPlace | None = None


@dataclass(slots=True)
class Document:
    blocks: list[Paragraph | Table] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def tables(self) -> list[Table]:
        return [block for block in self.blocks if isinstance(block, Table)]
