"""The 季度填报表 as an Excel workbook: data in, bytes out, no query.

Each column has the same validation and the same conditional formats from its first row to its last, and these look at nothing but
their own row: they hold wherever a row is moved or sorted to.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from tasks.filingbook.content import BookRow, FilingBook
from tasks.filingbook.guide import ERRORS, PROMPTS, notes, paragraphs
from tasks.filingbook.layout import (
    FILLED,
    GUIDE_SHEET,
    HEAD_ROW,
    KEY,
    NO_WORK,
    NOT_ASKED,
    SHEET,
    Column,
    columns_for,
)
from tasks.forms.filing import REASON_MAX
from tasks.models.filing import TEXT_MAX
from tasks.numbers import number_text
from tasks.rules import Kind, Progress
from xigang_eco.sheets import A3, A4, FILLS, HEAD, HEIGHT_MAX, NOTE, Look, Page, clean, count_lines, height_of

PERCENT_FORMAT, FINE_PERCENT_FORMAT = "0.0%", "0.00%"
_AS_TEXT = "@"
_INDICATOR_MAX = "9999999999.99"
_LIMITS = {"decrease_reason": REASON_MAX}
# Room to write in a row that is still empty.
_LEAST_LINES = 5
_GUIDE_WIDTHS = (6.0, 38.0, 38.0)
# The heads that stay in sight: up to 工作措施.
_FROZEN = "measure"

_READ = Look(on_top=True, fill="F6F6F6")
_SHUT = Look(on_top=True, fill=FILLS["grey"])
_OPEN = Look(on_top=True, open=True)
_FILL_HEAD = replace(HEAD, fill="CFE6DC")
_LOOKED_FOR = PatternFill("solid", fgColor=FILLS["yellow"], bgColor="FFE699")
_NOT_NEEDED = PatternFill("solid", fgColor=FILLS["grey"], bgColor="E4E4E4")


def filing_book_xlsx(book: FilingBook) -> bytes:
    """The workbook: the sheet to fill in, and 填写说明."""
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    lists = _write_guide(Page(workbook.create_sheet(GUIDE_SHEET)), book)
    _Filings(Page(sheet), book, lists).write()
    workbook.properties.title = clean(book.title)
    workbook.properties.creator = clean(book.issuer)
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()


class _Filings:
    """The sheet with a row for each measure. `lists`: label of a kind of measure → the cells with its 自评状态."""

    def __init__(self, page: Page, book: FilingBook, lists: dict[str, str]) -> None:
        self.page, self.book, self.lists = page, book, lists
        self.columns = columns_for(_used(book))
        self.places = {column.key: place for place, column in enumerate(self.columns, 1)}
        self.first, self.last = HEAD_ROW + 1, HEAD_ROW + len(book.rows)

    def write(self) -> None:
        page, sheet = self.page, self.page.sheet
        page.set_widths(column.width for column in self.columns)
        sheet.column_dimensions[self._letter(KEY.key)].hidden = True
        self._write_top()
        for row, item in enumerate(self.book.rows, self.first):
            self._write_row(row, item)
        self._validate()
        self._warn()
        page.set_up(
            head_row=HEAD_ROW,
            last_row=self.last,
            last_column=len(self.columns),
            left=self.book.made,
            header=_header(self.book),
            paper=A3,
        )
        after = get_column_letter(self.places[_FROZEN] + 1)
        sheet.freeze_panes = f"{after}{self.first}"
        sheet.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(len(self.columns))}{self.last}"
        _protect(sheet)

    def _letter(self, key: str) -> str:
        return get_column_letter(self.places[key])

    def _write_top(self) -> None:
        page, across = self.page, sum(column.width for column in self.columns if not column.hidden)
        title = replace(NOTE, bold=True, size=16, wrapped=False)
        first, second = notes(self.book)
        tops = ((self.book.title, title, 28.0), (first, NOTE, 0.0), (second, NOTE, 0.0))
        for row, (text, look, height) in enumerate(tops, 1):
            page.put(row, 1, text, look)
            page.span(row, row, 1, len(self.columns), look)
            page.set_height(row, height or height_of(count_lines(text, across)))
        for place, column in enumerate(self.columns, 1):
            page.put(HEAD_ROW, place, column.head, _FILL_HEAD if column.field else HEAD)
        page.set_height(HEAD_ROW, 46)

    def _write_row(self, row: int, item: BookRow) -> None:
        lines = _LEAST_LINES if item.writable else 1
        for place, column in enumerate(self.columns, 1):
            if column.field:
                text = self._fill(row, place, column.field, item)
            else:
                text = self._told(row, place, column, item)
            if not column.hidden:
                lines = max(lines, count_lines(text, column.width))
        self.page.begin_height(row, min(height_of(lines), HEIGHT_MAX))

    def _told(self, row: int, place: int, column: Column, item: BookRow) -> str:
        """A cell that is only read."""
        look = _READ if item.writable else _SHUT
        if column.key in ("number", "role", "kind", "status", "evidence", "last_percent"):
            look = replace(look, centred=True)
        if column.key == "number":
            self.page.put_number(row, place, item.number, look)
            return str(item.number)
        if column.key == "last_percent":
            return self._percent(row, place, item.last_percent, look)
        if column.key in ("status", "returned") and item.returned:
            look = replace(look, fill=FILLS["red"])
        text = str(item.key) if column is KEY else str(getattr(item, column.key))
        self.page.put(row, place, text, look)
        return text

    def _fill(self, row: int, place: int, field: str, item: BookRow) -> str:
        """A cell to fill in, where the row takes changes and is asked for it."""
        if field not in item.asked:
            # In the column's own format: where values alone are moved, a percentage is still one.
            number_format = PERCENT_FORMAT if field == "percent" else ""
            self.page.put(row, place, NOT_ASKED, replace(_SHUT, centred=True, number_format=number_format))
            return ""
        look = _OPEN if item.writable else _SHUT
        value = item.content[field]
        if field == "percent":
            return self._percent(row, place, value, replace(look, centred=True))
        if field == "indicator_value":
            return self._indicator(row, place, item, replace(look, centred=True))
        if field == "no_work":
            text, look = NO_WORK if value else "", replace(look, centred=True)
        elif field == "self_status":
            text, look = str(Progress(value).label) if value else "", replace(look, centred=True)
        else:
            text = str(value)
        # Typed text stays text: neither 3-5 becomes a day nor =1+1 a sum.
        self.page.put(row, place, text, replace(look, number_format=_AS_TEXT))
        return text

    def _percent(self, row: int, place: int, value: Decimal | None, look: Look) -> str:
        look = replace(look, number_format=PERCENT_FORMAT)
        if value is None:
            self.page.put(row, place, "", look)
        else:
            self.page.put_number(row, place, float(value / 100), look)
        return ""

    def _indicator(self, row: int, place: int, item: BookRow, look: Look) -> str:
        value: Decimal | None = item.content["indicator_value"]
        if item.indicator_in_percent:
            look = replace(look, number_format=FINE_PERCENT_FORMAT)
            value = None if value is None else value / 100
        if value is None:
            self.page.put(row, place, "", look)
        else:
            self.page.put_number(row, place, float(value), look)
        return number_text(value)

    # --- what is checked while it is typed --------------------------------------------------------
    def _validate(self) -> None:
        """One validation for each column to fill in, the same in all rows."""
        for column in FILLED:
            if column.key not in self.places or column.field is None:
                continue
            rule = self._rule(column.field)
            rule.promptTitle, rule.prompt = column.head, PROMPTS[column.field]
            rule.errorTitle, rule.error = column.head, ERRORS[column.field]
            rule.showInputMessage = rule.showErrorMessage = True
            rule.allowBlank = True
            letter = self._letter(column.key)
            rule.add(f"{letter}{self.first}:{letter}{self.last}")
            self.page.sheet.add_data_validation(rule)

    def _rule(self, field: str) -> DataValidation:
        if field == "no_work":
            return DataValidation(type="list", formula1=f'"{NO_WORK}"')
        if field == "self_status":
            terminal, ongoing = (self.lists[str(kind.label)] for kind in (Kind.TERMINAL, Kind.ONGOING))
            own = f'${self._letter("kind")}{self.first}="{Kind.TERMINAL.label}"'
            return DataValidation(type="list", formula1=f"IF({own},{terminal},{ongoing})")
        if field == "percent":
            # As the cell keeps it: 62.5% is 0.625.
            return DataValidation(type="decimal", operator="between", formula1="0", formula2="1")
        if field == "indicator_value":
            return DataValidation(
                type="decimal", operator="between", formula1=f"-{_INDICATOR_MAX}", formula2=_INDICATOR_MAX
            )
        limit = str(_LIMITS.get(field, TEXT_MAX))
        return DataValidation(type="textLength", operator="lessThanOrEqual", formula1=limit)

    # --- what is missing or contradicts itself -----------------------------------------------------
    def _warn(self) -> None:
        """Cells that a submission would be refused for turn yellow, those that 本季度无相关工作 makes idle turn grey."""
        has, empty, cell = self.places, _Empty(self._cell), self._cell
        no_work = f'{cell("no_work")}="{NO_WORK}"'
        begun = f"LEN({'&'.join(cell(key) for key in ('self_status', 'progress_text', 'problems', 'next_steps'))})>0"
        for column in FILLED:
            if column.key in has and column.key != "no_work":
                self._paint(column.key, no_work, _NOT_NEEDED, font=Font(color="999999"), stop=True)
        lagging, done = (
            f'{cell("self_status")}="{word.label}"' for word in (Progress.LAGGING, Progress.DONE)
        )
        self._look_for("no_work", f"AND({no_work},{begun})")
        self._look_for("self_status", f"AND({begun},{empty('self_status')})")
        self._look_for("progress_text", f"AND({begun},{empty('progress_text')})")
        self._look_for("problems", f"AND({lagging},{empty('problems')})")
        self._look_for("next_steps", f"AND({lagging},{empty('next_steps')})")
        self._look_for("evidence", f'AND({done},{cell("evidence")}="0份")')
        if "percent" in has:
            percent = cell("percent")
            idle = f'{cell("self_status")}="{Progress.NOT_STARTED.label}"'
            self._look_for("percent", f"AND({begun},{empty('percent')})")
            self._look_for(
                "percent", f"AND(ISNUMBER({percent}),OR({done}<>({percent}=1),AND({idle},{percent}<>0)))"
            )
        if "decrease_reason" in has:
            lower = f"ISNUMBER({cell('percent')}),ISNUMBER({cell('last_percent')}),{cell('percent')}<{cell('last_percent')}"
            self._look_for("decrease_reason", f"AND({lower},{empty('decrease_reason')})")
        if "indicator_value" in has:
            self._look_for("indicator_value", f"AND({begun},{empty('indicator_value')})")
        if "overall_text" in has and "role" in has:
            self._look_for("overall_text", f'AND({begun},{cell("role")}="牵头",{empty("overall_text")})')

    def _cell(self, key: str) -> str:
        """The column's cell of the row that is looked at."""
        return f"${self._letter(key)}{self.first}"

    def _look_for(self, key: str, formula: str) -> None:
        self._paint(key, formula, _LOOKED_FOR)

    def _paint(
        self, key: str, formula: str, fill: PatternFill, *, font: Font | None = None, stop: bool = False
    ) -> None:
        letter = self._letter(key)
        rule = FormulaRule(formula=[formula], fill=fill, font=font, stopIfTrue=stop)  # type: ignore[no-untyped-call]
        self.page.sheet.conditional_formatting.add(f"{letter}{self.first}:{letter}{self.last}", rule)


class _Empty:
    """The formula for: nothing, or nothing but blanks, stands in the column's cell."""

    def __init__(self, cell: Callable[[str], str]) -> None:
        self._cell = cell

    def __call__(self, key: str) -> str:
        return f"LEN(TRIM({self._cell(key)}))=0"


def _used(book: FilingBook) -> set[str]:
    """The columns that some row has something for."""
    used = {name for row in book.rows for name in row.asked}
    # What a cell to fill in is measured by stands beside it.
    if "decrease_reason" in used:
        used.add("last_percent")
    if "indicator_value" in used:
        used.add("indicator")
    told = ("deadline", "role", "previous", "returned")
    return used | {key for key in told if any(getattr(row, key) for row in book.rows)}


def _header(book: FilingBook) -> str:
    """The head of each printed page; Excel takes 255 characters for all of its parts."""
    sample = f"【{book.sample}】" if book.sample else ""
    return f"{sample}{book.title}"[:200]


def _protect(sheet: Worksheet) -> None:
    """Locked but for the cells to fill in, without a password: against mistakes, not against people."""
    protection = sheet.protection
    protection.sheet = True
    # These say what is forbidden.
    protection.autoFilter = protection.sort = False
    protection.formatColumns = protection.formatRows = False


# --- 填写说明 ---------------------------------------------------------------------------------------
def _write_guide(page: Page, book: FilingBook) -> dict[str, str]:
    """The sheet of explanations. Returns label of a kind → the cells with what it offers as 自评状态."""
    page.set_widths(_GUIDE_WIDTHS)
    columns = len(_GUIDE_WIDTHS)
    page.put(1, 1, f"{SHEET}{GUIDE_SHEET}", replace(NOTE, bold=True, size=16))
    page.span(1, 1, 1, columns, NOTE)
    page.set_height(1, 30)
    heading, text_look = replace(NOTE, bold=True, size=11), replace(NOTE, on_top=True)
    row = 2
    for number, (title, texts) in enumerate(paragraphs(book), 1):
        page.put(row, 1, f"{number}. {title}", heading)
        page.span(row, row, 1, columns, heading)
        page.set_height(row, 24)
        for place, text in enumerate(texts, 1):
            row += 1
            page.put(row, 1, f"（{place}）", text_look)
            page.put(row, 2, text, text_look)
            page.span(row, row, 2, columns, text_look)
            page.set_height(row, height_of(count_lines(text, sum(_GUIDE_WIDTHS[1:]))))
        row += 1
    page.put(row, 1, f"{number + 1}. 自评状态可选项", heading)
    page.span(row, row, 1, columns, heading)
    page.set_height(row, 24)
    lists, top = {}, row + 1
    for column, (kind, words) in enumerate(book.choices.items(), 2):
        page.put(top, column, f"{kind}措施", HEAD)
        for place, word in enumerate(words, top + 1):
            page.put(place, column, word, Look(centred=True))
        letter = get_column_letter(column)
        lists[kind] = f"'{GUIDE_SHEET}'!${letter}${top + 1}:${letter}${top + len(words)}"
    last = top + max(len(words) for words in book.choices.values())
    page.set_up(head_row=1, last_row=last, last_column=columns, header=_header(book), paper=A4)
    page.sheet.page_setup.orientation = "portrait"
    page.sheet.page_setup.fitToHeight = 1
    _protect(page.sheet)
    return lists
