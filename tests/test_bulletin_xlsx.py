"""The annexes as a workbook: what is printed, numbers that count, text that never runs, pages that print."""

from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from reports.renderers.annexes_xlsx import MEASURE_HEADS, annexes_xlsx
from reports.renderers.zipped import rezip, zip_parts
from tests.gbt_papers import MIXED, NUMBER, OFFICE, TITLE
from tests.office_files import bulletin, parts_of
from xigang_eco.sheets import FILLS, MAX_LINES, height_of


def opened(document: dict[str, Any]) -> Workbook:
    return load_workbook(BytesIO(annexes_xlsx(document)))


def sheet_of(book: Workbook, name: str) -> Worksheet:
    sheet = book[name]
    assert isinstance(sheet, Worksheet)
    return sheet


def values(sheet: Worksheet, row: int) -> list[Any]:
    return [cell.value for cell in sheet[row]]


@pytest.fixture(scope="module")
def book() -> Workbook:
    return opened(bulletin(measures=5, units=4, marks=["演示数据"], document_number=NUMBER))


def test_each_annex_is_a_sheet_with_its_label_and_title(book: Workbook) -> None:
    assert book.sheetnames == ["附件1", "附件2", "附件3 数据"]
    titles = [
        "2024年第一季度工作措施进展情况表",
        "2024年第一季度责任单位报送情况表",
        "2024年第一季度工作进展情况图表",
    ]
    for number, (sheet, title) in enumerate(zip(book, titles, strict=True), 1):
        assert (sheet["A1"].value, sheet["A2"].value) == (f"附件{number}", title)


def test_annex_1_is_merged_by_task_as_printed(book: Workbook) -> None:
    sheet = sheet_of(book, "附件1")
    assert values(sheet, 3) == list(MEASURE_HEADS)
    first = [(area.bounds) for area in sheet.merged_cells.ranges if area.min_col == area.max_col == 1]
    # Two measures a task, two paragraphs of progress each.
    assert sorted(first) == [(1, 4, 1, 7), (1, 8, 1, 11), (1, 12, 1, 13)]
    assert values(sheet, 4)[:4] == [1, "第1项目标任务", 1, sheet["D4"].value]
    assert sheet["F4"].value == f"区住建局：{MIXED}"
    assert sheet["F5"].value == f"各街道：{MIXED}"


def test_percentages_and_counts_are_numbers(book: Workbook) -> None:
    sheet = sheet_of(book, "附件1")
    assert (sheet["G4"].value, sheet["G4"].number_format) == (0.25, "0%")
    assert sheet["H4"].value == "按序时推进"
    matrix = sheet_of(book, "附件2")
    assert [matrix.cell(4, column).value for column in range(1, 7)] == [1, "第1责任单位", 4, 3, 1, 1]
    assert values(matrix, 8)[:6] == [None, "合计", 14, 10, 2, 4]
    data = sheet_of(book, "附件3 数据")
    assert (data["A5"].value, data["C5"].value, data["C5"].number_format) == (1, 0.25, "0%")


def test_what_is_no_number_stays_text() -> None:
    document = bulletin(measures=2)
    document["appendix"]["rows"][0]["value"] = ["33.3%", "推进中"]
    document["appendix"]["rows"][1]["value"] = ["待确认"]
    document["charts"]["parts"][0]["rows"] = [["1", "2／3", "—"], ["２", "007a", "-5%"]]
    book = opened(document)
    sheet = sheet_of(book, "附件1")
    assert (sheet["G4"].value, sheet["G4"].number_format, sheet["H4"].value) == (0.333, "0.0%", "推进中")
    assert (sheet["G6"].value, sheet["H6"].value) == (None, "待确认")
    data = sheet_of(book, "附件3 数据")
    assert [cell.value for cell in data[5]] == [1, "2／3", "—"]
    assert [(cell.value, cell.data_type) for cell in data[6]] == [("２", "s"), ("007a", "s"), ("-5%", "s")]


def test_a_light_is_a_word_and_a_colour(book: Workbook) -> None:
    sheet = sheet_of(book, "附件1")
    assert sheet["I4"].value == "黄灯"
    assert sheet["I4"].fill.fgColor.rgb.endswith(FILLS["yellow"])


def test_annex_2_tells_states_apart_in_words(book: Workbook) -> None:
    sheet = sheet_of(book, "附件2")
    assert values(sheet, 3)[6:] == ["措施1", "措施2", "措施3", "措施4", "措施5"]
    assert [cell.value for cell in sheet[4]][6:] == ["通过\n△", "退回", None, "待审", "未报"]
    assert sheet["C9"].value is None
    assert str(sheet["A9"].value).startswith("注：△为逾期报送")


def test_what_is_overdue_says_so_without_the_mark_of_the_pdf() -> None:
    document = bulletin(measures=1, units=1)
    document["matrix"]["rows"][0]["cells"] = [{"filing": "overdue", "light": "red", "late": ""}]
    cell = sheet_of(opened(document), "附件2")["G4"]
    assert cell.value == "逾期\n未报"
    assert cell.fill.fgColor.rgb.endswith(FILLS["red"])


def test_every_sheet_prints_on_a4_across_with_its_heads_and_pages(book: Workbook) -> None:
    for sheet, heads, frozen in zip(book, ("$3:$3", "$3:$3", "$2:$2"), ("A4", "C4", "A3"), strict=True):
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_title_rows == heads
        assert sheet.freeze_panes == frozen
        assert sheet.oddHeader
        assert sheet.oddFooter
        assert sheet.oddHeader.center.text == TITLE
        assert sheet.oddFooter.center.text == "第 &P 页，共 &N 页"
        assert sheet.oddFooter.left.text == f"演示数据  {NUMBER}"
    assert sheet_of(book, "附件2").print_title_cols == "$A:$B"


def test_sixty_measures_go_on_pages_beside_each_other() -> None:
    sheet = sheet_of(opened(bulletin(measures=60, units=3)), "附件2")
    assert sheet.page_setup.fitToWidth == 3
    assert values(sheet, 3)[-1] == "措施60"


def test_a_plan_without_measures_or_units_says_so() -> None:
    book = opened(bulletin(measures=0, units=0))
    assert sheet_of(book, "附件1")["A4"].value == "本计划没有工作措施。"
    assert sheet_of(book, "附件2")["A4"].value == "本季度没有应当报送进展的责任单位。"


def test_an_older_document_has_no_annex_of_units() -> None:
    document = bulletin()
    del document["matrix"]
    assert opened(document).sheetnames == ["附件1", "附件2 数据"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "#N/A", "\t=1", '=HYPERLINK("http://x")'])
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    document = bulletin(measures=1, units=1)
    row = document["appendix"]["rows"][0]
    row["measure"] = row["units"] = row["task"] = text
    row["progress"] = [text]
    document["matrix"]["rows"][0]["unit"] = text
    document["charts"]["parts"][0]["rows"] = [[text, text, text]]
    document["charts"]["parts"][0]["caption"] = document["appendix"]["title"] = text
    book = opened(document)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == text]
    assert len(cells) == 10
    assert {cell.data_type for cell in cells} == {"s"}
    for cell in cells:
        assert cell.quotePrefix == (text[0] in "=+-@\t")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_any_text_makes_a_workbook_that_opens(text: str) -> None:
    document = bulletin(measures=2, units=1, document_number=text, signatory=text)
    document["appendix"]["rows"][0]["progress"] = [text]
    document["appendix"]["rows"][1]["value"] = [text]
    document["matrix"]["rows"][0]["unit"] = text
    document["charts"]["parts"][0]["rows"] = [[text, text, text]]
    opened(document)


def test_long_progress_goes_on_in_rows_that_excel_can_show() -> None:
    document = bulletin(measures=1)
    document["appendix"]["rows"][0]["progress"] = [MIXED * 40]
    sheet = sheet_of(opened(document), "附件1")
    rows = list(range(4, sheet.max_row + 1))
    assert len(rows) > 1
    assert "".join(str(sheet.cell(row, 6).value or "") for row in rows) == MIXED * 40
    assert all((sheet.row_dimensions[row].height or 0) <= height_of(MAX_LINES) for row in rows)


def test_nothing_of_a_library_or_of_today_is_in_the_file() -> None:
    content = annexes_xlsx(bulletin())
    properties = load_workbook(BytesIO(content)).properties
    assert (properties.title, properties.creator, properties.lastModifiedBy) == (TITLE, OFFICE, OFFICE)
    assert properties.created == properties.modified == datetime(2024, 4, 16, 7, 0)
    assert b"openpyxl" not in b"".join(parts_of(content).values())


def test_an_archive_has_the_same_bytes_whatever_the_order_and_time_of_its_parts() -> None:
    parts = {"b.xml": b"2", "[Content_Types].xml": b"1", "a/c.xml": b"3" * 2000}
    packed = zip_parts(parts)
    assert packed == zip_parts(dict(reversed(parts.items())))
    assert parts_of(packed) == parts
    assert list(parts_of(packed)) == ["[Content_Types].xml", "a/c.xml", "b.xml"]
    assert rezip(packed) == packed
    assert parts_of(rezip(packed, {"b.xml": b"4"}))["b.xml"] == b"4"
