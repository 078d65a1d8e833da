"""Plans of other cities (see plans.py), in Word and as pasted text: what they say, in the words in which they say it."""

from datetime import date

import pytest

from tasks.importing.reading import Source, read_plan
from tasks.importing.readings import MeasureReading, PlanReading
from tests.importing import plans
from tests.importing.builders import SOFFICE, Block, Grid, excel, resaved, text, word


def read(blocks: tuple[Block, ...], kind: str) -> PlanReading:
    if kind == "excel":
        return read_plan(
            Source(excel(*[(f"表{place}", grid) for place, grid in enumerate(tables(blocks), 1)]))
        )
    if kind == "resaved":
        return read_plan(Source(resaved(word(*blocks), "docx")))
    return read_plan(Source(word(*blocks) if kind == "word" else text(*blocks)))


def tables(blocks: tuple[Block, ...]) -> list[Grid]:
    return [block for block in blocks if isinstance(block, list)]


def parties(measure: MeasureReading) -> list[tuple[str, str]]:
    return [(party.printed, party.role) for party in measure.parties]


KINDS = [
    "word",
    "text",
    pytest.param("resaved", marks=pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")),
]


@pytest.mark.parametrize("kind", [*KINDS, "excel"])
def test_suining_every_row_is_task_and_measure(kind: str) -> None:
    plan = read(plans.SUINING, kind)
    assert [(task.number, task.title) for task in plan.tasks[:2]] == [
        (1, "完善城市管理体制"),
        (2, "完善城市工作机制"),
    ]
    assert all(len(task.measures) == 1 and task.title == task.measures[0].text for task in plan.tasks)
    assert [measure.deadline.kind for measure in plan.measures] == [
        "unknown",
        "unknown",
        "ongoing",
        "date",
        "range",
        "ongoing",
    ]
    assert plan.measures[3].deadline.ends == date(2016, 12, 31)
    assert (plan.measures[4].deadline.starts, plan.measures[4].deadline.ends) == (
        date(2016, 1, 1),
        date(2017, 12, 31),
    )
    assert parties(plan.measures[1]) == [
        ("市住建局", "lead"),
        ("各县（区）政府", "support"),
        ("市直园区管委会", "support"),
    ]
    # What could not be read is said, with the row and the column's own name, and asks for no decision.
    assert [(problem.column, problem.decide) for problem in plan.problems] == [("时间进度", False)] * 2
    assert "省出台文件后2个月完成" in plan.problems[0].message


@pytest.mark.parametrize("kind", [*KINDS, "excel"])
def test_beijing_three_columns_of_units_under_bands(kind: str) -> None:
    plan = read(plans.BEIJING, kind)
    assert [(task.number, task.title, task.categories) for task in plan.tasks] == [
        (1, "目标任务", ("空气质量目标",)),
        (2, "完善监测网络", ("实施挥发性有机物（VOCs）专项治理行动",)),
        (3, "推进源头替代", ("实施挥发性有机物（VOCs）专项治理行动",)),
    ]
    assert [len(task.measures) for task in plan.tasks] == [1, 2, 1]
    assert parties(plan.measures[0]) == [
        ("市生态环境局", "lead"),
        ("各区政府（含北京经济技术开发区管委会）", "support"),
        ("市交通委", "support"),
        ("市城市管理委", "support"),
        ("市经济和信息化局", "support"),
        ("市住房城乡建设委", "support"),
        ("等部门", "support"),
    ]
    assert plan.measures[0].parties[-1].kind == "note"
    assert (
        plan.measures[1].units_text
        == "牵头部门：市生态环境局\n主责单位：各区政府\n协办单位：市经济和信息化局"
    )
    if kind != "excel":
        # The year is the title's.
        assert plan.measures[2].deadline.ends == date(2021, 9, 30)


@pytest.mark.parametrize("kind", [*KINDS, "excel"])
def test_chuzhou_a_head_of_two_levels_and_leaders_who_are_no_units(kind: str) -> None:
    plan = read(plans.CHUZHOU, kind)
    assert [(task.title, len(task.measures)) for task in plan.tasks] == [
        ("打好污染防治攻坚战", 2),
        ("推进绿色发展", 1),
    ]
    first = plan.measures[0]
    assert [name for name, _role in parties(first)] == [
        "市生态环境局",
        "市经信局",
        "市商务局",
        "市交通局",
        "滁州经开区管委会",
        "中新苏滁高新区管委会",
        "等",
        "各县、市、区政府",
    ]
    assert [role for _name, role in parties(plan.measures[1])] == ["lead", "lead", "support"]
    assert first.extras == (("牵头负责领导", "金力"),)
    assert plan.measures[2].deadline.kind == "ongoing"


@pytest.mark.parametrize("kind", KINDS)
def test_chaozhou_roles_in_a_bracket_and_measures_numbered_in_a_cell(kind: str) -> None:
    plan = read(plans.CHAOZHOU, kind)
    assert plan.title == "潮州市打赢蓝天保卫战实施方案（2019—2020年）任务分工表"
    assert [(task.title, task.categories, len(task.measures)) for task in plan.tasks] == [
        ("制定实施准入清单", ("升级产业结构",), 1),
        ("排查整治“散乱污”工业企业（场所）", ("升级产业结构",), 3),
        ("控制煤炭消费总量", ("优化能源结构",), 2),
    ]
    assert parties(plan.measures[0]) == [
        ("市生态环境局", "lead"),
        ("市发展和改革局", "support"),
        ("工业和信息化局", "support"),
        ("自然资源局", "support"),
        ("各县、区人民政府（管委会）", "support"),
    ]
    assert plan.measures[0].units_text.startswith("（市生态环境局牵头，")
    assert [measure.text for measure in plan.tasks[1].measures] == [
        "全面落实综合整治工作方案。",
        "2019年9月底前，基本完成全市整治任务。",
        "巩固整治成果。",
    ]
    assert [role for _name, role in parties(plan.measures[1])] == ["lead"] * 3 + ["support"] * 2
    assert [measure.number for measure in plan.measures] == [1, 2, 3, 4, 5, 6]
    assert [measure.label for measure in plan.tasks[2].measures] == ["（1）", "（2）"]


@pytest.mark.parametrize("kind", [*KINDS, "excel"])
def test_an_inspection_list_has_problems_for_tasks(kind: str) -> None:
    plan = read(plans.INSPECTION, kind)
    assert [task.title for task in plan.tasks] == ["部分入海排污口设置不规范。", "围填海监管不到位。"]
    assert [measure.text for measure in plan.tasks[0].measures] == [
        "开展入海排污口排查。",
        "对不规范排污口限期整改。",
        "建立长效机制。",
    ]
    assert plan.measures[0].extras == (
        ("整改目标", "排污口全部规范。"),
        ("督导单位", "市海洋局"),
        ("责任人", "于某"),
    )
    assert plan.measures[0].deadline.ends == date(2019, 12, 31)
    assert parties(plan.measures[3]) == [
        ("市自然资源局", "lead"),
        ("市综合执法局", "support"),
        ("滨海新区管委会", "support"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_lishan_one_table_for_each_chapter(kind: str) -> None:
    plan = read(plans.LISHAN, kind)
    assert [(task.title, len(task.measures)) for task in plan.tasks] == [
        ("主要预期目标", 2),
        ("生态环境保护", 1),
    ]
    assert parties(plan.measures[1]) == [("区商务局", "lead"), ("各街道", "support"), ("区市场局", "support")]
    assert parties(plan.measures[2])[0] == ("鞍山市生态环境局立山分局", "lead")
    assert plan.preamble.startswith("为全面贯彻落实")
    assert (plan.sections[-1].heading, plan.sections[-1].text) == (
        "工作要求",
        "各单位要加强领导，按月报送进展。",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_dongtou_cells_go_on_over_the_page(kind: str) -> None:
    plan = read(plans.DONGTOU, kind)
    assert [(task.title, task.categories) for task in plan.tasks] == [
        ("地表水环境质量改善", ("五水共治行动",)),
        ("扬尘治理", ("大气污染防治行动",)),
    ]
    first = plan.measures[0]
    assert first.text == "地表水水质达到考核目标，完成水污染防治行动计划年度任务。"
    assert parties(first) == [
        ("区环保局", "lead"),
        ("区住建局", "support"),
        ("区农林水利局", "support"),
        ("各街道（乡镇）", "support"),
    ]
    assert len(plan.measures) == 3
    assert (plan.issuer, plan.issued_on) == ("区委区政府美丽洞头建设领导小组办公室", date(2017, 8, 8))


def test_yanan_one_sheet_for_each_list() -> None:
    plan = read_plan(Source(excel(*plans.YANAN)))
    assert plan.title == "延安市蓝天保卫战2019年工作清单"
    assert [(task.number, task.title, task.categories, len(task.measures)) for task in plan.tasks] == [
        (1, "工地扬尘", ("扬尘治理",), 2),
        (2, "道路扬尘", ("扬尘治理",), 1),
        (3, "规范化建设", ("水源保护",), 1),
    ]
    assert parties(plan.measures[0]) == [("市住建局", "lead"), ("宝塔区", "support"), ("安塞区", "support")]
    assert [measure.number for measure in plan.measures] == [1, 2, 3, 4]
    assert (plan.measures[3].deadline.starts, plan.measures[3].deadline.ends) == (
        date(2019, 3, 1),
        date(2019, 10, 31),
    )
