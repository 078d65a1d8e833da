"""附件3, the charts with their tables on upright pages."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from reports.renderers.drawing import drawing
from reports.renderers.fonts import FontStack
from reports.renderers.layout import (
    BLOCK_PT,
    BLOCK_WIDTH_MM,
    LINE_PT,
    RULE_PT,
    TABLE_GAP_PT,
    TABLE_LINE_PT,
    points,
)
from reports.renderers.lines import Title, cell_lines, html

NOTICE = "（图形未能生成，数据见下表）"
# What lies above and below the text of a cell, and above and below a caption.
CELL_PAD_PT = 2
CAPTION_ABOVE_PT, CAPTION_BELOW_PT = 12, 4
# A page that a table goes over from or to has at least so many of its rows.
LEAST_ROWS = 2


@dataclass(frozen=True)
class Cell:
    """`text`: set flush left, not centred."""

    html: SafeString
    text: bool


@dataclass(frozen=True)
class FigureRow:
    cells: list[Cell]
    height: float


@dataclass
class Part:
    """A chart (`caption`, `svg` or `notice`), or a table, or both; a table that goes on has neither chart nor caption."""

    caption: SafeString
    svg: SafeString
    notice: SafeString
    widths: list[str]
    head: list[SafeString]
    rows: list[FigureRow]


@dataclass
class ChartPage:
    """`used` of the page's height, in points."""

    parts: list[Part] = field(default_factory=list)
    used: float = 0
    opens: bool = False


def chart_pages(charts: dict[str, Any], name: Title, stack: FontStack) -> list[ChartPage]:
    """The pages of the annex; the first begins with its label and its title `name`."""
    pages = [ChartPage(used=2 * LINE_PT + name.height + TABLE_GAP_PT, opens=True)]
    for part in charts["parts"]:
        _place(part, pages, stack)
    return pages


def told_of(part: dict[str, Any]) -> str:
    """What of a chart is read out to who does not see it."""
    return f"{part['caption']}。数据见图下的表。"


def _place(part: dict[str, Any], pages: list[ChartPage], stack: FontStack) -> None:
    head_lines = [cell_lines(cell, stack, face="hei") for cell in part["head"]]
    head = max(len(lines) for lines in head_lines) * TABLE_LINE_PT + 2 * CELL_PAD_PT + 2 * RULE_PT
    rows = [_row(row, part, stack) for row in part["rows"]]
    svg = html([])
    if part["option"]:
        svg = drawing(part["option"], part["width"], part["height"], stack, told=told_of(part))
    failed = bool(part["option"]) and not svg
    above = CAPTION_ABOVE_PT + TABLE_LINE_PT + CAPTION_BELOW_PT
    above += points(BLOCK_WIDTH_MM) / part["width"] * part["height"] if svg else 0
    above += TABLE_LINE_PT if failed else 0
    least = sum(row.height for row in rows[:LEAST_ROWS])
    if pages[-1].used + above + head + least > BLOCK_PT and pages[-1].parts:
        pages.append(ChartPage())
    opening = Part(
        caption=html(cell_lines(part["caption"], stack, face="hei")),
        svg=svg,
        notice=html(cell_lines(NOTICE, stack)) if failed else html([]),
        widths=[f"{width}mm" for width in part["widths"]],
        head=[html(lines) for lines in head_lines],
        rows=[],
    )
    pages[-1].parts.append(opening)
    pages[-1].used += above + head
    for left, row in enumerate(rows):
        rest = (
            sum(item.height for item in rows[left : left + LEAST_ROWS])
            if len(rows) - left == LEAST_ROWS
            else 0
        )
        if pages[-1].used + max(row.height, rest) > BLOCK_PT and pages[-1].parts[-1].rows:
            going_on = Part(html([]), html([]), html([]), opening.widths, opening.head, [])
            pages.append(ChartPage([going_on], used=head))
        pages[-1].parts[-1].rows.append(row)
        pages[-1].used += row.height


def _row(row: list[str], part: dict[str, Any], stack: FontStack) -> FigureRow:
    lines = [cell_lines(cell, stack, width=width) for cell, width in zip(row, part["widths"], strict=True)]
    return FigureRow(
        [Cell(html(cell), index == part["text"]) for index, cell in enumerate(lines)],
        max(len(cell) for cell in lines) * TABLE_LINE_PT + 2 * CELL_PAD_PT + RULE_PT,
    )
