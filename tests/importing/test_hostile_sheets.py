"""Sheets that are too large, and cells that are not what their column asks for."""

import re
from datetime import datetime

import pytest
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tasks.importing.errors import TooLarge
from tasks.importing.excel import read_sheets
from tasks.importing.grid import CellPlace
from tasks.importing.limits import FILING, PLAN
from tasks.importing.marking.marking import mark
from tasks.importing.marking.marks import Mark
from tasks.importing.reading import Source, read_plan
from tasks.importing.vetting import vetted
from tests.importing.builders import excel, saved, word, workbook
from tests.importing.hostile import GRID, added, changed, refused, refused_as_filing
from tests.importing.test_marking import parts
from units.resolving import Target, directory_of

pytestmark = pytest.mark.usefixtures("bounded")
HEAD = [*GRID[0], "完成时限"]
ROW = [*GRID[1], "6月底前"]
EXCEL = excel(("表", [HEAD, ROW]))
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def with_rows(rows: str) -> bytes:
    """The sheet with these rows behind its own."""
    return changed(
        EXCEL, sheet1__xml=lambda part: part.replace(b"</sheetData>", f"{rows}</sheetData>".encode())
    )


def with_cells(cells: str, *, strings: str = "") -> bytes:
    data = with_rows(f'<row r="3">{cells}</row>')
    if not strings:
        return data
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    link = f'<Relationship Id="rIdS" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'.encode()
    data = changed(data, workbook__xml__rels=lambda part: part.replace(b"</Relationships>", link))
    return added(data, "xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{strings}</sst>'.encode())


# Size.


def test_rows_formatted_down_to_the_last_one() -> None:
    blank = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(3, 1_048_577))
    refused(with_rows(blank), TooLarge, "空白行")
    refused_as_filing(with_rows(blank), TooLarge, "空白行")
    half = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(3, 600_000))
    assert len(read_plan(Source(with_rows(half))).measures) == 1
    many = "".join(
        f'<row r="{n}" s="1" customFormat="1" ht="15"><c r="A{n}" s="1"/></row>' for n in range(3, 1_048_577)
    )
    refused(with_rows(many), TooLarge, "空白行")


def test_a_value_in_the_last_row_and_a_sheet_said_to_be_full() -> None:
    data = changed(
        with_rows('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        sheet1__xml=lambda part: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', part),
    )
    plan = read_plan(Source(data))
    assert len(plan.measures) == 1
    assert any("100 列" in problem.message for problem in plan.problems)
    assert mark(data, "a.xlsx", [Mark.of(problem) for problem in plan.problems])


def test_rows_of_all_columns() -> None:
    row = "".join(f'<c r="{get_column_letter(n)}3"><v>1</v></c>' for n in range(1, 16_385))
    assert len(read_plan(Source(with_rows(f'<row r="3">{row}</row>'))).measures) >= 1
    many = "".join(f'<row r="{n}">{row.replace("3", str(n))}</row>' for n in range(3, 120))
    refused(with_rows(many), TooLarge, "过大")


@pytest.mark.parametrize(
    "strings",
    ["<si><t>" + "文" * 4_000_000 + "</t></si>", "<si><t>文</t></si>" * 1_900_000],
    ids=["long", "many"],
)
def test_texts_that_only_the_table_of_strings_holds(strings: str) -> None:
    cells = '<c r="A3" t="s"><v>0</v></c>' * 50
    try:
        read_plan(Source(with_cells(cells, strings=strings)))
    except TooLarge as failure:
        assert "请" in str(failure)  # noqa: PT017 (either is right, no other error is)
    refused_as_filing(with_cells(cells, strings=strings), TooLarge, r"过大|过长")


def test_one_text_that_every_cell_repeats() -> None:
    cells = "".join(f'<row r="{n}"><c r="C{n}" t="s"><v>0</v></c></row>' for n in range(3, 15_000))
    text = "<si><t>" + "文" * 15_000 + "</t></si>"
    data = changed(
        with_cells("", strings=text),
        sheet1__xml=lambda part: part.replace(b'<row r="3"></row>', cells.encode()),
    )
    refused(data, TooLarge, "过长")


def test_a_word_table_of_too_many_rows_or_columns() -> None:
    row = "<w:tr>" + "<w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc>" * 4 + "</w:tr>"
    data = changed(
        word(GRID),
        document__xml=lambda part: part.replace(b"</w:tbl>", (row * (PLAN.rows + 1)).encode() + b"</w:tbl>"),
    )
    refused(data, TooLarge, "20,000 行")
    wide = "<w:tr>" + "<w:tc><w:p/></w:tc>" * 200_000 + "</w:tr>"
    data = changed(
        word(GRID), document__xml=lambda part: part.replace(b"</w:tbl>", wide.encode() + b"</w:tbl>")
    )
    assert len(read_plan(Source(data)).measures) == 1


# Values.


def test_a_formula_gives_what_was_saved_and_is_said_where_nothing_was() -> None:
    data = with_cells(
        '<c r="A3"><f>1+1</f><v>2</v></c><c r="B3" t="str"><f>"治"&amp;"水"</f><v>治水</v></c>'
        '<c r="C3" t="str"><f>cmd|\' /c calc\'!A0</f><v>巡河。</v></c><c r="D3"><f>[1]表!A1</f></c>'
    )
    plan = read_plan(Source(data), year=2024)
    assert [task.title for task in plan.tasks] == ["治理扬尘", "治水"]
    assert plan.measures[1].text == "巡河。"
    said = [problem for problem in plan.problems if "是公式" in problem.message]
    assert [(problem.row, problem.column, problem.place.address) for problem in said if problem.place] == [
        (3, "D列", "D3")
    ]


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!", "#NAME?"])
def test_a_formula_that_failed_is_said_with_its_cell(error: str) -> None:
    data = with_cells(
        '<c r="A3"><v>2</v></c><c r="B3" t="inlineStr"><is><t>治水</t></is></c>'
        f'<c r="C3" t="e"><f>A1</f><v>{error}</v></c><c r="D3" t="inlineStr"><is><t>区水务局</t></is></c>'
    )
    said = [problem for problem in read_plan(Source(data)).problems if error in problem.message]
    assert [(problem.place.address, problem.decide) for problem in said if problem.place] == [("C3", True)]
    assert "请" in said[0].message


def test_values_that_are_no_text() -> None:
    data = with_cells(
        '<c r="A3" t="b"><v>1</v></c><c r="B3"><v>12.5</v></c><c r="C3" t="d"><v>2024-06-30T00:00:00</v></c>'
        '<c r="D3" t="zzz"><v>区水务局</v></c><c r="E3" s="4000000000"><v>1e999</v></c>'
    )
    plan = read_plan(Source(data), year=2024)
    assert plan.measures[1].text == "2024-06-30T00:00:00"
    assert [task.title for task in plan.tasks][1] == "12.5"


@pytest.mark.parametrize("index", ["-1", "99999999999999999999", "x", "", "1.5", "7"])
def test_texts_that_are_nowhere(index: str) -> None:
    data = with_cells(f'<c r="C3" t="s"><v>{index}</v></c>', strings="<si><t>文</t></si>")
    assert read_plan(Source(data)).measures


@pytest.mark.parametrize("reference", ["", "A0", "ZZZZ9", "3C", "$C$3", "c3", "A99999999999", "１", "A-1"])
@pytest.mark.parametrize("row", ["3", "0", "-5", "1048577", "99999999999999999999", "x"])
def test_cells_that_are_nowhere(reference: str, row: str) -> None:
    cell = f'<c r="{reference}" t="inlineStr"><is><t>文</t></is></c>'
    data = with_rows(f'<row r="{row}">{cell}</row>')
    plan = read_plan(Source(data))
    assert plan.measures
    mark(data, "a.xlsx", [*(Mark.of(problem) for problem in plan.problems), Mark("甲。")])


def dated(epoch: str, number_format: str, value: float) -> str:
    book = workbook(("表", [HEAD, ROW]))
    cell = book.active.cell(2, 5)
    cell.value = value
    cell.number_format = number_format
    if epoch == "1904":
        book.epoch = CALENDAR_MAC_1904
    return read_plan(Source(saved(book)), year=2024).measures[0].deadline_text


def test_a_day_counts_from_the_workbooks_own_epoch() -> None:
    assert dated("1900", "yyyy-mm-dd", 45_657) == "2024-12-31"
    assert dated("1904", "yyyy-mm-dd", 45_657 - 1_462) == "2024-12-31"


@pytest.mark.parametrize("value", [-1, 1e9, 1e308, 2_958_466, 0, 0.5])
def test_days_that_there_are_not(value: float) -> None:
    assert isinstance(dated("1900", "yyyy-mm-dd", value), str)


def test_a_day_that_shows_as_a_number_is_read_as_one_and_said() -> None:
    book = workbook(("表", [HEAD, ROW]))
    book.active.cell(2, 5).value = 45_657
    plan = read_plan(Source(saved(book)), year=2024)
    assert (plan.measures[0].deadline_text, plan.measures[0].deadline.kind) == ("45657", "unknown")
    assert any("日期格式" in problem.message and problem.column == "完成时限" for problem in plan.problems)


def test_a_day_in_a_column_of_text_reads_as_it_shows() -> None:
    book: Workbook = workbook(("表", [HEAD, ROW]))
    cell = book.active.cell(2, 4)
    cell.value = datetime(2024, 12, 31)
    cell.number_format = "yyyy-mm-dd"
    assert read_plan(Source(saved(book))).measures[0].units_text == "2024-12-31"


# Forms of the format.


def strict(data: bytes) -> bytes:
    """The package with the namespaces of strict OOXML."""
    old, new = "http://schemas.openxmlformats.org", "http://purl.oclc.org/ooxml"
    pairs = [
        (f"{old}/spreadsheetml/2006/main", f"{new}/spreadsheetml/main"),
        (f"{old}/wordprocessingml/2006/main", f"{new}/wordprocessingml/main"),
        (f"{old}/officeDocument/2006/relationships", f"{new}/officeDocument/relationships"),
    ]

    def put(part: bytes) -> bytes:
        for before, after in pairs:
            part = part.replace(before.encode(), after.encode())
        return part

    return changed(data, __xml=put, __rels=put)


@pytest.mark.parametrize("data", [EXCEL, word([HEAD, ROW])], ids=["excel", "word"])
def test_strict_files_are_read_and_marked(data: bytes) -> None:
    plan = read_plan(Source(strict(data)))
    assert plan.measures == read_plan(Source(data)).measures
    place = CellPlace(2, 3, sheet="表" if data is EXCEL else "")
    out, _ = mark(strict(data), "a", [Mark("甲。", place)])
    assert read_plan(Source(out)).measures == plan.measures
    # What is added is of the same kind: a program that knows only one of them would lose it.
    comments = next(part for name, part in parts(out).items() if re.search(r"comments\d*\.xml$", name))
    assert b"purl.oclc.org" in comments
    assert (
        b"schemas.openxmlformats.org/officeDocument"
        not in parts(out)[
            "xl/worksheets/_rels/sheet1.xml.rels" if data is EXCEL else "word/_rels/document.xml.rels"
        ]
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
@pytest.mark.parametrize(
    "data", [EXCEL, word([HEAD, ["1", "治理扬尘", "甲。", "", ""]])], ids=["excel", "word"]
)
def test_parts_in_another_encoding_are_read_and_marked(data: bytes, encoding: str) -> None:
    def put(part: bytes) -> bytes:
        text = re.sub(r"^<\?xml[^>]*\?>", "", part.decode())
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        return f'<?xml version="1.0" encoding="{name}"?>{text}'.encode(encoding)

    other = changed(data, sheet1__xml=put, document__xml=put, styles__xml=put)
    plan = read_plan(Source(other))
    assert plan == read_plan(Source(data))
    out, _ = mark(other, "a", [*(Mark.of(problem) for problem in plan.problems), Mark("甲。")])
    assert read_plan(Source(out)) == plan


def test_a_units_workbook_may_have_as_much_as_a_unit_files() -> None:
    grid = [HEAD, *[[str(n), "任务", "措施" * 60, "区住建局", "全年"] for n in range(FILING.rows - 5)]]
    assert len(next(read_sheets(vetted(excel(("表", grid)), FILING))).rows) == FILING.rows - 4


def test_more_names_than_there_are_units_are_not_all_looked_up() -> None:
    rows = [
        [str(n), f"任务{n}", "措施。", "、".join(f"区{n}{name}局" for name in "甲乙丙丁戊")]
        for n in range(1_100)
    ]
    refused(excel(("表", [HEAD[:4], *rows])), TooLarge, "5,000 个不同的名称")
    directory = directory_of([("区住建局", Target("unit", "zjj", "区住建局"))])
    assert directory.resolve("区住建局的" * 2_000).suggestions == ()
