"""The heads by which a plan's table is known, and what each of its columns holds.

The words are those of published plans: 遂宁 (工作任务/负责部门/时间进度), 北京 (重点任务/工作措施/完成时限/牵头部门/主责单位/协办单位),
滁州 (牵头责任单位/协同责任单位), 督察整改清单 (整改措施/责任单位/整改时限) and others.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from tasks.importing.grid import Cell, Row
from tasks.importing.wording import fold

Column = Literal[
    "number", "category", "task", "measure", "lead", "units", "support", "deadline", "starts", "extra", "goal"
]
CONTENT: tuple[Column, ...] = ("category", "task", "measure", "goal")
PARTIES: tuple[Column, ...] = ("lead", "units", "support")

_UNIT = "(?:(?:责任|负责|承办|实施|落实|组织)?(?:单位|部门|科室|处室|机构|主体|方|地区)(?:名称)?)"
# In this order: a head is what the first pattern that fits says.
_WORDS: tuple[tuple[Column, str], ...] = (
    (
        "number",
        r"(?:序|编|项目|任务|措施|问题|总|顺|目录|条目|清单)?(?:序)?(?:编)?号|编码|序|项次|顺序|no\.?|行次",
    ),
    (
        "units",
        r"责任(?:单位|部门)(?:和|及|与|、|/)(?:完成)?(?:时限|时间|期限)|(?:市级|区级|县级)?责任(?:单位|部门|主体)(?:和|及|与|、|/)(?:其)?(?:责任人|负责人|联系人|责任领导)|责任(?:县区?|市|区县?|镇街?|乡镇?|街道)"
        r"|(?:责任|负责)(?:单位|部门)(?:或|和|与|及|、|/)(?:牵头|主办)(?:单位|部门)",
    ),
    (
        "extra",
        r".*(?:责任人|领导|联系人|电话|负责人|包保人?|联络员|姓名|职务|完成情况|进展|成效|完成比例|备注|说明|资金|投资|依据|来源|考核|分值|得分"
        r"|权重|标准|验收|销号|佐证|下一步|状态|是否|预期成果|成果形式|填报|审核|指标单位|计量单位|工作目标值?|印发)",
    ),
    ("starts", r"(?:计划)?(?:开始|启动|起始|开工)(?:时间|日期|时限)?"),
    (
        "deadline",
        r".*(?:时限|期限)要求|.*(?:时限|期限|时间节点|完成时间|完成日期|时间进度|时间要求|时间安排|进度安排|进度要求|办结时间|截止时间|截止日期|起止时间|时间表)"
        r"|(?:计划|工作|实施|推进|整改|要求|结束|办理)?(?:完成)?(?:时间|节点|日期|年限|年度|进度)|时限.*|起止(?:时间|日期|年限|年月|月份)?",
    ),
    (
        "support",
        rf"(?:协同|配合|协办|协同配合|参与|参加|协助|协作|支持|协调|会办)(?:及落实)?{_UNIT}?(?:及其.*)?|(?:责任|负责).*[（(]?(?:配合|协办|参与)[)）]?",
    ),
    (
        "lead",
        rf"(?:总)?(?:牵头|主办|主责|主管|首要|第一)(?:及落实)?(?:省级|市级|区级|县级|市直|区直)?{_UNIT}?|(?:责任|负责)(?:单位|部门)?[（(]?(?:牵头|主办)[)）]?",
    ),
    (
        "units",
        r"(?:市级|区级|县级|市直|区直|属地|具体|主要|相关|有关|拟)?(?:责任|负责|承办|实施|项目实施|落实|执行|完成|承担|推进|办理|主体|主体责任|整改责任|整改|监管)"
        r"(?:单位|部门|主体|科室|处室|机构|地区|分工|方)(?:及分工|及责任人|(?:和|及|与|、|/)(?:责任)?(?:单位|部门))?"
        r"|责任(?:区县|区域|分解|落实|者|分配)?|(?:任务|职责|工作|部门)分工|分工|单位|部门|(?:牵头|责任).*(?:和|及|、|/).*(?:配合|协办|参与|责任).*(?:单位|部门)",
    ),
    (
        "measure",
        r".*(?:措施|举措|做法)(?:内容|清单|及要求|和要求)?|(?:工作|重点|主要|具体)任务(?:及|和)(?:工作)?要求|(?:主要|具体|重点|实施|建设|任务|整改|细化|详细|工作|项目|工程|治理|事项)?(?:工作)?内容(?:和要求|及要求|及措施|及目标|及规模)?"
        r"|(?:具体|细化|分项|分解|子|二级|三级|细分)(?:工作)?(?:任务|事项|目标|要求|工作|项目)(?:分解)?|工作(?:要点|要求|安排|事项|描述)|(?:目标)?任务(?:分解|描述|要求|细化|明细)"
        r"|具体要求|推进举措|任务(?:措施|清单)",
    ),
    (
        "category",
        r"(?:任务|工作|项目|措施)?(?:类别|类型|分类|领域|方面|板块|专项|大类|种类|要素)|污染要素|要素|大项|重点领域|(?:一级|二级)?(?:分类|目录)|.{0,4}(?:战役|攻坚战)(?:名称)?|章节|维度|(?:一级|所属)(?:任务|指标|领域|类别)|专项行动|攻坚行动",
    ),
    (
        "task",
        r"(?:主要|重点|目标|工作|年度|整改|重大|攻坚|总体|全年)*(?:目标)?(?:任务|工作|事项|项目)(?:名称|目标|内容|事项)?|工程名称"
        r"|(?:任务|项目|行动)(?:名称)?|(?:重点|主要|年度)(?:工程|行动|领域任务)|工作目标(?:任务|和任务|及任务)",
    ),
    ("goal", r".*(?:目标|指标|问题|要求)(?:内容|描述|表现|清单)?"),
)
_PATTERNS = tuple((column, re.compile(pattern, re.IGNORECASE)) for column, pattern in _WORDS)
_REMARK = re.compile(r"[（(\[【〔][^）)\]】〕]*[)）\]】〕]?")
_MEASURED = re.compile("指标|目标值|数量|工程量|规模")
FIRST_LEADS = re.compile("(?:首|第一|第1|前).{0,8}(?:牵头|主办|主责)")
# 责任单位（牵头） beside 责任单位（配合）.
_NOTED = re.compile(
    r"(?:责任|负责)(?:单位|部门)[（(](?:(?P<lead>牵头|主办)|配合|协办|参与)(?:单位|部门)?[)）]"
)
_LONGEST_NUMBER_HEAD = 8
# A head is short; what is longer is content.
LONGEST_HEAD = 18
_PERIOD = re.compile(
    r"(?:20\d\d年)?(?:第?[一二三四1-4]季度|\d{1,2}(?:[-—~]\d{1,2})?月份?|[上下]半年)(?:末|底)?"
)
# With its remark in brackets and the line breaks of a narrow column.
_LONGEST_CELL = 120


@lru_cache(maxsize=4096)
def column_of(head: str) -> Column | None:
    """What a column under this head holds; None where the words are not known."""
    text = fold(head).strip(":：*")
    if noted := _NOTED.fullmatch(text):
        return "lead" if noted["lead"] else "support"
    bare = _REMARK.sub("", text)
    for candidate in dict.fromkeys((bare, text)):
        # 2024年工作任务, 全市完成时限: the year and area say nothing about the kind.
        short = re.sub(
            r"^(?:20\d\d年?(?:度)?|(?:县区|区县|市县|街道|省|市|区|县|州|镇|乡)[级直]?|全[市区县]|本?年度?|属地)(?=.{2})",
            "",
            candidate,
        )
        for option in dict.fromkeys((candidate, short)):
            if not option or len(option) > LONGEST_HEAD:
                continue
            for column, pattern in _PATTERNS:
                if pattern.fullmatch(option):
                    return column
    return None


@dataclass(slots=True)
class Layout:
    """Columns of a table (from 0) by what they hold, and their heads as printed."""

    kinds: list[Column | None]
    names: list[str]
    rows: int = 1
    columns: dict[Column, list[int]] = field(default_factory=dict)
    # The heads as they are compared; the columns of parties and of what is kept beside, by kind and head.
    folded: list[str] = field(init=False)
    parties: dict[tuple[Column, str], list[int]] = field(init=False, default_factory=dict)
    beside: dict[str, list[int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for place, kind in enumerate(self.kinds):
            if kind is not None:
                self.columns.setdefault(kind, []).append(place)
            if kind in PARTIES and kind is not None:
                self.parties.setdefault((kind, self.names[place]), []).append(place)
            elif kind in ("extra", None):
                self.beside.setdefault(self.names[place] or f"第{place + 1}列", []).append(place)
        self.folded = [fold(name) for name in self.names]

    @property
    def width(self) -> int:
        return len(self.kinds)

    def name_of(self, kind: Column, missing: str) -> str:
        places = self.columns.get(kind)
        return self.names[places[0]] if places else missing


def _distinct(cells: list[Cell]) -> list[Cell]:
    return list({id(cell): cell for cell in cells if cell.text.strip()}.values())


def _is_short(text: str) -> bool:
    return len(_REMARK.sub("", fold(text))) <= LONGEST_HEAD


def _layout(names: list[str], kinds: list[Column | None], cells: list[Cell], rows: int) -> Layout | None:
    """A layout if these heads are those of a plan."""
    heads = _distinct(cells)
    if any(_MEASURED.search(name) for name in names):
        # 指标, 单位, 目标值: the unit that it is measured in.
        kinds = [None if fold(name) == "单位" else kind for name, kind in zip(names, kinds, strict=True)]
    known = {kind for kind in kinds if kind is not None}
    named = sum(1 for cell in heads if column_of(cell.text) is not None)
    if len(heads) < 2 or not all(_is_short(cell.text) for cell in heads) or named * 2 < len(heads):
        return None
    has_content = bool(known & {"task", "measure"}) or bool(
        known & {"category", "goal"} and known & set(PARTIES)
    )
    has_duty = bool(known & set(PARTIES)) or (
        bool(known & {"deadline"}) and bool(known & {"task", "measure"})
    )
    is_list = {"task", "measure"} <= known and "number" in known
    if not has_content or not (has_duty or is_list):
        return None
    return Layout(_levels(kinds, names), names, rows)


def _levels(kinds: list[Column | None], names: list[str]) -> list[Column | None]:
    """The kinds with one column for the task and one for the measure, the others beside them.

    The measure is in the last content column, the task in the one before it; 类别 in front of both stays a category. Goals are content only
    where there is nothing else.
    """
    result = list(kinds)
    content = [place for place, kind in enumerate(kinds) if kind in ("category", "task", "measure")]
    if not content:
        content = [place for place, kind in enumerate(kinds) if kind == "goal"]
    for place, kind in enumerate(kinds):
        if kind == "goal" and place not in content:
            result[place] = "extra"
    groups: list[list[int]] = []
    for place in content:
        # A head merged over several columns is one column.
        if groups and groups[-1][-1] == place - 1 and names[place - 1] == names[place]:
            groups[-1].append(place)
        else:
            groups.append([place])
    measures = [group for group in groups if kinds[group[0]] == "measure"]
    last = measures[-1] if measures else groups[-1]
    before = groups[: groups.index(last)]
    behind = groups[groups.index(last) + 1 :]
    if not groups[: groups.index(last)] and measures:
        # 督察整改清单: the problem is what the measures are for.
        asked = [
            place
            for place, kind in enumerate(kinds)
            if kind == "goal" and place < last[0] and "问题" in names[place]
        ]
        before = [asked[-1:]] if asked else before
    for group in groups:
        for place in group:
            result[place] = "category"
    for place in last:
        result[place] = "measure"
    for place in before[-1] if before else []:
        result[place] = "task"
    for group in behind:
        for place in group:
            result[place] = "task" if not before and kinds[place] in ("category", "task") else "extra"
    others = [place for place, kind in enumerate(kinds) if kind in PARTIES]
    for place in others:
        # 监管单位 beside 责任单位 looks on.
        if re.match("监管|监督|督导|督办|考核", names[place]) and len(others) > 1:
            result[place] = "extra"
    leads = [place for place, kind in enumerate(kinds) if kind == "lead"]
    if any("牵头" in names[place] for place in leads):
        # Beside a column 牵头部门, 主责单位 is who carries the work out.
        for place in leads:
            if "牵头" not in names[place]:
                result[place] = "units"
    return result


def layout_of(names: list[str]) -> Layout | None:
    """The layout of a head of one level with these words; None where they are no plan's."""
    cells = [Cell(name) for name in names]
    return _layout([_shown(name) for name in names], [column_of(name) for name in names], cells, 1)


def head_at(rows: list[Row], place: int) -> Layout | None:
    """The layout of a table whose head begins at `rows[place]`, under one or two levels; None where no plan's head stands."""
    top = rows[place].cells
    # Most rows are none: those with a number or a sentence in them need no further look.
    if rows[place].is_line or any(cell.text.isdigit() or len(cell.text) > _LONGEST_CELL for cell in top):
        return None
    if place + 1 < len(rows) and not rows[place + 1].is_line:
        two = _two_levels(top, rows[place + 1].cells)
        if two is not None:
            return two
    names = [cell.text for cell in top]
    return _layout([_shown(name) for name in names], [column_of(name) for name in names], top, 1)


def _shown(name: str) -> str:
    return "".join(name.split())


def _two_levels(top: list[Cell], below: list[Cell]) -> Layout | None:
    width = max(len(top), len(below))
    if width > len(top) and len(_distinct(top)) < 2:
        return None
    upper = top + [Cell()] * (width - len(top))
    lower = below + [Cell()] * (width - len(below))
    names: list[str] = []
    kinds: list[Column | None] = []
    own = 0
    over = Cell()
    for place in range(width):
        high, low = upper[place], lower[place]
        if high.text.strip():
            over = high
        if low is high or not low.text.strip() or fold(low.text) == fold(high.text):
            names.append(_shown(high.text))
            kinds.append(column_of(high.text))
            continue
        # Its head must be spread over columns: merged, or with nothing to its right.
        spread = not high.text.strip() or any(
            other != place and (upper[other] is high or not upper[other].text.strip())
            for other in (place - 1, place + 1)
            if 0 <= other < width
        )
        kind = column_of(low.text)
        if not spread or not _is_short(low.text) or re.search(r"[。；，]|\d{2}", low.text):
            return None
        own += 1
        over_kind = column_of(over.text)
        names.append(_shown(low.text if kind else over.text + low.text))
        joined = column_of(over.text + low.text)
        # 责任单位 over 牵头 and 配合; 完成时限 over 起 and 止; 责任单位 over 市级 and 区级.
        kinds.append(_finer(over_kind, kind, fold(low.text)) or joined or over_kind)
    if not own or not any(column_of(cell.text) for cell in _distinct(upper)):
        return None
    cells = [
        low if low.text.strip() and low is not high else high for high, low in zip(upper, lower, strict=True)
    ]
    known = [kind for kind in kinds if kind is not None]
    if len(known) < 2:
        return None
    return _layout_two(names, kinds, cells)


def _layout_two(names: list[str], kinds: list[Column | None], cells: list[Cell]) -> Layout | None:
    layout = _layout(names, kinds, cells, 2)
    if layout is not None:
        return layout
    # The lower heads may say nothing alone (市级, 区级): the upper ones have named the columns.
    named = sum(1 for kind in kinds if kind is not None)
    known = {kind for kind in kinds if kind is not None}
    if named * 2 >= len(kinds) and known & {"task", "measure"} and known & {*PARTIES, "deadline"}:
        return Layout(_levels(kinds, names), names, 2)
    return None


def _finer(over: Column | None, own: Column | None, low: str) -> Column | None:
    """The kind of a lower head under an upper one: dates stay dates, people stay people."""
    if over == "deadline" and _PERIOD.fullmatch(low):
        # What is to be done by then, quarter by quarter, is content and no deadline.
        return "extra"
    if over == "deadline" and own in (None, "extra"):
        return "starts" if low in ("起", "始", "自", "由") else "deadline"
    return own


def is_other_head(layout: Layout, row: Row) -> bool:
    """Whether a row is the head of a table of another kind: 序号 where a number should stand."""
    place = layout.columns.get("number", [-1])[0]
    text = row.cells[place].text if 0 <= place < len(row.cells) else ""
    return 0 < len(text) <= _LONGEST_NUMBER_HEAD and not text.isdigit() and column_of(text) == "number"


def is_same_head(layout: Layout, row: Row) -> bool:
    """Whether a row repeats (a line of) the head, as at the top of a page."""
    cells = _distinct(row.cells)
    if len(cells) < 2:
        return False
    # One may be another, where there are three and more. Most rows show with their first cells that they are no head.
    others = min(1, len(cells) - 2)
    for cell in cells:
        text = fold(cell.text)
        if not (any(name.startswith(text) for name in layout.folded) if text else "" in layout.folded):
            others -= 1
        if others < 0:
            return False
    return True
