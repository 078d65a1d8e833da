"""What a plan's workbook looks like to a program: what `writing` and `reading` agree on.

Its sheets are known by their names, columns by their heads in the row HEAD_ROW, wherever people have moved them; a heading row above
them is for people. The workbook is known as ours by the line MARK of PLAN_SHEET, which is a plain cell: WPS, LibreOffice and a copy of the
sheets keep it where they may drop properties of the file.

- LIST is the plan as printed, with its further columns (its `extras`) right of DEADLINE, whatever their heads. A task's cells are merged
  over its measures; empty cells stand for the ones above them.
- SETTINGS, PARTIES, TEXT and DEMANDS say what belongs to a measure by 措施序号, and to a section by its place (章节, 0: the preamble).
- EXCERPT only helps people to see which measure a row is about, and the reader to notice that numbers were moved.
- A deadline is read from its wording; only what the office set otherwise stands in SETTINGS.
- A measure whose only row says NOBODY has no parties; one without rows has those that its wording in LIST names.
- A party without DUTY_UNIT has the duties that its scope says; NOBODY: none.
- A paragraph of the text is a row; what is too long for one goes on in the next, marked CONTINUED.
"""

from dataclasses import dataclass

from tasks.models import AssignmentRole, DeadlineKind, Scope
from tasks.rules import Kind

MARK_LABEL = "工作簿格式"
_MARK = "区生态办年度计划工作簿 "
FORMAT = 1
MARK = f"{_MARK}{FORMAT}"
HEAD_ROW = 2
# Of the plan that the workbook was exported from: with another 年度 it is a pattern for a new plan.
EXPORTED_YEAR = "导出时年度"

PLAN_SHEET = "计划信息"
LIST_SHEET = "措施清单"
SETTINGS_SHEET = "措施设置"
PARTIES_SHEET = "责任单位"
TEXT_SHEET = "正文"
DEMANDS_SHEET = "正文要求"
GUIDE_SHEET = "填写说明"

YES, NO = "是", "否"
NOBODY = "（无）"
CONTINUED = "接上行"
PREAMBLE = 0


@dataclass(frozen=True)
class Column:
    """`width` in characters of the default font, as a start; `words`: what its cells may say."""

    head: str
    width: float
    words: tuple[str, ...] = ()


# 计划信息: label → name of the field.
PLAN_LINES = {
    "计划标题": "title",
    "年度": "year",
    "计划代码": "code",
    "印发机关": "issuer",
    "印发日期": "issued_on",
    "附件标题": "attachment_title",
    "黄灯起点（百分点）": "yellow_from",
    "红灯起点（百分点）": "red_from",
}

TASK_NUMBER = Column("序号", 5)
# Over what stands above a task, outermost first; known to anybody's reader, and to ours by their place before 目标任务.
CATEGORIES = ("类别", "分类", "方面", "领域", "专项", "板块")
CATEGORY_WIDTH = 12.0
TASK = Column("目标任务", 20)
NUMBER = Column("措施序号", 7)
MEASURE = Column("工作措施", 58)
UNITS = Column("责任单位", 28)
DEADLINE = Column("完成时限", 14)
EXTRA_WIDTH = 16.0
# The head of a column of the list without one.
NO_HEAD = "（无栏名）"

_TRUTH = (YES, NO)
EXCERPT = Column("措施摘录", 26)
KIND = Column("类型", 8, tuple(Kind.labels))
KIND_CONFIRMED = Column("类型已核实", 8, _TRUTH)
LEAD_CONFIRMED = Column("牵头已确认", 8, _TRUTH)
EXPECTED = tuple(Column(f"{name}季度序时（%）", 9) for name in "一二三四")
INDICATOR = Column("指标名称", 16)
INDICATOR_UNIT = Column("指标单位", 8)
INDICATOR_TARGET = Column("指标目标值", 9)
DEADLINE_KIND = Column("时限类型", 9, tuple(str(kind.label) for kind in DeadlineKind if kind))
DEADLINE_FROM = Column("时限起始", 11)
DEADLINE_TO = Column("时限完成", 11)
UNASKED = Column("正文未提及的部分", 24)
CONTINUES_PLAN = Column("承接计划代码", 10)
CONTINUES_NUMBER = Column("承接措施序号", 8)
SETTINGS = (
    NUMBER,
    EXCERPT,
    KIND,
    KIND_CONFIRMED,
    LEAD_CONFIRMED,
    *EXPECTED,
    INDICATOR,
    INDICATOR_UNIT,
    INDICATOR_TARGET,
    DEADLINE_KIND,
    DEADLINE_FROM,
    DEADLINE_TO,
    UNASKED,
    CONTINUES_PLAN,
    CONTINUES_NUMBER,
)

ORDER = Column("次序", 6)
PRINTED = Column("印发原文", 34)
SCOPE = Column("所指", 22, tuple(Scope.labels))
TARGET = Column("单位或单位组", 26)
OPEN = Column("待确认", 7, _TRUTH)
PARTY_FROM = Column("自季度起", 7, ("1", "2", "3", "4"))
DUTY_UNIT = Column("承担单位", 20)
ROLE = Column("角色", 7, tuple(AssignmentRole.labels))
DUTY_FROM = Column("起始季度", 7, ("1", "2", "3", "4"))
DUTY_TO = Column("终止季度", 7, ("0", "1", "2", "3", "4"))
PARTIES = (
    NUMBER,
    ORDER,
    PRINTED,
    SCOPE,
    TARGET,
    OPEN,
    PARTY_FROM,
    DUTY_UNIT,
    ROLE,
    DUTY_FROM,
    DUTY_TO,
)

SECTION = Column("章节", 6)
LEVEL = Column("层级", 6)
SECTION_NUMBER = Column("标题序号", 9)
HEADING = Column("标题", 30)
PARAGRAPH = Column("正文", 96)
GOES_ON = Column("接续", 8, (CONTINUED,))
TEXT = (SECTION, LEVEL, SECTION_NUMBER, HEADING, PARAGRAPH, GOES_ON)

DEMAND = Column("正文要求", 90)
CONFIRMED_MEASURES = Column("对应措施（已核实）", 18)
PROPOSED_MEASURES = Column("对应措施（待核实）", 18)
DEMANDS = (SECTION, DEMAND, CONFIRMED_MEASURES, PROPOSED_MEASURES)


def category_heads(depth: int) -> list[str]:
    """The heads over a task's categories, outermost first."""
    return [*CATEGORIES, *(f"类别{place}" for place in range(len(CATEGORIES) + 1, depth + 1))][:depth]


def is_mark(text: str) -> bool:
    """Whether a cell says that the workbook is a plan of ours, of whatever format."""
    return text.strip().startswith(_MARK.strip())


def format_of(text: str) -> str:
    """The format that a mark names, as written."""
    return text.strip().removeprefix(_MARK.strip()).strip()
