"""Sheets written row by row: what is put in comes out, as text, number or day, and none of it runs."""

import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from xigang_eco.sheets import FORMULA_START, TEXT, WORD, Look, clean
from xigang_eco.streaming import HEAD_ROW, MAX_TEXT, Column, StreamedBook, StreamedSheet, Value, shortened

FIRST = HEAD_ROW + 1
COLUMNS = (
    Column("序号", 6, WORD),
    Column("文字", 20),
    Column("时间", 16, Look(number_format="yyyy-mm-dd hh:mm")),
)


def book_of(
    rows: Iterable[Sequence[Value]],
    columns: Sequence[Column] = COLUMNS,
    looks: Mapping[int, Look] | None = None,
    sample: str = "",
) -> bytes:
    target = BytesIO()
    with StreamedBook(title="全年", creator="平台") as book:
        sheet = book.sheet("台账", columns, title="标题", notes="说明", sample=sample)
        sheet.print_on(pages=2, repeated=1)
        for row in rows:
            sheet.append(row, looks)
        book.save(target)
    return target.getvalue()


def read(content: bytes) -> Worksheet:
    sheet = load_workbook(BytesIO(content))["台账"]
    assert isinstance(sheet, Worksheet)
    return sheet


def test_every_kind_of_value_comes_back_as_what_it_is() -> None:
    moment = datetime(2024, 4, 9, 16, 30)
    rows = [
        (1, "一\n二", moment),
        (Decimal("62.50"), "", date(2024, 12, 31)),
        (2.5, None, None),
        (0, " 前后有空格 ", datetime(2024, 1, 1)),
    ]
    sheet = read(book_of(rows))
    found = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=FIRST)]
    assert found == [
        [1, "一\n二", moment],
        [62.5, None, datetime(2024, 12, 31)],
        [2.5, None, None],
        [0, " 前后有空格 ", datetime(2024, 1, 1)],
    ]
    assert [cell.data_type for cell in sheet[FIRST]] == ["n", "s", "d"]
    with zipfile.ZipFile(BytesIO(book_of(rows))) as archive:
        assert '<t xml:space="preserve"> 前后有空格 </t>' in archive.read("xl/worksheets/sheet1.xml").decode()
    # Also where nothing stands, the lines of the table do.
    assert sheet.cell(FIRST + 2, 3).border.left.style == "thin"


def test_it_is_a_sheet_as_offices_use_it() -> None:
    content = book_of([(1, "甲", None), (2, "乙", None)], sample="示例数据")
    sheet = read(content)
    assert (sheet["A1"].value, sheet["A2"].value) == ("标题", "【示例数据】说明")
    assert [cell.value for cell in sheet[HEAD_ROW]] == ["序号", "文字", "时间"]
    assert sheet.auto_filter.ref == "A3:C5"
    assert sheet.freeze_panes == "B4"
    assert sheet.print_area == "'台账'!$A$1:$C$5"
    assert (sheet.print_title_rows, sheet.print_title_cols) == ("$3:$3", "$A:$A")
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth) == ("landscape", 2)
    assert sheet.oddFooter.left.text == "示例数据"
    assert sheet.dimensions == "A1:C5"
    assert [sheet.column_dimensions[letter].width for letter in "ABC"] == [6, 20, 16]
    properties = load_workbook(BytesIO(content)).properties
    assert (properties.title, properties.creator) == ("全年", "平台")


def test_a_sheet_without_rows_has_its_heads() -> None:
    sheet = read(book_of([]))
    assert sheet.max_row == HEAD_ROW
    assert sheet.auto_filter.ref == "A3:C3"


def test_a_row_may_have_a_look_of_its_own_and_the_next_has_not() -> None:
    target = BytesIO()
    with StreamedBook(title="", creator="") as book:
        sheet = book.sheet("台账", COLUMNS, title="", notes="")
        for looks in ({1: Look(fill="F9D7D8")}, None):
            sheet.append((1, "同样的字", None), looks)
        book.save(target)
    made = read(target.getvalue())
    assert made["B4"].fill.fgColor.rgb == "00F9D7D8"
    assert made["B5"].fill.fill_type is None
    assert made["B4"].value == made["B5"].value == "同样的字"


@pytest.mark.parametrize(
    "text",
    ["=1+1", '=HYPERLINK("http://evil","点此")', "+1", "-1", "@SUM(A1)", "\t=1", "#N/A", "=" * 70 + "长"],
)
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    content = book_of([(1, text, None), (2, text, None)])
    for cell in (read(content)["B4"], read(content)["B5"]):
        assert cell.data_type == "s"
        assert cell.value == text
        assert bool(cell.quotePrefix) == text.startswith(FORMULA_START)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert re.search(rb"<f[ >]", archive.read("xl/worksheets/sheet1.xml")) is None


@given(st.lists(st.text(max_size=120), min_size=1, max_size=12))
def test_any_text_comes_back_as_a_file_can_carry_it(texts: list[str]) -> None:
    sheet = read(book_of([(number, text, None) for number, text in enumerate(texts)]))
    found = [sheet.cell(FIRST + place, 2).value for place in range(len(texts))]
    # openpyxl leaves the escapes of Excel as they stand in the file.
    assert [value or "" for value in found] == [clean(text) for text in texts]


@given(st.text(st.sampled_from("环境a1。\n，"), min_size=1, max_size=700))
def test_a_row_is_as_high_as_its_text_needs(text: str) -> None:
    height = read(book_of([(1, text, None)])).row_dimensions[FIRST].height
    # 10-point type: characters of 13.3 pixels in a column of 7 pixels a unit; 14 points a line; 409 is Excel's most.
    line = int((20 * 7 - 5) / (10 * 96 / 72))
    needed = sum(
        max(1, -(-sum(2 if ord(char) > 255 else 1 for char in part) // (2 * line)))
        for part in text.split("\n")
    )
    assert 20 <= height <= 409
    assert height >= min(needed, 26) * 13.5


@pytest.mark.parametrize("text", ["字" * 40_000, "𠮷" * 20_000, "a" + "𠮷" * 20_000])
def test_no_cell_is_longer_than_excel_reads(text: str) -> None:
    value = read(book_of([(1, text, None)]))["B4"].value
    assert isinstance(value, str)
    assert MAX_TEXT - 1 <= len(value.encode("utf-16-le")) // 2 <= MAX_TEXT
    assert text.startswith(value)
    assert shortened("字" * MAX_TEXT) == "字" * MAX_TEXT


def test_a_row_has_a_value_for_each_column() -> None:
    with pytest.raises(ValueError, match="shorter"):
        book_of([(1, "甲")])


def test_several_sheets_are_written_beside_each_other() -> None:
    target = BytesIO()
    with StreamedBook(title="", creator="") as book:
        sheets = [book.sheet(name, COLUMNS, title=name, notes="") for name in ("甲", "乙")]
        for number in range(450):
            for place, sheet in enumerate(sheets):
                if number % (place + 1) == 0:
                    sheet.append((number, f"{place}-{number}", None))
        book.save(target)
    made = load_workbook(BytesIO(target.getvalue()), read_only=True)
    assert made.sheetnames == ["甲", "乙"]
    assert [row[0] for row in made["甲"].iter_rows(min_row=FIRST, values_only=True)] == list(range(450))
    assert [row[1] for row in made["乙"].iter_rows(min_row=FIRST, values_only=True)] == [
        f"1-{number}" for number in range(0, 450, 2)
    ]


def test_rows_are_on_disk_long_before_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    flush = StreamedSheet._flush

    def counted(self: Any) -> None:
        written.append(len(self._gathered))
        flush(self)

    monkeypatch.setattr(StreamedSheet, "_flush", counted)
    with StreamedBook(title="", creator="") as book:
        sheet = book.sheet("台账", COLUMNS, title="", notes="")
        for number in range(2_000):
            sheet.append((number, f"第{number}行", None))
        assert sum(written) >= 1_800
        assert max(written) <= 200
        # Texts that are remembered because they repeat do not add up, either.
        assert all(len(cells.known) <= 500 for cells in sheet._cells)


def test_what_lies_on_disk_goes_with_the_book() -> None:
    with StreamedBook(title="", creator="") as book:
        sheet = book.sheet("台账", COLUMNS, title="", notes="")
        store = sheet._store
        sheet.append((1, "甲", None))
    assert store.closed


def test_unwrapped_columns_do_not_make_rows_high() -> None:
    flat = Column("文字", 10, Look(wrapped=False))
    sheet = read(book_of([("很长的一行文字" * 10,)], (flat,)))
    assert sheet.row_dimensions[FIRST].height == 20
    assert TEXT.wrapped
