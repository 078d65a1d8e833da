"""The table of measures on landscape pages, broken by hand.

A row of this table may be longer than a page, and its first two columns run over several rows: so that every page closes its
rules and names the task and the measure it goes on with, rows are cut here, line by line, and each page is a table of its
own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import mark_safe

from reports.renderers.fonts import FontStack
from reports.renderers.layout import (
    LINE_PT,
    PAD_PT,
    RULE_PT,
    TABLE_GAP_PT,
    TABLE_LINE_PT,
    WIDE_PT,
    Column,
)
from reports.renderers.lights import LIGHT_NAMES
from reports.renderers.lines import Title, cell_lines, html
from reports.renderers.typeset import line_html, under_each_other

COLUMNS = (
    Column("number", ("序号",), 10),
    Column("task", ("目标任务",), 26),
    Column("measure", ("工作措施",), 50),
    Column("units", ("责任单位",), 32),
    Column("progress", ("进展情况",), 72),
    Column("value", ("完成比例", "（状态）"), 21),
    Column("light", ("进展灯",), 14),
)
NOTHING = "本计划没有工作措施。"
# A row begins at the foot of a page only with so many lines, and goes over with no fewer.
LEAST_LINES = 4
# A row that is no longer than this is not cut at all.
UNCUT_LINES = 10
CONTINUED = "（续）"
CUT = "……"
_HEAD_PT = max(len(column.head) for column in COLUMNS) * TABLE_LINE_PT + 2 * PAD_PT + 2 * RULE_PT
# Of a task's name: below an annex's own heading there are some eight lines fewer than on other pages.
_LINES_OF_NAME = int((WIDE_PT - _HEAD_PT - 2 * PAD_PT - RULE_PT) // TABLE_LINE_PT) - 8
_LINES_OF_NAME_AGAIN = 8


@dataclass
class Slice:
    """What of a measure stands on one page: column → lines of HTML. `cut`: it goes on from or to another page."""

    task_number: int
    cells: dict[str, list[str]]
    light: str
    cut: bool
    lines: int
    rowspan: int = 0


@dataclass
class Page:
    slices: list[Slice] = field(default_factory=list)
    used: float = 0


def sheets(rows: list[dict[str, Any]], name: Title, stack: FontStack) -> list[dict[str, Any]]:
    """What the template prints on each page of the table: its columns, its rows, and whether it `opens` the annex."""
    used = 2 * LINE_PT + name.height + TABLE_GAP_PT
    columns = [
        {
            "width": f"{column.width}mm",
            "html": html(line for part in column.head for line in cell_lines(part, stack, face="hei")),
        }
        for column in COLUMNS
    ]
    pages = table_pages(rows, stack, first_room=WIDE_PT - used) or [Page()]
    return [
        {
            "columns": columns,
            "opens": number == 0,
            "rows": [
                {
                    "rowspan": part.rowspan,
                    "light_mark": part.light,
                    "cut": part.cut,
                    **{key: mark_safe(under_each_other(lines)) for key, lines in part.cells.items()},  # noqa: S308 - line_html escapes
                }
                for part in page.slices
            ],
        }
        for number, page in enumerate(pages)
    ]


def table_pages(rows: list[dict[str, Any]], stack: FontStack, *, first_room: float) -> list[Page]:
    """The pages of the table; the first has `first_room` points below its heading."""
    pages = [Page()]
    room = first_room - _HEAD_PT
    for row in rows:
        cells = _cells(row, stack)
        count = max(len(lines) for key, lines in cells.items() if key != "task")
        done = 0
        while done < count:
            page = pages[-1]
            opens = not any(part.task_number == row["task_number"] for part in page.slices)
            # The name of the task must fit beside what of the task is on this page.
            least = len(_name(cells, bool(done) or _known(pages[:-1], row))) if opens else 0
            fits = int((room - page.used - 2 * PAD_PT - RULE_PT) // TABLE_LINE_PT)
            take = _take(count - done, fits, least, fresh=not page.slices, whole=not done)
            if not take:
                pages.append(Page())
                room = WIDE_PT - _HEAD_PT
                continue
            part = _slice(row, cells, done, done + take, count, goes_on=_known(pages[:-1], row))
            part.lines = max(take, least)
            page.slices.append(part)
            page.used += part.lines * TABLE_LINE_PT + 2 * PAD_PT + RULE_PT
            done += take
    for page in pages:
        _merge(page)
    return [page for page in pages if page.slices]


def _take(rest: int, fits: int, least: int, *, fresh: bool, whole: bool) -> int:
    """How many of `rest` lines go on a page where `fits` would; 0: begin a new page."""
    if max(rest, least) <= fits:
        return rest
    if fresh:
        # No fewer than LEAST_LINES are left for the next page.
        return max(min(rest, fits, max(rest - LEAST_LINES, LEAST_LINES)), 1)
    if fits < max(LEAST_LINES, least) or (whole and rest <= UNCUT_LINES):
        return 0
    take = min(fits, rest - LEAST_LINES)
    return take if take >= LEAST_LINES else 0


def _known(pages: Iterable[Page], row: dict[str, Any]) -> bool:
    return any(part.task_number == row["task_number"] for page in pages for part in page.slices)


def _cells(row: dict[str, Any], stack: FontStack) -> dict[str, list[str]]:
    """Column → its text, set in lines."""
    widths = {column.key: column.width for column in COLUMNS}

    def column(key: str, paragraphs: Iterable[str]) -> list[str]:
        return [
            line_html(line)
            for paragraph in paragraphs
            for line in cell_lines(paragraph, stack, width=widths[key])
        ]

    units = [row["units"]]
    if row["lead"]:
        units.append(f"（牵头：{row['lead']}）")
    return {
        "number": [line_html(line) for line in cell_lines(str(row["task_number"]), stack)],
        "task": column("task", [row["task"]]),
        "measure": column("measure", [f"{row['number']}.{row['measure']}"]),
        "units": column("units", units),
        "progress": column("progress", row["progress"]),
        "value": column("value", row["value"]),
        "light": [line_html(line) for line in cell_lines(LIGHT_NAMES[row["light"]], stack)],
    }


def _slice(
    row: dict[str, Any], cells: dict[str, list[str]], start: int, stop: int, count: int, *, goes_on: bool
) -> Slice:
    cut = start > 0 or stop < count
    parts = {key: lines[start:stop] for key, lines in cells.items() if key not in ("number", "task")}
    if start:
        for key in ("value", "light"):
            parts[key] = []
        if not parts["measure"]:
            parts["measure"] = [f"{row['number']}.{CONTINUED}"]
    parts["number"] = cells["number"]
    parts["task"] = _name(cells, goes_on)
    return Slice(row["task_number"], parts, row["light"] if not start else "", cut, stop - start)


def _name(cells: dict[str, list[str]], goes_on: bool) -> list[str]:
    """The lines of the task's name on one page. One that no page has room for is cut, visibly, and short where it only goes on."""
    most = _LINES_OF_NAME_AGAIN if goes_on else _LINES_OF_NAME
    lines = cells["task"]
    if len(lines) > most:
        lines = [*lines[: most - 1], CUT]
    return [*lines, CONTINUED] if goes_on else lines


def _merge(page: Page) -> None:
    """Number and name of a task stand once for all its rows on the page."""
    first: Slice | None = None
    for part in page.slices:
        if first and first.task_number == part.task_number:
            first.rowspan += 1
        else:
            first, part.rowspan = part, 1
