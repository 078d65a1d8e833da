"""Rows as tables have them: empty, continued, repeated, over the whole width; and heads in many words."""

import pytest

from tasks.importing.errors import NoPlanFound
from tasks.importing.heads import column_of
from tasks.importing.reading import Source, read_plan
from tests.importing.builders import LEFT, UP, Block, text, word

HEAD = ["序号", "目标任务", "工作措施", "责任单位"]


def told(*blocks: Block) -> list[tuple[str, list[tuple[str, str]]]]:
    plan = read_plan(Source(word(*blocks)))
    return [
        (task.title, [(measure.text, measure.units_text) for measure in task.measures]) for task in plan.tasks
    ]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("序 号", "number"),
        ("目标任务", "task"),
        ("重点任务", "task"),
        ("主要任务", "task"),
        ("2024年重点工作任务", "task"),
        ("类别", "category"),
        ("工作措施", "measure"),
        ("细化措施", "measure"),
        ("工作\n内容", "measure"),
        ("具体举措", "measure"),
        ("责任单位", "units"),
        ("责任单位（第一个为牵头单位）", "units"),
        ("负责部门", "units"),
        ("责任部门和单位", "units"),
        ("牵头单位", "lead"),
        ("市级牵头部门", "lead"),
        ("主办单位", "lead"),
        ("配合单位", "support"),
        ("参与单位", "support"),
        ("协办部门", "support"),
        ("完成时限", "deadline"),
        ("时间进度", "deadline"),
        ("完成时间", "deadline"),
        ("整改时限", "deadline"),
        ("计划完成时间", "deadline"),
        ("开始时间", "starts"),
        ("责任单位及责任人", "units"),
        ("牵头市级部门", "lead"),
        ("工作任务及要求", "measure"),
        ("起止年限", "deadline"),
        ("责任人", "extra"),
        ("监督单位", None),
        ("牵头领导", "extra"),
        ("备注", "extra"),
        ("完成情况", "extra"),
        ("姓名", "extra"),
        ("单价", None),
        ("区住建局", None),
    ],
)
def test_heads_are_known_by_their_words(head: str, kind: str | None) -> None:
    assert column_of(head) == kind


@pytest.mark.parametrize(
    "table",
    [
        [["姓名", "电话"], ["张三", "1"]],
        [["序号", "指标名称", "单位", "2024年"], ["1", "优良天数", "天", "320"]],
        [["序号", "项目名称", "投资（万元）"], ["1", "管网改造", "300"]],
        [["一", "二"], ["三", "四"]],
    ],
)
def test_tables_without_a_plan_are_not_taken_for_one(table: list[list[str]]) -> None:
    with pytest.raises(NoPlanFound):
        read_plan(Source(word("通知", table)))


def test_without_numbers_and_with_columns_in_another_order() -> None:
    grid = [
        ["责任单位", "完成时限", "重点任务", "具体措施"],
        ["区住建局", "6月底前", "治理扬尘", "加强工地管控。"],
    ]
    assert told(grid) == [("治理扬尘", [("加强工地管控。", "区住建局")])]


def test_a_head_repeated_on_the_next_page_with_a_cell_that_goes_on() -> None:
    rest = [HEAD, ["", "", "和裸地管控。", "区城管执法局"], ["2", "治理餐饮", "查处油烟。", "区城管执法局"]]
    assert told([HEAD, ["1", "治理扬尘", "加强工地", "区住建局、"]], "- 2 -", rest) == [
        ("治理扬尘", [("加强工地和裸地管控。", "区住建局、区城管执法局")]),
        ("治理餐饮", [("查处油烟。", "区城管执法局")]),
    ]


def test_a_further_table_without_a_head_goes_on_with_the_plan() -> None:
    first, second = (
        [HEAD, ["1", "治理扬尘", "加强管控。", "区住建局"]],
        [["2", "治理餐饮", "查处油烟。", "区城管执法局"]],
    )
    assert [title for title, _measures in told(first, "", second)] == ["治理扬尘", "治理餐饮"]
    # Behind other text it is a table of its own.
    assert [title for title, _measures in told(first, "附：联系方式", second)] == ["治理扬尘"]


def test_an_unnumbered_row_without_units_goes_on_with_a_numbered_measure() -> None:
    grid = [
        HEAD,
        ["1", "治理扬尘", "1.加强工地管控。", "区住建局"],
        ["", "", "严格落实责任。", ""],
        ["", "", "2.加强保洁。", "区城管执法局"],
    ]
    assert told(grid) == [
        ("治理扬尘", [("加强工地管控。\n严格落实责任。", "区住建局"), ("加强保洁。", "区城管执法局")])
    ]


def test_a_measure_with_an_empty_cell_of_units_is_not_joined_to_the_one_above() -> None:
    grid = [HEAD, ["1", "治理扬尘", "加强工地管控", "区住建局"], ["", "", "加强道路保洁", ""]]
    plan = read_plan(Source(text(grid)))
    assert [(measure.text, measure.units_text) for measure in plan.measures] == [
        ("加强工地管控", "区住建局"),
        ("加强道路保洁", "区住建局"),
    ]
    # It is assumed, and said.
    assert [(problem.row, problem.column, problem.decide) for problem in plan.problems] == [
        (3, "责任单位", True)
    ]


def test_bands_over_the_table_are_tasks_or_stand_above_them() -> None:
    both = [
        ["序号", "工作任务", "责任单位"],
        ["一、大气污染防治", LEFT, LEFT],
        ["（一）扬尘", LEFT, LEFT],
        ["1", "加强工地管控。", "区住建局"],
        ["（二）餐饮", LEFT, LEFT],
        ["2", "查处油烟。", "区城管执法局"],
        ["二、水污染防治", LEFT, LEFT],
        ["3", "巡河。", "区水务局"],
    ]
    plan = read_plan(Source(word(both)))
    assert [(task.title, task.categories, len(task.measures)) for task in plan.tasks] == [
        ("扬尘", ("大气污染防治",), 1),
        ("餐饮", ("大气污染防治",), 1),
        ("水污染防治", (), 1),
    ]
    assert [measure.number for measure in plan.measures] == [1, 2, 3]


def test_a_task_on_a_line_of_its_own_has_the_measures_below() -> None:
    grid = [HEAD, ["1", "治理扬尘", "", ""], ["", "", "加强管控。", "区住建局"], ["2", "治理餐饮", "", ""]]
    plan = read_plan(Source(word(grid)))
    assert [(task.title, len(task.measures)) for task in plan.tasks] == [("治理扬尘", 1)]
    assert [problem.row for problem in plan.problems] == [4]
    assert "治理餐饮" in plan.problems[0].message


def test_notes_totals_and_lines_of_text_in_a_table_are_no_measures() -> None:
    line = "以下任务由各单位按照职责分工负责落实，区生态环境保护委员会办公室按季度调度，并将完成情况纳入年度考核。"
    grid = [
        HEAD,
        [line, LEFT, LEFT, LEFT],
        ["1", "治理扬尘", "加强管控。", "区住建局"],
        ["合计", "", "", ""],
        ["注：略", LEFT, LEFT, LEFT],
    ]
    assert told(grid) == [("治理扬尘", [("加强管控。", "区住建局")])]


def test_points_of_one_measure_stay_in_it_and_numbered_measures_are_parted() -> None:
    cell = "1.加强管控：（1）工地；（2）道路。2.2024年底前建成平台。3、加强巡查。"
    grid = [HEAD, ["1", "治理扬尘", cell, "1.区住建局2.区城管执法局"]]
    assert told(grid) == [
        (
            "治理扬尘",
            [
                ("加强管控：（1）工地；（2）道路。", "1.区住建局2.区城管执法局"),
                ("2024年底前建成平台。", "1.区住建局2.区城管执法局"),
                ("加强巡查。", "1.区住建局2.区城管执法局"),
            ],
        )
    ]


def test_units_and_deadlines_numbered_like_their_measures_go_with_them() -> None:
    grid = [
        [*HEAD, "时限"],
        [
            "1",
            "治理扬尘",
            "1.加强管控。\n2.加强保洁。",
            "1.区住建局\n2.区城管执法局、各街道",
            "1.6月底前\n2.全年",
        ],
    ]
    plan = read_plan(Source(word("2024年计划", grid)))
    assert [(measure.units_text, measure.deadline_text) for measure in plan.measures] == [
        ("区住建局", "6月底前"),
        ("区城管执法局、各街道", "全年"),
    ]


def test_a_decimal_number_is_no_number_of_an_item() -> None:
    grid = [
        HEAD,
        ["1", "治水", "1.5公里管网改造完工。", "区水务局"],
        ["2", "降碳", "20%以上企业完成改造。", "区发改局"],
    ]
    assert [measures[0][0] for _title, measures in told(grid)] == [
        "1.5公里管网改造完工。",
        "20%以上企业完成改造。",
    ]


def test_an_empty_cell_of_units_is_said_with_its_row_and_column() -> None:
    plan = read_plan(
        Source(word([HEAD, ["1", "治理扬尘", "加强管控。", ""], ["2", "治水", "巡河。", "区水务局"]]))
    )
    assert [(problem.row, problem.column, problem.message, problem.decide) for problem in plan.problems] == [
        (2, "责任单位", "责任单位为空，请补充。", True)
    ]


def test_numbers_that_begin_anew_are_counted_through() -> None:
    grid = [
        HEAD,
        ["1", "治理扬尘", "1.加强管控。", "区住建局"],
        [UP, UP, "2.加强保洁。", UP],
        ["2", "治水", "1.巡河。", "区水务局"],
    ]
    plan = read_plan(Source(word(grid)))
    assert [(measure.number, measure.label) for measure in plan.measures] == [(1, "1."), (2, "2."), (3, "1.")]


@pytest.mark.parametrize("separator", ["|", ",", "    "])
def test_text_without_tabs(separator: str) -> None:
    rows = [
        ["序号", "任务", "措施", "责任单位"],
        ["1", "治理扬尘", "加强管控。", "区住建局"],
        ["2", "治水", "巡河。", "区水务局"],
    ]
    lines = [separator.join(row) for row in rows]
    if separator == "|":
        lines = [f"| {line} |" for line in lines]
        lines.insert(1, "|---|---|---|---|")
    plan = read_plan(Source("\n".join(["工作清单", *lines])))
    assert [(task.title, task.measures[0].units_text) for task in plan.tasks] == [
        ("治理扬尘", "区住建局"),
        ("治水", "区水务局"),
    ]


def test_a_cell_with_line_breaks_is_pasted_in_quotes_and_other_quotes_are_wording() -> None:
    rows = '任务\t措施\t责任单位\n治理扬尘\t"1.加强管控。\n2.开展""六五""宣传。"\t区住建局\n"双碳"行动\t推进"双碳"工作。\t区发改局\n'
    plan = read_plan(Source(rows))
    assert [(task.title, [measure.text for measure in task.measures]) for task in plan.tasks] == [
        ("治理扬尘", ["加强管控。", '开展"六五"宣传。']),
        ('"双碳"行动', ['推进"双碳"工作。']),
    ]


def test_a_row_that_a_page_cut_in_every_cell_is_one_row() -> None:
    grid = [
        [*HEAD, "完成时限"],
        ["1", "强化扬尘治", "加强工地、道路等各类扬尘精细化", "区住建局、区城", "2024年12"],
        ["", "理", "管控，加大执法力度。", "管执法局", "月底前"],
        ["2", "治水", "巡河。", "区水务局", "全年"],
    ]
    plan = read_plan(Source(word(grid)))
    assert [(task.title, len(task.measures)) for task in plan.tasks] == [("强化扬尘治理", 1), ("治水", 1)]
    first = plan.measures[0]
    assert first.text == "加强工地、道路等各类扬尘精细化管控，加大执法力度。"
    assert [party.printed for party in first.parties] == ["区住建局", "区城管执法局"]
    assert first.deadline_text == "2024年12月底前"


def test_units_named_at_the_end_of_a_measure_or_with_their_deadline() -> None:
    plan = read_plan(
        Source(
            word(
                [
                    ["序号", "重点任务", "具体措施"],
                    ["1", "治理扬尘", "加强工地管控。（区住建局牵头，各街道配合）"],
                ]
            )
        )
    )
    measure = plan.measures[0]
    assert (measure.text, measure.units_text) == ("加强工地管控。", "（区住建局牵头，各街道配合）")
    assert [(party.printed, party.role) for party in measure.parties] == [
        ("区住建局", "lead"),
        ("各街道", "support"),
    ]
    both = [
        ["序号", "任务", "措施", "责任单位及完成时限"],
        ["1", "治理扬尘", "加强管控。", "区住建局、各街道，2024年12月底前"],
    ]
    measure = read_plan(Source(word(both))).measures[0]
    assert [party.printed for party in measure.parties] == ["区住建局", "各街道"]
    assert (measure.deadline_text, measure.deadline.kind) == ("2024年12月底前", "date")


def test_what_is_planned_quarter_by_quarter_is_kept_beside() -> None:
    grid = [
        ["序号", "工作任务", "责任单位", "2024年工作进度安排", LEFT],
        [UP, UP, UP, "上半年", "下半年"],
        ["1", "污水厂改造", "区水务局", "完成立项", "投运"],
    ]
    measure = read_plan(Source(word(grid))).measures[0]
    assert measure.extras == (("2024年工作进度安排上半年", "完成立项"), ("2024年工作进度安排下半年", "投运"))
    assert measure.deadline_text == ""


def test_numbers_of_two_levels_are_numbers_where_they_count() -> None:
    rows = [
        ["编号", "任务", "措施", "责任单位"],
        ["1", "扬尘", "1.1加强管控", "区住建局"],
        ["", "", "1.2加强保洁", "区城管局"],
    ]
    plan = read_plan(Source(text(rows)))
    assert [(measure.label, measure.text) for measure in plan.measures] == [
        ("1.1", "加强管控"),
        ("1.2", "加强保洁"),
    ]


def test_a_letter_that_forwards_the_plan_is_not_the_plan() -> None:
    plan = read_plan(
        Source(
            word(
                "西岗区生态环境保护委员会办公室文件",
                "西环委办发〔2025〕3号",
                "关于印发《西岗区2025年生态环境保护工作计划》的通知",
                "各街道办事处，区政府各有关部门：",
                "现将《西岗区2025年生态环境保护工作计划》印发给你们，请认真贯彻执行。",
                "西岗区生态环境保护委员会办公室",
                "2025年2月20日",
                "西岗区2025年",
                "生态环境保护工作计划",
                "为做好工作，制定本计划。",
                "一、总体要求",
                "以问题为导向。",
                "附件",
                "任务清单",
                [HEAD, ["1", "治理扬尘", "加强管控。", "区住建局"]],
            )
        )
    )
    assert (plan.title, plan.preamble) == ("西岗区2025年生态环境保护工作计划", "为做好工作，制定本计划。")
    assert (plan.issuer, str(plan.issued_on)) == ("西岗区生态环境保护委员会办公室", "2025-02-20")
    assert [section.heading for section in plan.sections] == ["总体要求"]


def test_only_the_lower_line_of_a_head_is_repeated() -> None:
    grid = [
        ["序号", "目标任务", "工作措施", "责任单位", LEFT],
        [UP, UP, UP, "牵头单位", "配合单位"],
        ["1", "治理扬尘", "加强管控。", "区住建局", "各街道"],
        ["", "", "", "牵头单位", "配合单位"],
        ["2", "治水", "巡河。", "区水务局", "各街道"],
    ]
    plan = read_plan(Source(word(grid)))
    assert [[party.printed for party in measure.parties] for measure in plan.measures] == [
        ["区住建局", "各街道"],
        ["区水务局", "各街道"],
    ]


def test_a_day_that_the_end_of_a_line_cut_is_one_day_again() -> None:
    lines = [
        "2017年水污染防治工作任务表",
        "序号\t工作任务\t责任单位\t完成时限",
        "1\t整治黑臭水体\t区住建局\t2017 年 10",
        "月底前",
        "2\t排查入河排污口\t区水务局\t2017年底",
        "前",
        "注：每月报送进展",
    ]
    plan = read_plan(Source("\n".join(lines)))
    assert [measure.deadline_text for measure in plan.measures] == ["2017年10月底前", "2017年底前"]
    assert [str(measure.deadline.ends) for measure in plan.measures] == ["2017-10-31", "2017-12-31"]
    assert [section.text for section in plan.sections] == ["注：每月报送进展"]
