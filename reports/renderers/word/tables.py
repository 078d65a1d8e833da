"""Tables as Word's markup: fixed columns, heads repeated on every page, short rows kept whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from unicodedata import east_asian_width

from reports.renderers.layout import TABLE_PT
from reports.renderers.word.markup import Run, attribute, paragraph

# A row of no more lines is not cut by the end of a page.
UNCUT_LINES = 10
# Left and right of the text in a cell, in millimetres (as in the style 公文表格).
_SIDES_MM = 2
_POINT_MM = 25.4 / 72


@dataclass(frozen=True)
class Cell:
    """`paragraphs`: each a list of runs. `opens`, `above`: the first of cells that are one, and a later one of them."""

    paragraphs: Sequence[Sequence[Run]] = ()
    centred: bool = False
    above: bool = False
    head: bool = False
    opens: bool = False
    span: int = 1
    style: str = ""

    @property
    def style_id(self) -> str:
        return self.style or ("TableHead" if self.head else "TableCentred" if self.centred else "TableText")


@dataclass(frozen=True)
class Row:
    cells: Sequence[Cell]
    head: bool = False
    # None: by the number of its lines.
    whole: bool | None = None
    # It stays on the page of what follows.
    keeps: bool = False


@dataclass(frozen=True)
class Table:
    """`widths` in millimetres, `text_width` in twips; `title` is read out to those who do not see the table."""

    widths: Sequence[float]
    rows: Iterable[Row]
    text_width: int
    title: str
    style: str = "AnnexTable"

    def xml(self) -> str:
        widths = spread(self.widths, self.text_width)
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        rows = "".join(self._row(row, widths) for row in self.rows)
        return (
            f'<w:tbl><w:tblPr><w:tblStyle w:val="{self.style}"/>'
            f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/>'
            '<w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="0"'
            f' w:noVBand="1"/><w:tblCaption w:val={attribute(self.title)}/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>'
        )

    def _row(self, row: Row, widths: list[int]) -> str:
        whole = row.head or row.whole or (row.whole is None and self._lines(row) <= UNCUT_LINES)
        looks = ("<w:cantSplit/>" if whole else "") + ("<w:tblHeader/>" if row.head else "")
        looks = f"<w:trPr>{looks}</w:trPr>" if looks else ""
        cells, column = "", 0
        for cell in row.cells:
            cells += _cell(cell, sum(widths[column : column + cell.span]), on_top=not whole, keeps=row.keeps)
            column += cell.span
        return f"<w:tr>{looks}{cells}</w:tr>"

    def _lines(self, row: Row) -> int:
        """About how many lines the row has; what is merged over several rows does not count."""
        most, column = 1, 0
        for cell in row.cells:
            room = sum(self.widths[column : column + cell.span]) - _SIDES_MM
            column += cell.span
            if not cell.opens:
                most = max(most, sum(lines_in(text, room, TABLE_PT) for text in _texts(cell)))
        return most


def _texts(cell: Cell) -> Iterable[str]:
    return ("".join(item.text for item in runs) for runs in cell.paragraphs)


def _cell(cell: Cell, width: int, *, on_top: bool, keeps: bool) -> str:
    """`on_top`: in a row that may go on on another page, words in the middle would be torn apart."""
    looks = f'<w:tcW w:w="{width}" w:type="dxa"/>'
    if cell.span > 1:
        looks += f'<w:gridSpan w:val="{cell.span}"/>'
    if cell.opens:
        looks += '<w:vMerge w:val="restart"/>'
    elif cell.above:
        looks += "<w:vMerge/>"
    keep = "<w:keepNext/>" if keeps else ""
    content = "".join(paragraph(cell.style_id, runs, properties=keep) for runs in cell.paragraphs or ([],))
    return (
        f'<w:tc><w:tcPr>{looks}<w:vAlign w:val="{"top" if on_top else "center"}"/></w:tcPr>{content}</w:tc>'
    )


def spread(widths: Sequence[float], total: int) -> list[int]:
    """The widths in proportion, as whole twips that make `total`."""
    edges = [round(edge / sum(widths) * total) for edge in accumulate(widths, initial=0.0)]
    return [after - before for before, after in pairwise(edges)]


def width_of(text: str) -> float:
    """The width of `text` in characters: Latin letters and digits count half."""
    return sum(1.0 if east_asian_width(char) in "WFA" else 0.5 for char in text)


def lines_in(text: str, millimetres: float, size: float) -> int:
    """About how many lines `text` takes; a line loses half a character to the rules for its beginning and end."""
    room = max(millimetres / _POINT_MM / size - 0.5, 1)
    return max(1, -(-int(width_of(text) * 10) // int(room * 10)))
