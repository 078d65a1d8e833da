"""The one form that every source is brought into: paragraphs and tables in document order."""

from dataclasses import dataclass, field


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
    """`name`: how a message names it."""

    name: str
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Paragraph:
    """`level`: of a heading that its style marks as one, from 1; else None."""

    text: str
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What a person should know. `row` and `column` as people find them; None where it is about the whole.

    `decide`: the plan should not be taken over before somebody has looked at this.
    """

    message: str
    row: int | None = None
    column: str | None = None
    decide: bool = True


@dataclass(slots=True)
class Document:
    blocks: list[Paragraph | Table] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def tables(self) -> list[Table]:
        return [block for block in self.blocks if isinstance(block, Table)]
