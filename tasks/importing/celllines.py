"""A table copied as one cell a line, as from a web page on a telephone or out of a PDF: the head's words stand below each other, then
the cells of row after row. Empty and merged cells leave nothing behind, and a cell may take several lines.

`|` alone on a line, or behind each cell, is what is left of the table's frame.
"""

import re
from dataclasses import dataclass

from tasks.importing import bands
from tasks.importing.fitting import fitness, is_number
from tasks.importing.grid import Cell, Document, Paragraph, Row, Table
from tasks.importing.heads import PARTIES, Column, Layout, column_of, layout_of
from tasks.importing.limits import Budget
from tasks.importing.wording import fold, is_finished

# More lines than any list that a person copies so.
_MOST = 8_000
_SHORTEST_HEAD = 3
_WIDEST = 12
_FRAME = re.compile(r"[|｜\s+-]*")
_SIGNED = re.compile(r"20\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日")
_IMPOSSIBLE = -1e6


@dataclass(slots=True)
class _Line:
    """`number` as a person counts; `starts`: the frame shows that a row begins here."""

    number: int
    text: str
    starts: bool = False


def _lines(text: str) -> list[_Line]:
    """Lines without the frame. Between two signs of it, lines are one cell."""
    raw = text.split("\n")
    framed = sum(1 for line in raw if line.strip() and set(line.strip()) <= {"|", "｜"})
    is_framed = framed * 3 > sum(1 for line in raw if line.strip())
    lines: list[_Line] = []
    parts: list[list[str]] = []
    signs = 0
    for number, line in enumerate(raw, 1):
        stripped = line.strip(" \t\u3000")
        if not stripped:
            continue
        if _FRAME.fullmatch(stripped):
            signs += len(stripped.replace(" ", ""))
            continue
        cell = stripped.strip("|｜").strip()
        if is_framed and not signs and lines:
            parts[-1].append(cell)
        else:
            lines.append(_Line(number, cell, starts=signs > 1))
            parts.append([cell])
        signs = 0
    for own, texts in zip(lines, parts, strict=True):
        own.text = "\n".join(texts)
    return lines


def _head(lines: list[_Line]) -> tuple[int, int, Layout] | None:
    """Where the head begins and ends, and what it says: the first run of words of a plan's head, one a line."""
    place = 0
    while place < len(lines):
        if column_of(lines[place].text) is None:
            place += 1
            continue
        end = place
        while end < len(lines) and end - place < _WIDEST * 2 and _is_head(lines, end):
            end += 1
        layout = _columns([line.text for line in lines[place:end]]) if end - place >= _SHORTEST_HEAD else None
        if layout is not None and layout.width <= _WIDEST:
            return place, end, layout
        place = max(end, place + 1)
    return None


def _is_head(lines: list[_Line], place: int) -> bool:
    text = lines[place].text
    if bands.is_chapter(text):
        return False
    if column_of(text) is not None:
        return True
    # A word that nobody knows between two that are known: 2018年计划 before 牵头部门.
    follows = place + 1 < len(lines) and column_of(lines[place + 1].text) is not None
    return follows and len(fold(text)) <= 10 and not is_number(text) and not re.search("[。，；、]", text)


def _columns(names: list[str]) -> Layout | None:
    """A head's words as columns; where it has two rows, the lower words stand behind all upper ones."""
    kinds = [column_of(name) for name in names]
    parties = [place for place, kind in enumerate(kinds) if kind in PARTIES]
    over = next((place for place in parties if kinds[place] == "units"), None)
    lower = [place for place in parties if kinds[place] in ("lead", "support") and place > (over or 0)]
    if over is not None and len(lower) >= 2 and lower[-1] == len(names) - 1 and lower[0] > over + 1:
        # 责任单位 over 牵头部门 and 配合部门, with further heads beside it.
        names = [*names[:over], *names[lower[0] :], *names[over + 1 : lower[0]]]
    return layout_of(names)


@dataclass(slots=True)
class _Step:
    score: float
    before: int
    is_row: bool


def _skipped(kinds: list[Column | None], begin: int, end: int, *, leading: bool) -> float:
    """What it costs that the columns from `begin` up to `end` stay empty."""
    cost = 0.0
    for kind in kinds[begin:end]:
        if leading and kind in ("category", "task"):
            cost += 0.2
        elif kind in ("measure", "number"):
            cost += 1.5
        elif kind in PARTIES:
            cost += 0.8
        else:
            cost += 0.4
    return cost


def _arranged(lines: list[_Line], kinds: list[Column | None]) -> list[tuple[int, bool]]:
    """For each line its column (-1: a band of its own), and whether a row begins with it."""
    width = len(kinds)
    band = width
    has_numbers = "number" in kinds
    leading = [_skipped(kinds, 0, column, leading=True) for column in range(width)]
    trailing = [_skipped(kinds, column + 1, width, leading=False) for column in range(width)] + [0.0]
    between = [
        [_skipped(kinds, before + 1, column, leading=False) for column in range(width)]
        for before in range(width)
    ]
    table: list[list[_Step]] = []
    for place, line in enumerate(lines):
        own = [fitness(line.text, kind) for kind in kinds]
        is_band = bands.is_chapter(line.text) and not is_finished(line.text)
        previous = table[-1] if table else None
        if previous is None:
            first = [_Step(own[column] - leading[column], -1, True) for column in range(width)]
            table.append([*first, _Step(1.5 if is_band else _IMPOSSIBLE, -1, True)])
            continue
        ended = max(range(width + 1), key=lambda column: previous[column].score - trailing[column])
        new_row = previous[ended].score - trailing[ended] + (2.0 if line.starts else 0.0)
        going_on = -2.0 if line.starts else 0.0
        is_open = not is_finished(lines[place - 1].text)
        steps: list[_Step] = []
        for column in range(width):
            step = _Step(
                new_row - leading[column] - (1.0 if has_numbers and kinds[column] != "number" else 0.0),
                ended,
                True,
            )
            for before in range(column):
                score = previous[before].score - between[before][column] + going_on
                if score > step.score:
                    step = _Step(score, before, False)
            if kinds[column] != "number":
                # A line break inside the cell.
                score = previous[column].score + going_on - (0.6 if is_open else 1.0)
                if lines[place - 1].text.endswith(("，", "、", "和", "及")):
                    score += 1.0
                if score > step.score:
                    step = _Step(score, column, False)
            step.score += own[column]
            steps.append(step)
        steps.append(_Step(new_row + 1.5 if is_band else _IMPOSSIBLE, ended, True))
        table.append(steps)
    column = max(range(width + 1), key=lambda place: table[-1][place].score)
    result: list[tuple[int, bool]] = []
    for steps in reversed(table):
        step = steps[column]
        result.append((-1 if column == band else column, step.is_row))
        column = step.before
    return result[::-1]


def read_cell_lines(text: str) -> Document | None:
    """The text as a table with the paragraphs around it; None where no head stands in it, one word a line."""
    budget = Budget()
    lines = _lines(budget.text(text))
    found = _head(lines) if len(lines) <= _MOST else None
    if found is None:
        return None
    begin, end, layout = found
    names = {fold(line.text) for line in lines[begin:end]}
    body = [
        line
        for line in lines[end:]
        if not (column_of(line.text) is not None and fold(line.text) in names)
        and not (bands.PAGE.fullmatch(line.text) and not is_number(line.text))
    ]
    last = next(
        (
            place
            for place, line in enumerate(body)
            if bands.NOTE.match(line.text) or _SIGNED.fullmatch(line.text.strip())
        ),
        len(body),
    )
    body, behind = body[:last], body[last:]
    if not body:
        return None
    table = Table("第1个表格")
    table.rows.append(Row(lines[begin].number, [Cell(name) for name in layout.names]))
    for line, (column, is_row) in zip(body, _arranged(body, layout.kinds), strict=True):
        budget.row()
        if column < 0:
            table.rows.append(Row(line.number, [Cell(line.text)], is_line=True))
            continue
        if is_row or table.rows[-1].is_line:
            table.rows.append(Row(line.number, [Cell() for _ in range(layout.width)]))
        cell = table.rows[-1].cells[column]
        cell.text = f"{cell.text}\n{line.text}" if cell.text else line.text
    before = [Paragraph(line.text) for line in lines[:begin]]
    return Document([*before, table, *(Paragraph(line.text) for line in behind)])
