"""Which column a text belongs to where its place does not say it: rows copied without their merged cells, cells copied one a line.

Each kind of column has its own look: a number, names of units, a deadline, a sentence. The best arrangement is found by dynamic programming.
"""

import re
from functools import lru_cache

from tasks.importing.cutting import is_name
from tasks.importing.deadlines import parse_deadline
from tasks.importing.grid import Cell, Row
from tasks.importing.heads import PARTIES, Column, Layout
from tasks.importing.numerals import number_of
from tasks.importing.parties import pieces
from tasks.importing.wording import fold, is_finished

IMPOSSIBLE = -1000.0
# A row is moved only where that fits clearly better than as it stands.
_CLEARLY = 2.0
# No plan's table has more columns.
_WIDEST = 24
_LONGEST = 400
_NOTHING = re.compile(r"[/／—－\-无空]+")
_TIME = re.compile(r"年|月|季度|底|前|期|按|随")


@lru_cache(maxsize=4096)
def is_number(text: str) -> bool:
    return number_of(fold(text).strip(".．、()（）")) is not None


@lru_cache(maxsize=4096)
def is_names(text: str) -> bool:
    """Whether a text is nothing but names of units, and words about their duty."""
    if len(text) > _LONGEST:
        return False
    parts = [piece for piece in pieces(text) if piece.kind != "joint"]
    return bool(parts) and all(piece.kind == "note" or is_name(piece.text) for piece in parts)


@lru_cache(maxsize=4096)
def is_time(text: str) -> bool:
    # Any year will do: asked is whether the wording is one of a deadline.
    return len(text) <= 40 and parse_deadline(text, 2024).kind != "unknown"


@lru_cache(maxsize=8192)
def fitness(text: str, kind: Column | None) -> float:
    """How well a text fits into a column, from about -6 to 3."""
    bare = fold(text)
    if kind == "number":
        return 3.0 if is_number(text) else -6.0
    if not bare:
        return 0.0
    nothing = _NOTHING.fullmatch(bare) is not None
    if kind in PARTIES:
        return 1.0 if nothing else 2.0 if is_names(text) else -2.0
    if kind in ("deadline", "starts"):
        if is_time(text):
            return 2.0
        return 0.3 if nothing or (len(bare) <= 20 and _TIME.search(bare)) else -1.5
    if is_number(text):
        return -3.0
    if kind == "measure":
        if is_names(text) or is_time(text):
            return -1.0
        return (1.0 if is_finished(bare) else 0.0) + (0.5 if len(bare) >= 12 else 0.0)
    if kind in ("task", "category"):
        if is_names(text) or is_time(text):
            return -1.0
        # Where one of both is missing, it is the outer one, merged over more rows.
        outer = 0.1 if kind == "category" else 0.0
        return (-0.3 if is_finished(bare) else 0.5) - (0.5 if len(bare) > 40 else 0.0) - outer
    return -0.2 if is_names(text) or is_time(text) else 0.0


def fit(texts: list[str], layout: Layout) -> list[int] | None:
    """Columns for the cells of a row that has fewer than the head, from left to right; None where it stands as well as it is."""
    width = layout.width
    count = len(texts)
    if not 2 <= count < width <= _WIDEST:
        return None
    # best[c]: the best sum with the cells so far, the last of them in column c.
    scores = [[fitness(text, kind) for kind in layout.kinds] for text in texts]
    best = [scores[0][column] for column in range(width)]
    came: list[list[int]] = []
    for place in range(1, count):
        step = [IMPOSSIBLE * count] * width
        origin = [0] * width
        leader, top = 0, best[0]
        for column in range(1, width):
            if best[column - 1] > top:
                leader, top = column - 1, best[column - 1]
            step[column] = top + scores[place][column]
            origin[column] = leader
        best = step
        came.append(origin)
    column = max(range(width), key=best.__getitem__)
    as_it_stands = sum(scores[place][place] for place in range(count))
    if best[column] < as_it_stands + _CLEARLY:
        return None
    columns = [column]
    for origin in reversed(came):
        column = origin[column]
        columns.append(column)
    return columns[::-1]


def refitted(row: Row, layout: Layout) -> Row:
    """A row with fewer cells than the head has: copied without its merged cells, it begins further right."""
    texts = [cell.text.strip() for cell in row.cells]
    columns = fit(texts, layout)
    if columns is None:
        return row
    cells = [Cell() for _ in range(layout.width)]
    for column, cell in zip(columns, row.cells, strict=True):
        cells[column] = cell
    return Row(row.number, cells, row.is_line, row.is_after_gap)
