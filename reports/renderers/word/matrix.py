"""附件2, units × measures, in the columns, words and marks of the PDF (renderers/matrix.py)."""

from dataclasses import replace
from typing import Any

from reports.renderers.matrix import (
    COUNTS,
    LATE,
    NOBODY,
    SPANNING,
    STATES,
    column_blocks,
    column_widths,
    legend_text,
)
from reports.renderers.word.markup import Run, paragraph, run
from reports.renderers.word.page import WIDE_TEXT_WIDTH
from reports.renderers.word.tables import Cell, Row, Table

# As in the style sheet of the PDF.
_COLOURS = {
    "approved": "14692B",
    "submitted": "1D4F91",
    "unreviewed": "1D4F91",
    "returned": "8A4B00",
    "unmended": "8A4B00",
    "missing": "444444",
    "overdue": "B3121B",
}


def matrix_tables(found: dict[str, Any]) -> str:
    """The tables, one below the other where the measures are more than a page is wide for, each with the legend."""
    if not found["rows"]:
        return Table(
            [1], [Row([Cell([[Run(NOBODY)]], centred=True)])], WIDE_TEXT_WIDTH, title=found["title"]
        ).xml()
    note = paragraph("TableNote", [run(legend_text(found["rows"]))])
    tables = []
    for start, stop in column_blocks(len(found["measures"])):
        counted = start == 0
        rows = [*_heads(found["measures"][start:stop], counted=counted)]
        rows += [
            _row(number, row, start, stop, counted=counted) for number, row in enumerate(found["rows"], 1)
        ]
        if counted:
            rows.append(_total(found["rows"], stop - start))
        widths = column_widths(stop - start, counted=counted)
        # The legend does not go to another page alone.
        rows[-2:] = [replace(row, keeps=True) for row in rows[-2:]]
        table = Table(widths, rows, WIDE_TEXT_WIDTH, title=found["title"], style="MatrixTable")
        tables.append(table.xml() + note)
    return "".join(tables)


def _heads(measures: list[int], *, counted: bool) -> list[Row]:
    """Two rows: the names of the columns, and below what spans them the numbers of the measures."""
    names = ["序号", "责任单位", *(name for _, name in COUNTS if counted)]
    upper = [Cell([[Run(line)] for line in name.split("\n")], head=True, opens=True) for name in names]
    lower = [Cell(head=True, above=True) for _ in names]
    if measures:
        upper.append(Cell([[Run(SPANNING)]], head=True, span=len(measures)))
        lower += [Cell([[Run(str(number))]], head=True) for number in measures]
    return [Row(upper, head=True), Row(lower, head=True)]


def _row(number: int, row: dict[str, Any], start: int, stop: int, *, counted: bool) -> Row:
    counts = [Cell([[Run(str(row[key]))]], centred=True) for key, _ in COUNTS if counted]
    return Row(
        [
            Cell([[Run(str(number))]], centred=True),
            Cell([[run(row["unit"])]]),
            *counts,
            *(_state(cell) for cell in row["cells"][start:stop]),
        ],
        whole=True,
    )


def _state(cell: dict[str, str] | None) -> Cell:
    if cell is None:
        return Cell(style="MatrixText")
    mark, word, _ = STATES[cell["filing"]]
    colour = _COLOURS[cell["filing"]]
    lines = (mark + (LATE if cell["late"] else ""), word)
    return Cell([[Run(line, colour=colour)] for line in lines], style="MatrixText")


def _total(rows: list[dict[str, Any]], measures: int) -> Row:
    sums = [Cell([[Run(str(sum(row[key] for row in rows)))]], centred=True) for key, _ in COUNTS]
    rest = [Cell(span=measures)] if measures else []
    return Row([Cell(), Cell([[Run("合计")]]), *sums, *rest], whole=True)
