"""A sheet's XML changed at single places: every other byte stays as it was, and no tree is built.

expat tells where each tag begins; what is new is spliced in there.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import range_boundaries

from tasks.importing.errors import TooLarge, Unreadable
from tasks.importing.excel import column_of_reference
from tasks.importing.package import DAMAGED, HOSTILE

# What may follow the reference to a sheet's comments (ECMA-376 part 1, 18.3.1.99, CT_Worksheet).
_AFTER_LEGACY = {
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
}
_ATTRIBUTE = re.compile(rb"""\s+([\w:.\-]+)\s*=\s*("[^"]*"|'[^']*')""")
_DEEPEST = 256
Range = tuple[int, int, int, int]


@dataclass(slots=True)
class Splice:
    """`text` in the place of the bytes from `start` to `end`."""

    start: int
    end: int
    text: bytes


@dataclass(slots=True)
class Frame:
    """What a sheet has around its cells. Ranges: left column (from 1), top, right, bottom."""

    prefix: bytes = b""
    merges: list[Range] = field(default_factory=list)
    # Columns from, to (from 1) and their style.
    columns: list[tuple[int, int, int]] = field(default_factory=list)
    legacy_id: str | None = None
    # Where the reference to comments goes, and where rows that lie behind all others go.
    legacy_at: int = 0
    legacy_tag: tuple[int, int] | None = None
    rows_end: int = 0
    # An empty <sheetData/>: its tag.
    empty_data: tuple[int, int] | None = None
    selected: list[Splice] = field(default_factory=list)

    def style(self, column: int) -> int:
        return next((style for first, last, style in self.columns if first <= column + 1 <= last), 0)


def corners(
    frame: Frame, cells: Iterable[tuple[int, int]], most: int
) -> dict[tuple[int, int], tuple[int, int]]:
    """For each cell (row from 1, column from 0) the upper left one of its merged range, where that is another.

    Raises `TooLarge` where ranges lie over more than `most` of the cells.
    """
    by_row: dict[int, list[int]] = {}
    for row, column in cells:
        by_row.setdefault(row, []).append(column)
    rows = sorted(by_row)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    looked = 0
    for left, top, right, bottom in frame.merges:
        inside = rows[bisect_left(rows, top) : bisect_left(rows, bottom + 1)]
        for row in inside:
            looked += len(by_row[row])
            if looked > most:
                raise TooLarge("合并单元格过多，无法标注。请取消不需要的合并后再导入。")
            for column in by_row[row]:
                if left <= column + 1 <= right and (row, column) != (top, left - 1):
                    found[row, column] = (top, left - 1)
    return found


def _refuse(*_: object) -> NoReturn:
    raise Unreadable(HOSTILE)


def _run(
    part: bytes,
    start: Callable[[int, str, dict[str, str], int], None],
    end: Callable[[int, str, int], None],
) -> None:
    """Call `start(depth, local name, attributes, offset)` and `end(depth, local name, offset)` for the elements of `part`."""
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise Unreadable(DAMAGED)
        start(depth, name.rpartition(" ")[2], attributes, parser.CurrentByteIndex)

    def closed(name: str) -> None:
        nonlocal depth
        end(depth, name.rpartition(" ")[2], parser.CurrentByteIndex)
        depth -= 1

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise Unreadable(DAMAGED) from error


def tag_end(part: bytes, start: int) -> int:
    """Behind the > of the tag that begins at `start`; one in a quoted value is none."""
    quote = 0
    place = start
    while place < len(part):
        sign = part[place]
        if quote:
            if sign == quote:
                quote = 0
        elif sign in b"\"'":
            quote = sign
        elif sign == 0x3E:
            return place + 1
        place += 1
    raise Unreadable(DAMAGED)


def with_attribute(tag: bytes, name: bytes, value: bytes | None) -> bytes:
    """A start tag with this attribute set, or without it."""
    for match in _ATTRIBUTE.finditer(tag):
        if match[1] == name:
            new = b"" if value is None else b' %s="%s"' % (name, value)
            return tag[: match.start()] + new + tag[match.end() :]
    if value is None:
        return tag
    head = re.match(rb"<[\w:.\-]+", tag)
    if head is None:
        raise Unreadable(DAMAGED)
    return tag[: head.end()] + b' %s="%s"' % (name, value) + tag[head.end() :]


def spliced(part: bytes, splices: Iterable[Splice]) -> bytes:
    """`part` with all of these, which do not overlap."""
    pieces: list[bytes] = []
    place = 0
    # Python sorts stably: what goes in at one place keeps its order.
    for splice in sorted(splices, key=lambda item: (item.start, item.end)):
        pieces += (part[place : splice.start], splice.text)
        place = splice.end
    return b"".join([*pieces, part[place:]])


def frame_of(part: bytes) -> Frame:
    """What is around the cells of a sheet of any kind. Raises `Unreadable`."""
    frame = Frame()
    ends: dict[int, int] = {}

    def start(depth: int, name: str, attributes: dict[str, str], at: int) -> None:
        if depth == 1:
            head = re.match(rb"<([\w.\-]+:)?", part[at : at + 80])
            frame.prefix = (head[1] or b"") if head else b""
        elif name == "sheetView" and attributes.get("tabSelected"):
            end = tag_end(part, at)
            frame.selected.append(Splice(at, end, with_attribute(part[at:end], b"tabSelected", None)))
        elif name == "mergeCell":
            _add_merge(frame, attributes.get("ref") or "")
        elif name == "col":
            frame.columns.append(
                (
                    _integer(attributes.get("min")),
                    _integer(attributes.get("max")),
                    _integer(attributes.get("style")),
                )
            )
        elif depth == 2:
            if name == "legacyDrawing":
                frame.legacy_tag = (at, tag_end(part, at))
                frame.legacy_id = next(
                    (value for key, value in attributes.items() if key.rpartition(" ")[2] == "id"), None
                )
            elif name == "sheetData":
                end = tag_end(part, at)
                if part[end - 2] == 0x2F:
                    frame.empty_data = (at, end)
            if name in _AFTER_LEGACY and 2 not in ends:
                ends[2] = at

    def end(depth: int, name: str, at: int) -> None:
        if depth == 1:
            ends.setdefault(2, at)
        elif depth == 2 and name == "sheetData":
            frame.rows_end = at

    _run(part, start, end)
    frame.legacy_at = ends[2]
    return frame


def _add_merge(frame: Frame, reference: str) -> None:
    try:
        left, top, right, bottom = range_boundaries(reference)
    except (ValueError, TypeError):
        return
    if left and top and right and bottom:
        frame.merges.append((left, top, right, bottom))


def _integer(text: str | None) -> int:
    try:
        return int(text or 0)
    except ValueError:
        return 0


class Cells:
    """Gives cells other styles. `wanted`: row → columns (from 0) to mark; `old`: styles of earlier marks.

    `marked(style)` and `freed(style)` name the style in the place of another: with the mark, and without an earlier one.
    """

    def __init__(
        self,
        part: bytes,
        frame: Frame,
        wanted: dict[int, set[int]],
        marked: Callable[[int, int, int], int],
        old: frozenset[int],
        freed: Callable[[int], int],
    ) -> None:
        self.part, self.frame, self.wanted = part, frame, wanted
        self.marked, self.old, self.freed = marked, old, freed
        self.splices: list[Splice] = []
        self.left = {row: set(columns) for row, columns in wanted.items()}
        self.row = self.column = 0
        self.row_style = 0
        self.row_tag: tuple[int, int] | None = None
        # Columns of this row that lie before the next cell are put in there.
        self.waiting: list[int] = []
        self.rows = sorted(wanted)

    def run(self) -> list[Splice]:
        _run(self.part, self._start, self._end)
        return self.splices

    def _start(self, depth: int, name: str, attributes: dict[str, str], at: int) -> None:
        if depth == 3 and name == "row":
            self.row = _integer(attributes.get("r")) or self.row + 1
            self.column = -1
            self._missing_rows(self.row, at)
            self.row_style = (
                _integer(attributes.get("s")) if attributes.get("customFormat") in ("1", "true") else -1
            )
            self.waiting = sorted(self.left.pop(self.row, ()))
            if self.row in self.rows:
                self.rows.remove(self.row)
            self.row_tag = None
            if self.waiting:
                end = tag_end(self.part, at)
                if self.part[end - 2] == 0x2F:
                    self.row_tag = (at, end)
        elif depth == 4 and name == "c":
            self.column = column_of_reference(attributes.get("r"), self.column + 1)
            if self.waiting or self.old:
                self._cell(attributes, at)

    def _cell(self, attributes: dict[str, str], at: int) -> None:
        while self.waiting and self.waiting[0] < self.column:
            self.splices.append(Splice(at, at, self._new_cell(self.waiting.pop(0))))
        style = _integer(attributes.get("s"))
        if self.waiting and self.waiting[0] == self.column:
            self.waiting.pop(0)
            new = self.marked(self.row, self.column, style)
        elif style in self.old:
            new = self.freed(style)
        else:
            return
        if new != style:
            end = tag_end(self.part, at)
            self.splices.append(Splice(at, end, with_attribute(self.part[at:end], b"s", b"%d" % new)))

    def _new_cell(self, column: int) -> bytes:
        style = self.row_style if self.row_style >= 0 else self.frame.style(column)
        new = self.marked(self.row, column, style)
        address = f"{get_column_letter(column + 1)}{self.row}".encode()
        return b'<%sc r="%s" s="%d"/>' % (self.frame.prefix, address, new)

    def _missing_rows(self, before: int, at: int) -> None:
        """Rows that are to be marked and are not written, up to the one that comes next."""
        while self.rows and self.rows[0] < before:
            row = self.rows.pop(0)
            columns = sorted(self.left.pop(row, ()))
            if not columns:
                continue
            now, style = self.row, self.row_style
            self.row, self.row_style = row, -1
            cells = b"".join(self._new_cell(column) for column in columns)
            self.row, self.row_style = now, style
            tag = b"%srow" % self.frame.prefix
            self.splices.append(Splice(at, at, b'<%s r="%d">%s</%s>' % (tag, row, cells, tag)))

    def _end(self, depth: int, name: str, at: int) -> None:
        if depth == 3 and name == "row" and self.waiting:
            cells = b"".join(self._new_cell(column) for column in self.waiting)
            self.waiting = []
            if self.row_tag is None:
                self.splices.append(Splice(at, at, cells))
            else:
                start, end = self.row_tag
                tag = self.part[start : end - 2].rstrip() + b">"
                self.splices.append(Splice(start, end, b"%s%s</%srow>" % (tag, cells, self.frame.prefix)))
        elif depth == 2 and name == "sheetData":
            if self.frame.empty_data is None:
                self._missing_rows(1 << 30, at)
            else:
                start, end = self.frame.empty_data
                before = len(self.splices)
                self._missing_rows(1 << 30, start)
                rows = b"".join(splice.text for splice in self.splices[before:])
                del self.splices[before:]
                if rows:
                    tag = self.part[start : end - 2].rstrip() + b">"
                    self.splices.append(
                        Splice(start, end, b"%s%s</%ssheetData>" % (tag, rows, self.frame.prefix))
                    )
