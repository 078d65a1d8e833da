"""The sheet of a 季度填报表: what it checks while it is filled in, that nothing in it runs, and that it prints."""

import re
import zipfile
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from tasks.filingbook.book import filing_book_xlsx
from tasks.filingbook.content import BookRow
from tasks.filingbook.guide import ERRORS, MESSAGE_MAX, PROMPTS
from tasks.filingbook.layout import COLUMNS, FILLED, HEAD_ROW, KEY, NO_WORK, read_key
from tasks.filingbook.reading import read_book
from tasks.rules import Kind, progress_choices
from tests.filingbook_rows import book, opened, row, terminal, validations

TITLE_MAX, FORMULA_MAX = 32, 255


# --- what is checked while it is typed -------------------------------------------------------------
@pytest.mark.parametrize("quarter", [1, 4])
def test_the_list_offers_what_the_kind_of_the_rows_measure_has(quarter):
    made = opened(row(1), terminal(2), quarter=quarter)
    rule = validations(made)["self_status"]
    kind = get_column_letter(made.columns["kind"])
    found = re.fullmatch(rf'IF\(\${kind}5="有终点",(\S+),(\S+)\)', rule.formula1)
    assert found
    assert rule.type == "list"
    for place, expected in zip(found.groups(), (Kind.TERMINAL, Kind.ONGOING), strict=True):
        name, area = place.split("!")
        cells = made.workbook[name.strip("'")][area.replace("$", "")]
        assert [cell.value for (cell,) in cells] == [
            label for _, label in progress_choices(expected, quarter)
        ]


def test_every_cell_to_fill_in_is_checked_in_the_same_way_in_all_rows():
    """Validations stay where they are when rows are sorted: one that held for single rows would meet the wrong ones."""
    made = opened(row(1), terminal(2), row(3, writable=False), terminal(4))
    checks = validations(made)
    assert set(checks) == {column.key for column in FILLED}
    for key, rule in checks.items():
        letter = get_column_letter(made.columns[key])
        assert str(rule.sqref) == f"{letter}5:{letter}8"
        assert rule.allowBlank
        assert rule.showErrorMessage
        assert rule.showInputMessage
    limits = {key: (rule.type, rule.formula1, rule.formula2) for key, rule in checks.items()}
    assert limits["percent"] == ("decimal", "0", "1")
    assert limits["progress_text"] == ("textLength", "3000", None)
    assert limits["decrease_reason"] == ("textLength", "300", None)
    assert limits["no_work"] == ("list", f'"{NO_WORK}"', None)
    assert limits["indicator_value"][0] == "decimal"


def test_no_message_is_longer_than_excel_takes():
    made = opened(terminal())
    for rule in made.sheet.data_validations.dataValidation:
        assert len(rule.promptTitle) <= TITLE_MAX
        assert len(rule.errorTitle) <= TITLE_MAX
        assert max(len(rule.formula1), len(rule.formula2 or "")) < FORMULA_MAX
    for texts in (PROMPTS, ERRORS):
        assert set(texts) == {column.field for column in FILLED}
        assert max(map(len, texts.values())) <= MESSAGE_MAX


def test_formulas_look_at_nothing_but_their_own_row():
    """A relative row and a fixed column; so that a moved or sorted row is judged as before."""
    made = opened(row(1), terminal(2))
    formulas = [rule.formula[0] for area in made.sheet.conditional_formatting for rule in area.rules]
    assert len(formulas) > 10
    for formula in formulas:
        for reference in re.findall(r"\$?[A-Z]{1,2}\$?[0-9]+", re.sub(r'"[^"]*"', "", formula)):
            assert re.fullmatch(r"\$[A-Z]{1,2}5", reference), formula


def test_the_sheet_is_protected_without_a_password_and_can_be_filtered():
    made = opened(row(1), terminal(2))
    for sheet in made.workbook:
        assert sheet.protection.sheet
        assert sheet.protection.password is None
    protection = made.sheet.protection
    assert not any((protection.autoFilter, protection.sort, protection.formatColumns, protection.formatRows))
    assert protection.formatCells
    assert protection.insertRows
    assert protection.deleteRows
    last = get_column_letter(made.sheet.max_column)
    assert made.sheet.auto_filter.ref == f"A4:{last}6"


def test_the_key_is_hidden_and_stands_between_what_is_read_and_what_is_filled_in():
    made = opened(row(1), terminal(2))
    place = made.columns["key"]
    assert made.sheet.column_dimensions[get_column_letter(place)].hidden
    keys = [column.key for column in COLUMNS]
    assert {column.field for column in COLUMNS[: keys.index("key")]} == {None}
    assert COLUMNS[keys.index("key") + 1].field
    assert read_key(made.cell(2, "key").value) == terminal(2).key
    assert made.sheet.cell(HEAD_ROW, place).value == KEY.head


# --- numbers and texts ----------------------------------------------------------------------------
def test_a_percentage_is_a_number_that_shows_as_one():
    rows = (
        terminal(1, content={"percent": Decimal("12.3"), "indicator_value": Decimal("98.25")}),
        terminal(
            2,
            last_percent=Decimal("33.3"),
            indicator_in_percent=True,
            content={"percent": Decimal(100), "indicator_value": Decimal("98.25")},
        ),
    )
    made = opened(*rows)
    shown = {
        key: [(made.cell(number, key).value, made.cell(number, key).number_format) for number in (1, 2)]
        for key in ("percent", "indicator_value", "last_percent")
    }
    assert shown == {
        "percent": [(0.123, "0.0%"), (1, "0.0%")],
        "indicator_value": [(98.25, "General"), (0.9825, "0.00%")],
        "last_percent": [(None, "0.0%"), (0.333, "0.0%")],
    }
    read = {item.key.code.number: item.values for item in read_book(filing_book_xlsx(book(*rows))).rows}
    assert [(read[n]["percent"], read[n]["indicator_value"]) for n in (1, 2)] == [
        ("12.3%", "98.25"),
        ("100%", "98.25%"),
    ]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-加强", "@SUM(A1)", "=cmd|' /C calc'!A0", "3-5", "#N/A", "00123"]
)
def test_nothing_that_a_person_wrote_runs(text):
    content = {"progress_text": text, "problems": text}
    made = opened(row(1, content=content, measure=text, units=text, returned=text, previous=text))
    for key in ("progress_text", "problems", "measure", "units", "returned", "previous"):
        cell = made.cell(1, key)
        assert (cell.value, cell.data_type) == (text, "s")
        assert cell.quotePrefix or not text.startswith(("=", "+", "-", "@"))
    # What is typed into it stays text, too.
    assert made.cell(1, "next_steps").number_format == "@"
    with zipfile.ZipFile(BytesIO(made.save())) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60)


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_whatever_the_texts_the_workbook_opens_and_reads(first, second):
    data = filing_book_xlsx(book(row(1, content={"progress_text": first}, measure=second, previous=second)))
    sheet = load_workbook(BytesIO(data))["季度填报表"]
    assert sheet.max_row == 5
    (read,) = read_book(data).rows
    assert read.key == row(1, content={"progress_text": first}).key


# --- on paper -------------------------------------------------------------------------------------
def test_it_prints_across_a3_with_heads_and_numbers_on_every_page():
    made = opened(row(1), terminal(2), sample="示例数据")
    sheet = made.sheet
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (8, "landscape")
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$4:$4"
    assert sheet.oddHeader.center.text == "【示例数据】区发改局2024年第一季度填报表"
    assert sheet.oddFooter.center.text == "第 &P 页，共 &N 页"
    assert sheet.freeze_panes == "D5"
    guide = made.workbook["填写说明"]
    assert (guide.page_setup.paperSize, guide.page_setup.orientation) == (9, "portrait")


def test_a_long_name_fits_the_head_of_a_page():
    made = opened(title="西岗区生态环境保护督察整改工作领导小组成员单位及各街道办事处" * 10)
    assert len(made.sheet.oddHeader.center.text) <= 200
    assert made.sheet.oddHeader.center.text in made.sheet["A1"].value


def test_one_measure_is_one_row_however_long():
    """And rows with little in them leave room to write."""
    long = "持续推进有关工作。" * 333
    made = opened(row(1), row(2, content={"progress_text": long}), row(3, writable=False))
    heights = [made.sheet.row_dimensions[place].height for place in (5, 6, 7)]
    assert heights[1] == 409
    assert heights[2] < heights[0] < 409
    assert made.cell(2, "progress_text").value == long
    for key in made.columns:
        assert made.cell(2, key).alignment.vertical == "top"
    with zipfile.ZipFile(BytesIO(filing_book_xlsx(book(row(1))))) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    # Excel goes on to fit only such rows to their text as have no height of their own.
    first = re.search(r'<row r="5"[^>]*>', xml)
    assert first
    assert 'customHeight="1"' not in first.group()


# --- 填写说明 -------------------------------------------------------------------------------------
def guide_text(*rows: BookRow, **changes: Any) -> str:
    sheet = opened(*rows, **changes).workbook["填写说明"]
    return "\n".join(str(cell.value) for line in sheet.iter_rows() for cell in line if cell.value)


def test_the_guide_says_when_how_and_what_is_refused():
    text = guide_text(terminal(indicator="安全利用率（%）", indicator_name="安全利用率"))
    for part in (
        "2024年4月10日",
        "上传填好的季度填报表",
        "不随本表上传",
        "请填写工作进展。",
        "自评为“滞后”须填写下一步工作。",
        "自评为“已完成”须上传佐证材料。",
        "“已完成”与完成比例 100% 应当一致：请核对自评状态和完成比例。",
        "牵头单位须填写本措施总体进展。",
        "请填写“安全利用率”的实际值。",
        "须填写比例下降原因",
        "不超过3000字",
    ):
        assert part in text, part
    assert "逾期报送" not in text
    assert "逾期报送" in guide_text(is_past_due=True)


def test_the_guide_is_silent_on_what_no_measure_asks():
    text = guide_text(row(1))
    for part in ("完成比例", "本措施总体进展", "比例下降", "指标"):
        assert part not in text, part
