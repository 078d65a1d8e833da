"""What the 季度填报表 looks like to a program: what its writer (book.py) and its reader agree on.

A sheet SHEET, its heads in one row (HEAD_ROW as written), under it one row for each measure. Columns are known by their heads:
those that no row of a unit needs are left out, and people move columns. The hidden column KEY carries in its head MARK, by which
a workbook is known as ours and of which format, and in each row the filing's key. Rows are known by their key alone, wherever they stand.

Reader, mind:
- The key carries no right; it only says which filing the row is, on which version of it the row was begun, and by marks what stood
  in its cells then.
- 序号 must be the key's measure number. Where it is not, somebody sorted some of the columns without the others, and nobody
  knows what the text belongs to: the row is to be refused.
- NOT_ASKED in a cell to fill means that nothing is asked there. A row of a filing that takes no change is written with its text,
  too, locked.
- What counts is what a person sees. 完成比例 has the format 0.0%, so that 62.5 or 62.5% typed in Excel, WPS and LibreOffice shows
  62.5% and is stored as 0.625: a number whose format ends in % counts a hundredfold, by `Decimal(repr(value)) * 100`; any other number,
  or text, as it stands (`tasks.forms.filing.plain_number`). 指标实际值 likewise: its format has % where the indicator's unit is %.
- 本季度无相关工作 is NO_WORK or empty; 自评状态 is a label of rules.Progress.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.fingerprints import fingerprint
from tasks.formcode import CODE_MAX, FormCode, read_code
from tasks.numbers import NO_VALUE

SHEET = "季度填报表"
GUIDE_SHEET = "填写说明"
HEAD_ROW = 4
FORMAT = 1
_MARK = "xigang-filings/"
MARK = f"{_MARK}{FORMAT}"
NO_WORK = "是"
NOT_ASKED = NO_VALUE


@dataclass(frozen=True)
class Column:
    """`width` in characters of the default font. `field`: of CONTENT_FIELDS, where it is a cell to fill; others are locked.

    `optional`: left out of a sheet where no row has anything in it.
    """

    key: str
    head: str
    width: float
    field: str | None = None
    optional: bool = False
    hidden: bool = False


# The key stands between what is read and what is filled in: who sorts both takes it along.
KEY = Column("key", MARK, 12, hidden=True)
COLUMNS = (
    Column("number", "序号", 5),
    Column("task", "目标任务", 12),
    Column("measure", "工作措施", 32),
    Column("units", "责任单位", 13),
    Column("deadline", "完成时限", 9, optional=True),
    Column("role", "本单位角色", 5.5, optional=True),
    Column("kind", "类型", 7),
    Column("previous", "上季度填报（参考）", 33, optional=True),
    KEY,
    Column("no_work", "本季度无相关工作", 7, "no_work"),
    Column("self_status", "自评状态", 10.5, "self_status"),
    Column("last_percent", "上次通过比例", 7.5, optional=True),
    Column("percent", "完成比例", 7.5, "percent", optional=True),
    Column("decrease_reason", "比例下降原因", 12, "decrease_reason", optional=True),
    Column("indicator", "指标（单位、目标值）", 11, optional=True),
    Column("indicator_value", "指标实际值", 9, "indicator_value", optional=True),
    Column("progress_text", "工作进展", 38, "progress_text"),
    Column("problems", "存在问题", 21, "problems"),
    Column("next_steps", "下一步工作", 21, "next_steps"),
    Column("overall_text", "本措施总体进展", 24, "overall_text", optional=True),
    Column("status", "填报状态", 8.5),
    Column("returned", "退回原因", 13, optional=True),
    Column("evidence", "佐证材料", 7),
)
BY_KEY = {column.key: column for column in COLUMNS}
FILLED = tuple(column for column in COLUMNS if column.field)


def column_of(head: str) -> Column | None:
    """The column that a head names, however its lines are broken; the KEY's by any format's mark."""
    folded = _folded(head)
    if format_of(head) is not None:
        return KEY
    return _BY_HEAD.get(folded)


def format_of(head: str) -> int | None:
    """The format that a head cell marks a workbook of ours with; None where it does not. Other than FORMAT: not readable here."""
    match = _MARKED.fullmatch(_folded(head))
    return int(match[1]) if match else None


def columns_for(used: Iterable[str]) -> tuple[Column, ...]:
    """The columns of a sheet of which `used` (keys) have something to say."""
    wanted = frozenset(used)
    return tuple(column for column in COLUMNS if not column.optional or column.key in wanted)


@dataclass(frozen=True)
class FilingKey:
    """Which filing a row is, its version when the workbook was written (0 where nothing was begun), and `marks_of` what the row
    showed then: so that it is known which cells a person changed, and whether the filing was."""

    code: FormCode
    version: int
    marks: str = ""

    def __str__(self) -> str:
        """2024/Q1/8/fagaiju@3#…"""
        return f"{self.code}@{self.version}" + (f"#{self.marks}" if self.marks else "")

    def mark(self, field: str) -> str | None:
        """The mark of one field; None where the key has none."""
        place = _FIELDS.index(field) * _MARK_SIZE
        return self.marks[place : place + _MARK_SIZE] or None


def mark_of(value: Any) -> str:
    """A short mark of what a cell holds."""
    return fingerprint(value)[:_MARK_SIZE]


def marks_of(content: Mapping[str, Any]) -> str:
    """The marks of all cells to fill, in the order of FILLED. `content`: CONTENT_FIELDS → value."""
    return "".join(mark_of(content.get(field)) for field in _FIELDS)


def read_key(text: str) -> FilingKey | None:
    """The key that a cell holds; None for anything else."""
    code_text, _, rest = _folded(text).rpartition("@")
    version, _, marks = rest.partition("#")
    code = read_code(code_text)
    if code is None or not _VERSION.fullmatch(version) or not _MARKS.fullmatch(marks):
        return None
    return FilingKey(code, int(version), marks)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text[: CODE_MAX + 120]).split())


_FIELDS = tuple(column.field for column in FILLED if column.field)
# Hexadecimal signs for a cell: a change goes unseen once in 16 million.
_MARK_SIZE = 6
_MARKS = re.compile(f"(?:[0-9a-f]{{{_MARK_SIZE * len(_FIELDS)}}})?")
# A version is a positive integer of 32 bits.
_VERSION = re.compile(r"[0-9]{1,9}")
_MARKED = re.compile(re.escape(_MARK) + r"([0-9]{1,4})")
_BY_HEAD = {_folded(column.head): column for column in COLUMNS}
