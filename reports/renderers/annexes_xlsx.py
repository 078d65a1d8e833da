"""The annexes of a frozen bulletin as an Excel workbook: to print as they are, and to count with."""

import re
from dataclasses import replace
from io import BytesIO
from itertools import groupby
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from reports.renderers.appendix import NOTHING
from reports.renderers.lights import LIGHT_NAMES
from reports.renderers.matrix import COUNTS, LATE, NOBODY, STATES
from reports.renderers.properties import property_parts
from reports.renderers.zipped import rezip
from xigang_eco.sheets import (
    FILLS,
    HEAD,
    NOTE,
    TEXT,
    WORD,
    Look,
    Page,
    count_lines,
    height_of,
)

MEASURE_HEADS = (
    "序号",
    "目标任务",
    "措施序号",
    "工作措施",
    "责任单位",
    "进展情况",
    "完成比例",
    "状态",
    "进展灯",
)
# In characters of the default font, 7 pixels each.
MEASURE_WIDTHS = (5, 15, 6, 32, 19, 54, 9, 12, 8)
_TOLD = 6
_HEAD_ROW = 3
_NUMBER_WIDTH, _UNIT_WIDTH, _COUNT_WIDTH, _STATE_WIDTH = 5, 20, 7, 6.5
_STATES_ON_PAGE = 24
# How well a unit's duty is reported: the colours of the lights say it here, too, beside the word.
_STATE_FILLS = {
    "approved": FILLS["green"],
    "submitted": FILLS["blue"],
    "unreviewed": FILLS["blue"],
    "returned": FILLS["yellow"],
    "unmended": FILLS["yellow"],
    "missing": FILLS["grey"],
    "overdue": FILLS["red"],
}
_NOTE = f"注：{LATE}为逾期报送；空格表示该单位不承担此项措施；措施序号同附件1。"
_TITLE = Look(bold=True, size=18, centred=True, grid=False)
_LABEL = Look(size=12, grid=False, wrapped=False)
_CAPTION = Look(bold=True, size=11, centred=True, grid=False)
_PERCENT = re.compile(r"(\d+)(?:\.(\d+))?%")
# A column of the data sheet is so many characters wide for a millimetre of the printed table.
_WIDTH_PER_MM = 0.62


def annexes_xlsx(document: dict[str, Any], *, font_dir: str = "") -> bytes:
    """The workbook of a bulletin's annexes. The same document gives the same bytes; `font_dir` is not needed."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = "附件1"
    _write_measures(_Annex(first, document, 1, document["appendix"]["title"]), document["appendix"]["rows"])
    number = 2
    if "matrix" in document:
        _write_matrix(
            _Annex(book.create_sheet("附件2"), document, 2, document["matrix"]["title"]), document["matrix"]
        )
        number = 3
    charts = document["charts"]
    _write_charts(
        _Annex(book.create_sheet(f"附件{number} 数据"), document, number, charts["title"]), charts["parts"]
    )
    stream = BytesIO()
    book.save(stream)
    return rezip(stream.getvalue(), property_parts(document))


class _Annex:
    """The sheet of an annex: its label and title above, the bulletin's name and marks on every page."""

    def __init__(self, sheet: Worksheet, document: dict[str, Any], number: int, title: str) -> None:
        self.page = Page(sheet)
        self.label, self.title = f"附件{number}", title
        self.header = document["title"].replace("\n", "")
        marks = [*document["marks"], document["head"]["document_number"]]
        self.foot = "  ".join(mark for mark in marks if mark)

    def open(self, columns: int) -> None:
        self.page.put(1, 1, self.label, _LABEL)
        self.page.put(2, 1, self.title, _TITLE)
        self.page.span(2, 2, 1, columns, NOTE)
        self.page.set_height(1, 20)
        self.page.set_height(2, 34)

    def heads(self, row: int, heads: list[str] | tuple[str, ...], height: float = height_of(2)) -> None:
        for column, head in enumerate(heads, 1):
            self.page.put(row, column, head, HEAD)
        self.page.set_height(row, height)

    def close(self, *, head_row: int, last_row: int, last_column: int) -> None:
        self.page.set_up(
            head_row=head_row, last_row=last_row, last_column=last_column, left=self.foot, header=self.header
        )

    def nothing(self, row: int, columns: int, text: str) -> None:
        self.page.put(row, 1, text, WORD)
        self.page.span(row, row, 1, columns, WORD)
        self.page.set_height(row, 40)


# --- 附件1 -----------------------------------------------------------------------------------------
def _write_measures(annex: _Annex, rows: list[dict[str, Any]]) -> None:
    page, columns = annex.page, len(MEASURE_HEADS)
    page.set_widths(MEASURE_WIDTHS)
    annex.open(columns)
    annex.heads(_HEAD_ROW, MEASURE_HEADS)
    row = _HEAD_ROW + 1
    for _, group in groupby(rows, key=lambda item: item["task_number"]):
        row = _write_task(page, row, list(group))
    if not rows:
        annex.nothing(row, columns, NOTHING)
        row += 1
    annex.close(head_row=_HEAD_ROW, last_row=row - 1, last_column=columns)


def _write_task(page: Page, first: int, rows: list[dict[str, Any]]) -> int:
    """The measures of a task from row `first`, number and title merged over all of them. Returns the next free row."""
    task = rows[0]["task"]
    row = first
    for item in rows:
        row = _write_measure(page, row, item, count_lines(task, MEASURE_WIDTHS[1]) if row == first else 0)
    several = row > first + 1
    number, title = replace(WORD, on_top=several), replace(TEXT, on_top=several)
    page.put_number(first, 1, rows[0]["task_number"], number)
    page.span(first, row - 1, 1, 1, number)
    page.put(first, 2, task, title)
    page.span(first, row - 1, 2, 2, title)
    return row


def _write_measure(page: Page, first: int, item: dict[str, Any], task_lines: int) -> int:
    """A measure: a row for each piece of 进展情况, everything else merged over them. `task_lines`: of the task's title."""
    units = f"{item['units']}\n（牵头：{item['lead']}）" if item["lead"] else item["units"]
    *percent, state = item["value"]
    light = item["light"]
    whole = {
        4: (item["measure"], TEXT),
        5: (units, TEXT),
        8: (state, WORD),
        9: (LIGHT_NAMES[light], replace(WORD, fill=FILLS[light])),
    }
    last = page.put_entries(first, _TOLD, item["progress"] or ["—"], whole, MEASURE_WIDTHS, least=task_lines)
    word = replace(WORD, on_top=last > first)
    page.put_number(first, 3, item["number"], word)
    page.span(first, last, 3, 3, word)
    put_value(page, first, 7, percent[0] if percent else "", word)
    page.span(first, last, 7, 7, word)
    return last + 1


def put_value(page: Page, row: int, column: int, text: str, look: Look) -> None:
    """A number as a number, a percentage as one that Excel shows as the bulletin does, anything else as text."""
    if found := _PERCENT.fullmatch(text):
        places = len(found[2] or "")
        shown = f"0.{'0' * places}%" if places else "0%"
        page.put_number(
            row, column, round(float(text[:-1]) / 100, places + 2), replace(look, number_format=shown)
        )
    elif text.isascii() and text.isdigit():
        page.put_number(row, column, int(text), look)
    else:
        page.put(row, column, text, look)


# --- 附件2 -----------------------------------------------------------------------------------------
def _write_matrix(annex: _Annex, matrix: dict[str, Any]) -> None:
    page, measures = annex.page, matrix["measures"]
    heads = [
        "序号",
        "责任单位",
        *(name.replace("\n", "") for _, name in COUNTS),
        *(f"措施{n}" for n in measures),
    ]
    page.set_widths(
        [_NUMBER_WIDTH, _UNIT_WIDTH, *(_COUNT_WIDTH for _ in COUNTS), *(_STATE_WIDTH for _ in measures)]
    )
    # A title over columns that several pages share would be torn: it stands over those of the first.
    annex.open(min(len(heads), 2 + len(COUNTS) + _STATES_ON_PAGE))
    annex.heads(_HEAD_ROW, heads)
    row = _HEAD_ROW + 1
    for number, unit in enumerate(matrix["rows"], 1):
        page.put_number(row, 1, number, WORD)
        page.put(row, 2, unit["unit"], TEXT)
        for column, (key, _) in enumerate(COUNTS, 3):
            page.put_number(row, column, unit[key], WORD)
        for column, cell in enumerate(unit["cells"], 3 + len(COUNTS)):
            _put_state(page, row, column, cell)
        page.set_height(row, height_of(max(2, count_lines(unit["unit"], _UNIT_WIDTH))))
        row += 1
    if matrix["rows"]:
        _total(page, row, matrix, len(heads))
        row += 1
        page.put(row, 1, _NOTE, replace(NOTE, wrapped=False))
    else:
        annex.nothing(row, len(heads), NOBODY)
    annex.close(head_row=_HEAD_ROW, last_row=row, last_column=len(heads))
    # A plan of many measures takes several pages beside each other rather than letters nobody can read.
    page.sheet.page_setup.fitToWidth = max(1, -(-len(measures) // (_STATES_ON_PAGE + len(COUNTS))))
    page.sheet.print_title_cols = "A:B"
    page.sheet.freeze_panes = f"C{_HEAD_ROW + 1}"


def _put_state(page: Page, row: int, column: int, cell: dict[str, str] | None) -> None:
    if cell is None:
        page.put(row, column, "", WORD)
        return
    _, word, _ = STATES[cell["filing"]]
    # Without the mark that the PDF prints above the word, 未报 alone would not say whether it is late.
    text = "逾期\n未报" if cell["filing"] == "overdue" else word
    page.put(
        row,
        column,
        f"{text}\n{LATE}" if cell["late"] else text,
        replace(WORD, fill=_STATE_FILLS[cell["filing"]]),
    )


def _total(page: Page, row: int, matrix: dict[str, Any], columns: int) -> None:
    bold = replace(WORD, bold=True)
    for column in range(1, columns + 1):
        page.put(row, column, "合计" if column == 2 else "", bold)
    for column, (key, _) in enumerate(COUNTS, 3):
        page.put_number(row, column, sum(unit[key] for unit in matrix["rows"]), bold)
    page.set_height(row, height_of(1))


# --- 附件3 -----------------------------------------------------------------------------------------
def _write_charts(annex: _Annex, parts: list[dict[str, Any]]) -> None:
    """The figures of the charts, one table below the other, each on a page of its own."""
    page = annex.page
    columns = max(len(part["head"]) for part in parts)
    widths = [
        max(part["widths"][column] for part in parts if column < len(part["widths"])) * _WIDTH_PER_MM
        for column in range(columns)
    ]
    page.set_widths(widths)
    annex.open(columns)
    row = _HEAD_ROW
    for number, part in enumerate(parts):
        if number:
            page.sheet.row_breaks.append(Break(id=row))
            row += 2
        page.put(row, 1, part["caption"], _CAPTION)
        page.span(row, row, 1, len(part["head"]), _CAPTION)
        page.set_height(row, 22)
        annex.heads(row + 1, part["head"])
        row += 1
        for values in part["rows"]:
            row += 1
            for column, value in enumerate(values, 1):
                put_value(page, row, column, value, TEXT if column - 1 == part["text"] else WORD)
            page.set_height(
                row, height_of(max(count_lines(v, w) for v, w in zip(values, widths, strict=False)))
            )
    annex.close(head_row=2, last_row=row, last_column=columns)
