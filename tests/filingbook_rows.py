"""Rows of a 季度填报表 made by hand, and what its sheet checks, for tests of the sheet."""

import re
from dataclasses import replace
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from tasks.filingbook.book import filing_book_xlsx
from tasks.filingbook.content import BookRow, FilingBook
from tasks.filingbook.layout import FilingKey, marks_of
from tasks.filingpage import BLANK
from tasks.formcode import FormCode
from tasks.rules import Kind, progress_choices
from tests.filingbooks import Book

ALWAYS = frozenset({"no_work", "self_status", "progress_text", "problems", "next_steps"})
TERMINAL = ALWAYS | {"percent", "decrease_reason", "overall_text", "indicator_value"}


def row(number: int = 1, **changes: Any) -> BookRow:
    """A measure of an ongoing kind that is to be filled in."""
    content = {**BLANK, **changes.pop("content", {})}
    made = BookRow(
        key=FilingKey(FormCode("2024", 1, number, "fgj"), 0, marks_of(content)),
        task="1.深入实施碳达峰行动",
        measure=f"第{number}项措施。",
        units="区发改局",
        deadline="",
        role="",
        kind=str(Kind.ONGOING.label),
        previous="",
        last_percent=None,
        indicator="",
        indicator_name="",
        indicator_in_percent=False,
        asked=ALWAYS,
        content=content,
        writable=True,
        status="未报",
        returned="",
        evidence="0份",
    )
    return replace(made, **changes)


def terminal(number: int = 2, **changes: Any) -> BookRow:
    return row(number, **{"kind": str(Kind.TERMINAL.label), "asked": TERMINAL, "role": "牵头", **changes})


def book(*rows: BookRow, quarter: int = 1, **changes: Any) -> FilingBook:
    made = FilingBook(
        title="区发改局2024年第一季度填报表",
        unit="区发改局",
        plan="西岗区2024年生态环境保护工作计划及措施清单",
        sample="",
        issuer="西岗区生态文明建设和生态环境保护委员会办公室",
        due="2024年4月10日",
        is_past_due=False,
        made="2024年4月1日09:30",
        locked="",
        evidence_mb=50,
        rows=rows or (row(),),
        choices={
            str(kind.label): tuple(label for _, label in progress_choices(kind, quarter)) for kind in Kind
        },
    )
    return replace(made, **changes)


def opened(*rows: BookRow, **changes: Any) -> Book:
    return Book(filing_book_xlsx(book(*rows, **changes)))


def validations(made: Book) -> dict[str, DataValidation]:
    """Key of a column → its validation."""
    keys = {get_column_letter(place): key for key, place in made.columns.items()}
    return {
        keys[re.match("[A-Z]+", str(rule.sqref)).group()]: rule  # type: ignore[union-attr]
        for rule in made.sheet.data_validations.dataValidation
    }
