"""A workbook handed back with its faults marked: what is added, and that nothing else is touched."""

import re
import zipfile
from io import BytesIO

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation

from tasks.importing.errors import ImportFailure
from tasks.importing.grid import LIST_SHEET, LIST_TITLE, CellPlace
from tasks.importing.limits import FILING
from tasks.importing.marking.marking import mark
from tasks.importing.marking.marks import AUTHOR, NOTED, OPENING, WRONG, Mark, marked_name
from tasks.importing.reading import Source, read_plan
from tasks.importing.readings import PlanReading
from tests.importing.builders import LEFT, SOFFICE, UP, Grid, excel, resaved, saved, workbook

HEAD = ["序号", "目标任务", "工作措施", "责任单位", "完成时限"]
FAULTY: Grid = [
    ["西岗区2025年工作清单", LEFT, LEFT, LEFT, LEFT],
    HEAD,
    ["1", "治理扬尘", "加强工地管控。", "", "6月底前"],
    [UP, UP, "加强道路保洁。", "区住建局", "按上级要求"],
    ["2", "治水", "", "区水务局", "全年"],
    ["3", "空任务", "", "", ""],
]
MENDED = {"C5": "巡河。", "D3": "区住建局", "E4": "全年", "C6": "做好工作。", "D6": "区住建局"}
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


def marks_of(reading: PlanReading) -> list[Mark]:
    return [Mark.of(problem) for problem in reading.problems]


def marked(data: bytes, *more: Mark) -> bytes:
    return mark(data, "计划.xlsx", [*marks_of(read_plan(Source(data))), *more])[0]


def opened(data: bytes) -> Workbook:
    return openpyxl.load_workbook(BytesIO(data))


def shown(data: bytes, sheet: str = "清单") -> dict[str, tuple[str, str]]:
    """Address → fill and comment of every cell that has either."""
    return {
        cell.coordinate: (
            cell.fill.fgColor.rgb if cell.fill.fill_type else "",
            cell.comment.text if cell.comment else "",
        )
        for row in opened(data)[sheet].iter_rows()
        for cell in row
        if cell.comment or cell.fill.fill_type
    }


def parts(data: bytes) -> dict[str, bytes]:
    source = zipfile.ZipFile(BytesIO(data))
    return {name: source.read(name) for name in source.namelist()}


def test_every_fault_is_filled_and_commented_at_its_cell() -> None:
    data = excel(("清单", FAULTY))
    out, name = mark(data, "2025年计划.xlsx", marks_of(read_plan(Source(data))))
    assert name == "2025年计划（已标注）.xlsx"
    assert {address: fill for address, (fill, _) in shown(out).items()} == {
        "D3": WRONG,
        "E4": NOTED,
        "C5": WRONG,
        "B6": WRONG,
    }
    assert shown(out)["D3"][1] == f"{OPENING}须更正\n责任单位为空，请补充。"
    comment = opened(out)["清单"]["D3"].comment
    assert comment is not None
    assert comment.author == AUTHOR


def test_the_list_is_what_opens_and_leads_to_the_cells() -> None:
    own = workbook(("清单", FAULTY))
    own["清单"].sheet_view.tabSelected = True
    out = marked(saved(own), Mark("没有写明年度。", advice="请补充年度。"))
    book = opened(out)
    assert book.sheetnames == [LIST_SHEET, "清单"]
    assert book.active is book[LIST_SHEET]
    rows = [[cell.value for cell in row] for row in book[LIST_SHEET].iter_rows(min_row=3)]
    assert rows[0] == ["序号", "位置", "列", "问题", "处理办法", "类别"]
    # What is about the whole comes first, then as the sheet goes.
    assert rows[1] == ["1", "全文", "—", "没有写明年度。", "请补充年度。", "须更正"]
    assert rows[2] == ["2", "清单!D3", "责任单位", "责任单位为空。", "请补充。", "须更正"]
    assert [row[1] for row in rows[3:]] == ["清单!E4", "清单!C5", "清单!B6"]
    assert book[LIST_SHEET]["B5"].hyperlink.location == "'清单'!D3"
    # A sheet that stays selected beside it would be written on together with it.
    assert not book["清单"].sheet_view.tabSelected


def test_several_faults_of_a_cell_are_one_comment() -> None:
    place = CellPlace(3, 3, sheet="清单")
    given = [Mark("甲。", place), Mark("乙。", place, is_wrong=False), Mark("甲。", place)]
    out, _ = mark(excel(("清单", FAULTY)), "a.xlsx", given)
    assert shown(out) == {"D3": (WRONG, f"{OPENING}须更正\n1. 甲。\n2. 乙。")}


def test_a_place_inside_a_merged_cell_marks_that_cell() -> None:
    out, _ = mark(excel(("清单", FAULTY)), "a.xlsx", [Mark("序号。", CellPlace(4, 0, sheet="清单"))])
    assert set(shown(out)) == {"A3"}


def test_cells_and_rows_that_are_not_written_are_marked_too() -> None:
    book = workbook(("清单", [["甲", "", "", "丁"], [], ["丙"]]))
    places = [CellPlace(1, 1, sheet="清单"), CellPlace(2, 2, sheet="清单"), CellPlace(900, 30, sheet="清单")]
    out, _ = mark(saved(book), "a.xlsx", [Mark("空。", place) for place in places])
    assert set(shown(out)) == {"B1", "C2", "AE900"}
    sheet = opened(out)["清单"]
    assert [sheet["A1"].value, sheet["D1"].value, sheet["A3"].value] == ["甲", "丁", "丙"]
    # Columns stand in their order, or office programs call the file damaged.
    xml = parts(out)["xl/worksheets/sheet1.xml"].decode()
    assert re.findall(r'<c [^>]*?r="([A-Z]+\d+)"', xml) == ["A1", "B1", "D1", "C2", "A3", "AE900"]


def test_an_empty_sheet_is_marked() -> None:
    out, _ = mark(excel(("清单", [])), "a.xlsx", [Mark("空。", CellPlace(2, 1, sheet="清单"))])
    assert set(shown(out)) == {"B2"}


def test_somebody_elses_comment_is_kept_and_added_to() -> None:
    book = workbook(("清单", FAULTY))
    for address in ("D3", "A1"):
        book["清单"][address].comment = Comment("请李四核对", "张三")
    out = marked(saved(book))
    assert shown(out)["D3"][1] == f"请李四核对\n\n{OPENING}须更正\n责任单位为空，请补充。"
    assert shown(out)["A1"][1] == "请李四核对"
    comment = opened(out)["清单"]["D3"].comment
    assert comment is not None
    assert comment.author == "张三"
    # One box for each comment: a second one over it would hide the first.
    drawing = next(part for name, part in parts(out).items() if name.endswith(".vml"))
    assert len(re.findall(rb":shape ", drawing)) == len(shown(out))


def elaborate() -> bytes:
    """A workbook with what openpyxl can write beside cells."""
    book = workbook(("清单", FAULTY), ("数据", [["月", "值"], ["1", "2"]]))
    sheet = book["清单"]
    sheet["D3"].font = Font(name="仿宋", size=16, bold=True)
    sheet["D3"].border = Border(left=Side("thick"))
    sheet["D3"].number_format = "0.00%"
    sheet["E4"].fill = PatternFill("solid", fgColor="FF00B050")
    sheet.column_dimensions["C"].width = 47.5
    sheet.row_dimensions[4].height = 61.25
    sheet.freeze_panes = "A3"
    sheet.print_title_rows = "2:2"
    sheet.auto_filter.ref = "A2:E6"
    sheet.protection.sheet = True
    sheet.protection.password = "secret"
    rule = DataValidation(type="list", formula1='"全年,6月底前"')
    rule.add("E3:E6")
    sheet.add_data_validation(rule)
    red = PatternFill(bgColor="FFFF0000")
    sheet.conditional_formatting.add("A3:A6", CellIsRule(operator="greaterThan", formula=["9"], fill=red))
    chart = BarChart()
    chart.add_data(Reference(book["数据"], min_col=2, min_row=1, max_row=2), titles_from_data=True)
    book["数据"].add_chart(chart, "D2")
    book["数据"].print_title_rows = "1:1"
    return saved(book)


def test_everything_else_stays_as_it_was() -> None:
    data = elaborate()
    out = marked(data)
    before, after = parts(data), parts(out)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "[Content_Types].xml",
        "xl/styles.xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/worksheets/sheet1.xml",
    }
    assert "xl/charts/chart1.xml" in after
    # Of the sheet only the tags of marked cells, its being selected, and the reference to its comments.
    old, new = before["xl/worksheets/sheet1.xml"].decode(), after["xl/worksheets/sheet1.xml"].decode()
    new = re.sub(r"<legacyDrawing [^>]*/>", "", new)
    for address in ("D3", "E4", "C5", "B6"):
        new = re.sub(rf'<c (?:s="\d+" )?r="{address}"[^>]*?(/?>)', rf'<c r="{address}"\1', new)
        old = re.sub(rf'<c r="{address}"[^>]*?(/?>)', rf'<c r="{address}"\1', old)
    new, old = (
        re.sub(r'<c r="(?:D3|C5)"\s*/>', "", xml).replace(' tabSelected="1"', "") for xml in (new, old)
    )
    assert new == old
    sheet = opened(out)["清单"]
    cell = sheet["D3"]
    assert (cell.font.name, cell.font.sz, cell.font.b) == ("仿宋", 16, True)
    assert (cell.border.left.style, cell.number_format) == ("thick", "0.00%")
    # Names that count sheets still mean theirs.
    book = opened(out)
    assert book["清单"].print_title_rows == "$2:$2"
    assert book["数据"].print_title_rows == "$1:$1"
    assert book["清单"].auto_filter.ref == "A2:E6"


def test_an_unmended_file_reads_as_before() -> None:
    data = excel(("清单", FAULTY), ("说明", [["填表说明"]]))
    out = marked(data, Mark("整体。"))
    assert read_plan(Source(out)) == read_plan(Source(data))


def test_a_mended_file_reads_without_its_problems_and_loses_its_marks() -> None:
    out = marked(elaborate())
    book = opened(out)
    for address, text in MENDED.items():
        book["清单"][address] = text
    again = saved(book)
    reading = read_plan(Source(again))
    assert not reading.problems
    assert len(reading.measures) == 4
    clean, name = mark(again, "2025（已标注）.xlsx", [])
    assert name == "2025（已标注）.xlsx"
    # The list and the marks are gone, the green of a person's own is back.
    assert opened(clean).sheetnames == ["清单", "数据"]
    assert shown(clean) == {"E4": ("FF00B050", "")}
    assert read_plan(Source(clean)) == reading


def test_marking_again_replaces_what_was_marked() -> None:
    book = workbook(("清单", FAULTY))
    book["清单"]["E4"].comment = Comment("请李四核对", "张三")
    data = saved(book)
    once = marked(data)
    assert shown(marked(once)) == shown(once)
    assert opened(marked(once)).sheetnames == [LIST_SHEET, "清单"]
    one = marks_of(read_plan(Source(data)))[:1]
    other, _ = mark(once, "a.xlsx", one)
    assert shown(other) == {"C5": shown(once)["C5"], "E4": ("", "请李四核对")}


@needs_office
def test_libreoffice_opens_it_and_what_it_saves_reads_the_same() -> None:
    data = elaborate()
    reading = read_plan(Source(data))
    again = resaved(marked(data), "xlsx")
    assert opened(again).sheetnames[0] == LIST_SHEET
    assert {address: text for address, (_, text) in shown(again).items() if text} == {
        address: text for address, (_, text) in shown(marked(data)).items()
    }
    assert [problem.message for problem in read_plan(Source(again)).problems] == [
        problem.message for problem in reading.problems
    ]
    clean, _ = mark(again, "a.xlsx", [])
    assert opened(clean).sheetnames == ["清单", "数据"]
    assert not any(OPENING in text for _, text in shown(clean).values())


@needs_office
def test_a_file_that_libreoffice_saved_is_marked() -> None:
    data = resaved(elaborate(), "xlsx")
    out = marked(data)
    assert {address for address, (_, text) in shown(out).items() if text} == {"D3", "E4", "C5", "B6"}
    assert read_plan(Source(out)).problems == read_plan(Source(data)).problems


def test_a_sheet_that_somebody_calls_the_same_is_left_alone() -> None:
    out = marked(excel((LIST_SHEET, [["督察反馈"]]), ("清单", FAULTY)))
    book = opened(out)
    assert book.sheetnames == [LIST_TITLE, LIST_SHEET, "清单"]
    assert opened(marked(out)).sheetnames == book.sheetnames
    assert opened(mark(out, "a.xlsx", [])[0]).sheetnames == [LIST_SHEET, "清单"]


def test_words_that_mean_something_to_a_sheet_are_only_words() -> None:
    said = '=1+1 <b>&"]]> _x0041_\x07'
    out, _ = mark(excel(("清单", FAULTY)), "a.xlsx", [Mark(said, CellPlace(3, 3, sheet="清单"), advice="做")])
    cell = opened(out)[LIST_SHEET]["D4"]
    assert cell.data_type == "s"
    assert '=1+1 <b>&"]]>' in str(cell.value)
    assert '=1+1 <b>&"]]>' in shown(out)["D3"][1]


@pytest.mark.parametrize(
    ("name", "out"),
    [
        ("计划.xlsx", "计划（已标注）.xlsx"),
        ("计划（已标注）.xlsx", "计划（已标注）.xlsx"),
        ("计划（已标注） (2).xlsx", "计划（已标注）.xlsx"),
        ("../../a\\b.xlsx", ".._.._a_b（已标注）.xlsx"),
        ("", "文件（已标注）.xlsx"),
        ("2025.1版.xlsx", "2025.1版（已标注）.xlsx"),
        ("字" * 300 + ".xlsx", "字" * 150 + "（已标注）.xlsx"),
    ],
)
def test_its_name_says_what_it_is(name: str, out: str) -> None:
    assert marked_name(name, ".xlsx") == out


def test_a_place_on_a_sheet_that_is_not_there_is_listed() -> None:
    out, _ = mark(excel(("清单", FAULTY)), "a.xlsx", [Mark("在别处。", CellPlace(1, 1, sheet="没有"))])
    assert shown(out) == {}
    assert opened(out)[LIST_SHEET]["D4"].value == "在别处。"


def test_the_limits_are_those_of_the_upload() -> None:
    big = excel(("清单", [["字" * 32_000] * 5] * 120))
    with pytest.raises(ImportFailure, match=r"过大|超过"):
        mark(big, "a.xlsx", [Mark("甲。")], limits=FILING)


def test_a_file_with_more_faults_than_anybody_reads_stays_usable() -> None:
    grid = [HEAD, *[["1", f"任务{n}", "加强管控。", "", ""] for n in range(6_000)]]
    data = excel(("清单", grid))
    given = [Mark("责任单位为空，请补充。", CellPlace(row, 3, sheet="清单")) for row in range(2, 6_002)]
    out, _ = mark(data, "a.xlsx", given)
    sheet = opened(out)[LIST_SHEET]
    assert sheet.max_row < 2_100
    assert "其余 4000 个问题未列出" in str(sheet.cell(sheet.max_row, 1).value)
    assert "共 6000 个问题" in str(sheet["A2"].value)
