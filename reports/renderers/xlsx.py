"""The ledger as an Excel workbook, ready to print: data in, bytes out, no query.

What Excel and WPS do by themselves with a row of merged, wrapped cells is nothing: they leave its height alone. So heights are
estimated here, generously, and a text too long for the tallest row that Excel knows (409 points) goes on in the
next row. Nothing that came from a person may run as a formula or make the file unreadable.
"""

import re
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import groupby
from typing import Literal, TypeAlias
from unicodedata import east_asian_width

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from reports.ledger import Ledger, LedgerRow
from reports.renderers.lights import LIGHT_NAMES
from tasks.rules import Light

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADS = ("序号", "目标任务", "工作措施", "责任单位", "进展情况", "完成比例/状态", "进展灯", "填报")
# In characters of the default font, 7 pixels each.
WIDTHS = (5, 15, 34, 20, 56, 12, 8, 11)
_TOLD = 5
_HEAD_ROW = 3
_FONT = "宋体"
_SIZE = 10
_LINE = 14.0
_PADDING = 6.0
# Below Excel's 409 points, and low enough that a page always takes the row with its repeated head.
_MAX_LINES = 26
_MATRIX_COLUMNS_ON_PAGE = 24
_UNIT_WIDTH = 18

_FILLS = {
    Light.BLUE: "D6E4F7",
    Light.GREEN: "DCEFE0",
    Light.YELLOW: "FFF1CC",
    Light.RED: "F9D7D8",
    Light.GREY: "EFEFEF",
}
# What XML 1.0 cannot carry.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Excel reads these as characters by number.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_Edge: TypeAlias = Literal["thin", "hair"] | None
_FORMULA_START = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True)
class _Look:
    """How a cell looks. `top` and `bottom`: the line's kind; `grid` False: no lines at all."""

    bold: bool = False
    size: int = _SIZE
    centred: bool = False
    on_top: bool = False
    wrapped: bool = True
    grid: bool = True
    top: _Edge = "thin"
    bottom: _Edge = "thin"
    fill: str = ""
    quoted: bool = False

    def dress(self, cell: Cell) -> None:
        cell.font = Font(name=_FONT, size=self.size, bold=self.bold)
        cell.alignment = Alignment(
            horizontal="center" if self.centred else "left",
            vertical="top" if self.on_top else "center",
            wrap_text=self.wrapped,
        )
        if self.grid:
            side = Side("thin")
            cell.border = Border(left=side, right=side, top=Side(self.top), bottom=Side(self.bottom))
        if self.fill:
            cell.fill = PatternFill("solid", fgColor=self.fill)
        if self.quoted:
            cell.quotePrefix = True


_HEAD = _Look(bold=True, centred=True, fill="E8F3EF")
_TEXT = _Look()
_WORD = _Look(centred=True)
_NOTE = _Look(grid=False)


@dataclass(frozen=True)
class _Line:
    """A row of the sheet: a piece of 进展情况 and how many lines it takes. `goes_on`: the next row continues it."""

    text: str
    lines: int
    goes_on: bool = False


def ledger_xlsx(ledger: Ledger) -> bytes:
    """The workbook: the ledger, and behind it units × measures where there are any."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "台账"
    _write_ledger(_Page(sheet), ledger)
    if ledger.matrix:
        _write_matrix(_Page(book.create_sheet("单位对照")), ledger)
    book.properties.title = clean(ledger.title)
    book.properties.creator = "西岗区生态环境保护任务进展平台"
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def clean(text: str) -> str:
    """`text` as a cell can hold it: line ends as \\n, nothing that XML forbids or Excel would decode."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ESCAPE.sub("_x005F_", _UNWRITABLE.sub("", text))


class _Page:
    """A sheet with the few things that are done to it here."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet
        # openpyxl hashes font, border and fill at every assignment: a look is dressed once, then copied.
        self._looks: dict[_Look, StyleArray] = {}

    def put(self, row: int, column: int, text: str, look: _Look) -> None:
        """Write `text` as text, whatever it looks like."""
        cell = self._cell(row, column)
        if text := clean(text):
            cell.value = text
            # openpyxl takes "=…" for a formula and "#N/A" for an error.
            cell.data_type = "s"
            if text.startswith(_FORMULA_START):
                look = replace(look, quoted=True)
        self._dress(cell, look)

    def put_number(self, row: int, column: int, value: int, look: _Look) -> None:
        cell = self._cell(row, column)
        cell.value = value
        self._dress(cell, look)

    def span(self, first: int, last: int, left: int, right: int, look: _Look) -> None:
        """Merge, every cell with the same look: some programs draw only what each cell says.

        `merge_cells` of the library would look through all ranges there are, at each call.
        """
        if (first, left) == (last, right):
            return
        for row in range(first, last + 1):
            for column in range(left, right + 1):
                if (row, column) != (first, left):
                    self._dress(self._cell(row, column), look)
        area = CellRange(min_row=first, max_row=last, min_col=left, max_col=right)
        self.sheet.merged_cells.ranges.add(area)

    def height(self, row: int) -> float:
        return self.sheet.row_dimensions[row].height or 0.0

    def set_height(self, row: int, points: float) -> None:
        self.sheet.row_dimensions[row].height = points

    def stretch(self, first: int, last: int, needed: float) -> None:
        """Make the first row `needed` points high, and where that is more than a row can be, those after it too."""
        for row in range(first, last + 1):
            self.set_height(row, max(self.height(row), min(needed, _height(_MAX_LINES))))
            needed -= self.height(row)
            if needed <= 0:
                return

    def set_widths(self, widths: Iterable[float]) -> None:
        for column, width in enumerate(widths, 1):
            self.sheet.column_dimensions[get_column_letter(column)].width = width

    def set_up(self, ledger: Ledger, *, last_row: int, last_column: int) -> None:
        """A4 across, as wide as the paper, heads on every page, numbered."""
        sheet = self.sheet
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = 9  # A4
        sheet.page_setup.fitToWidth = 1
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_options.horizontalCentered = True
        margins = sheet.page_margins
        margins.left = margins.right = 0.47
        margins.top, margins.bottom = 0.6, 0.7
        margins.header = margins.footer = 0.3
        sheet.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW}"
        sheet.print_area = f"A1:{get_column_letter(last_column)}{last_row}"
        footer = sheet.oddFooter
        assert footer is not None
        footer.center.text = "第 &P 页，共 &N 页"
        footer.left.text = ledger.sample or None
        sheet.freeze_panes = f"A{_HEAD_ROW + 1}"

    def _cell(self, row: int, column: int) -> Cell:
        cell = self.sheet.cell(row, column)
        assert isinstance(cell, Cell)
        return cell

    def _dress(self, cell: Cell, look: _Look) -> None:
        known = self._looks.get(look)
        if known is None:
            look.dress(cell)
            known = self._looks[look] = copy(cell._style)  # type: ignore[attr-defined]
        cell._style = copy(known)  # type: ignore[attr-defined]


# --- the ledger -----------------------------------------------------------------------------------
def _write_ledger(page: _Page, ledger: Ledger) -> None:
    page.set_widths(WIDTHS)
    columns = len(HEADS)
    page.put(1, 1, ledger.title, _Look(bold=True, size=18, centred=True, grid=False))
    page.span(1, 1, 1, columns, _NOTE)
    page.set_height(1, 34)
    notes = _marked(ledger, ledger.notes)
    page.put(2, 1, notes, _NOTE)
    page.span(2, 2, 1, columns, _NOTE)
    page.set_height(2, _height(_count_lines(notes, sum(WIDTHS))))
    for column, head in enumerate(HEADS, 1):
        page.put(_HEAD_ROW, column, head, _HEAD)
    page.set_height(_HEAD_ROW, 24)
    row = _HEAD_ROW + 1
    for task, group in groupby(ledger.rows, key=lambda item: item.task):
        row = _write_task(page, row, task, list(group))
    if not ledger.rows:
        page.put(row, 1, "没有符合条件的措施。", _WORD)
        page.span(row, row, 1, columns, _WORD)
        page.set_height(row, 40)
        row += 1
    page.set_up(ledger, last_row=row - 1, last_column=columns)


def _write_task(page: _Page, first: int, task: str, rows: list[LedgerRow]) -> int:
    """The measures of one task from row `first`, its title merged over all of them. Returns the next free row."""
    row = first
    for item in rows:
        row = _write_measure(page, row, item, _count_lines(task, WIDTHS[1]) if row == first else 0)
    look = replace(_TEXT, on_top=row > first + 1)
    page.put(first, 2, task, look)
    page.span(first, row - 1, 2, 2, look)
    return row


def _write_measure(page: _Page, first: int, item: LedgerRow, task_lines: int) -> int:
    """One measure: a row for each piece of 进展情况, everything else merged over them.

    A page may break between any two rows, and would cut through words in the middle of a merged cell. So these stand
    on top, and the first row is as high as they need (`task_lines`: also for the task's title).
    """
    units = f"{item.units_text}\n〔牵头：{item.lead}〕" if item.lead else item.units_text
    whole = {
        3: (item.text, _TEXT),
        4: (units, _TEXT),
        6: (item.state, _WORD),
        7: (LIGHT_NAMES[item.light], replace(_WORD, fill=_FILLS[item.light])),
        8: (item.filing, _WORD),
    }
    lines = list(_pieces(item.entries or ("—",)))
    needed = max(task_lines, *(_count_lines(text, WIDTHS[column - 1]) for column, (text, _) in whole.items()))
    # Words that no single row can hold go on below.
    while len(lines) * _MAX_LINES < needed:
        lines.append(_Line("", 1))
    last = first + len(lines) - 1
    for row, line in enumerate(lines, first):
        continued = row > first and lines[row - first - 1].goes_on
        look = _Look(
            on_top=last > first,
            top="thin" if row == first else None if continued else "hair",
            bottom="thin" if row == last else None if line.goes_on else "hair",
        )
        page.put(row, _TOLD, line.text, look)
        page.set_height(row, _height(line.lines))
    page.stretch(first, last, _height(needed))
    several = last > first
    page.put_number(first, 1, item.number, replace(_WORD, on_top=several))
    page.span(first, last, 1, 1, replace(_WORD, on_top=several))
    for column, (text, look) in whole.items():
        look = replace(look, on_top=several)
        page.put(first, column, text, look)
        page.span(first, last, column, column, look)
    return last + 1


def _pieces(entries: Iterable[str]) -> Iterator[_Line]:
    """The entries as rows of at most _MAX_LINES lines."""
    width = WIDTHS[_TOLD - 1]
    for entry in entries:
        rest = clean(entry)
        while True:
            head, rest = _cut(rest, width)
            yield _Line(head, _count_lines(head, width), goes_on=bool(rest))
            if not rest:
                break


def _cut(text: str, width: float) -> tuple[str, str]:
    """`text` in two: what fits _MAX_LINES lines, ended at a sentence where one ends late enough, and the rest."""
    starts = _line_starts(text, width)
    if len(starts) <= _MAX_LINES:
        return text, ""
    end = starts[_MAX_LINES]
    sentence = max(text.rfind(mark, 0, end) for mark in "。；\n") + 1
    if sentence > end * 2 // 3:
        end = sentence
    return text[:end].rstrip("\n"), text[end:].lstrip("\n")


# --- units × measures -----------------------------------------------------------------------------
def _write_matrix(page: _Page, ledger: Ledger) -> None:
    page.set_widths([_UNIT_WIDTH, *(8.5 for _ in ledger.numbers)])
    legend = "，".join(f"{name}{Light(light).label}" for light, name in LIGHT_NAMES.items())
    flat = replace(_NOTE, wrapped=False)
    page.put(1, 1, f"{ledger.title}：单位对照", replace(flat, bold=True, size=14))
    page.put(2, 1, _marked(ledger, f"每格上为填报状态，下为进展灯：{legend}"), flat)
    page.put(_HEAD_ROW, 1, "责任单位", _HEAD)
    for column, number in enumerate(ledger.numbers, 2):
        page.put(_HEAD_ROW, column, f"措施{number}", _HEAD)
    for row, height in ((1, 28), (2, 20), (_HEAD_ROW, 22)):
        page.set_height(row, height)
    for row, line in enumerate(ledger.matrix, _HEAD_ROW + 1):
        page.put(row, 1, line.unit, _TEXT)
        for column, item in enumerate(line.cells, 2):
            if item is None:
                page.put(row, column, "", _WORD)
            else:
                text = f"{item.filing}\n{LIGHT_NAMES[item.light]}"
                page.put(row, column, text, replace(_WORD, fill=_FILLS[item.light]))
        page.set_height(row, _height(max(2, _count_lines(line.unit, _UNIT_WIDTH))))
    page.set_up(ledger, last_row=_HEAD_ROW + len(ledger.matrix), last_column=len(ledger.numbers) + 1)
    # A plan of many measures takes several pages beside each other rather than letters nobody can read.
    page.sheet.page_setup.fitToWidth = -(-len(ledger.numbers) // _MATRIX_COLUMNS_ON_PAGE)
    page.sheet.print_title_cols = "A:A"
    page.sheet.freeze_panes = f"B{_HEAD_ROW + 1}"


# --- words and heights ----------------------------------------------------------------------------
def _marked(ledger: Ledger, notes: str) -> str:
    """Notes with the mark of made-up data before them."""
    return f"【{ledger.sample}】{notes}" if ledger.sample else notes


def _height(lines: int) -> float:
    return lines * _LINE + _PADDING


def _count_lines(text: str, width: float) -> int:
    """How many lines `text` takes in a column of `width`, rather one more than one less."""
    return len(_line_starts(clean(text), width))


def _line_starts(text: str, width: float) -> list[int]:
    """Where each line of `text` begins in a column of `width`.

    A Chinese character is as wide as the font is high, others half that. One character of each line is left
    free, for punctuation that may not stand at a line's beginning takes its neighbour down with it.
    """
    half = _SIZE * 96 / 72 / 2
    room = max(4, int((width * 7 - 6) / half) - 2)
    starts, used = [0], 0
    for place, char in enumerate(text):
        if char == "\n":
            starts.append(place + 1)
            used = 0
            continue
        wide = 2 if east_asian_width(char) in "WFA" else 1
        if used + wide > room:
            starts.append(place)
            used = 0
        used += wide
    return starts
