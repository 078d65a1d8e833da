"""Workbooks as people keep them: merged ranges, several sheets, hidden rows, dates and formulas."""

import re
import zipfile
from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook

from tasks.importing.errors import ImportFailure
from tasks.importing.reading import Source, read_plan
from tasks.importing.readings import PlanReading
from tests.importing.builders import LEFT, UP, excel, saved, workbook

HEAD = ["序号", "目标任务", "工作措施", "责任单位", "完成时限"]
ROW = ["1", "治理扬尘", "加强工地管控。", "区住建局", "6月底前"]


def read(book: Workbook) -> PlanReading:
    return read_plan(Source(saved(book)), year=2024)


def test_blank_rows_a_title_and_numbers_as_numbers() -> None:
    book = workbook(("清单", [["西岗区2025年工作清单", LEFT, LEFT, LEFT, LEFT], [], HEAD, ROW, [], []]))
    sheet = book.active
    sheet.cell(4, 1).value = 1
    sheet.append([2.0, "治理餐饮", "查处油烟。", "区城管执法局", "全年"])
    plan = read_plan(Source(saved(book)))
    assert (plan.title, plan.year) == ("西岗区2025年工作清单", 2025)
    assert [(task.number, task.title) for task in plan.tasks] == [(1, "治理扬尘"), (2, "治理餐饮")]
    assert [measure.place.row for measure in plan.measures] == [4, 5]


@pytest.mark.parametrize(
    ("value", "shown", "text"),
    [
        (datetime(2024, 12, 31), "yyyy-mm-dd", "2024-12-31"),
        (date(2024, 12, 31), 'yyyy"年"m"月"d"日"', "2024年12月31日"),
        (datetime(2024, 12, 1), 'yyyy"年"m"月"', "2024年12月"),
        (datetime(2024, 12, 1), '[$-804]yyyy"年"m"月";@', "2024年12月"),
        (datetime(2024, 12, 31), "mm-dd-yy", "2024/12/31"),
        (datetime(2024, 12, 31), 'm"月"d"日"', "12月31日"),
    ],
)
def test_a_date_reads_as_people_see_it(value: date, shown: str, text: str) -> None:
    book = workbook(("清单", [HEAD, ROW]))
    cell = book.active.cell(2, 5)
    cell.value = value
    cell.number_format = shown
    measure = read(book).measures[0]
    assert measure.deadline_text == text
    assert measure.deadline.ends == date(2024, 12, 31)


def test_hidden_rows_and_sheets_are_not_read_and_said() -> None:
    book = workbook(
        ("清单", [HEAD, ROW, ["2", "治理餐饮", "查处油烟。", "区城管执法局", "全年"]]),
        ("旧稿", [HEAD, ["1", "旧任务", "旧措施。", "区住建局", "全年"]]),
    )
    book["清单"].row_dimensions[3].hidden = True
    book["旧稿"].sheet_state = "hidden"
    plan = read(book)
    assert [task.title for task in plan.tasks] == ["治理扬尘"]
    said = {problem.message[:9]: problem.decide for problem in plan.problems}
    assert said == {"工作表“清单”有 1"[:9]: True, "工作表“旧稿”是隐藏"[:9]: False}


def test_hidden_columns_are_not_read_and_said() -> None:
    book = workbook(("清单", [[*HEAD, "责任人"], [*ROW, "张三"]]))
    book.active.column_dimensions["F"].hidden = True
    plan = read(book)
    assert plan.measures[0].extras == ()
    assert "隐藏的列" in plan.problems[0].message


def test_several_sheets_are_one_plan() -> None:
    plan = read_plan(
        Source(
            excel(
                ("大气", [HEAD, ROW]),
                ("说明", [["填表说明"]]),
                ("水", [HEAD, ["1", "治水", "巡河。", "区水务局", ""]]),
            )
        )
    )
    assert [(task.number, task.title) for task in plan.tasks] == [(1, "治理扬尘"), (2, "治水")]


def test_a_formula_gives_its_saved_result_and_without_one_is_said() -> None:
    book = workbook(("清单", [HEAD, ROW]))
    book.active.cell(2, 3).value = '=A1&"管控"'
    data = saved(book)
    problems = read_plan(Source(data)).problems
    assert any("公式" in problem.message and problem.row == 2 and problem.decide for problem in problems)
    # The same cell with its result, as Excel saves it.
    source = zipfile.ZipFile(BytesIO(data))
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            if name.endswith("sheet1.xml"):
                assert b"</f><v" in part
                part = part.replace(b'<c r="C2"', b'<c t="str" r="C2"', 1).replace(
                    b"</f><v />", "</f><v>加强管控。</v>".encode()
                )
                part = part.replace(b"</f><v></v>", "</f><v>加强管控。</v>".encode())
            target.writestr(name, part)
    assert read_plan(Source(stream.getvalue())).measures[0].text == "加强管控。"


def test_a_band_typed_into_the_first_cell_only() -> None:
    grid = [
        HEAD,
        ["一、大气污染防治", "", "", "", ""],
        ROW,
        ["二、水污染防治", "", "", "", ""],
        ["2", "治水", "巡河。", "区水务局", ""],
    ]
    plan = read_plan(Source(excel(("清单", grid))))
    assert [(task.title, task.categories) for task in plan.tasks] == [
        ("治理扬尘", ("大气污染防治",)),
        ("治水", ("水污染防治",)),
    ]


def test_merged_over_the_filter_and_over_rows_that_hold_nothing_else() -> None:
    grid = [HEAD, ROW, [UP, UP, "加强道路保洁。", "区城管执法局", UP], [UP, UP, UP, UP, UP]]
    plan = read(workbook(("清单", grid)))
    assert [(measure.text, measure.deadline_text) for measure in plan.measures] == [
        ("加强工地管控。", "6月底前"),
        ("加强道路保洁。", "6月底前"),
    ]
    assert not plan.problems


def test_a_sheet_formatted_down_to_its_last_row_is_read() -> None:
    book = workbook(("清单", [HEAD, ROW]))
    book.active.cell(1_048_576, 1).number_format = "0"
    book.active.cell(1, 16_384).number_format = "0"
    assert len(read(book).measures) == 1


def with_shared_strings(data: bytes, *strings: str) -> bytes:
    """The workbook with its texts in a table of shared strings, as Excel writes them. `strings`: XML put instead of the plain texts."""
    source = zipfile.ZipFile(BytesIO(data))
    stream = BytesIO()
    texts: list[str] = []

    def share(match: re.Match[str]) -> str:
        texts.append(match[2])
        return f"{match[1].replace('inlineStr', 's')}<v>{len(texts) - 1}</v></c>"

    with zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            if name.endswith("sheet1.xml"):
                xml = re.sub(r"(<c [^>]*inlineStr[^>]*>)<is><t>([^<]*)</t></is></c>", share, part.decode())
                part = xml.encode()
            if name.endswith("workbook.xml.rels"):
                kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
                link = f'<Relationship Id="rIdS" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'
                part = part.replace(b"</Relationships>", link.encode())
            target.writestr(name, part)
        plain = [f"<si><t>{text}</t></si>" for text in texts]
        target.writestr(
            "xl/sharedStrings.xml", "<sst>" + "".join([*strings, *plain[len(strings) :]]) + "</sst>"
        )
    assert len(texts) > len(strings)
    return stream.getvalue()


def test_shared_strings_in_runs_without_their_reading_aids() -> None:
    runs = "<si><r><t>序</t></r><r><t>号</t></r><rPh sb='0' eb='2'><t>xuhao</t></rPh></si>"
    plan = read_plan(Source(with_shared_strings(excel(("清单", [HEAD, ["第1", *ROW[1:]]])), runs)))
    assert [(task.title, task.measures[0].text) for task in plan.tasks] == [("治理扬尘", "加强工地管控。")]
    assert plan.measures[0].label == "第1"
    assert plan.measures[0].extras == ()


def test_an_empty_workbook_has_no_plan() -> None:
    with pytest.raises(ImportFailure, match="没有找到计划表格"):
        read_plan(Source(saved(Workbook())))
