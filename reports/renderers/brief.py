"""领导专报 as PDF: one page, whatever there is to say (reports/papers/brief.py has the shape of document["brief"]).

All heights are reckoned here before anything is laid out. The page is set in the roomiest of LEVELS that it has room for;
at the last one, names are cut short and what is over is left to the bulletin.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from reports.renderers.drawing import drawing
from reports.renderers.engine import template_pdf
from reports.renderers.fonts import FontStack
from reports.renderers.layout import points
from reports.renderers.lights import LIGHT_NAMES
from reports.renderers.paper_text import Block, Setting
from reports.renderers.typeset import LOOSEST_CELL
from xigang_eco.dates import chinese_date

# The page inside its margins (templates/papers/brief.css), less a hair for rounding.
WIDTH_MM, PAGE_PT = 165, points(261) - 3
SIDE_MM, RULE_PT = 1.2, 0.5
TITLE_PT, PARTIES_PT, BAND_PT, COUNTS_PT, SECTION_PT, CAPTION_PT = 36, 24, 56, 24, 23, 22
# The charts are as wide as the page.
PIXEL_PT = 0.65
SOURCE_SIZE, SOURCE_PITCH = 8.5, 12
GAP_MM = 4


@dataclass(frozen=True)
class Level:
    """How small the tables are set: type, line and padding in points, lines of a task's name and of a cell that lags.

    `wide`: the tasks in one column, otherwise in two. `chart`: of the charts' height. `rows`: of tasks in a column, at most.
    """

    size: float
    pitch: float
    pad: float
    task_lines: int
    lines: int
    wide: bool = True
    chart: float = 1
    rows: int = 1000


LEVELS = (
    Level(10.5, 15, 3, 9, 4),
    Level(10, 13.5, 2, 9, 4),
    Level(9.5, 12.5, 2, 9, 4),
    Level(9, 12, 1.5, 9, 4),
    Level(9, 12, 1.5, 2, 3),
    Level(9, 12, 1, 2, 3),
    Level(9, 12, 1.5, 2, 2),
    Level(9, 12, 1, 2, 2),
    Level(9, 12, 2, 3, 3, wide=False),
    Level(9, 12, 1.5, 3, 2, wide=False),
    Level(8.5, 11, 1, 2, 2, wide=False),
    Level(8, 9.5, 0.5, 2, 2, wide=False, chart=0.85),
    Level(8, 9.5, 0.5, 2, 1, wide=False, chart=0.75),
    Level(7.5, 9, 0.5, 2, 1, wide=False, chart=0.7),
    Level(8, 9.5, 0.5, 1, 1, wide=False, chart=0.75),
    Level(7.5, 9, 0.5, 1, 1, wide=False, chart=0.6, rows=30),
)
# Millimetres of the columns: of the tasks in one column and in two, of those that lag.
TASKS_WIDE, TASKS_HALF = (11, 81, 30, 43), (9.5, 37, 13, 21)
BEHIND = (10, 53, 33, 29, 40)


@dataclass(frozen=True)
class Row:
    cells: list[dict[str, Any]]
    height: float


@dataclass(frozen=True)
class Table:
    """`widths` and `width` as a style sheet says them; the head is a row like the others."""

    widths: list[str]
    width: str
    head: Row
    rows: list[Row]

    @property
    def height(self) -> float:
        return self.head.height + sum(row.height for row in self.rows) + RULE_PT


@dataclass(frozen=True)
class Page:
    """What a level makes of the tables."""

    level: Level
    tasks: list[Table]
    behind: Table | None
    left_out: int

    @property
    def height(self) -> float:
        return max(table.height for table in self.tasks) + (self.behind.height if self.behind else 20)


def brief_pdf(document: dict[str, Any], *, font_dir: str = "") -> bytes:
    """The PDF of the page that a bulletin's document carries; the same document gives the same bytes.

    What no font prints becomes 〓. Raises FontError.
    """
    stack = FontStack(document["fonts"], font_dir)
    return template_pdf("papers", "brief", _context(document, Setting(stack)), stack)


def _context(document: dict[str, Any], setting: Setting) -> dict[str, Any]:
    brief = document["brief"]
    page = fitted(brief, setting)
    drawn = _drawn(brief)
    return {
        "title": brief["title"],
        "issuer": brief["issuer"],
        "dated": document["dated"],
        "marks": "　".join(document["marks"]),
        "heading": setting.line(brief["title"], face="title"),
        "left": setting.text(brief["issuer"], width=120, size=12, most=1).html,
        "right": setting.line(chinese_date(brief["dated_on"])),
        "figures": [_figure(figure, setting) for figure in brief["figures"]],
        "counts": _counts(brief, setting),
        "sections": [
            setting.line(text, face="hei")
            for text in (
                f"一、{len(brief['tasks'])}项目标任务进展",
                f"二、进展最慢的工作措施{_of(brief)}",
            )
        ],
        "level": page.level,
        "tasks": page.tasks,
        "tasks_height": max(table.height for table in page.tasks),
        "left_out": setting.line(f"另有{page.left_out}项目标任务见通报附件。") if page.left_out else "",
        "behind": page.behind,
        "nothing": setting.line("本季度没有进展滞后或慢于序时进度的工作措施。"),
        "charts": [
            {
                "caption": setting.line(chart["caption"], face="hei"),
                "svg": drawing(
                    chart["option"], chart["width"], chart["height"], setting.stack, told=chart["caption"]
                ),
                "width": f"{chart['width'] * PIXEL_PT * page.level.chart:.1f}pt",
                "height": f"{drawn * page.level.chart:.1f}pt",
            }
            for chart in brief["charts"]
        ],
        "notice": setting.line("（图形未能生成）"),
        "source": _source(brief, setting).html,
    }


def fitted(brief: dict[str, Any], setting: Setting) -> Page:
    """The tables at the roomiest level at which the page has room for everything; at the last level it always has."""
    pages = (_page(brief, level, setting) for level in LEVELS)
    return next(
        page for page in pages if height_of(page, brief, setting) <= PAGE_PT or page.level is LEVELS[-1]
    )


def height_of(page: Page, brief: dict[str, Any], setting: Setting) -> float:
    """What everything takes, in points."""
    fixed = TITLE_PT + PARTIES_PT + BAND_PT + COUNTS_PT + 2 * SECTION_PT + CAPTION_PT
    source = _source(brief, setting).count * SOURCE_PITCH + 6
    return fixed + page.height + _drawn(brief) * page.level.chart + source


def _drawn(brief: dict[str, Any]) -> float:
    """The charts' full height in points."""
    return float(max(chart["height"] for chart in brief["charts"]) * PIXEL_PT)


def _source(brief: dict[str, Any], setting: Setting) -> Block:
    return setting.text(brief["source"], width=WIDTH_MM, size=SOURCE_SIZE, loosest=LOOSEST_CELL)


def _of(brief: dict[str, Any]) -> str:
    shown, count = len(brief["behind"]), brief["behind_count"]
    return (
        f"（黄灯、红灯共{count}项，列差距最大的{shown}项）"
        if count > shown
        else f"（{count}项）"
        if count
        else ""
    )


def _figure(figure: list[str], setting: Setting) -> dict[str, SafeString]:
    name, value, note = figure
    return {
        "name": setting.line(name),
        "value": setting.line(value, face="hei"),
        "note": setting.text(note, width=WIDTH_MM / 5 - 1, size=8.5, most=1, loosest=LOOSEST_CELL).html,
    }


def _counts(brief: dict[str, Any], setting: Setting) -> list[dict[str, Any]]:
    """The lights with their words: those that occur."""
    return [
        {
            "light": row["light"],
            "html": setting.line(f"{LIGHT_NAMES[row['light']]} {row['word']} {row['count']}项"),
        }
        for row in brief["lights"]
        if row["count"]
    ]


def _page(brief: dict[str, Any], level: Level, setting: Setting) -> Page:
    tasks = brief["tasks"]
    half = len(tasks) if level.wide else (len(tasks) + 1) // 2
    parts = [part for part in (tasks[:half], tasks[half:]) if part] or [[]]
    shown = [part[: level.rows] for part in parts]
    behind = [_behind_row(row, level, setting) for row in brief["behind"]]
    heads = ("序号", "工作措施", "进展情况", "责任单位", "存在问题")
    return Page(
        level=level,
        tasks=[_tasks_table(part, level, setting) for part in shown],
        behind=_table(BEHIND, heads, behind, level, setting) if behind else None,
        left_out=len(tasks) - sum(len(part) for part in shown),
    )


def _tasks_table(tasks: list[dict[str, Any]], level: Level, setting: Setting) -> Table:
    widths = TASKS_WIDE if level.wide else TASKS_HALF
    heads = ("序号", "目标任务", "完成比例／序时" if level.wide else "比例", "进展")
    rows = []
    for task in tasks:
        figure = f"{task['percent']}／{task['expected']}" if level.wide else task["percent"]
        red = f"（红灯{task['red']}项）" if level.wide and task["red"] else ""
        texts = (str(task["number"]), task["title"], figure, f"{task['word']}{red}")
        rows.append(
            _row(
                texts, widths, level, setting, most=level.task_lines, light=(3, task["light"]), centred=(0, 2)
            )
        )
    return _table(widths, heads, rows, level, setting)


def _behind_row(row: dict[str, Any], level: Level, setting: Setting) -> Row:
    value = f"{row['word']}{'，' if row['value'] else ''}{row['value']}"
    texts = (str(row["number"]), row["measure"], value, row["units"], row["problem"])
    # A figure that is cut short would be another figure.
    return _row(texts, BEHIND, level, setting, most=level.lines, light=(2, row["light"]), uncut=2)


def _table(
    widths: tuple[float, ...], heads: tuple[str, ...], rows: list[Row], level: Level, setting: Setting
) -> Table:
    head = _row(heads, widths, level, setting, most=1, face="hei")
    return Table([f"{width}mm" for width in widths], f"{sum(widths)}mm", head, rows)


def _row(
    texts: tuple[str, ...],
    widths: tuple[float, ...],
    level: Level,
    setting: Setting,
    *,
    most: int,
    light: tuple[int, str] = (-1, ""),
    centred: tuple[int, ...] = (0,),
    uncut: int = -1,
    face: str = "fang",
) -> Row:
    """`most`: lines of a cell, but for the one at `uncut`; `light`: which cell begins with the dot of which light."""
    blocks: list[Block] = []
    for place, (text, width) in enumerate(zip(texts, widths, strict=True)):
        # The dot with its blank is a character wide.
        dot = level.size * 0.36 if place == light[0] else 0
        blocks.append(
            setting.text(
                text,
                width=width - 2 * SIDE_MM - dot,
                size=level.size,
                face=face,
                loosest=LOOSEST_CELL,
                most=None if place == uncut else most,
            )
        )
    lines = max(block.count for block in blocks)
    cells = [
        {
            "html": format_html('<span class="dot dot-{}"></span>{}', light[1], block.html)
            if place == light[0]
            else block.html,
            "center": place in centred,
        }
        for place, block in enumerate(blocks)
    ]
    return Row(cells, lines * level.pitch + 2 * level.pad + RULE_PT)
