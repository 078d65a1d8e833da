"""A plan's workbook after people worked on it: read as it stands, and what does not agree is said by sheet, row and column."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from tasks.importing.errors import NoPlanFound, Unreadable
from tasks.importing.grid import Problem
from tasks.importing.package import Package
from tasks.importing.reading import Source, read_plan
from tasks.importing.readings import PlanReading
from tasks.importing.resolve import resolve
from tasks.models import DemandLink, Measure, Plan, PlanSection
from tasks.planbook import layout as at
from tasks.planbook.contents import contents_of
from tasks.planbook.writing import LONGEST_CELL, TooLongForCell, plan_xlsx
from tests.conftest import World
from tests.factories import MeasureFactory, TaskFactory, UnitFactory, unit_party
from tests.lookups import make_demand
from tests.planbooks import book_of, cell, edited
from units.resolving import Directory

Edit = Callable[[Workbook], None]


@pytest.fixture
def plan(world: World) -> Plan:
    """The world's plan with a section and a demand."""
    demand = make_demand(world)
    DemandLink.objects.create(demand=demand, measure=world.measures[0])
    return world.plan


def read(plan: Plan, edit: Edit | None = None) -> PlanReading:
    data = book_of(plan)
    return read_plan(Source(edited(data, edit) if edit else data))


def setting(sheet: str, column: at.Column, row: int, value: object) -> Edit:
    def edit(book: Workbook) -> None:
        cell(book, sheet, column.head, row).value = value

    return edit


def line(label: str, value: object) -> Edit:
    def edit(book: Workbook) -> None:
        for row in book[at.PLAN_SHEET].iter_rows(min_row=at.HEAD_ROW):
            if row[0].value == label:
                row[1].value = value

    return edit


def dropping(sheet: str) -> Edit:
    def edit(book: Workbook) -> None:
        del book[sheet]

    return edit


def both(*edits: Edit) -> Edit:
    def edit(book: Workbook) -> None:
        for one in edits:
            one(book)

    return edit


def test_as_it_was_exported_nothing_is_to_be_said(plan):
    reading = read(plan)
    assert reading.problems == ()
    assert reading.stated is not None
    assert not reading.stated.is_new_year


# --- what does not agree ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("edit", "sheet", "row", "column", "words"),
    [
        (setting(at.LIST_SHEET, at.NUMBER, 2, 1), at.LIST_SHEET, 4, "措施序号", "重复"),
        (setting(at.LIST_SHEET, at.NUMBER, 2, None), at.LIST_SHEET, 4, "措施序号", "未填"),
        (setting(at.LIST_SHEET, at.NUMBER, 2, "第二"), at.LIST_SHEET, 4, "措施序号", "整数"),
        (setting(at.LIST_SHEET, at.MEASURE, 2, None), at.LIST_SHEET, 4, "工作措施", "为空"),
        (setting(at.LIST_SHEET, at.TASK_NUMBER, 3, 1), at.LIST_SHEET, 5, "序号", "目标任务却不同"),
        (setting(at.LIST_SHEET, at.UNITS, 1, "生态环境分局、区发改局、区住建局"), at.LIST_SHEET, 3, "责任单位", "区住建局"),
        (setting(at.LIST_SHEET, at.UNITS, 1, "生态环境分局"), at.PARTIES_SHEET, 4, "印发原文", "没有“区发改局”"),
        (setting(at.SETTINGS_SHEET, at.NUMBER, 1, 99), at.SETTINGS_SHEET, 3, "措施序号", "没有措施99"),
        (setting(at.SETTINGS_SHEET, at.NUMBER, 1, 2), at.SETTINGS_SHEET, 3, "措施序号", "措施1的文字"),
        (setting(at.SETTINGS_SHEET, at.KIND, 1, "长期"), at.SETTINGS_SHEET, 3, "类型", "之一"),
        (setting(at.SETTINGS_SHEET, at.EXPECTED[1], 1, 120), at.SETTINGS_SHEET, 3, "二季度序时（%）", "0 至 100"),
        (setting(at.SETTINGS_SHEET, at.EXPECTED[0], 1, 80), at.SETTINGS_SHEET, 3, "一季度序时（%）", "逐季不减"),
        (setting(at.SETTINGS_SHEET, at.DEADLINE_TO, 1, date(2024, 6, 30)), at.SETTINGS_SHEET, 3, "时限类型", "选择时限类型"),
        (setting(at.SETTINGS_SHEET, at.DEADLINE_KIND, 1, "限期完成"), at.SETTINGS_SHEET, 3, "时限完成", "完成的日期"),
        (setting(at.SETTINGS_SHEET, at.UNASKED, 1, "不在原文"), at.SETTINGS_SHEET, 3, "正文未提及的部分", "逐字摘录"),
        (setting(at.SETTINGS_SHEET, at.INDICATOR_TARGET, 1, "一百"), at.SETTINGS_SHEET, 3, "指标目标值", "应为数字"),
        (setting(at.SETTINGS_SHEET, at.CONTINUES_NUMBER, 1, 5), at.SETTINGS_SHEET, 3, "承接计划代码", "请同时填写"),
        (setting(at.PARTIES_SHEET, at.NUMBER, 1, 99), at.PARTIES_SHEET, 3, "措施序号", "没有措施99"),
        (setting(at.PARTIES_SHEET, at.SCOPE, 1, "全部"), at.PARTIES_SHEET, 3, "所指", "之一"),
        (setting(at.PARTIES_SHEET, at.TARGET, 1, None), at.PARTIES_SHEET, 3, "单位或单位组", "请填写"),
        (setting(at.PARTIES_SHEET, at.ROLE, 2, "牵头"), at.PARTIES_SHEET, 4, "角色", "两个牵头"),
        (setting(at.PARTIES_SHEET, at.DUTY_UNIT, 2, "生态环境分局"), at.PARTIES_SHEET, 4, "承担单位", "重复"),
        (setting(at.PARTIES_SHEET, at.DUTY_FROM, 1, 5), at.PARTIES_SHEET, 3, "起始季度", "1 至 4"),
        (setting(at.PARTIES_SHEET, at.ORDER, 2, 1), at.PARTIES_SHEET, 4, "印发原文", "第3行为准"),
        (setting(at.DEMANDS_SHEET, at.SECTION, 1, 8), at.DEMANDS_SHEET, 3, "章节", "没有章节 8"),
        (setting(at.DEMANDS_SHEET, at.PROPOSED_MEASURES, 1, "1、77"), at.DEMANDS_SHEET, 3, "对应措施（待核实）", "“77”"),
        (setting(at.TEXT_SHEET, at.LEVEL, 1, "上"), at.TEXT_SHEET, 3, "层级", "整数"),
        (line("年度", "二〇二四"), None, None, "年度", "1990"),
        (line("印发日期", "三月"), None, None, "印发日期", "2024-03-28"),
        (line("黄灯起点（百分点）", 50), None, None, None, "黄灯起点不能大于红灯起点"),
        (dropping(at.PARTIES_SHEET), None, None, None, "按清单中的文字识别"),
        (dropping(at.SETTINGS_SHEET), None, None, None, "按新计划处理"),
        (dropping(at.TEXT_SHEET), None, None, None, "没有读入正文"),
        (setting(at.LIST_SHEET, at.UNITS, 0, "负责方"), at.LIST_SHEET, 2, "责任单位", "缺少“责任单位”栏"),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_said_where_it_stands(plan, edit, sheet, row, column, words):
    found = [problem for problem in read(plan, edit).problems if words in problem.message]
    assert found, [problem.message for problem in read(plan, edit).problems]
    problem: Problem = found[0]
    assert problem.decide
    assert problem.column == column
    if sheet is not None:
        assert f"“{sheet}”表" in problem.message
        assert problem.row == row
        if problem.place is not None:
            assert (problem.place.sheet, problem.place.row) == (sheet, row)


def test_a_unit_that_nobody_here_knows(plan, world):
    """Its party asks whom it means, as in every plan; its duty is said with row, column and the likeliest names."""
    edit = both(
        setting(at.PARTIES_SHEET, at.TARGET, 2, "区发展改革局"),
        setting(at.PARTIES_SHEET, at.DUTY_UNIT, 2, "区发改委员会"),
    )
    resolved = resolve(read(plan, edit), Directory.load())
    assert resolved.open_names == ["区发改局"]
    problem = next(problem for problem in resolved.problems if "区发改委员会" in problem.message)
    assert (problem.row, problem.column, problem.decide) == (4, "承担单位", True)
    assert "是否为区发改局" in problem.message


def test_numbers_that_are_missing_fit_the_column_whatever_stands_before(plan):
    """A number of a measure has room up to 32,767."""
    edit = both(
        setting(at.LIST_SHEET, at.NUMBER, 1, 32_767),
        setting(at.LIST_SHEET, at.NUMBER, 2, None),
        setting(at.LIST_SHEET, at.NUMBER, 3, 0),
    )
    assert sorted(row.number for row in read(plan, edit).measures) == [0, 1, 32_767]


def test_no_list_no_plan(plan):
    with pytest.raises(NoPlanFound, match="缺少“措施清单”"):
        read(plan, dropping(at.LIST_SHEET))


def test_a_later_format_is_refused(plan):
    with pytest.raises(Unreadable, match="第 1 版"):
        read(plan, line(at.MARK_LABEL, at.MARK[:-1] + "2"))


# --- what people may do -----------------------------------------------------------------------------
def test_sheets_rows_and_columns_may_be_moved(plan):
    """Sorted, shifted down, a column moved, a line put above the heads, rows filtered away: the same plan."""

    def edit(book: Workbook) -> None:
        book.move_sheet(at.PLAN_SHEET, 4)
        sheet = book[at.PARTIES_SHEET]
        rows = [[found.value for found in row] for row in sheet.iter_rows(min_row=at.HEAD_ROW + 1)]
        for number, values in enumerate(reversed(rows), at.HEAD_ROW + 1):
            for column, value in enumerate(values, 1):
                sheet.cell(number, column).value = value
        sheet.insert_rows(1)
        settings = book[at.SETTINGS_SHEET]
        settings.move_range("C1:C40", cols=30)
        settings.row_dimensions[4].hidden = True

    before, after = read(plan), read(plan, edit)
    assert [problem.message for problem in after.problems if problem.decide] == []
    assert any("隐藏" in problem.message for problem in after.problems)
    assert stated(after) == stated(before)
    assert [party for row in after.measures for party in row.parties] == [
        party for row in before.measures for party in row.parties
    ]


def stated(reading: PlanReading) -> dict[int, object]:
    """The settings by measure, duties in any order."""
    assert reading.stated is not None
    return {
        number: (
            replace(own, parties={}),
            [
                replace(party, duties=tuple(sorted(party.duties or (), key=lambda duty: duty.unit)))
                for party in own.parties.values()
            ],
        )
        for number, own in reading.stated.settings.measures.items()
    }


def test_text_is_never_read_for_what_it_looks_like(plan):
    text = "1. 第一点\n2. 第二点；牵头单位：某局  ,  尾部 "
    reading = read(plan, setting(at.LIST_SHEET, at.MEASURE, 1, text))
    assert reading.measures[0].text == text
    assert len(reading.measures) == 3


def test_empty_cells_of_a_task_stand_for_those_above_and_repeated_ones_say_the_same(plan):
    def repeat(book: Workbook) -> None:
        sheet = book[at.LIST_SHEET]
        for area in list(sheet.merged_cells.ranges):
            if area.min_row > at.HEAD_ROW:
                sheet.unmerge_cells(str(area))
        for column in (1, 2):
            sheet.cell(at.HEAD_ROW + 2, column).value = sheet.cell(at.HEAD_ROW + 1, column).value

    assert read(plan, repeat).tasks == read(plan).tasks


def test_rows_of_parties_may_be_left_out_and_duties_left_to_the_scope(plan, world):
    def edit(book: Workbook) -> None:
        sheet = book[at.PARTIES_SHEET]
        heads = [found.value for found in sheet[at.HEAD_ROW]]
        number, unit = heads.index("措施序号"), heads.index(at.DUTY_UNIT.head)
        for row in sheet.iter_rows(min_row=at.HEAD_ROW + 1):
            if row[number].value == 1:
                for found in row[unit:]:
                    found.value = None
            elif row[number].value == 2:
                for found in row:
                    found.value = None

    reading = read(plan, edit)
    assert [problem.message for problem in reading.problems if problem.decide] == []
    assert reading.stated is not None
    parties = reading.stated.settings.measures[1].parties
    assert [party.duties for party in parties.values()] == [None, None]
    assert [party.printed for party in reading.measures[1].parties] == ["区发改局", "各街道"]


def test_a_date_typed_as_text_and_a_share_typed_as_percent(plan):
    edit = both(
        line("印发日期", "2024年3月28日"),
        setting(at.SETTINGS_SHEET, at.EXPECTED[0], 1, "30%"),
    )
    reading = read(plan, edit)
    assert reading.issued_on == date(2024, 3, 28)
    assert reading.stated is not None
    assert reading.stated.settings.measures[1].expected == (30, None, None, None)


def test_an_office_may_add_columns(plan):
    def edit(book: Workbook) -> None:
        sheet = book[at.LIST_SHEET]
        sheet.cell(at.HEAD_ROW, 8).value = "联系人"
        sheet.cell(at.HEAD_ROW + 1, 8).value = "张三 8301"

    reading = read(plan, edit)
    assert reading.measures[0].extras == (("联系人", "张三 8301"),)
    assert reading.problems == ()


# --- the file itself --------------------------------------------------------------------------------
def test_no_text_is_a_formula_and_days_and_numbers_are_typed(plan, world):
    Measure.objects.filter(plan=plan, number=1).update(
        text="=HYPERLINK(1)",
        deadline_kind="date",
        deadline_to=date(2024, 6, 30),
        indicator="率",
        indicator_target=95.5,
    )
    book = load_workbook(BytesIO(book_of(plan)))
    for sheet in book.worksheets:
        assert [
            found.coordinate for row in sheet.iter_rows() for found in row if found.data_type == "f"
        ] == []
    assert cell(book, at.LIST_SHEET, "工作措施", 1).value == "=HYPERLINK(1)"
    assert cell(book, at.LIST_SHEET, "工作措施", 1).quotePrefix
    assert cell(book, at.SETTINGS_SHEET, "时限完成", 1).is_date
    assert cell(book, at.SETTINGS_SHEET, "指标目标值", 1).value == 95.5
    assert cell(book, at.LIST_SHEET, "措施序号", 1).value == 1


def test_every_sheet_prints_across_a4_with_its_heads_and_every_row_shows_its_text(plan, world):
    """Also with a title of 500 signs and a deadline of 500."""
    TaskFactory(plan=plan, number=8, title="完" * 500)
    MeasureFactory(
        task=plan.tasks.get(number=8),
        number=50,
        text="措" * 900,
        deadline_text="限" * 500,
        deadline_kind="unknown",
    )
    for sheet in load_workbook(BytesIO(book_of(plan))).worksheets:
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert sheet.print_title_rows
        for number, size in sheet.row_dimensions.items():
            assert size.height is not None, (sheet.title, number)
            assert size.height <= 409


def test_what_no_cell_can_hold_is_not_cut(plan, world, office):
    Measure.objects.filter(plan=plan, number=1).update(text="长" * (LONGEST_CELL + 1))
    with pytest.raises(TooLongForCell, match="32,001"):
        plan_xlsx(contents_of(plan))
    response = office.get(reverse("tasks:plan_book", args=["2024", 1]), follow=True)
    assert response.redirect_chain[-1][0] == reverse("tasks:plan_manage", args=["2024", 1])
    assert "不能导出" in response.content.decode()


def test_a_paragraph_of_any_length_comes_back(plan):
    text = "长段落。" * 9_000 + "\n\n末段"
    PlanSection.objects.filter(plan=plan).update(text=text)
    assert [section.text for section in read(plan).sections] == [text]


def test_it_is_downloaded_in_as_many_queries_whatever_it_holds(plan, world, office):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            response = office.get(reverse("tasks:plan_book", args=["2024", 1]))
        assert response.status_code == 200
        assert "2024%E5%B9%B4%E5%BA%A6%E8%AE%A1%E5%88%92.xlsx" in response["Content-Disposition"]
        assert Package(response.content).kind == "excel"
        return len(captured)

    cost()
    few = cost()
    for number in range(60, 75):
        unit_party(MeasureFactory(task=world.tasks[1], number=number), UnitFactory())
    assert cost() == few
    # session, user, quarter, others of the year; seven for the plan
    assert few <= 11
