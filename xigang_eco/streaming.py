"""Workbooks of any length: rows go to disk as they come, and none of them stays in memory.

openpyxl makes the book around them (heads, looks, printing) and numbers the looks; the rows are written here. Its own write-only
mode is flat in memory, too, but takes each cell through an object and an element, and its look through a table: some five
times the time. A row is as high as its text, as far as Excel allows (see sheets.py).
"""

import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import IO, Any, Self, TypeAlias
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_WINDOWS_1900

from xigang_eco.sheets import (
    FORMULA_START,
    HEAD,
    MAX_LINES,
    NOTE,
    TEXT,
    Look,
    Page,
    clean,
    count_lines,
    height_of,
    room_of,
)

# No cell holds more, counted in units of UTF-16.
MAX_TEXT = 32_767
HEAD_ROW = 3
_DAY = 86_400
# Rows that are gathered before they are written, texts that a column remembers, and how long these may be.
_GATHERED = 200
_REMEMBERED = 500
_SHORT = 60
_END_OF_ROWS = b"</sheetData>"
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"')

# Moments are in the time of the wall, without a zone: Excel knows none.
Value: TypeAlias = str | int | float | Decimal | date | datetime | None
# What follows the number of the row in a cell's XML, and how many lines the cell takes.
_Body: TypeAlias = tuple[str, int]


@dataclass(frozen=True)
class Column:
    """`width` in characters of the default font."""

    head: str
    width: float
    look: Look = TEXT


@dataclass
class _Cells:
    """A column on its way into the file. `start`: the XML up to the number of the row; `style`: the number of its look."""

    start: str
    look: Look
    style: int
    room: int
    last: Value = None
    kept: _Body | None = None
    known: dict[str, _Body] = field(default_factory=dict)


class StreamedSheet:
    """A title, a line of notes and a row of heads, and any number of rows under them, which can be filtered by the heads."""

    def __init__(
        self, page: Page, columns: Sequence[Column], *, title: str, notes: str, sample: str, store: IO[bytes]
    ) -> None:
        self._page, self._columns, self._sample, self._store = page, columns, sample, store
        self._styles: dict[Look, int] = {}
        self._cells = [
            _Cells(
                f'<c r="{get_column_letter(place)}',
                column.look,
                self._style(column.look),
                room_of(column.width),
            )
            for place, column in enumerate(columns, 1)
        ]
        self._gathered: list[str] = []
        self.last_row = HEAD_ROW
        self._write_head(title, f"【{sample}】{notes}" if sample else notes)

    def append(self, values: Iterable[Value], looks: Mapping[int, Look] | None = None) -> None:
        """The next row, a value for each column; `looks`: column (from 0) → its look in this row.

        Text is text, whatever it looks like.
        """
        self.last_row = number = self.last_row + 1
        row, lines = [""], 1
        for place, (cells, value) in enumerate(zip(self._cells, values, strict=True)):
            if looks and place in looks:
                xml, needed = self._body(value, looks[place], self._style(looks[place]), cells.room)
            elif value is cells.last and cells.kept:
                xml, needed = cells.kept
            else:
                cells.kept = xml, needed = self._remembered(cells, value)
                cells.last = value
            row.append(f"{cells.start}{number}{xml}")
            if needed > lines:
                lines = needed
        height = height_of(min(lines, MAX_LINES))
        row[0] = f'<row r="{number}" ht="{height}" customHeight="1">'
        row.append("</row>")
        self._gathered.append("".join(row))
        if len(self._gathered) >= _GATHERED:
            self._flush()

    def print_on(self, *, pages: int, repeated: int) -> None:
        """Print `pages` pages beside each other, and the first `repeated` columns, which also stay in sight, on each."""
        self._page.sheet.page_setup.fitToWidth = pages
        if pages > 1:
            self._page.sheet.print_title_cols = f"A:{get_column_letter(repeated)}"
        self._page.sheet.freeze_panes = f"{get_column_letter(repeated + 1)}{HEAD_ROW + 1}"

    @property
    def _last_column(self) -> str:
        return get_column_letter(len(self._columns))

    def _write_head(self, title: str, notes: str) -> None:
        page, widths = self._page, [column.width for column in self._columns]
        page.set_widths(widths)
        flat = replace(NOTE, wrapped=False)
        page.put(1, 1, title, replace(flat, bold=True, size=16))
        page.put(2, 1, notes, flat)
        for place, column in enumerate(self._columns, 1):
            page.put(HEAD_ROW, place, column.head, HEAD)
        lines = max(count_lines(column.head, column.width) for column in self._columns)
        for row, height in ((1, 30), (2, 20), (HEAD_ROW, height_of(lines))):
            page.set_height(row, height)
        page.set_up(head_row=HEAD_ROW, last_row=HEAD_ROW, last_column=len(widths), left=self._sample)

    def _remembered(self, cells: _Cells, value: Value) -> _Body:
        """The cell's XML; of short texts, which repeat themselves, from memory."""
        if type(value) is not str or len(value) > _SHORT:
            return self._body(value, cells.look, cells.style, cells.room)
        body = cells.known.get(value)
        if body is None:
            if len(cells.known) >= _REMEMBERED:
                cells.known.clear()
            body = cells.known[value] = self._body(value, cells.look, cells.style, cells.room)
        return body

    def _body(self, value: Value, look: Look, style: int, room: int) -> _Body:
        if value is None or value == "":
            return f'" s="{style}"/>', 1
        if isinstance(value, str):
            return self._text(value, look, style, room)
        return f'" s="{style}"><v>{_number(value)}</v></c>', 1

    def _text(self, value: str, look: Look, style: int, room: int) -> _Body:
        text = shortened(clean(value))
        if text.startswith(FORMULA_START):
            style = self._style(replace(look, quoted=True))
        keep = ' xml:space="preserve"' if text != text.strip() else ""
        lines = _lines(text, room) if look.wrapped else 1
        xml = f'" s="{style}" t="inlineStr"><is><t{keep}>{escape(text)}</t></is></c>'
        return xml, lines

    def _style(self, look: Look) -> int:
        number = self._styles.get(look)
        if number is None:
            cell: Any = WriteOnlyCell(self._page.sheet)
            look.dress(cell)
            number = self._styles[look] = cell.style_id
        return number

    def _flush(self) -> None:
        self._store.write("".join(self._gathered).encode())
        self._gathered.clear()

    def finish(self) -> None:
        """All rows are written; the frame learns how many there are."""
        self._flush()
        area = f"A{HEAD_ROW}:{self._last_column}{self.last_row}"
        self._page.sheet.auto_filter.ref = area
        self._page.sheet.print_area = f"A1:{self._last_column}{self.last_row}"

    def pour(self, frame: bytes, target: IO[bytes]) -> None:
        """The sheet's XML: `frame`, as openpyxl wrote it, with the rows behind its own."""
        dimension = f'<dimension ref="A1:{self._last_column}{self.last_row}"'.encode()
        head, end, tail = _DIMENSION.sub(dimension, frame, count=1).partition(_END_OF_ROWS)
        target.write(head)
        self._store.seek(0)
        shutil.copyfileobj(self._store, target, 1 << 20)
        target.write(end + tail)


class StreamedBook:
    """A workbook of such sheets; a context, at whose end what lies on disk is gone."""

    def __init__(self, *, title: str, creator: str) -> None:
        self._book = Workbook()
        del self._book["Sheet"]
        self._book.properties.title = clean(title)
        self._book.properties.creator = creator
        self._sheets: list[StreamedSheet] = []
        self._files = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self._files.close()

    def sheet(
        self, name: str, columns: Sequence[Column], *, title: str, notes: str, sample: str = ""
    ) -> StreamedSheet:
        """`sample`: the mark of made-up data, before the notes and on every printed page."""
        store = self._files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - `close` of the stack does
        page = Page(self._book.create_sheet(name))
        sheet = StreamedSheet(page, columns, title=title, notes=notes, sample=sample, store=store)
        self._sheets.append(sheet)
        return sheet

    def save(self, target: IO[bytes]) -> None:
        """Write the book, once, after the last row."""
        for sheet in self._sheets:
            sheet.finish()
        frame = BytesIO()
        self._book.save(frame)
        parts = dict(self._parts())
        with (
            zipfile.ZipFile(frame) as made,
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name in made.namelist():
                if name in parts:
                    with archive.open(name, "w", force_zip64=True) as part:
                        parts[name].pour(made.read(name), part)
                else:
                    archive.writestr(name, made.read(name))

    def _parts(self) -> Iterator[tuple[str, StreamedSheet]]:
        for number, sheet in enumerate(self._sheets, 1):
            yield f"xl/worksheets/sheet{number}.xml", sheet


def shortened(text: str) -> str:
    """`text` as far as a cell holds it."""
    # A character takes two units at most.
    if len(text) * 2 <= MAX_TEXT:
        return text
    return text.encode("utf-16-le")[: MAX_TEXT * 2].decode("utf-16-le", "ignore")


def _number(value: float | Decimal | date) -> str:
    if isinstance(value, datetime):
        since = value - CALENDAR_WINDOWS_1900
        return repr(since.days + since.seconds / _DAY)
    if isinstance(value, date):
        return str(value.toordinal() - CALENDAR_WINDOWS_1900.toordinal())
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)


def _lines(text: str, room: int) -> int:
    """How many lines `text` takes, `room` half-width characters each: in GB 18030 a Chinese character has two bytes."""
    if len(text) * 2 <= room and "\n" not in text:
        return 1
    return sum(max(1, -(-len(line.encode("gb18030")) // room)) for line in text.split("\n"))
