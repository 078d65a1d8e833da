"""The ledger as an Excel workbook, ready to print: data in, bytes out, no query.

A text too long for the tallest row that Excel knows (409 points) goes on in the next row (see xigang_eco/sheets.py).
"""

from dataclasses import replace
from io import BytesIO
from itertools import groupby

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from reports.ledger import Ledger, LedgerRow
from reports.renderers.lights import LIGHT_NAMES
from reports.renderers.properties import APPLICATION
from tasks.rules import Light
from xigang_eco.sheets import (
    FILLS,
    HEAD,
    NOTE,
    TEXT,
    WORD,
    Look,
    Page,
    clean,
    count_lines,
    height_of,
    width_for,
)

HEADS = ("序号", "目标任务", "工作措施", "责任单位", "进展情况", "完成比例/状态", "进展灯", "填报")
# In characters of the default font, 7 pixels each.
WIDTHS = (5, 15, 34, 20, 56, 12, 8, 11)
# 完成时限, right of 责任单位 where the plan prints any.
DUE_HEAD, DUE_WIDTH = "完成时限", 12
_DUE, _TOLD = 5, 5
_HEAD_ROW = 3
_MATRIX_COLUMNS_ON_PAGE = 24
_UNIT_WIDTH = 18


def ledger_xlsx(ledger: Ledger) -> bytes:
    """The workbook: the ledger, and behind it units × measures where there are any."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "台账"
    _write_ledger(Page(sheet), ledger)
    if ledger.matrix:
        _write_matrix(Page(book.create_sheet("单位对照")), ledger)
    book.properties.title = clean(ledger.title)
    book.properties.creator = APPLICATION
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


# --- the ledger -----------------------------------------------------------------------------------
def _write_ledger(page: Page, ledger: Ledger) -> None:
    heads: list[str] = list(HEADS)
    widths: list[float] = list(WIDTHS)
    widths[1] = width_for(widths[1], {row.task for row in ledger.rows})
    if ledger.has_dues:
        heads.insert(_DUE - 1, DUE_HEAD)
        widths.insert(_DUE - 1, width_for(DUE_WIDTH, (row.due for row in ledger.rows)))
    page.set_widths(widths)
    columns = len(heads)
    page.put(1, 1, ledger.title, Look(bold=True, size=18, centred=True, grid=False))
    page.span(1, 1, 1, columns, NOTE)
    page.set_height(1, 34)
    notes = _marked(ledger, ledger.notes)
    page.put(2, 1, notes, NOTE)
    page.span(2, 2, 1, columns, NOTE)
    page.set_height(2, height_of(count_lines(notes, sum(widths))))
    for column, head in enumerate(heads, 1):
        page.put(_HEAD_ROW, column, head, HEAD)
    page.set_height(_HEAD_ROW, 24)
    row = _HEAD_ROW + 1
    for task, group in groupby(ledger.rows, key=lambda item: item.task):
        row = _write_task(page, row, task, list(group), widths)
    if not ledger.rows:
        page.put(row, 1, "没有符合条件的措施。", WORD)
        page.span(row, row, 1, columns, WORD)
        page.set_height(row, 40)
        row += 1
    page.set_up(head_row=_HEAD_ROW, last_row=row - 1, last_column=columns, left=ledger.sample)


def _write_task(page: Page, first: int, task: str, rows: list[LedgerRow], widths: list[float]) -> int:
    """The measures of one task from row `first`, its title merged over all of them. Returns the next free row."""
    row = first
    for item in rows:
        row = _write_measure(page, row, item, count_lines(task, widths[1]) if row == first else 0, widths)
    look = replace(TEXT, on_top=row > first + 1)
    page.put(first, 2, task, look)
    page.span(first, row - 1, 2, 2, look)
    return row


def _write_measure(page: Page, first: int, item: LedgerRow, task_lines: int, widths: list[float]) -> int:
    """One measure: a row for each piece of 进展情况, everything else merged over them. `task_lines`: of the task's title."""
    shift = len(widths) - len(WIDTHS)
    units = f"{item.units_text}\n〔牵头：{item.lead}〕" if item.lead else item.units_text
    whole = {
        3: (item.text, TEXT),
        4: (units, TEXT),
        **({_DUE: (item.due, TEXT)} if shift else {}),
        6 + shift: (item.state, WORD),
        7 + shift: (LIGHT_NAMES[item.light], replace(WORD, fill=FILLS[item.light])),
        8 + shift: (item.filing, WORD),
    }
    last = page.put_entries(first, _TOLD + shift, item.entries or ("—",), whole, widths, least=task_lines)
    number = replace(WORD, on_top=last > first)
    page.put_number(first, 1, item.number, number)
    page.span(first, last, 1, 1, number)
    return last + 1


# --- units × measures -----------------------------------------------------------------------------
def _write_matrix(page: Page, ledger: Ledger) -> None:
    page.set_widths([_UNIT_WIDTH, *(8.5 for _ in ledger.numbers)])
    legend = "，".join(f"{name}{Light(light).label}" for light, name in LIGHT_NAMES.items())
    flat = replace(NOTE, wrapped=False)
    page.put(1, 1, f"{ledger.title}：单位对照", replace(flat, bold=True, size=14))
    page.put(2, 1, _marked(ledger, f"每格上为填报状态，下为进展灯：{legend}"), flat)
    page.put(_HEAD_ROW, 1, "责任单位", HEAD)
    for column, number in enumerate(ledger.numbers, 2):
        page.put(_HEAD_ROW, column, f"措施{number}", HEAD)
    for row, height in ((1, 28), (2, 20), (_HEAD_ROW, 22)):
        page.set_height(row, height)
    for row, line in enumerate(ledger.matrix, _HEAD_ROW + 1):
        page.put(row, 1, line.unit, TEXT)
        for column, item in enumerate(line.cells, 2):
            if item is None:
                page.put(row, column, "", WORD)
            else:
                text = f"{item.filing}\n{LIGHT_NAMES[item.light]}"
                page.put(row, column, text, replace(WORD, fill=FILLS[item.light]))
        page.set_height(row, height_of(max(2, count_lines(line.unit, _UNIT_WIDTH))))
    page.set_up(
        head_row=_HEAD_ROW,
        last_row=_HEAD_ROW + len(ledger.matrix),
        last_column=len(ledger.numbers) + 1,
        left=ledger.sample,
    )
    # A plan of many measures takes several pages beside each other rather than letters nobody can read.
    page.sheet.page_setup.fitToWidth = -(-len(ledger.numbers) // _MATRIX_COLUMNS_ON_PAGE)
    page.sheet.print_title_cols = "A:A"
    page.sheet.freeze_panes = f"B{_HEAD_ROW + 1}"


# --- words and heights ----------------------------------------------------------------------------
def _marked(ledger: Ledger, notes: str) -> str:
    """Notes with the mark of made-up data before them."""
    return f"【{ledger.sample}】{notes}" if ledger.sample else notes
