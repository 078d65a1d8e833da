"""Tables of other shapes than one row for each measure, and what stands around them on a sheet."""

from datetime import date, datetime
from io import BytesIO

import openpyxl
import pytest

from tasks.importing.errors import NoPlanFound
from tasks.importing.reading import Source, read_plan
from tests.importing.builders import LEFT, UP, Grid, excel, text, word
from tests.importing.cities import told


def reading(grid: Grid) -> str:
    return told(read_plan(Source(word("2024年工作计划", grid))))


MATRIX_HEAD = ["序号", "重点任务", "区发改局", "区住建局", "各街道"]


@pytest.mark.parametrize(
    ("row", "parties"),
    [
        (["牵头", "配合", "落实"], "区发改局*、各街道、区住建局!"),
        (["★", "", "√"], "区发改局*、各街道!"),
        (["", "主办", "协办"], "区住建局*、各街道!"),
        (["√", "√", ""], "区发改局*、区住建局"),
    ],
)
def test_units_across_the_head(row: list[str], parties: str) -> None:
    other = ["2", "治理油烟。", *["√" if cell in "★√" else "配合" if cell else "" for cell in row]]
    got = reading([MATRIX_HEAD, ["1", "治理扬尘。", *row], other])
    assert got.split("\n")[1] == f"治理扬尘。 | {parties} | unknown"


def test_a_legend_says_what_the_marks_mean() -> None:
    grid = [MATRIX_HEAD, ["1", "治理扬尘。", "△", "√", ""], ["注：√为牵头单位，△为配合单位", *[LEFT] * 4]]
    assert "治理扬尘。 | 区住建局*、区发改局! | unknown" in reading(grid)


def test_columns_with_anything_but_marks_are_no_matrix() -> None:
    grid = [
        ["序号", "重点任务", "区发改局", "区住建局", "责任单位"],
        ["1", "治理扬尘。", "5家", "√", "区水务局"],
    ]
    plan = read_plan(Source(word("2024年", grid)))
    assert [party.printed for party in plan.measures[0].parties] == ["区水务局"]
    assert plan.measures[0].extras == (("区发改局", "5家"), ("区住建局", "√"))


def test_a_card_of_two_pairs_in_a_row() -> None:
    card = [
        ["任务名称", "扬尘治理", "责任单位", "区住建局"],
        ["工作内容", "治理扬尘。", "完成时限", "6月底前"],
    ]
    assert reading(card) == "# 扬尘治理\n治理扬尘。 | 区住建局* | date 2024-06-30"


def test_a_table_on_its_side() -> None:
    grid = [
        ["序号", "1", "2"],
        ["重点任务", "扬尘", "水"],
        ["工作措施", "治理扬尘。", "治水。"],
        ["责任单位", "区住建局", "区水务局、各街道"],
    ]
    assert reading(grid).split("\n") == [
        "# 扬尘",
        "治理扬尘。 | 区住建局* | unknown",
        "# 水",
        "治水。 | 区水务局*、各街道 | unknown",
    ]


def test_another_list_on_the_sheet_is_no_part_of_the_plan() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["某市2024年任务清单"],
        ["序号", "工作任务", "责任单位", "完成时限"],
        [1, "完成10家企业治理。", "市工信局", date(2024, 12, 31)],
        [2, "淘汰锅炉。", "市发改委", datetime(2024, 6, 30)],
        ["合计", "2项"],
        [],
        ["附表"],
        ["序号", "企业名称", "所在区"],
        [1, "甲公司", "A区"],
    ):
        sheet.append(row)
    other = book.create_sheet("水")
    other.append(["序号", "工作任务", "责任单位", "完成时限"])
    other.append([1, "治理2条河。", "市住建局", "2024年10月"])
    stream = BytesIO()
    book.save(stream)
    plan = read_plan(Source(stream.getvalue()))
    assert told(plan).split("\n") == [
        "# 完成10家企业治理。",
        "完成10家企业治理。 | 市工信局* | date 2024-12-31",
        "# 淘汰锅炉。",
        "淘汰锅炉。 | 市发改委* | date 2024-06-30",
        "# 治理2条河。",
        "治理2条河。 | 市住建局* | date 2024-10-31",
    ]
    assert not plan.problems


def test_a_number_beside_a_chapter_makes_it_no_measure() -> None:
    grid = [
        ["序号", "重点工作", "责任单位"],
        ["1", "一、大气污染防治", ""],
        ["（1）", "治理扬尘。", "区住建局"],
        ["2", "二、水污染防治", ""],
        ["（1）", "治理河道。", "区水务局"],
    ]
    assert [line for line in told(read_plan(Source(text("2024年", grid)))).split("\n") if line[0] == "#"] == [
        "# 大气污染防治",
        "# 水污染防治",
    ]


def test_a_line_break_inside_a_copied_cell_cuts_no_row() -> None:
    lines = [
        "序号\t项目\t工作内容\t责任单位\t完成时间\t备注",
        "1\t大气\t治理扬尘",
        "落实喷淋\t区住建局\t2024年6月\t",
        "2\t水\t治理河道\t区水务局、",
        "区河长办、",
        "各街道\t2024年7月\t重点",
        "3\t土壤\t安全利用\t区农业农村局",
        "4\t噪声\t控制噪声\t区城管局\t2024年8月",
    ]
    plan = read_plan(Source("\n".join(lines)))
    assert [(measure.text, measure.units_text, measure.deadline_text) for measure in plan.measures] == [
        ("治理扬尘落实喷淋", "区住建局", "2024年6月"),
        ("治理河道", "区水务局、区河长办、各街道", "2024年7月"),
        ("安全利用", "区农业农村局", ""),
        ("控制噪声", "区城管局", "2024年8月"),
    ]


def test_what_is_measured_in_a_unit_has_no_unit_that_answers() -> None:
    with pytest.raises(NoPlanFound):
        read_plan(
            Source(excel(("表", [["序号", "指标", "单位", "目标值"], ["1", "PM2.5", "微克/立方米", "30"]])))
        )


def test_who_looks_on_beside_who_answers_is_kept_as_a_further_column() -> None:
    grid = [
        ["任务", "责任单位", "监管单位"],
        ["治理扬尘。", "区住建局", UP],
        ["治理油烟。", "区城管局", "区督查室"],
    ]
    grid[1][2] = "区督查室"
    plan = read_plan(Source(word("2024年", grid)))
    assert plan.measures[1].extras == (("监管单位", "区督查室"),)
    assert plan.measures[1].units_text == "区城管局"
