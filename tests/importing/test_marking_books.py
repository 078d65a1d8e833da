"""The workbooks that this system writes itself, filled in and handed back: what locks, checks and prints them stays."""

import re
import zipfile
from io import BytesIO

import openpyxl
import pytest

from tasks.filingbook.book import filing_book_xlsx
from tasks.filingbook.layout import KEY, SHEET
from tasks.filingbook.reading import read_book
from tasks.importing.grid import LIST_SHEET, CellPlace
from tasks.importing.limits import FILING
from tasks.importing.marking.marking import mark
from tasks.importing.marking.marks import OPENING, WRONG, Mark
from tests.filingbook_rows import book, row, terminal
from tests.importing.builders import SOFFICE, resaved

BOOK = filing_book_xlsx(book(row(1), terminal(2), row(3)))


def sheet_xml(data: bytes) -> str:
    return next(
        part
        for name, part in ((name, zipfile.ZipFile(BytesIO(data)).read(name).decode()) for name in names(data))
        if "dataValidation" in part and "<worksheet" in part
    )


def names(data: bytes) -> list[str]:
    return [name for name in zipfile.ZipFile(BytesIO(data)).namelist() if name.endswith(".xml")]


def marked() -> bytes:
    filled = read_book(BOOK)
    column = filled.places["progress_text"]
    return mark(
        BOOK,
        "区发改局2024年第一季度填报表.xlsx",
        [
            Mark("工作进展超过 3000 字，请缩短。", CellPlace(5, column, sheet=filled.sheet), 5, "工作进展"),
            Mark("锁定的单元格被改动。", CellPlace(6, 0, sheet=filled.sheet), 6, "序号"),
        ],
        limits=FILING,
    )[0]


@pytest.mark.parametrize(
    "tag",
    ["sheetProtection", "dataValidations", "pageSetup", "headerFooter", "cols", "conditionalFormatting"],
)
def test_what_surrounds_its_cells_is_word_for_word_the_same(tag: str) -> None:
    found = [
        re.findall(rf"<{tag}\b.*?(?:</{tag}>|/>)", sheet_xml(data), re.DOTALL) for data in (BOOK, marked())
    ]
    assert found[0] == found[1]


def test_it_is_read_again_as_it_was() -> None:
    before, after = read_book(BOOK), read_book(marked())
    assert after.sheet == before.sheet
    assert after.places == before.places
    assert after.rows == before.rows
    assert after.faults == before.faults


def test_the_list_stands_first_and_prints_and_locks_are_those_of_the_sheet() -> None:
    before, after = (openpyxl.load_workbook(BytesIO(data)) for data in (BOOK, marked()))
    assert after.sheetnames == [LIST_SHEET, *before.sheetnames]
    assert after.active.title == LIST_SHEET
    one, other = before[SHEET], after[SHEET]
    assert other.print_title_rows == one.print_title_rows
    assert other.print_area == one.print_area
    assert other.protection.sheet
    column = read_book(BOOK).places["progress_text"] + 1
    assert other.cell(5, column).fill.fgColor.rgb == WRONG
    # What may be filled in may be mended, what is locked stays locked.
    for number in (5, 6):
        for place in range(1, one.max_column + 1):
            assert other.cell(number, place).protection.locked == one.cell(number, place).protection.locked
    key = next(cell.column_letter for cell in one[4] if str(cell.value).startswith(KEY.head))
    assert other.column_dimensions[key].hidden


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it_and_what_it_saves_is_read() -> None:
    again = resaved(marked(), "xlsx")
    assert [cells.key for cells in read_book(again).rows] == [cells.key for cells in read_book(BOOK).rows]
    said = [
        cell.comment.text
        for line in openpyxl.load_workbook(BytesIO(again))[SHEET].iter_rows()
        for cell in line
        if cell.comment
    ]
    assert sum(text.startswith(OPENING) for text in said) == 2
