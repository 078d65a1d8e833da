"""Text with a table in it, pasted or from a .txt/.tsv file: lines with tabs are rows, the others are the text around.

Excel and WPS put a cell that has line breaks in quotes when a table is copied. Other separators (| as in Markdown, commas, runs of blanks)
are tried where there are no tabs.
"""

import re

from tasks.importing.errors import Unreadable
from tasks.importing.grid import Cell, Document, Paragraph, Row, Table
from tasks.importing.heads import column_of
from tasks.importing.limits import PLAN, Budget, Limits
from tasks.importing.numerals import number_of

# A quoted cell longer than this is a stray quotation mark.
MAX_QUOTED_LINES = 60
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_RULE = re.compile(r"[\s|:+-]+")
_GAPS = re.compile(r"[ \u3000]{2,}")
NOT_TEXT = "文件不是可识别的文本。请另存为 UTF-8 编码的文本文件，或改用 .docx、.xlsx 文件导入。"


def decode(data: bytes) -> str:
    """Text in UTF-8 or UTF-16 (with or without mark) or GB18030, the encodings that Chinese Windows writes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(data, "utf-16")
    # Without a mark, UTF-16 shows by the zero byte that every tab, digit and line break has.
    for encoding, breaks in (("utf-16-le", (b"\n\x00", b"\t\x00")), ("utf-16-be", (b"\x00\n", b"\x00\t"))):
        if len(data) % 2 == 0 and any(
            data.find(sign, 0, 8000) % 2 == 0 for sign in breaks if sign in data[:8000]
        ):
            return _decoded(data, encoding)
    if b"\x00" in data:
        raise Unreadable(NOT_TEXT)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decoded(data, "gb18030")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(NOT_TEXT) from error


def read_text(text: str, separator: str = "\t", *, limits: Limits = PLAN) -> Document:
    """`text` as paragraphs and tables. `separator`: a tab, "|", "," or "  " (two or more blanks)."""
    budget = Budget(limits)
    document = Document()
    table: Table | None = None
    is_after_gap = False
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n"))
    for number, line in _lines(budget.text(text), separator):
        if not line.strip():
            is_after_gap = True
            continue
        cells = _cells(line, separator)
        if cells is None:
            continue
        gap, is_after_gap = is_after_gap, False
        if len(cells) > 1:
            budget.row()
            if table is None:
                table = Table(f"第{len(document.tables) + 1}个表格")
                document.blocks.append(table)
            table.rows.append(Row(number, [Cell(cell) for cell in cells[: limits.columns]], is_after_gap=gap))
        else:
            budget.paragraph()
            # Only the reader knows whether it goes on with the table (a band, a cell's next line) or ends it.
            if table is None:
                document.blocks.append(Paragraph(line.strip()))
            else:
                table.rows.append(Row(number, [Cell(line.strip())], is_line=True))
    if table is not None and separator == "\t":
        table.rows = _mended_rows(table.rows)
    return document


def _mended_rows(rows: list[Row]) -> list[Row]:
    """Rows of a numbered list that a line break inside a cell has cut, as a browser copies them, put together.

    The first piece has the number and too few cells, the next ones begin with no number, and together they have as many as the head.
    """
    head = next(
        (
            place
            for place, row in enumerate(rows)
            if len(row.cells) > 3 and column_of(row.cells[0].text) == "number"
        ),
        None,
    )
    if head is None:
        return rows
    width = len(rows[head].cells)
    result = rows[: head + 1]
    place = head + 1
    while place < len(rows):
        row, taken = rows[place], 1
        if not row.is_line and len(row.cells) < width and _is_number(row.cells[0].text):
            cells = [cell.text for cell in row.cells]
            for count, more in enumerate(rows[place + 1 : place + MAX_QUOTED_LINES], 2):
                pieces = [cell.text for cell in more.cells]
                if more.is_after_gap or _is_number(pieces[0]) or len(cells) + len(pieces) - 1 > width:
                    break
                cells = [*cells[:-1], f"{cells[-1]}\n{pieces[0]}", *pieces[1:]]
                if len(cells) == width and not more.is_line:
                    taken = count
                    row = Row(row.number, [Cell(text) for text in cells], is_after_gap=row.is_after_gap)
                    break
        result.append(row)
        place += taken
    return result


def _is_number(text: str) -> bool:
    return not text.strip() or number_of(text.strip().strip(".．、（）()")) is not None


def _lines(text: str, separator: str) -> list[tuple[int, str]]:
    """Lines with their numbers; a quoted cell with line breaks keeps its row together."""
    lines = text.split("\n")
    if separator == "|":
        return _framed(lines)
    is_odd = [line.count('"') % 2 == 1 for line in lines]
    found: list[tuple[int, str]] = []
    place = 0
    while place < len(lines):
        line, taken = lines[place], 1
        if is_odd[place] and (line.startswith('"') or separator + '"' in line):
            end = next(
                (n for n in range(place + 1, min(place + MAX_QUOTED_LINES, len(lines))) if is_odd[n]), None
            )
            if end is not None:
                line, taken = "\n".join(lines[place : end + 1]), end - place + 1
        found.append((place + 1, line))
        place += taken
    return found


def _framed(lines: list[str]) -> list[tuple[int, str]]:
    """Lines of a table whose rows end with |: what ends without one goes on in the next line, a break inside a cell."""
    rows = [line.rstrip() for line in lines]
    with_signs = [line for line in rows if "|" in line]
    if sum(1 for line in with_signs if line.endswith("|")) * 2 <= len(with_signs):
        return list(enumerate(lines, 1))
    found: list[tuple[int, str]] = []
    place = 0
    while place < len(rows):
        first, line = place, rows[place]
        place += 1
        if "|" in line:
            while not line.endswith("|") and place < len(rows) and place - first < MAX_QUOTED_LINES:
                line += "\n" + rows[place]
                place += 1
        found.append((first + 1, line))
    return found


def _unquoted(text: str, separator: str) -> list[str]:
    """The cells of a row in which Excel may have quoted some. Other quotation marks are wording."""
    cells: list[str] = []
    place = 0
    while True:
        quoted = re.compile(r'"((?:[^"]|"")*)"(?=\Z|' + re.escape(separator) + ")").match(text, place)
        if quoted:
            cells.append(quoted[1].replace('""', '"'))
            end = quoted.end()
        else:
            end = text.find(separator, place)
            end = len(text) if end < 0 else end
            cells.append(text[place:end])
        if end >= len(text):
            return cells
        place = end + len(separator)


def _cells(line: str, separator: str) -> list[str] | None:
    """The cells of a line; None for a ruled line (|---|---|)."""
    if separator == "  ":
        return _GAPS.split(line.strip())
    if separator == "|":
        if "|" not in line:
            return [line]
        if _RULE.fullmatch(line):
            return None
        line = line.strip()
        # One sign at either end is the frame; a further one is an empty cell.
        line = line[1:] if line.startswith("|") else line
        return [cell.strip() for cell in (line[:-1] if line.endswith("|") else line).split("|")]
    return _unquoted(line, separator) if '"' in line else line.split(separator)
