"""A .docx as paragraphs and tables, in document order.

Read from the XML itself: python-docx leaves out content controls, tracked insertions and automatic numbers. As a reader of
the printed page sees it: insertions are in, deletions and hidden text out, headers, footers and text boxes left, but for the tables in these.
"""

from collections.abc import Iterator
from typing import Any

from tasks.importing.grid import LIST_HEADS, LIST_TITLE, Cell, Document, Paragraph, Problem, Row, Table
from tasks.importing.heads import head_at
from tasks.importing.limits import Budget
from tasks.importing.numbering import Style, read_numbering, read_styles
from tasks.importing.package import Package, attribute, local

# What only wraps other content.
_WRAPPERS = {
    "sdt",
    "sdtContent",
    "ins",
    "moveTo",
    "customXml",
    "smartTag",
    "hyperlink",
    "fldSimple",
    "dir",
    "bdo",
}
_GONE = {
    "del",
    "moveFrom",
    "txbxContent",
    "Fallback",
    "pPr",
    "rPr",
    "instrText",
    "delText",
    "rt",
    "sdtPr",
    "tblPr",
}
_OUTSIDE = {"tbl", "p", "txbxContent", "comment", "footnote"}
# The head of a table stands among its first rows.
_HEAD_ROWS = 4
# Word's own limit for one row.
_WIDEST = 63


def _integer(text: str | None, default: int) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default


def _child(element: Any, name: str) -> Any:
    return next((child for child in element if local(child) == name), None)


def _value(element: Any, name: str, missing: str | None = None) -> str | None:
    """The `val` of a child; "" where the child has none, `missing` where there is no such child."""
    child = None if element is None else _child(element, name)
    return missing if child is None else (attribute(child, "val") or "")


def _inside(element: Any, name: str) -> Iterator[Any]:
    """Children of that name, also those in content controls and tracked insertions."""
    for child in element:
        tag = local(child)
        if tag == name:
            yield child
        elif tag in _WRAPPERS:
            yield from _inside(child, name)


def _boxed_tables(paragraph: Any) -> Iterator[Any]:
    """Tables in text boxes that are anchored in a paragraph. Each box stands there twice, in the new form and as a fallback."""
    for box in paragraph.iter("{*}txbxContent"):
        if any(local(parent) in ("Fallback", "tbl") for parent in box.iterancestors()):
            continue
        yield from _inside(box, "tbl")


def _is_hidden(run: Any) -> bool:
    properties = _child(run, "rPr")
    value = _value(properties, "vanish")
    return value is not None and value not in ("0", "false", "off")


class _Front:
    """Passes over the list of problems that an earlier marking has put before everything else."""

    def __init__(self) -> None:
        self.is_open = True
        self.is_list = False

    def takes(self, element: Any) -> bool:
        if not self.is_open:
            return False
        if local(element) == "p":
            text = _all_text(element)
            self.is_list = self.is_list or text == LIST_TITLE
            self.is_open = self.is_list or not text
            return self.is_list
        self.is_open = False
        return self.is_list and is_list_table(element)


def _all_text(element: Any) -> str:
    return "".join(text.text or "" for text in element.iter("{*}t")).strip()


def is_list_table(table: Any) -> bool:
    """Whether it is the list of problems, by its heads."""
    row = next(_inside(table, "tr"), None)
    return row is not None and tuple(_all_text(cell) for cell in _inside(row, "tc")) == LIST_HEADS


class _Reader:
    def __init__(self, package: Package) -> None:
        self.package = package
        self.document = Document()
        self.budget = Budget(package.limits)
        self.part = package.main_part()
        kinds = dict(package.relations(self.part).values())
        self.numbering = read_numbering(package, kinds.get("numbering"))
        self.styles = read_styles(package, kinds.get("styles"))
        self.tables = 0
        # Plans' tables found inside cells of the table that is being read.
        self.inner: list[Table] = []
        # Id of a cell → the elements that it is merged of; only where somebody wants to find them again.
        self.origins: dict[int, list[Any]] | None = None
        self.front = _Front()

    def read(self) -> Document:
        for element in self.package.walk(self.part, "p", "tbl"):
            if self.top(element):
                # Used: the whole document never stands in memory at once.
                element.clear()
        return self.document

    def top(self, element: Any) -> bool:
        """Take in a paragraph or table, if it stands in the text itself. False where it is part of another one."""
        above = {local(parent) for parent in element.iterancestors()}
        if above & _OUTSIDE:
            return False
        if not above & {"del", "moveFrom"} and not self.front.takes(element):
            self.block(element)
        return True

    def block(self, element: Any) -> None:
        if local(element) == "p":
            self.budget.paragraph()
            text, level = self.paragraph(element)
            self.document.blocks.append(Paragraph(text, level))
            for table in _boxed_tables(element):
                self.block(table)
            return
        frame = [list(_inside(row, "tc")) for row in _inside(element, "tr")]
        if all(len(row) == 1 for row in frame):
            parts = [child for row in frame for child in self.content(row[0])]
            if any(local(child) == "tbl" for child in parts):
                # One column of cells around everything only frames the page, as in texts copied from a web page.
                for child in parts:
                    self.block(child)
                return
        self.document.blocks.append(self.table(element))
        inner, self.inner = self.inner, []
        self.document.blocks += inner

    def paragraph(self, element: Any) -> tuple[str, int | None]:
        """Its text with the number that Word puts before it, and its heading level."""
        properties = _child(element, "pPr")
        style = self.styles.get(_value(properties, "pStyle") or "", Style())
        level = style.outline
        outline = _value(properties, "outlineLvl")
        if outline is not None and _integer(outline, 9) < 9:
            level = _integer(outline, 9) + 1
        text = self.budget.text("".join(self.pieces(element)))
        list_id, list_level = style.list_id, style.list_level
        numbers = None if properties is None else _child(properties, "numPr")
        if numbers is not None:
            list_id = _value(numbers, "numId") or list_id
            list_level = _integer(_value(numbers, "ilvl"), list_level)
        # An empty list paragraph in a cell is how Word numbers rows; elsewhere nobody sees it as more than a stray mark.
        if list_id:
            text = self.numbering.label(list_id, list_level) + text
        return text, level

    def pieces(self, element: Any) -> Iterator[str]:
        for child in element:
            tag = local(child)
            if tag in _GONE or (tag == "r" and _is_hidden(child)):
                continue
            if tag == "t":
                yield child.text or ""
            elif tag in ("tab", "ptab"):
                yield " "
            elif tag in ("br", "cr"):
                yield "\n"
            elif tag == "noBreakHyphen":
                yield "-"
            elif tag != "tbl":
                yield from self.pieces(child)

    def table(self, element: Any) -> Table:
        self.tables += 1
        table = Table(f"第{self.tables}个表格")
        number = 0
        for row_element in _inside(element, "tr"):
            properties = _child(row_element, "trPr")
            if properties is not None and _child(properties, "del") is not None:
                continue
            number += 1
            self.budget.row()
            above = table.rows[-1].cells if table.rows else []
            table.rows.append(Row(number, self.row(row_element, properties, above, table.name, number)))
        return table

    def row(self, element: Any, properties: Any, above: list[Cell], table: str, number: int) -> list[Cell]:
        cells: list[Cell] = []
        for _ in range(min(max(_integer(_value(properties, "gridBefore"), 0), 0), _WIDEST)):
            cells.append(Cell())
        for cell in _inside(element, "tc"):
            own = _child(cell, "tcPr")
            if own is not None and _child(own, "cellDel") is not None:
                continue
            span = min(max(_integer(_value(own, "gridSpan"), 1), 1), _WIDEST)
            merged = _value(own, "vMerge")
            beside = _value(own, "hMerge")
            # The text of a cell that continues another one is not shown; its numbers are counted all the same.
            text = self.cell_text(cell, table, number)
            if beside is not None and beside != "restart" and cells:
                shown = cells[-1]
            elif merged is not None and merged != "restart" and len(cells) < len(above):
                shown = above[len(cells)]
            else:
                shown = Cell(text)
            if self.origins is not None:
                self.origins.setdefault(id(shown), []).append(cell)
            cells += [shown] * span
            if len(cells) >= self.budget.limits.columns:
                break
        return cells[: self.budget.limits.columns]

    def cell_text(self, element: Any, table: str, number: int) -> str:
        lines = []
        for child in self.content(element):
            if local(child) == "tbl":
                lines += self.nested(child, table, number)
            else:
                lines.append(self.paragraph(child)[0])
        return "\n".join(lines).strip("\n")

    def nested(self, element: Any, name: str, number: int) -> list[str]:
        """A table inside a cell: a table of its own where it has a plan's head, else its rows as lines of the cell."""
        table = self.table(element)
        if any(head_at(table.rows, place) for place in range(min(len(table.rows), _HEAD_ROWS))):
            self.inner.append(table)
            return []
        self.document.problems.append(
            Problem(
                f"{name}第{number}行的单元格内套有表格，已按行并入该单元格的文字，请核对。",
                number,
            )
        )
        rows = [
            "，".join(
                text
                for cell in {id(cell): cell for cell in row.cells}.values()
                if (text := cell.text.strip())
            )
            for row in table.rows
        ]
        return [row for row in rows if row]

    def content(self, element: Any) -> Iterator[Any]:
        for child in element:
            tag = local(child)
            if tag in ("p", "tbl"):
                yield child
            elif tag in _WRAPPERS:
                yield from self.content(child)


def read_word(package: Package) -> Document:
    """Raises `Unreadable`, `TooLarge`."""
    return _Reader(package).read()


def find_cells(package: Package, root: Any) -> tuple[Document, dict[int, list[Any]]]:
    """The same out of the parsed main part, and for the id of each of its cells the elements (tc) that it is merged of."""
    reader = _Reader(package)
    reader.origins = {}
    for element in root.iter("{*}p", "{*}tbl"):
        reader.top(element)
    return reader.document, reader.origins
