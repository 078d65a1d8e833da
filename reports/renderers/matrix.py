"""附件2, units × measures on landscape pages: in each cell the state of what the unit filed on the measure, as mark and word.

More measures than a page is wide for go into blocks of columns, one after the other, each with the units again.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.safestring import SafeString

from reports.renderers.fonts import FontStack
from reports.renderers.layout import (
    LINE_PT,
    PAD_PT,
    RULE_PT,
    SIDE_MM,
    TABLE_GAP_PT,
    TABLE_LINE_PT,
    WIDE_PT,
    WIDE_WIDTH_MM,
)
from reports.renderers.lines import Title, cell_lines, html
from reports.renderers.typeset import Line

NUMBER_MM, UNIT_MM, COUNT_MM = 10, 34, 11
# A measure's column, at least and at most, unless all together are narrower than the head above them.
LEAST_MM, MOST_MM, SPANNED_MM = 6.5, 11, 46
# The cells of measures: size and line of their mark and their word, and what lies above and below the two.
CELL_PT, CELL_LINE_PT, CELL_PAD_PT = 7.5, 9.5, 2
LEGEND_PT, LEGEND_LINE_PT, LEGEND_GAP_PT = 9, 13, 4
# Two rows of heads, the first as high as the two lines of 逾期报送 need with the second.
_HEAD_PT = 2 * (TABLE_LINE_PT + 2 * PAD_PT + RULE_PT) + RULE_PT
# The last page has no fewer rows than this.
LEAST_ROWS = 3
COUNTS = (("due", "应报"), ("filed", "已报"), ("late", "逾期\n报送"), ("missing", "未报"))
LATE = "△"
# Value of Filing → mark and word of the cell, and what the legend says of it.
STATES = {
    "approved": ("√", "通过", "审核通过"),
    "submitted": ("○", "待审", "已报待审核"),
    "unreviewed": ("○", "未审", "已报未审"),
    "returned": ("◇", "退回", "退回修改"),
    "unmended": ("◇", "未改", "退回未改"),
    "missing": ("－", "未报", "尚未报送"),
    "overdue": ("×", "未报", "逾期未报"),
}


SPANNING = "各项工作措施的报送状态"
NOBODY = "本季度没有应当报送进展的责任单位。"


@dataclass(frozen=True)
class Cell:
    """`state`: names the colour of mark and word; empty for figures and where there is no duty."""

    html: SafeString
    state: str = ""


@dataclass(frozen=True)
class TableRow:
    """`height` in points; `rest`: how many columns without a cell of their own follow the last one."""

    number: SafeString
    unit: SafeString
    counts: list[SafeString]
    cells: list[Cell]
    rest: int
    height: float


@dataclass(frozen=True)
class MatrixPage:
    """A table of its own. `widths` in mm; `counts`: heads of the columns of figures, in the first block only.

    `spanning`: the head above those of the `measures`; `nobody`: what the table says where it has no rows.
    """

    number: SafeString
    unit: SafeString
    spanning: SafeString
    nobody: SafeString
    widths: list[float]
    counts: list[SafeString]
    measures: list[SafeString]
    rows: list[TableRow]
    legend: SafeString
    opens: bool


def matrix_pages(table: dict[str, Any], name: Title, stack: FontStack) -> list[MatrixPage]:
    """The pages of the table; the first begins with the annex's label and its title `name`."""
    above = 2 * LINE_PT + name.height + TABLE_GAP_PT
    legend = _legend(table["rows"], stack)
    room = WIDE_PT - _HEAD_PT - LEGEND_GAP_PT - len(legend) * LEGEND_LINE_PT
    pages: list[MatrixPage] = []
    for start, stop in column_blocks(len(table["measures"]) if table["rows"] else 0):
        counted = start == 0
        widths = column_widths(stop - start, counted=counted)
        rows = [
            _row(number, row, start, stop, widths[1], stack) for number, row in enumerate(table["rows"], 1)
        ]
        if counted and rows:
            rows.append(_total(table["rows"], stop - start, widths[1], stack))
        pages += [
            MatrixPage(
                number=_head("序号", stack),
                unit=_head("责任单位", stack),
                spanning=_head(SPANNING, stack),
                nobody=html(cell_lines(NOBODY, stack)),
                widths=widths,
                counts=[_head(head, stack) for _, head in COUNTS] if counted else [],
                measures=[_head(str(number), stack) for number in table["measures"][start:stop]],
                rows=chunk,
                legend=html(legend),
                opens=not pages and not order,
            )
            for order, chunk in enumerate(_chunks(rows, room - (0 if pages else above), room))
        ]
    return pages


def column_blocks(measures: int) -> list[tuple[int, int]]:
    """(first, end) of the measures in each block of columns: as few blocks as will do, as even as the figures allow."""
    fixed = NUMBER_MM + UNIT_MM
    beside = int((WIDE_WIDTH_MM - fixed - len(COUNTS) * COUNT_MM) / LEAST_MM)
    alone = int((WIDE_WIDTH_MM - fixed) / LEAST_MM)
    further = max(math.ceil((measures - beside) / alone), 0)
    first = min(math.ceil(measures / (further + 1)), beside)
    edges = (
        [first + round((measures - first) * part / further) for part in range(further + 1)] if further else []
    )
    return [(0, first), *pairwise(edges)]


def column_widths(measures: int, *, counted: bool) -> list[float]:
    """Of number, unit, figures and measures; the unit's takes what is left."""
    counts = [float(COUNT_MM)] * (len(COUNTS) if counted else 0)
    room = WIDE_WIDTH_MM - NUMBER_MM - sum(counts)
    each = max(min((room - UNIT_MM) / measures, MOST_MM), SPANNED_MM / measures) if measures else 0
    return [NUMBER_MM, room - measures * each, *counts, *[each] * measures]


def _row(number: int, row: dict[str, Any], start: int, stop: int, width: float, stack: FontStack) -> TableRow:
    unit = cell_lines(row["unit"], stack, width=width)
    return TableRow(
        number=html(cell_lines(str(number), stack)),
        unit=html(unit),
        counts=[html(cell_lines(str(row[key]), stack)) for key, _ in COUNTS] if start == 0 else [],
        cells=[_cell(cell, stack) for cell in row["cells"][start:stop]],
        rest=0,
        height=_height(len(unit)),
    )


def _total(rows: list[dict[str, Any]], measures: int, width: float, stack: FontStack) -> TableRow:
    return TableRow(
        number=html([]),
        unit=html(cell_lines("合计", stack, width=width)),
        counts=[html(cell_lines(str(sum(row[key] for row in rows)), stack)) for key, _ in COUNTS],
        cells=[],
        rest=measures,
        height=_height(1),
    )


def _cell(cell: dict[str, str] | None, stack: FontStack) -> Cell:
    if cell is None:
        return Cell(html([]))
    mark, word, _ = STATES[cell["filing"]]
    lines = [
        line
        for text in (mark + (LATE if cell["late"] else ""), word)
        for line in cell_lines(text, stack, face="hei")
    ]
    return Cell(html(lines), cell["filing"])


def _height(lines: int) -> float:
    return max(lines * TABLE_LINE_PT + 2 * PAD_PT, 2 * CELL_LINE_PT + 2 * CELL_PAD_PT) + RULE_PT


def _head(text: str, stack: FontStack) -> SafeString:
    return html(line for part in text.split("\n") for line in cell_lines(part, stack, face="hei"))


def _chunks(rows: list[TableRow], first: float, room: float) -> list[list[TableRow]]:
    """`rows` by page: `first` points on the first, `room` on others; the last has LEAST_ROWS, so that 合计 is not alone."""
    chunks: list[list[TableRow]] = [[]]
    left = first
    for row in rows:
        if row.height > left and chunks[-1]:
            chunks.append([])
            left = room
        chunks[-1].append(row)
        left -= row.height
    if len(chunks) > 1:
        before, last = chunks[-2:]
        while len(last) < LEAST_ROWS < len(before):
            last.insert(0, before.pop())
    return chunks


def _legend(rows: Iterable[dict[str, Any]], stack: FontStack) -> list[Line]:
    text = legend_text(rows)
    return cell_lines(text, stack, width=WIDE_WIDTH_MM + 2 * SIDE_MM, size=LEGEND_PT) if text else []


def legend_text(rows: Iterable[dict[str, Any]]) -> str:
    """What the marks of the table mean, those that it has; empty where it has none."""
    cells = [cell for row in rows for cell in row["cells"] if cell]
    if not cells:
        return ""
    used = {cell["filing"] for cell in cells}
    signs = dict.fromkeys(
        f"{mark}{word}（{meaning}）" for state, (mark, word, meaning) in STATES.items() if state in used
    )
    late = [f"{LATE}（逾期报送）"] if any(cell["late"] for cell in cells) else []
    return (
        f"注：{'，'.join([*signs, *late])}；空格表示该单位不承担此项措施。表头数字为附件1中工作措施的序号。"
    )
