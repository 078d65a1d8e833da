"""Tables of another shape than one row for each measure, brought into that shape.

A matrix has a column for each unit and a mark (√, ●, 牵头) where it answers; a card prints one task with its labels beside the values; a
table on its side has its heads in the first column.
"""

import re
from collections.abc import Iterable

from tasks.importing.bands import only_text
from tasks.importing.cutting import is_name
from tasks.importing.grid import Cell, Document, Paragraph, Row, Table
from tasks.importing.heads import CONTENT, PARTIES, Layout, column_of, layout_of
from tasks.importing.wording import fold, plain

_LEAD, _SUPPORT, _MAIN = "牵头单位", "配合单位", "责任单位"
_WORDS = {
    "牵头": _LEAD,
    "主办": _LEAD,
    "主责": _LEAD,
    "牵": _LEAD,
    "主": _LEAD,
    "配合": _SUPPORT,
    "协办": _SUPPORT,
    "参与": _SUPPORT,
    "协": _SUPPORT,
    "配": _SUPPORT,
    "参": _SUPPORT,
    "负责": _MAIN,
    "责任": _MAIN,
    "落实": _MAIN,
    "是": _MAIN,
}
# Of two marks in one table, these lead; among others, these support.
_LEADING, _FOLLOWING = "★▲●◆■◎", "☆△○◇□"
_TICKS = "√✓✔☑vVyY"
_SIGNS = _LEADING + _FOLLOWING + _TICKS
_LEGEND = re.compile(
    rf"[“\"]?([{_SIGNS}])[”\"]?\s*(?:为|表示|代表|指|是|：|:|—|-)*\s*(牵头|主办|主责|责任|负责|配合|协办|参与)"
)
# The head of a matrix stands among the first rows.
_FIRST_ROWS = 8
_LONGEST_CARD = 24
# Marks are explained in the first or last rows.
_LEGEND_ROWS = 6


def legend_of(document: Document) -> str:
    """Lines that may explain the marks of a table: short paragraphs, and rows of a single text."""
    lines = [
        block.text for block in document.blocks if isinstance(block, Paragraph) and len(block.text) <= 200
    ]
    for table in document.tables:
        lines += [only_text(row) for row in [*table.rows[:_LEGEND_ROWS], *table.rows[-_LEGEND_ROWS:]]]
    return "\n".join(lines[-400:])


def _mark(text: str) -> str:
    """The mark that a cell holds; empty where it holds something else."""
    bare = "".join(text.split())
    return bare if bare in _WORDS or (len(bare) == 1 and bare in _SIGNS) else ""


def _unit_columns(row: Row, below: list[Row]) -> dict[int, str]:
    """Columns headed by the name of a unit under which nothing but marks stands."""
    named = {
        place: "".join(cell.text.split())
        for place, cell in enumerate(row.cells)
        if 2 <= len(fold(cell.text)) <= 20 and column_of(cell.text) is None and is_name(fold(cell.text))
    }
    if len(named) < 2:
        return {}
    marks = {place: _marks(place, below) for place in named}
    # A unit may answer for nothing in this table.
    found = {place: name for place, name in named.items() if marks[place] is not None}
    return found if len(found) >= 2 and any(marks.values()) else {}


def _marks(place: int, rows: list[Row]) -> int | None:
    """How many marks a column holds; None where it holds anything else. Lines over the whole width do not count."""
    count = 0
    for row in rows:
        if place >= len(row.cells) or row.is_line:
            continue
        text = row.cells[place].text
        if _mark(text):
            count += 1
        elif text.strip() and any(cell is not row.cells[place] for cell in row.cells):
            return None
    return count


def _duties(rows: list[Row], columns: Iterable[int], legend: str) -> dict[str, str]:
    """What each mark of a table says."""
    marks = {_mark(row.cells[place].text) for row in rows for place in columns if place < len(row.cells)} - {
        ""
    }
    told = {match[1]: _WORDS[match[2]] for match in _LEGEND.finditer(legend)}
    signs = {mark for mark in marks if mark not in _WORDS}
    result: dict[str, str] = {}
    for mark in marks:
        if mark in _WORDS:
            result[mark] = _WORDS[mark]
        elif mark in told:
            result[mark] = told[mark]
        elif len(signs) > 1 and mark in _LEADING:
            result[mark] = _LEAD
        elif len(signs) > 1 and mark in _FOLLOWING:
            result[mark] = _SUPPORT
        else:
            result[mark] = _MAIN
    return result


def _said(names: list[tuple[str, str]]) -> str:
    """The units of a row as a cell of a list prints them: 牵头单位：甲；配合单位：乙、丙."""
    groups = {
        duty: "、".join(name for name, own in names if own == duty) for duty in (_LEAD, _MAIN, _SUPPORT)
    }
    filled = {duty: text for duty, text in groups.items() if text}
    if set(filled) == {_MAIN}:
        return filled[_MAIN]
    return "\n".join(f"{duty}：{text}" for duty, text in filled.items())


def matrix(table: Table, legend: str) -> Table:
    """A table with the units across its head as one with a column 责任单位; any other table as it is.

    The cells keep their places: one cell lies over all columns of units, as if merged. `legend`: text in which the marks may be explained.
    """
    for place, row in enumerate(table.rows[:_FIRST_ROWS]):
        columns = _unit_columns(row, table.rows[place + 1 :])
        if columns:
            break
    else:
        return table
    body = table.rows[place + 1 :]
    duties = _duties(body, columns, legend)
    head = Cell(_MAIN)
    rows: list[Row] = []
    for number, own in enumerate(table.rows):
        cells = list(own.cells)
        whole = len({id(cell) for cell in cells}) <= 1
        if number > place and not whole:
            names = [
                (name, duties[mark])
                for column, name in columns.items()
                if column < len(cells) and (mark := _mark(cells[column].text))
            ]
            shown = Cell(_said(names))
            cells = [shown if column in columns else cell for column, cell in enumerate(cells)]
        elif number == place or (number == place - 1 and not whole and _is_over(cells, columns)):
            cells = [head if column in columns else cell for column, cell in enumerate(cells)]
        rows.append(Row(own.number, cells, own.is_line, own.is_after_gap))
    return Table(table.name, rows, table.sheet, table.columns)


def _is_over(cells: list[Cell], columns: dict[int, str]) -> bool:
    """Whether the row above the names only says that these are units."""
    texts = {fold(cells[column].text) for column in columns if column < len(cells)} - {""}
    return all(column_of(text) in (*PARTIES, None) and len(text) <= 12 for text in texts)


def _distinct(row: Row) -> list[Cell]:
    return list({id(cell): cell for cell in row.cells}.values())


def _card(table: Table) -> tuple[list[str], list[list[str]], int] | None:
    """Labels and values of a card, and the row of its content."""
    names: list[str] = []
    values: list[str] = []
    number = table.rows[0].number
    last: Cell | None = None
    for place, row in enumerate(table.rows):
        cells = _distinct(row)
        filled = [cell for cell in cells if cell.text.strip()]
        if len(filled) == 1 and place == 0 and column_of(filled[0].text) is None:
            names.append("目标任务")
            values.append(filled[0].text)
            continue
        if len(cells) == 2 and cells[0] is last and values:
            # The label lies over several rows.
            values[-1] = f"{values[-1]}\n{cells[1].text}"
            continue
        # A row of heads alone stands above others.
        if len(cells) not in (2, 4) or (len(cells) == 4 and all(column_of(cell.text) for cell in cells)):
            return None
        for label, value in zip(cells[::2], cells[1::2], strict=True):
            if not label.text.strip() and not value.text.strip():
                continue
            name = fold(label.text)
            if not 1 < len(name) <= 14 or (column_of(value.text) is not None and len(fold(value.text)) > 2):
                return None
            if column_of(name) in CONTENT:
                number = row.number
            names.append(name)
            values.append(value.text)
            last = label
    if len(set(names)) != len(names):
        return None
    return names, [values], number


def _on_its_side(table: Table) -> tuple[list[str], list[list[str]], int] | None:
    """Heads of the first column, and a row for each further one."""
    width = max(len(row.cells) for row in table.rows)
    if width < 3 or any(len(row.cells) != width for row in table.rows):
        return None
    if any(column_of(cell.text) not in (None, "number") for row in table.rows for cell in row.cells[1:]):
        # Heads beside heads: they stand above.
        return None
    names = [fold(row.cells[0].text) for row in table.rows]
    columns = [[row.cells[place].text for row in table.rows] for place in range(1, width)]
    return names, columns, table.rows[0].number


def upright(table: Table) -> tuple[Table, Layout] | None:
    """A card, or a table whose heads stand in its first column, as a table with a head above; None for any other."""
    rows = [row for row in table.rows if not row.is_line]
    if not 2 <= len(rows) <= _LONGEST_CARD or len(rows) != len(table.rows):
        return None
    known = [column_of(row.cells[0].text) for row in rows if row.cells]
    if sum(1 for kind in known if kind) * 2 < len(rows) or not any(kind in CONTENT for kind in known):
        return None
    for shape in (_card, _on_its_side):
        turned = shape(table)
        if turned is None:
            continue
        names, records, number = turned
        layout = layout_of(names)
        kinds = {kind for kind in layout.kinds if kind} if layout else set()
        if layout is None or not kinds & set(PARTIES) or not kinds & {"task", "measure"}:
            continue
        head = Row(number, [Cell(name) for name in names])
        body = [Row(number, [Cell(plain(text)) for text in record]) for record in records if any(record)]
        return Table(table.name, [head, *body], table.sheet), layout
    return None
