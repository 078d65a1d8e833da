"""A .xlsx as tables, one for a visible sheet, read as a stream of rows.

openpyxl's streaming reader knows neither merged nor hidden cells, and its other reader builds the whole workbook in memory;
so the rows are read from the XML here, with openpyxl's knowledge of dates and formats.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from openpyxl.utils.cell import column_index_from_string, range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from tasks.importing.errors import TooLarge
from tasks.importing.grid import LIST_SHEET, LIST_TITLE, Cell, CellPlace, Document, Problem, Row, Table
from tasks.importing.limits import Budget
from tasks.importing.numberformat import format_code, is_date, shown_date, shown_number
from tasks.importing.package import LOCAL_NAMES, Package, attribute, local
from xigang_eco.plain import writable

LAST_ROW = 1_048_576
# More of one kind are not named one by one.
_SAID_CELLS = 20
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def _integer(text: str | None, default: int = 0) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default


def _is_on(text: str | None) -> bool:
    return (text or "").lower() in ("1", "true", "on")


def _plain(text: str) -> str:
    """Text as a cell shows it: writers put what XML cannot carry, and what looks like that, as _xHHHH_."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return writable(text)


def _text(element: Any) -> str:
    """The text of a string element: its runs, without the reading aids (拼音) that Excel keeps beside it."""
    if len(element) == 1 and not len(element[0]):
        # The usual case: one plain text.
        return _plain(element[0].text or "") if local(element[0]) == "t" else ""
    parts = []
    for child in element.iter():
        if local(child) == "t" and not any(local(parent) == "rPh" for parent in child.iterancestors()):
            parts.append(child.text or "")
    return _plain("".join(parts))


@dataclass
class Sheet:
    """What is collected of one sheet: row number → column (from 0) → text.

    `unsaved`: formulas without a result; `errors`: cells that show one (#N/A); `percents`: cells that show a number as a percentage,
    with all its places: 62.5 where the sheet shows 63%. Each by row and column.
    """

    name: str
    is_visible: bool = True
    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    unsaved: list[tuple[int, int]] = field(default_factory=list)
    errors: set[tuple[int, int]] = field(default_factory=set)
    percents: dict[tuple[int, int], Decimal] = field(default_factory=dict)
    is_cut: bool = False

    @property
    def is_list(self) -> bool:
        """Whether it is the list of problems with which an earlier version of the file was handed back."""
        first = self.rows.get(1, {}).get(0, "")
        return self.name.startswith(LIST_SHEET) and first.strip() == LIST_TITLE


class _Reader:
    def __init__(self, package: Package) -> None:
        self.package = package
        self.limits = package.limits
        self.budget = Budget(package.limits)
        self.document = Document()
        self.part = package.main_part()
        self.relations = package.relations(self.part)
        self.parts = dict(self.relations.values())
        self.formats = self._formats()
        self._strings: list[str] | None = None
        self.epoch: datetime = CALENDAR_WINDOWS_1900

    def read(self) -> Document:
        for name, part, is_visible in self.listed():
            if is_visible:
                sheet = self.sheet(name, part)
                if not sheet.is_list:
                    self.document.blocks.append(self.table(sheet))
            else:
                self.document.problems.append(
                    Problem(
                        f"工作表“{name}”是隐藏的，未读入。如属计划内容，请取消隐藏后再导入。", decide=False
                    )
                )
        return self.document

    def listed(self) -> Iterator[tuple[str, str, bool]]:
        """The worksheets in order: name, part, whether it is visible."""
        book = self.package.tree(self.part)
        for element in book.iter():
            if local(element) == "workbookPr" and _is_on(element.get("date1904")):
                self.epoch = CALENDAR_MAC_1904
        sheets = [element for element in book.iter() if local(element) == "sheet"]
        if len(sheets) > self.limits.sheets:
            raise TooLarge(
                f"工作表超过 {self.limits.sheets} 个，不予读取。请只保留计划所在的工作表后再导入。"
            )
        for element in sheets:
            name = (element.get("name") or "")[:60]
            kind, part = self.relations.get(attribute(element, "id") or "", ("", ""))
            if kind == "worksheet" and part in self.package:
                yield name, part, (element.get("state") or "visible") == "visible"

    @property
    def strings(self) -> list[str]:
        """The shared texts, read when the first cell asks for one."""
        if self._strings is None:
            self._strings = []
            part = self.parts.get("sharedStrings")
            if part is not None and part in self.package:
                for element in self.package.walk(part, "si"):
                    self._strings.append(_text(element))
                    _drop(element)
        return self._strings

    def _formats(self) -> list[str]:
        """Cell style → format code."""
        part = self.parts.get("styles")
        if part is None or part not in self.package:
            return []
        own: dict[int, str] = {}
        codes: list[str] = []
        for element in self.package.tree(part).iter():
            if local(element) == "numFmt":
                own[_integer(element.get("numFmtId"))] = (element.get("formatCode") or "General")[:255]
        for element in self.package.tree(part).iter():
            if local(element) == "cellXfs":
                codes = [
                    format_code(_integer(style.get("numFmtId")), own)
                    for style in element
                    if local(style) == "xf"
                ]
        return codes

    def sheet(self, name: str, part: str) -> Sheet:
        sheet = Sheet(name)
        last = 0
        for element in self.package.walk(part, "row", "mergeCell", "col"):
            tag = local(element)
            if tag == "row":
                last = _integer(element.get("r"), last + 1)
                if 1 <= last <= LAST_ROW:
                    self.row(sheet, last, element)
            elif tag == "col" and _is_on(element.get("hidden")):
                first, final = _integer(element.get("min"), 1), _integer(element.get("max"), 1)
                sheet.hidden_columns.update(range(max(first, 1) - 1, min(final, self.limits.columns)))
            elif tag == "mergeCell":
                self.merge(sheet, element.get("ref") or "")
            _drop(element)
        return sheet

    def merge(self, sheet: Sheet, reference: str) -> None:
        try:
            left, top, right, bottom = range_boundaries(reference)
        except (ValueError, TypeError):
            return
        if left is None or top is None or right is None or bottom is None:
            return
        sheet.merges.append((left - 1, top, min(right, self.limits.columns) - 1, min(bottom, LAST_ROW)))
        if len(sheet.merges) > self.limits.merges:
            raise TooLarge("合并单元格过多，不予读取。请取消不需要的合并后再导入。")

    def row(self, sheet: Sheet, number: int, element: Any) -> None:
        cells: dict[int, str] = {}
        column = -1
        for child in element:
            if LOCAL_NAMES[child.tag] != "c":
                continue
            column = column_of_reference(child.get("r"), column + 1)
            if column >= self.limits.columns:
                sheet.is_cut = sheet.is_cut or any(local(part) in ("v", "is") for part in child)
                continue
            kind = child.get("t") or "n"
            text = self.value(child, kind)
            if text is None:
                sheet.unsaved.append((number, column))
            elif text.strip():
                cells[column] = self.budget.text(text)
                if kind == "e":
                    sheet.errors.add((number, column))
                elif kind == "n" and text.endswith("%"):
                    sheet.percents[number, column] = _percent(child)
        if cells:
            self.budget.row()
            sheet.rows[number] = cells
            if _is_on(element.get("hidden")):
                sheet.hidden_rows.add(number)

    def value(self, element: Any, kind: str) -> str | None:
        """What the cell of this kind (its t) shows; None for a formula whose result was never saved."""
        raw: str | None = None
        has_formula = False
        for child in element:
            tag = LOCAL_NAMES[child.tag]
            if tag == "v":
                # A formula whose result is an empty text; without a kind nobody has computed it.
                raw = child.text or ("" if kind == "str" else None)
            elif tag == "is":
                return _text(child)
            elif tag == "f":
                has_formula = True
        if raw is None:
            return None if has_formula else ""
        if kind == "s":
            index = _integer(raw, -1)
            return self.strings[index] if 0 <= index < len(self.strings) else ""
        if kind == "b":
            return "是" if raw.strip() == "1" else "否"
        if kind in ("str", "e", "d"):
            return _plain(raw)
        return self.number(raw, _integer(element.get("s"), -1))

    def number(self, raw: str, style: int) -> str:
        try:
            value = float(raw)
        except ValueError:
            return raw
        if not math.isfinite(value):
            return raw
        code = self.formats[style] if 0 <= style < len(self.formats) else "General"
        if is_date(code):
            try:
                moment = from_excel(value, self.epoch)
            except (ValueError, OverflowError):
                return shown_number(value, "General")
            if moment is not None:
                return shown_date(moment, code)
        return shown_number(value, code)

    def table(self, sheet: Sheet) -> Table:
        table = Table(f"工作表“{sheet.name}”", sheet=sheet.name)
        numbers = sorted(sheet.rows)
        width = 1 + max((max(cells) for cells in sheet.rows.values()), default=-1)
        columns = range(width)
        grid = {
            number: [Cell(row.get(column, "")) for column in columns] for number, row in sheet.rows.items()
        }
        covered = 0
        for left, top, right, bottom in sheet.merges:
            inside = numbers[bisect_left(numbers, top) : bisect_left(numbers, bottom + 1)]
            under = range(left, min(right + 1, width))
            covered += len(inside) * len(under)
            if covered > self.limits.covered:
                raise TooLarge("合并单元格过多，不予读取。请取消不需要的合并后再导入。")
            shown = Cell(sheet.rows.get(top, {}).get(left, ""))
            for number in inside:
                for column in under:
                    grid[number][column] = shown
        visible = [column for column in range(width) if column not in sheet.hidden_columns]
        table.columns = visible
        for number in numbers:
            if number not in sheet.hidden_rows:
                row = grid[number]
                table.rows.append(
                    Row(number, row if len(visible) == width else [row[column] for column in visible])
                )
        self.remarks(sheet, table, width)
        return table

    def remarks(self, sheet: Sheet, table: Table, width: int) -> None:
        problems = self.document.problems
        if sheet.hidden_rows:
            problems.append(
                Problem(
                    f"{table.name}有 {len(sheet.hidden_rows)} 行被隐藏或筛选掉，未读入。"
                    "如属计划内容，请取消隐藏和筛选后再导入。",
                    min(sheet.hidden_rows),
                )
            )
        if any(
            column in cells
            for cells in sheet.rows.values()
            for column in sheet.hidden_columns
            if column < width
        ):
            problems.append(Problem(f"{table.name}有隐藏的列，未读入。", decide=False))
        if sheet.is_cut:
            problems.append(
                Problem(f"{table.name}超过 {self.limits.columns} 列，其后的列未读入。", decide=False)
            )
        self.say_cells(
            sheet,
            sheet.unsaved,
            "是公式，文件中没有保存它的结果。请用 WPS 或 Excel 打开、重新计算并保存后再导入。",
        )
        shown = [cell for cell in sorted(sheet.errors) if cell[0] in sheet.rows]
        self.say_cells(sheet, shown, "的公式出错（{}），请改为正确的内容后再导入。")

    def say_cells(self, sheet: Sheet, cells: list[tuple[int, int]], words: str) -> None:
        """The same of the first of these cells, as far as they are seen. {} in `words`: what the cell shows."""
        seen = [
            (number, column)
            for number, column in cells
            if number not in sheet.hidden_rows and column not in sheet.hidden_columns
        ]
        for number, column in seen[:_SAID_CELLS]:
            place = CellPlace(number, column, len(self.document.blocks), sheet.name)
            text = sheet.rows.get(number, {}).get(column, "")
            message = f"工作表“{sheet.name}”单元格 {place.address} {words.format(text[:20])}"
            self.document.problems.append(Problem(message, number, f"{place.letter}列", place=place))


def _percent(element: Any) -> Decimal:
    """The number of a cell, which shows a percentage, times a hundred, as it was typed: without binary noise."""
    raw = next(child.text for child in element if local(child) == "v")
    return Decimal(repr(float(raw))) * 100


def column_of_reference(reference: str | None, default: int) -> int:
    """The column (from 0) that a cell names, B7 → 1; `default` where it names none."""
    column = _column_of((reference or "").rstrip("0123456789"))
    return default if column is None else column


@lru_cache(maxsize=1024)
def _column_of(reference: str) -> int | None:
    letters = "".join(sign for sign in reference[:4] if sign.isalpha())
    try:
        return column_index_from_string(letters) - 1 if letters else None
    except ValueError:
        return None


def _drop(element: Any) -> None:
    """Forget an element that was used, and the empty shells before it: the stream stays flat in memory."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def read_excel(package: Package) -> Document:
    """Raises `Unreadable`, `TooLarge`."""
    return _Reader(package).read()


def read_sheets(package: Package, *names: str) -> Iterator[Sheet]:
    """Every worksheet (of these names, where some are given) as it is, hidden ones, hidden rows and columns included: for workbooks
    of ours, whose heads are known.

    Raises `Unreadable`, `TooLarge`.
    """
    reader = _Reader(package)
    for name, part, is_visible in list(reader.listed()):
        if names and name not in names:
            continue
        sheet = reader.sheet(name, part)
        sheet.is_visible = is_visible
        if not sheet.is_list:
            yield sheet


def list_sheets(package: Package) -> set[str]:
    """The names of sheets that are lists of problems, added by an earlier marking."""
    reader = _Reader(package)
    named = [(name, part) for name, part, _ in reader.listed() if name.startswith(LIST_SHEET)]
    return {name for name, part in named if reader.sheet(name, part).is_list}
