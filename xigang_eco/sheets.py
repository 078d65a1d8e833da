"""Sheets of a workbook as an office prints them: across the paper, heads repeated, every row as high as its text.

What Excel and WPS do by themselves with a row of merged, wrapped cells is nothing: they leave its height alone. So heights are
estimated here, generously. Nothing that came from a person may run as a formula or make the file unreadable.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias
from unicodedata import east_asian_width

from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.dimensions import RowDimension
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from xigang_eco.plain import writable

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FONT = "宋体"
_SIZE = 10
_LINE = 14.0
_PADDING = 6.0
# Numbers of paper sizes (ECMA-376 part 1, 18.3.1.63).
A3, A4 = 8, 9
# Excel's limit of a row's height, in points.
HEIGHT_MAX = 409.0
# Below that limit, and low enough that a page always takes the row with its repeated head.
MAX_LINES = 26

# By the value of tasks.rules.Light.
FILLS = {"blue": "D6E4F7", "green": "DCEFE0", "yellow": "FFF1CC", "red": "F9D7D8", "grey": "EFEFEF"}
# Excel reads these as characters by number.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
DAY_FORMAT = "yyyy-mm-dd"
Edge: TypeAlias = Literal["thin", "hair"] | None
FORMULA_START = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True)
class Look:
    """How a cell looks. `top` and `bottom`: the line's kind; `grid` False: no lines at all. `open`: may be written where the
    sheet is protected."""

    bold: bool = False
    size: int = _SIZE
    centred: bool = False
    on_top: bool = False
    wrapped: bool = True
    grid: bool = True
    top: Edge = "thin"
    bottom: Edge = "thin"
    fill: str = ""
    quoted: bool = False
    number_format: str = ""
    open: bool = False

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
        if self.number_format:
            cell.number_format = self.number_format
        if self.open:
            cell.protection = Protection(locked=False)


HEAD = Look(bold=True, centred=True, fill="E8F3EF")
TEXT = Look()
WORD = Look(centred=True)
NOTE = Look(grid=False)


def clean(text: str) -> str:
    """`text` as a cell can hold it: line ends as \\n, nothing that XML forbids or Excel would decode."""
    return _ESCAPE.sub("_x005F_", writable(text))


class _GrowingRow(RowDimension):
    """A row whose height is a beginning: Excel and WPS fit it to its text once that is written, as where nobody set one."""

    @property
    def customHeight(self) -> bool:
        return False


class Page:
    """A sheet with the few things that are done to it here."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet
        # openpyxl hashes font, border and fill at every assignment: a look is dressed once, then copied.
        self._looks: dict[Look, StyleArray] = {}

    def put(self, row: int, column: int, text: str, look: Look) -> None:
        """Write `text` as text, whatever it looks like."""
        cell = self._cell(row, column)
        if text := clean(text):
            cell.value = text
            # openpyxl takes "=…" for a formula and "#N/A" for an error.
            cell.data_type = "s"
            if text.startswith(FORMULA_START):
                look = replace(look, quoted=True)
        self._dress(cell, look)

    def put_number(self, row: int, column: int, value: float | Decimal, look: Look) -> None:
        cell = self._cell(row, column)
        cell.value = value
        self._dress(cell, look)

    def put_day(self, row: int, column: int, day: date, look: Look) -> None:
        """A day that sorts and filters as one."""
        cell = self._cell(row, column)
        cell.value = day
        self._dress(cell, look if look.number_format else replace(look, number_format=DAY_FORMAT))

    def span(self, first: int, last: int, left: int, right: int, look: Look) -> None:
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

    def begin_height(self, row: int, points: float) -> None:
        """The height of a row that people write in: it goes on to follow its text."""
        height = min(points, HEIGHT_MAX)
        self.sheet.row_dimensions[row] = _GrowingRow(self.sheet, index=row, ht=height)

    def stretch(self, first: int, last: int, needed: float) -> None:
        """Make the first row `needed` points high, and where that is more than a row can be, those after it too."""
        for row in range(first, last + 1):
            self.set_height(row, max(self.height(row), min(needed, height_of(MAX_LINES))))
            needed -= self.height(row)
            if needed <= 0:
                return

    def put_entries(
        self,
        first: int,
        column: int,
        entries: Iterable[str],
        whole: Mapping[int, tuple[str, Look]],
        widths: Sequence[float],
        *,
        least: int,
    ) -> int:
        """A row for each piece of the entries, everything of `whole` (column → text and look) merged over them.

        A page may break between any two rows, and would cut through words in the middle of a merged cell. So these stand
        on top, and the first row is as high as they need, and `least` lines. Returns the last row.
        """
        lines = list(pieces(entries, widths[column - 1]))
        needed = max(least, *(count_lines(text, widths[place - 1]) for place, (text, _) in whole.items()))
        # Words that no single row can hold go on below.
        while len(lines) * MAX_LINES < needed:
            lines.append(Piece("", 1))
        last = first + len(lines) - 1
        for row, line in enumerate(lines, first):
            continued = row > first and lines[row - first - 1].goes_on
            look = Look(
                on_top=last > first,
                top="thin" if row == first else None if continued else "hair",
                bottom="thin" if row == last else None if line.goes_on else "hair",
            )
            self.put(row, column, line.text, look)
            self.set_height(row, height_of(line.lines))
        self.stretch(first, last, height_of(needed))
        for place, (text, look) in whole.items():
            look = replace(look, on_top=last > first)
            self.put(first, place, text, look)
            self.span(first, last, place, place, look)
        return last

    def set_widths(self, widths: Iterable[float]) -> None:
        for column, width in enumerate(widths, 1):
            self.sheet.column_dimensions[get_column_letter(column)].width = width

    def set_up(
        self,
        *,
        head_row: int,
        last_row: int,
        last_column: int,
        left: str = "",
        header: str = "",
        paper: int = A4,
    ) -> None:
        """Across the paper, as wide as the paper, heads on every page, numbered; `left` in the foot, `header` in the head."""
        sheet = self.sheet
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = paper
        sheet.page_setup.fitToWidth = 1
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_options.horizontalCentered = True
        margins = sheet.page_margins
        margins.left = margins.right = 0.47
        margins.top, margins.bottom = 0.6, 0.7
        margins.header = margins.footer = 0.3
        sheet.print_title_rows = f"{head_row}:{head_row}"
        sheet.print_area = f"A1:{get_column_letter(last_column)}{last_row}"
        footer, head = sheet.oddFooter, sheet.oddHeader
        assert footer is not None
        assert head is not None
        footer.center.text = "第 &P 页，共 &N 页"
        footer.left.text = _plain(left)
        head.center.text = _plain(header)
        sheet.freeze_panes = f"A{head_row + 1}"

    def _cell(self, row: int, column: int) -> Cell:
        cell = self.sheet.cell(row, column)
        assert isinstance(cell, Cell)
        return cell

    def _dress(self, cell: Cell, look: Look) -> None:
        known = self._looks.get(look)
        if known is None:
            look.dress(cell)
            known = self._looks[look] = copy(cell._style)  # type: ignore[attr-defined]  # not in its stubs
        cell._style = copy(known)  # type: ignore[attr-defined]  # not in its stubs


# --- words and heights ----------------------------------------------------------------------------
@dataclass(frozen=True)
class Piece:
    """A row of the sheet: a part of a text and how many lines it takes. `goes_on`: the next row continues it."""

    text: str
    lines: int
    goes_on: bool = False


def pieces(entries: Iterable[str], width: float) -> Iterator[Piece]:
    """The entries as rows of at most MAX_LINES lines in a column of `width`."""
    for entry in entries:
        rest = clean(entry)
        while True:
            head, rest = _cut(rest, width)
            yield Piece(head, count_lines(head, width), goes_on=bool(rest))
            if not rest:
                break


def _cut(text: str, width: float) -> tuple[str, str]:
    """`text` in two: what fits MAX_LINES lines, ended at a sentence where one ends late enough, and the rest."""
    starts = line_starts(text, width)
    if len(starts) <= MAX_LINES:
        return text, ""
    end = starts[MAX_LINES]
    sentence = max(text.rfind(mark, 0, end) for mark in "。；\n") + 1
    if sentence > end * 2 // 3:
        end = sentence
    return text[:end].rstrip("\n"), text[end:].lstrip("\n")


def _plain(text: str) -> str | None:
    """`text` for a head or foot, where & begins a command."""
    return clean(text).replace("&", "&&") or None


def height_of(lines: int) -> float:
    return lines * _LINE + _PADDING


def count_lines(text: str, width: float) -> int:
    """How many lines `text` takes in a column of `width`, rather one more than one less."""
    return len(line_starts(clean(text), width))


def width_for(width: float, texts: Iterable[str]) -> float:
    """`width`, or as many times as much of it (2, 4, 8) as the longest of the texts needs to be shown in one row."""
    longest = sorted({text for text in texts if text}, key=len)[-3:]
    for times in (1, 2, 4):
        if all(count_lines(text, width * times) <= MAX_LINES for text in longest):
            return width * times
    return width * 8


def room_of(width: float) -> int:
    """How many half-width characters a line of a column of `width` holds.

    One Chinese character of each line is left free, for punctuation that may not stand at a line's beginning takes its
    neighbour down with it.
    """
    half = _SIZE * 96 / 72 / 2
    return max(4, int((width * 7 - 6) / half) - 2)


def line_starts(text: str, width: float) -> list[int]:
    """Where each line of `text` begins in a column of `width`. A Chinese character is as wide as the font is high, others half that."""
    room = room_of(width)
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
