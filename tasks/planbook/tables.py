"""A sheet of ours as rows under known heads: every cell as its text, and what is wrong said with row and column."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from tasks.importing.excel import Sheet
from tasks.importing.grid import CellPlace, Problem
from tasks.planbook.layout import Column

# Heads are looked for so far down: people put a line or two above them.
_FIRST_ROWS = 20
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MOST_PROBLEMS = 200
# What a number of a task, measure or section can be.
MOST = 32_767


class Problems:
    """Problems of one workbook, each once; beyond some hundred nobody reads on."""

    def __init__(self) -> None:
        self.found: dict[Problem, None] = {}

    def say(self, problem: Problem) -> None:
        if len(self.found) < _MOST_PROBLEMS:
            self.found.setdefault(problem)


@dataclass(frozen=True, slots=True)
class TableRow:
    """`texts`: column of the sheet → text, blank ones left out."""

    table: "BookTable"
    number: int
    texts: dict[int, str]

    def text(self, column: Column | str) -> str:
        place = self.table.places.get(column if isinstance(column, str) else column.head)
        return "" if place is None else self.texts.get(place, "")

    def word(self, column: Column | str) -> str:
        """The text without blanks around it: of numbers, names and words to choose from."""
        return self.text(column).strip()

    def say(self, message: str, column: Column | str = "", *, decide: bool = True) -> None:
        head = column if isinstance(column, str) else column.head
        place = self.table.places.get(head)
        at = None if place is None else CellPlace(self.number, place, sheet=self.table.sheet.name)
        message = f"“{self.table.sheet.name}”表第{self.number}行：{message}"
        self.table.problems.say(Problem(message, self.number, head or None, decide, at))

    def place(self, column: Column) -> CellPlace:
        return CellPlace(self.number, self.table.places[column.head], sheet=self.table.sheet.name)

    # What a cell must be. Each says what is wrong and gives `default`.

    def number_of(
        self, column: Column, least: int, most: int, default: int | None = None, *, needed: bool = False
    ) -> int | None:
        """A whole number from `least` to `most`."""
        text = self.word(column)
        if not text:
            if needed:
                self.say(f"“{column.head}”未填，请填写 {least} 至 {most} 的整数。", column)
            return default
        value = whole(text)
        if value is None or not least <= value <= most:
            self.say(f"“{column.head}”应为 {least} 至 {most} 的整数，现为“{text[:20]}”。", column)
            return default
        return value

    def choice(self, column: Column, values: Sequence[tuple[str, str]], default: str) -> str:
        """The value whose label stands in the cell."""
        text = self.word(column)
        for value, label in values:
            if text == label:
                return value
        if text:
            labels = "、".join(label for _value, label in values)
            self.say(f"“{column.head}”应为{labels}之一，现为“{text[:20]}”。", column)
        return default

    def is_true(self, column: Column, default: bool = False) -> bool:
        return self.choice(column, (("1", "是"), ("", "否")), "1" if default else "") == "1"

    def day(self, column: Column) -> date | None:
        text = self.word(column)
        found = day_of(text)
        if text and found is None:
            self.say(f"“{column.head}”应为日期，例如 2024-12-31，现为“{text[:20]}”。", column)
        return found

    def decimal(self, column: Column, whole_digits: int) -> Decimal | None:
        """A number with two decimals at most."""
        text = self.word(column)
        if not text:
            return None
        try:
            value = Decimal(text.replace(",", ""))
            fits = value.is_finite() and value == round(value, 2) and abs(value) < 10**whole_digits
        except (InvalidOperation, ValueError):
            fits = False
        if not fits:
            self.say(f"“{column.head}”应为数字，小数不超过两位，现为“{text[:20]}”。", column)
            return None
        return round(value, 2)

    def fitting(self, column: Column, most: int) -> str:
        """The text where it is no longer than `most`, else as much of it, and that is said."""
        text = self.text(column)
        if len(text) > most:
            self.say(f"“{column.head}”超过 {most} 字，请缩短。", column)
        return text[:most]


class BookTable:
    """`places`: head → column of the sheet, from 0. Missing heads are said."""

    def __init__(self, sheet: Sheet, columns: Sequence[Column], problems: Problems) -> None:
        self.sheet, self.problems = sheet, problems
        heads = [column.head for column in columns]
        self.head_row = self._head_row(heads)
        self.places: dict[str, int] = {}
        for place, text in sorted(sheet.rows.get(self.head_row, {}).items()):
            head = text.strip()
            if head in heads and head in self.places:
                self.say(f"“{head}”栏有两栏，只读入第一栏，请删去多余的。", head)
            if head in heads:
                self.places.setdefault(head, place)
        for head in heads:
            if head not in self.places:
                self.say(f"缺少“{head}”栏，请补上（可从系统重新导出的工作簿中复制）。", head)
        self._remarks(heads)

    def _head_row(self, heads: Sequence[str]) -> int:
        numbers = sorted(self.sheet.rows)[:_FIRST_ROWS]
        wanted = set(heads)

        def known(number: int) -> int:
            return len(wanted & {text.strip() for text in self.sheet.rows[number].values()})

        best = max(numbers, key=lambda number: (known(number), -number), default=0)
        return best if best and known(best) > 1 else 0

    def _remarks(self, heads: Sequence[str]) -> None:
        if not self.head_row:
            return
        for number, place in self.sheet.unsaved[:20]:
            message = f"“{self.sheet.name}”表第{number}行第{place + 1}列是公式，文件中没有保存它的结果，请重新计算并保存。"
            at = CellPlace(number, place, sheet=self.sheet.name)
            self.problems.say(Problem(message, number, None, True, at))
        for number, place in sorted(self.sheet.errors)[:20]:
            message = f"“{self.sheet.name}”表第{number}行第{place + 1}列是公式错误，请改正。"
            at = CellPlace(number, place, sheet=self.sheet.name)
            self.problems.say(Problem(message, number, None, True, at))
        if self.sheet.hidden_rows - set(range(1, self.head_row + 1)):
            self.say("有隐藏或筛选掉的行，已照常读入；不需要的请删除整行。", decide=False)
        if self.sheet.is_cut:
            self.say("列数过多，靠后的列未读入。", decide=False)

    def say(self, message: str, head: str = "", *, decide: bool = True) -> None:
        """What is wrong with the sheet as a whole, or with a column."""
        row = self.head_row or None
        place = self.places.get(head) if hasattr(self, "places") else None
        at = None if place is None or row is None else CellPlace(row, place, sheet=self.sheet.name)
        self.problems.say(Problem(f"“{self.sheet.name}”表{message}", row, head or None, decide, at))

    @property
    def rows(self) -> Iterator[TableRow]:
        """The rows under the heads that hold anything."""
        if self.head_row:
            for number in sorted(self.sheet.rows):
                if number > self.head_row:
                    yield TableRow(self, number, self.sheet.rows[number])


def whole(text: str) -> int | None:
    """A whole number as people and sheets write it: 3, 3.0, 50%."""
    match = re.fullmatch(r"(-?\d{1,9})(?:\.0+)?%?", text.strip())
    return int(match[1]) if match else None


def day_of(text: str) -> date | None:
    """2024-12-31, 2024/12/31, 2024年12月31日."""
    match = _DAY.fullmatch(text.strip())
    if not match:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
