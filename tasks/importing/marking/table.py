"""What was read of a text, as a workbook that marks can be put on: its tables and the text around them, a sheet each, in their order."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

from openpyxl import Workbook

from tasks.importing.grid import CellPlace, Document, Paragraph, Table
from tasks.importing.marking.marks import Mark
from xigang_eco.sheets import MAX_LINES, NOTE, TEXT, Page, count_lines, height_of

_TEXT_WIDTH = 100.0
_NARROW, _WIDE = 8.0, 42.0
# Rows from which a column's width is told.
_SAMPLE = 200


def as_workbook(document: Document, marks: Sequence[Mark]) -> tuple[bytes, list[Mark]]:
    """The workbook, and `marks` with their places in it."""
    writer = _Writer()
    gap: list[Paragraph] = []
    tables = 0
    for block in document.blocks:
        if isinstance(block, Paragraph):
            gap.append(block)
            continue
        writer.text(gap)
        rows = list(block.rows)
        # Lines at the end of a pasted table may be the text behind it as well: among its rows they would read as one of them.
        gap = []
        while rows and rows[-1].is_line:
            gap.insert(0, Paragraph(rows.pop().cells[0].text))
        writer.table(Table(block.name, rows), tables)
        tables += 1
    writer.text(gap)
    return writer.saved(), [writer.moved(mark) for mark in marks]


class _Writer:
    def __init__(self) -> None:
        self.book = Workbook()
        self.book.remove(self.book.worksheets[0])
        self.texts = self.tables = 0
        # Table and row of the source → sheet and its row.
        self.rows: dict[tuple[int, int], tuple[str, int]] = {}

    def saved(self) -> bytes:
        if not self.book.worksheets:
            self.book.create_sheet("正文")
        stream = BytesIO()
        self.book.save(stream)
        return stream.getvalue()

    def moved(self, mark: Mark) -> Mark:
        place = mark.place
        if place is None:
            return mark
        sheet, row = self.rows.get((place.table, place.row), ("", 0))
        return replace(mark, place=CellPlace(row, place.column, 0, sheet) if sheet else None)

    def text(self, paragraphs: Sequence[Paragraph]) -> None:
        lines = [paragraph.text for paragraph in paragraphs if paragraph.text.strip()]
        if not lines:
            return
        self.texts += 1
        page = Page(self.book.create_sheet(f"正文{self.texts}"))
        page.set_widths([_TEXT_WIDTH])
        for row, line in enumerate(lines, 1):
            page.put(row, 1, line, NOTE)
            page.set_height(row, height_of(min(MAX_LINES, count_lines(line, _TEXT_WIDTH))))

    def table(self, table: Table, index: int) -> None:
        self.tables += 1
        name = f"表格{self.tables}"
        page = Page(self.book.create_sheet(name))
        widths = _widths(table)
        page.set_widths(widths)
        for number, row in enumerate(table.rows, 1):
            self.rows[index, row.number] = (name, number)
            lines = 1
            for place, cell in enumerate(row.cells):
                if not cell.text:
                    continue
                # A line of text among rows has no other columns to be seen in.
                page.put(number, place + 1, cell.text, NOTE if row.is_line else TEXT)
                if not row.is_line:
                    lines = max(lines, count_lines(cell.text, widths[place]))
            page.set_height(number, height_of(min(MAX_LINES, lines)))


def _widths(table: Table) -> list[float]:
    widths: list[float] = []
    for row in table.rows[:_SAMPLE]:
        for place, cell in enumerate(row.cells):
            if place == len(widths):
                widths.append(_NARROW)
            if not row.is_line:
                longest = max((len(line) for line in cell.text.split("\n")), default=0)
                widths[place] = max(widths[place], min(_WIDE, 2.2 * longest + 2))
    width = max((len(row.cells) for row in table.rows), default=1)
    return widths + [_NARROW] * (width - len(widths))
