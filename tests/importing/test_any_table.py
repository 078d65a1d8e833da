"""What holds for any table with a plan's head, whatever stands in it: nothing is lost, numbers rise, a saved copy reads the same."""

import re
from io import BytesIO
from itertools import pairwise

import docx
import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.importing.errors import NoPlanFound
from tasks.importing.reading import Source, read_plan
from tasks.importing.readings import PlanReading
from tests.importing.builders import UP, Grid, excel, text, word
from tests.importing.cities import told

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HEADS = (
    ["序号", "目标任务", "工作措施", "责任单位", "完成时限"],
    ["重点任务", "具体措施", "牵头单位", "配合单位"],
    ["类别", "序号", "主要任务", "责任部门", "备注"],
    ["序号", "工作任务", "责任单位（列首位的为牵头单位）"],
    ["序号", "反馈问题", "整改目标", "整改措施", "责任单位", "整改时限"],
)
WORDS = (
    "治理扬尘",
    "加强工地管控。",
    "1.开展排查。\n2.建立台账。",
    "一、大气污染防治",
    "（一）强化监管",
    "推进治理，",
    "2024年6月底前完成治理；长期坚持。",
    "续表",
    "合计",
    "注：按月报送",
    "完成50%",
    "附件2",
    "√",
    "第3页",
)
UNITS = (
    "区住建局",
    "区住建局、区城管局，各街道",
    "牵头单位：区水务局\n配合单位：区发改局",
    "（区生态环境局牵头，各街道配合）",
    "各县（市、区）政府等按职责分工负责",
    "区工业和\n信息化局",
    "无",
    "—",
)
DAYS = ("2024年12月底前", "长期坚持", "按上级要求", "6月", "")
cell_words = st.sampled_from(WORDS) | st.text(st.sampled_from("治理扬尘水气土监管。；、"), max_size=12)


def _cell(head: str) -> st.SearchStrategy[str]:
    if head == "序号":
        return st.sampled_from(["", "1", "2", "3", "一", "1-1", "（一）"])
    if re.search("单位|部门", head):
        return st.sampled_from(UNITS) | cell_words | st.just("")
    if re.search("时限", head):
        return st.sampled_from(DAYS)
    return cell_words | st.just("")


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    head = draw(st.sampled_from(HEADS))
    grid = [list(head)]
    for number in range(draw(st.integers(1, 6))):
        row = [draw(_cell(name)) for name in head]
        if number and draw(st.booleans()):
            merged = draw(st.integers(0, len(head) - 1))
            row = [UP if place < merged else cell for place, cell in enumerate(row)]
        grid.append(row)
    return grid


def bare(value: str) -> str:
    return re.sub(r"[\s，,]", "", value)


def everything(plan: PlanReading) -> str:
    parts = [plan.title, plan.preamble, plan.attachment_title]
    parts += [f"{section.number}{section.heading}{section.text}" for section in plan.sections]
    parts += [problem.message for problem in plan.problems]
    for task in plan.tasks:
        parts += [*task.categories, str(task.number), task.title]
        for measure in task.measures:
            parts += [measure.label or "", measure.text, measure.units_text, measure.deadline_text]
            parts += [value for _name, value in measure.extras]
    return bare("|".join(parts))


def read(data: bytes | str) -> PlanReading | None:
    try:
        return read_plan(Source(data), year=2024)
    except NoPlanFound:
        return None


# What only a page or a further head puts into a list is no text of the plan.
PASSED_OVER = re.compile(r"[\s\d第页\-—]*|续表|附件\d|序号|√|[一二三四（）()、.。；]*|合计|无")


@SLOW
@given(grids(), st.sampled_from(["word", "excel", "text"]))
def test_no_text_of_a_measure_is_lost(grid: Grid, kind: str) -> None:
    plan = read(word(grid) if kind == "word" else excel(("表", grid)) if kind == "excel" else text(grid))
    if plan is None:
        return
    whole = everything(plan)
    for row in grid[1:]:
        for head, cell in zip(grid[0], row, strict=True):
            if cell == UP or head in ("序号", "整改目标", "备注"):
                continue
            for line in cell.split("\n"):
                # A typed number is the measure's own.
                words = bare(re.sub(r"^(?:\d+[.、]|[（(]?[一二三四][）)、])+", "", line))
                if not PASSED_OVER.fullmatch(words):
                    assert words in whole, (cell, grid)


@SLOW
@given(grids())
def test_numbers_rise_and_tell_measures_apart(grid: Grid) -> None:
    plan = read(word(grid))
    if plan is None:
        return
    assert all(first < second for first, second in pairwise(measure.number for measure in plan.measures))
    assert all(first < second for first, second in pairwise(task.number for task in plan.tasks))
    assert all(task.measures for task in plan.tasks)


@SLOW
@given(grids(), st.sampled_from(["word", "excel"]))
def test_a_copy_that_was_opened_and_saved_reads_the_same(grid: Grid, kind: str) -> None:
    data = word(grid) if kind == "word" else excel(("表", grid))
    stream = BytesIO()
    if kind == "word":
        docx.Document(BytesIO(data)).save(stream)
    else:
        openpyxl.load_workbook(BytesIO(data)).save(stream)
    first, second = read(data), read(stream.getvalue())
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert told(first) == told(second)
        assert first.sections == second.sections
