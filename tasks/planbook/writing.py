"""A plan → its workbook: data in, bytes out, no query."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from graphlib import CycleError, TopologicalSorter
from io import BytesIO

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from tasks.importing.deadlines import parse_deadline
from tasks.models import AssignmentRole, DeadlineKind, Scope
from tasks.planbook import layout as at
from tasks.planbook.contents import DutyEntry, MeasureEntry, PartyEntry, PlanContents, TaskEntry
from tasks.planbook.guide import GUIDE, HINTS
from tasks.rules import Kind
from xigang_eco.sheets import (
    HEAD,
    MAX_LINES,
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

# Excel's limit is 32,767; what is longer would be cut without a word.
LONGEST_CELL = 32_000
# Of a paragraph: the tallest row shows so much of it in the width of its column.
_LONGEST_PARAGRAPH = 1_000
_EXCERPT = 24
_GUIDE_WIDTH = 100.0
_MORE_ROWS = 200
_TOP = replace(TEXT, on_top=True)
_WORD_ON_TOP = replace(WORD, on_top=True)
_TITLE = Look(bold=True, size=14, centred=True, grid=False)

Value = str | int | None


class TooLongForCell(Exception):
    """A text that no cell of a workbook can hold. Says which."""


def plan_xlsx(plan: PlanContents) -> bytes:
    """The workbook. Raises `TooLongForCell`."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = at.PLAN_SHEET
    _write_plan(Page(sheet), plan)
    for name, write in (
        (at.LIST_SHEET, _write_list),
        (at.SETTINGS_SHEET, _write_settings),
        (at.PARTIES_SHEET, _write_parties),
        (at.TEXT_SHEET, _write_text),
        (at.DEMANDS_SHEET, _write_demands),
        (at.GUIDE_SHEET, _write_guide),
    ):
        write(Page(book.create_sheet(name)), plan)
    book.active = book.worksheets.index(book[at.LIST_SHEET])
    for other in book.worksheets:
        other.sheet_view.tabSelected = other.title == at.LIST_SHEET
    book.properties.title = clean(plan.title)
    book.properties.creator = clean(plan.issuer)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


# --- 计划信息 -------------------------------------------------------------------------------------
def _write_plan(page: Page, plan: PlanContents) -> None:
    widths = (20.0, 62.0, 50.0)
    page.set_widths(widths)
    _title(page, at.PLAN_SHEET, len(widths))
    for column, head in enumerate(("项目", "内容", "说明"), 1):
        page.put(at.HEAD_ROW, column, head, HEAD)
    row = at.HEAD_ROW
    for label, name in at.PLAN_LINES.items():
        row += 1
        page.put(row, 1, label, WORD)
        value = getattr(plan, name)
        if name == "issued_on":
            page.put(row, 2, "", TEXT)
            if value:
                page.put_day(row, 2, value, TEXT)
        elif isinstance(value, int):
            page.put_number(row, 2, value, TEXT)
        else:
            _put(page, row, 2, value, TEXT)
        page.put(row, 3, HINTS.get(name, ""), TEXT)
        lines = max(count_lines(str(value or ""), widths[1]), count_lines(HINTS.get(name, ""), widths[2]))
        page.set_height(row, height_of(min(lines, MAX_LINES)))
    row += 1
    page.put(row, 1, at.EXPORTED_YEAR, WORD)
    page.put_number(row, 2, plan.year, TEXT)
    page.put(row, 3, HINTS[at.EXPORTED_YEAR], TEXT)
    page.set_height(row, height_of(2))
    row += 1
    page.put(row, 1, at.MARK_LABEL, WORD)
    page.put(row, 2, at.MARK, TEXT)
    page.put(row, 3, HINTS[at.MARK_LABEL], TEXT)
    page.set_height(row, height_of(2))
    page.set_up(head_row=at.HEAD_ROW, last_row=row, last_column=len(widths))


# --- 措施清单 -------------------------------------------------------------------------------------
def _write_list(page: Page, plan: PlanContents) -> None:
    depth = max((len(task.categories) for task in plan.tasks), default=0)
    extras = _extra_heads(plan)
    heads = [
        at.TASK_NUMBER.head,
        *at.category_heads(depth),
        *(column.head for column in (at.TASK, at.NUMBER, at.MEASURE, at.UNITS, at.DEADLINE)),
        *(head or at.NO_HEAD for head, _place in extras),
    ]
    measures = [measure for task in plan.tasks for measure in task.measures]
    widths = [
        at.TASK_NUMBER.width,
        *(
            width_for(
                at.CATEGORY_WIDTH,
                (task.categories[place] for task in plan.tasks if place < len(task.categories)),
            )
            for place in range(depth)
        ),
        width_for(at.TASK.width, (task.title for task in plan.tasks)),
        at.NUMBER.width,
        width_for(at.MEASURE.width, (row.text for row in measures)),
        width_for(at.UNITS.width, (row.units_text for row in measures)),
        width_for(at.DEADLINE.width, (row.deadline_text for row in measures)),
        *(
            width_for(at.EXTRA_WIDTH, (_extra(row, head, place) for row in measures))
            for head, place in extras
        ),
    ]
    sheet = _Sheet(page, heads, widths, plan.attachment_title or plan.title)
    for task in plan.tasks:
        _write_task(sheet, task, depth, extras)
    sheet.finish()


def _write_task(sheet: "_Sheet", task: TaskEntry, depth: int, extras: list[tuple[str, int]]) -> None:
    whole: list[Value] = [
        task.number,
        *(task.categories[place] if place < len(task.categories) else "" for place in range(depth)),
        task.title,
    ]
    first = sheet.row
    for measure in task.measures or (None,):
        own: list[Value] = [None] * (4 + len(extras))
        if measure is not None:
            own = [
                measure.number,
                measure.text,
                measure.units_text,
                measure.deadline_text,
                *(_extra(measure, head, place) for head, place in extras),
            ]
        sheet.add([*(whole if sheet.row == first else [None] * len(whole)), *own])
    sheet.merge(first, len(whole))


def _extra_heads(plan: PlanContents) -> list[tuple[str, int]]:
    """(head, which of those of that name in a measure) of the further columns, in the order that the measures have them in."""
    before: dict[tuple[str, int], set[tuple[str, int]]] = {}
    for task in plan.tasks:
        for measure in task.measures:
            seen: Counter[str] = Counter()
            previous: tuple[str, int] | None = None
            for head, _text in measure.extras:
                own = (head, seen[head])
                seen[head] += 1
                before.setdefault(own, set()).update([previous] if previous else [])
                previous = own
    try:
        return list(TopologicalSorter(before).static_order())
    except CycleError:
        # No order of columns suits all measures.
        return list(before)


def _extra(measure: MeasureEntry, head: str, place: int) -> str:
    texts = [text for name, text in measure.extras if name == head]
    return texts[place] if place < len(texts) else ""


# --- 措施设置 -------------------------------------------------------------------------------------
def _write_settings(page: Page, plan: PlanContents) -> None:
    sheet = _Sheet.of(page, at.SETTINGS, "各项措施的类型、序时进度、指标和时限")
    for task in plan.tasks:
        for measure in task.measures:
            kind, starts, ends = _own_deadline(measure, plan.year)
            before = measure.continues or (None, None)
            sheet.add(
                [
                    measure.number,
                    measure.text.replace("\n", "")[:_EXCERPT],
                    Kind(measure.kind).label,
                    _truth(measure.kind_confirmed),
                    _truth(measure.lead_confirmed),
                    *measure.expected,
                    measure.indicator,
                    measure.indicator_unit,
                    None,
                    kind,
                    None,
                    None,
                    measure.unasked_part,
                    *before,
                ]
            )
            row = sheet.row - 1
            if measure.indicator_target is not None:
                look = replace(WORD, number_format="0.00")
                page.put_number(
                    row, at.SETTINGS.index(at.INDICATOR_TARGET) + 1, measure.indicator_target, look
                )
            for column, day in ((at.DEADLINE_FROM, starts), (at.DEADLINE_TO, ends)):
                if day is not None:
                    page.put_day(row, at.SETTINGS.index(column) + 1, day, WORD)
    sheet.finish(at.SETTINGS)


def _own_deadline(measure: MeasureEntry, year: int) -> tuple[str, date | None, date | None]:
    """What the office set otherwise than the printed wording reads; the wording alone says the rest."""
    read = parse_deadline(measure.deadline_text, year)
    said = (read.kind if measure.deadline_text else "", read.starts, read.ends)
    own = (measure.deadline_kind, measure.deadline_from, measure.deadline_to)
    if own == said or not measure.deadline_kind:
        return "", None, None
    return str(DeadlineKind(measure.deadline_kind).label), measure.deadline_from, measure.deadline_to


# --- 责任单位 -------------------------------------------------------------------------------------
def _write_parties(page: Page, plan: PlanContents) -> None:
    sheet = _Sheet.of(page, at.PARTIES, "责任单位所指和落实到单位的责任")
    for task in plan.tasks:
        for measure in task.measures:
            if not measure.parties:
                sheet.add([measure.number, 1, at.NOBODY, *[None] * 8])
            for order, party in enumerate(measure.parties, 1):
                for place, duty in enumerate(party.duties or (None,)):
                    sheet.add([measure.number, order, *_party(party, is_first=not place), *_duty(duty)])
    sheet.finish(at.PARTIES)


def _party(party: PartyEntry, *, is_first: bool) -> list[Value]:
    if not is_first:
        return [None] * 5
    return [
        party.printed,
        Scope(party.scope).label,
        party.target,
        _truth(party.is_open),
        party.first_quarter,
    ]


def _duty(duty: DutyEntry | None) -> list[Value]:
    if duty is None:
        return [at.NOBODY, None, None, None]
    return [duty.unit, AssignmentRole(duty.role).label, duty.first, duty.last]


# --- 正文, 正文要求 -------------------------------------------------------------------------------
def _write_text(page: Page, plan: PlanContents) -> None:
    sheet = _Sheet.of(page, at.TEXT, "计划正文")
    if plan.preamble:
        _write_paragraphs(sheet, [at.PREAMBLE, None, None, None], plan.preamble)
    for place, section in enumerate(plan.sections, 1):
        _write_paragraphs(sheet, [place, section.level, section.number, section.heading], section.text)
    sheet.finish(at.TEXT)


def _write_paragraphs(sheet: "_Sheet", head: list[Value], text: str) -> None:
    """A row for every paragraph, an empty one included, and for every piece of one that no row can show."""
    for line in text.split("\n"):
        for start in range(0, max(len(line), 1), _LONGEST_PARAGRAPH):
            piece = line[start : start + _LONGEST_PARAGRAPH]
            sheet.add([*head, piece, at.CONTINUED if start else None])
            head = [head[0], None, None, None]


def _write_demands(page: Page, plan: PlanContents) -> None:
    sheet = _Sheet.of(page, at.DEMANDS, "正文要求与措施的对应")
    for place, section in enumerate(plan.sections, 1):
        for demand in section.demands:
            confirmed = [str(number) for number, is_confirmed in demand.links if is_confirmed]
            proposed = [str(number) for number, is_confirmed in demand.links if not is_confirmed]
            sheet.add([place, demand.text, "、".join(confirmed), "、".join(proposed)])
    sheet.finish(at.DEMANDS)


def _write_guide(page: Page, plan: PlanContents) -> None:
    page.set_widths([_GUIDE_WIDTH])
    _title(page, at.GUIDE_SHEET, 1, _GUIDE_WIDTH)
    for row, line in enumerate(GUIDE, at.HEAD_ROW):
        page.put(row, 1, line, replace(NOTE, on_top=True))
        page.set_height(row, height_of(count_lines(line, _GUIDE_WIDTH)))
    page.set_up(head_row=1, last_row=at.HEAD_ROW + len(GUIDE) - 1, last_column=1)
    page.sheet.freeze_panes = None


# --- what all sheets share ------------------------------------------------------------------------
class _Sheet:
    """A sheet of rows under heads. `row`: the next free one."""

    def __init__(self, page: Page, heads: Sequence[str], widths: Sequence[float], title: str) -> None:
        self.page, self.heads, self.widths = page, heads, widths
        page.set_widths(widths)
        _title(page, title, len(heads), sum(widths))
        for column, head in enumerate(heads, 1):
            page.put(at.HEAD_ROW, column, head, HEAD)
        most = max(count_lines(head, width) for head, width in zip(heads, widths, strict=True))
        page.set_height(at.HEAD_ROW, height_of(most))
        self.row = at.HEAD_ROW + 1

    @classmethod
    def of(cls, page: Page, columns: Sequence[at.Column], title: str) -> "_Sheet":
        return cls(page, [column.head for column in columns], [column.width for column in columns], title)

    def add(self, values: Sequence[Value]) -> None:
        """A row, as high as its texts: numbers and words of a list in the middle, texts at the left."""
        needed = 1
        for column, (value, width) in enumerate(zip(values, self.widths, strict=True), 1):
            if isinstance(value, int):
                self.page.put_number(self.row, column, value, _WORD_ON_TOP)
                continue
            text = str(value or "")
            _put(self.page, self.row, column, text, _TOP if width > at.UNITS.width / 2 else _WORD_ON_TOP)
            needed = max(needed, count_lines(text, width))
        self.page.set_height(self.row, height_of(min(needed, MAX_LINES)))
        self.row += 1

    def merge(self, first: int, columns: int) -> None:
        """The first `columns` cells of the rows from `first` on become one each, high enough for their text."""
        last = self.row - 1
        for column in range(1, columns + 1):
            cell = self.page.sheet.cell(first, column)
            text = str(cell.value or "")
            look = _WORD_ON_TOP if column == 1 else _TOP
            self.page.span(first, last, column, column, look)
            self.page.stretch(first, last, height_of(count_lines(text, self.widths[column - 1])))

    def finish(self, columns: Sequence[at.Column] = ()) -> None:
        """How it prints, and lists to choose from where a cell takes certain words only."""
        sheet = self.page.sheet
        for place, column in enumerate(columns, 1):
            if not column.words:
                continue
            rule = DataValidation(type="list", formula1=f'"{",".join(column.words)}"', allow_blank=True)
            rule.error, rule.errorTitle, rule.showErrorMessage = "请从下拉列表中选择。", column.head, True
            letter = get_column_letter(place)
            rule.add(f"{letter}{at.HEAD_ROW + 1}:{letter}{self.row + _MORE_ROWS}")
            sheet.add_data_validation(rule)
        last = max(self.row - 1, at.HEAD_ROW)
        self.page.set_up(head_row=at.HEAD_ROW, last_row=last, last_column=len(self.heads))


def _title(page: Page, text: str, columns: int, width: float = 130.0) -> None:
    _put(page, 1, 1, text.replace("\n", ""), _TITLE)
    page.span(1, 1, 1, columns, _TITLE)
    page.set_height(1, 14.0 + 20.0 * count_lines(text, width / 1.4))


def _put(page: Page, row: int, column: int, text: str, look: Look) -> None:
    if len(text) > LONGEST_CELL:
        raise TooLongForCell(
            f"“{text[:20]}……”共 {len(text):,} 字，超出工作簿一个单元格能容纳的 {LONGEST_CELL:,} 字，不能导出。"
        )
    page.put(row, column, text, look)


def _truth(value: bool) -> str:
    return at.YES if value else at.NO
