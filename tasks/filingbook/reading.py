"""A 季度填报表 that somebody filled in, as rows: known by its mark, its columns by their heads, its rows by their keys.

Pure: bytes in, text out, each cell as its sheet shows it. Nothing is judged here but whether it is certain what was meant.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tasks.filingbook.layout import (
    BY_KEY,
    COLUMNS,
    FILLED,
    FORMAT,
    NOT_ASKED,
    Column,
    FilingKey,
    column_of,
    format_of,
    read_key,
)
from tasks.importing.errors import ImportFailure, TooLarge, Unreadable
from tasks.importing.excel import Sheet, read_sheets
from tasks.importing.limits import FILING, too_large
from tasks.importing.package import Package
from tasks.importing.vetting import vetted

# People put lines above a table, not pages.
_HEAD_ROWS = 60
_LEGACY = "这是旧格式（.xls、.et）或设有打开密码的文件，无法读取。请用 WPS 或 Excel 打开，另存为 .xlsx（不设密码）后再上传。"
_OTHER = "这不是 Excel 工作簿（.xlsx）。请上传从本系统下载、填写后保存为 .xlsx 的季度填报表。"
_NOT_OURS = (
    "文件中没有季度填报表，或其隐藏的标识列已被删除。请重新下载本季度的填报表，把内容填入后上传；"
    "不要只复制表格内容到新建的文件。"
)
# 1,200 as a sheet shows it; a lone comma may as well be somebody's point.
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?%?")
# Places of numbers that a filing keeps.
_PLACES = {"percent": 1, "indicator_value": 2}


class NotOurs(ImportFailure):
    """A file that is no 季度填报表, or one that this program no longer reads."""


@dataclass(frozen=True)
class Fault:
    """What is wrong. `row`: of the sheet, from 1; `column`: key of a Column; None where it is about the whole row or file."""

    message: str
    row: int | None = None
    column: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"row": self.row, "column": self.column, "message": self.message}


@dataclass(frozen=True)
class FilledRow:
    """`values`: field of CONTENT_FIELDS → what its cell shows; without those that the sheet has no column for."""

    row: int
    key: FilingKey
    values: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        return {"row": self.row, "key": str(self.key), "values": self.values}


@dataclass(frozen=True)
class FilledBook:
    """`places`: key of a Column → its column in `sheet`, from 0. `faults` with the row of one in `rows` make that row unusable."""

    sheet: str
    places: dict[str, int]
    rows: tuple[FilledRow, ...]
    faults: tuple[Fault, ...]

    @property
    def owners(self) -> list[tuple[str, int, str]]:
        """(plan, quarter, unit) of the rows by their codes, the most frequent first."""
        codes = Counter((row.key.code.plan, row.key.code.quarter, row.key.code.unit) for row in self.rows)
        return [owner for owner, _ in codes.most_common()]


def read_book(data: bytes) -> FilledBook:
    """Raises `NotOurs`, `Unreadable`, `TooLarge`, each with a text for the person who brought the file."""
    found = [(sheet, head) for sheet in read_sheets(_package(data)) if (head := _head_row(sheet)) is not None]
    if not found:
        raise NotOurs(_NOT_OURS)
    if len(found) > 1:
        names = "、".join(f"“{sheet.name}”" for sheet, _ in found[:5])
        raise NotOurs(f"文件中有 {len(found)} 张填报表（{names}），不知以哪一张为准。请只保留一张后再上传。")
    return _Reader(*found[0]).read()


def _package(data: bytes) -> Package:
    if len(data) > FILING.file:
        raise TooLarge(too_large(FILING))
    if not data:
        raise Unreadable("文件是空的。请重新选择文件。")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_LEGACY)
    if not data.startswith(b"PK"):
        raise Unreadable(_OTHER)
    package = vetted(data, FILING)
    if package.kind != "excel":
        raise Unreadable(_OTHER)
    return package


def _head_row(sheet: Sheet) -> int | None:
    """The row that carries our mark."""
    for number in sorted(sheet.rows)[:_HEAD_ROWS]:
        if any(format_of(text) is not None for text in sheet.rows[number].values()):
            return number
    return None


class _Reader:
    def __init__(self, sheet: Sheet, head: int) -> None:
        self.sheet, self.head = sheet, head
        self.faults: list[Fault] = []
        self.unsaved = set(sheet.unsaved)

    def read(self) -> FilledBook:
        places = self.places()
        filled = [column for column in FILLED if column.key in places]
        # A formula that was never computed leaves no text behind, and a row may have nothing but such.
        numbers = {*self.sheet.rows, *(row for row, _ in self.sheet.unsaved)}
        rows = []
        for number in sorted(row for row in numbers if row > self.head):
            row = self.row(number, places, filled)
            if row:
                rows.append(row)
        self.twice(rows)
        if not rows:
            if self.faults:
                raise NotOurs(
                    "填报表中没有一行的标识可以辨认，可能已被改动。请重新下载本季度的填报表，把内容填入后上传。"
                )
            raise NotOurs("填报表中没有任何一行措施。请重新下载本季度的填报表。")
        return FilledBook(self.sheet.name, places, tuple(rows), tuple(self.faults))

    def places(self) -> dict[str, int]:
        """Key of a column → where it stands."""
        heads = self.sheet.rows[self.head]
        formats = {number for text in heads.values() if (number := format_of(text)) is not None}
        if formats != {FORMAT}:
            raise NotOurs(
                "这份填报表是按系统以前的格式生成的，不能读取。请重新下载本季度的填报表，把内容填入后上传。"
            )
        found: dict[str, list[int]] = defaultdict(list)
        for place, text in sorted(heads.items()):
            column = column_of(text)
            if column:
                found[column.key].append(place)
        for key, where in found.items():
            if len(where) > 1:
                name = "隐藏的标识" if key == "key" else f"“{BY_KEY[key].head}”"
                raise NotOurs(
                    f"填报表中有 {len(where)} 个{name}列，不知以哪一列为准。请删去多余的列后再上传。"
                )
        if "number" not in found:
            raise NotOurs("填报表中缺少“序号”列，无法核对各行。请恢复该列，或重新下载填报表后填写。")
        for column in COLUMNS:
            if column.field and not column.optional and column.key not in found:
                self.faults.append(Fault(f"缺少“{column.head}”列，该栏内容不作改动。"))
        return {key: where[0] for key, where in found.items()}

    def row(self, number: int, places: dict[str, int], filled: list[Column]) -> FilledRow | None:
        """The row, None where it is none of ours; what is wrong with it goes to the faults."""
        cells = self.sheet.rows.get(number, {})
        key_text = cells.get(places["key"], "")
        key = read_key(key_text)
        if key is None:
            if key_text or any(self.is_filled(number, places[column.key]) for column in filled):
                why = "标识已被改动" if key_text else "没有标识（不是下载时就有的行）"
                self.faults.append(
                    Fault(
                        f"第{number}行{why}，未读取。新增措施请与区生态办联系；内容请填在原有的行内。", number
                    )
                )
            return None
        typed = _folded(cells.get(places["number"], ""))
        if typed != str(key.code.number):
            shown = f"为“{typed[:20]}”" if typed else "为空"
            self.faults.append(
                Fault(
                    f"序号{shown}，与本行标识（措施{key.code.number}）不符，可能是排序或复制时只选了部分列，"
                    "不能确定内容属于哪项措施。请重新下载填报表，把内容填入对应的行。",
                    number,
                    "number",
                )
            )
        values = {}
        for column in filled:
            if column.field is None:
                continue
            values[column.field] = self.text(number, places[column.key], column)
        return FilledRow(number, key, values)

    def is_filled(self, number: int, place: int) -> bool:
        text = self.sheet.rows.get(number, {}).get(place, "").strip()
        return bool(text and text != NOT_ASKED) or (number, place) in self.unsaved

    def text(self, number: int, place: int, column: Column) -> str:
        """What the cell shows; a number with all the places that a filing keeps, and no more than are shown beyond."""
        if (number, place) in self.unsaved:
            self.faults.append(
                Fault(
                    "单元格是公式，文件中没有保存它的结果。请直接填写内容，或用 WPS、Excel 重新计算并保存后上传。",
                    number,
                    column.key,
                )
            )
            return ""
        text = self.sheet.rows.get(number, {}).get(place, "")
        if (number, place) in self.sheet.errors:
            self.faults.append(
                Fault(f"单元格公式出错（{text[:20]}）。请改为直接填写内容。", number, column.key)
            )
        places = _PLACES.get(column.key)
        if places is None:
            return text.strip()
        exact = self.sheet.percents.get((number, place))
        if exact is not None and _fits(exact, places):
            return f"{exact.normalize():f}%"
        typed = text.strip()
        return typed.replace(",", "") if _GROUPED.fullmatch(typed) else typed

    def twice(self, rows: Iterable[FilledRow]) -> None:
        """Two rows for one filing: nobody knows which is meant."""
        by_code: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            by_code[str(row.key.code).casefold()].append(row.row)
        for numbers in by_code.values():
            if len(numbers) > 1:
                told = "、".join(f"第{number}行" for number in numbers[:10])
                for number in numbers:
                    self.faults.append(
                        Fault(f"{told}是同一项措施，不知以哪一行为准。请只保留一行后再上传。", number)
                    )


def _fits(number: Decimal, places: int) -> bool:
    exponent = number.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -places <= exponent and abs(number) < 10**15


def _folded(text: str) -> str:
    """序号 as it is compared: 8, 8.0 and ８ are one."""
    folded = "".join(unicodedata.normalize("NFKC", text).split())
    return folded.removesuffix(".0") if folded.endswith(".0") else folded
