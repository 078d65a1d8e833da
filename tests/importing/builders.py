"""Plans as the documents they come in, built with python-docx and openpyxl from one description.

A grid is rows of cells. `UP` and `LEFT` are cells that are merged into the one above or to the left.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import docx
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.table import Table, _Cell
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

UP, LEFT = "\x02up", "\x02left"
Grid = Sequence[Sequence[str]]
Block = str | tuple[int, str] | Grid


@dataclass(frozen=True)
class Span:
    top: int
    left: int
    bottom: int
    right: int

    @property
    def is_merged(self) -> bool:
        return (self.top, self.left) != (self.bottom, self.right)


def spans(grid: Grid) -> Iterable[Span]:
    """The rectangles of cells that are printed as one."""
    for top, row in enumerate(grid):
        for left, text in enumerate(row):
            if text in (UP, LEFT):
                continue
            right = left
            while right + 1 < len(row) and row[right + 1] == LEFT:
                right += 1
            bottom = top
            while bottom + 1 < len(grid) and left < len(grid[bottom + 1]) and grid[bottom + 1][left] == UP:
                bottom += 1
            yield Span(top, left, bottom, right)


def fill(cell: _Cell, text: str) -> None:
    lines = text.split("\n")
    cell.paragraphs[0].text = lines[0]
    for line in lines[1:]:
        cell.add_paragraph(line)


def add_table(document: WordDocument, grid: Grid) -> Table:
    width = max(len(row) for row in grid)
    table = document.add_table(rows=len(grid), cols=width)
    # `table.cell` walks the whole table each time.
    cells = table._cells
    for span in spans(grid):
        cell = cells[span.top * width + span.left]
        if span.is_merged:
            cell = cell.merge(cells[span.bottom * width + span.right])
        fill(cell, grid[span.top][span.left])
    return table


def word_document(*blocks: Block) -> WordDocument:
    """Strings are paragraphs, (level, text) headings, grids tables."""
    document = docx.Document()
    for block in blocks:
        if isinstance(block, str):
            document.add_paragraph(block)
        elif isinstance(block, tuple) and len(block) == 2 and isinstance(block[0], int):
            document.add_heading(str(block[1]), level=block[0])
        else:
            add_table(document, block)  # type: ignore[arg-type]
    return document


def saved(document: WordDocument | Workbook) -> bytes:
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


def word(*blocks: Block) -> bytes:
    return saved(word_document(*blocks))


def put(sheet: Worksheet, grid: Grid, first: int = 1) -> None:
    for number, row in enumerate(grid, first):
        for column, text in enumerate(row, 1):
            if text not in (UP, LEFT, ""):
                sheet.cell(number, column, text)
    for span in spans(grid):
        if span.is_merged:
            sheet.merge_cells(
                start_row=span.top + first,
                end_row=span.bottom + first,
                start_column=span.left + 1,
                end_column=span.right + 1,
            )


def workbook(*sheets: tuple[str, Grid]) -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, grid in sheets:
        put(book.create_sheet(name), grid)
    return book


def excel(*sheets: tuple[str, Grid]) -> bytes:
    return saved(workbook(*sheets))


def text(*blocks: Block) -> str:
    """As it is pasted: merged cells empty, a cell with line breaks in quotes."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, str):
            lines.append(block)
        elif isinstance(block, tuple) and len(block) == 2 and isinstance(block[0], int):
            lines.append(str(block[1]))
        else:
            for row in block:
                cells = ["" if cell in (UP, LEFT) else str(cell) for cell in row]
                lines.append("\t".join(f'"{cell}"' if "\n" in cell else cell for cell in cells))
    return "\n".join(lines) + "\n"


def tracked(inserted: str = "", deleted: str = "") -> str:
    """Runs of a tracked change, to be put into a paragraph."""
    name = 'w:id="1" w:author="a" w:date="2024-01-01T00:00:00Z"'
    parts = []
    if inserted:
        parts.append(f"<w:ins {nsdecls('w')} {name}><w:r><w:t>{inserted}</w:t></w:r></w:ins>")
    if deleted:
        parts.append(f"<w:del {nsdecls('w')} {name}><w:r><w:delText>{deleted}</w:delText></w:r></w:del>")
    return "".join(parts)


def add_change(cell: _Cell, inserted: str = "", deleted: str = "") -> None:
    paragraph = cell.paragraphs[0]._p
    if inserted:
        paragraph.append(parse_xml(tracked(inserted=inserted)))
    if deleted:
        paragraph.append(parse_xml(tracked(deleted=deleted)))


SOFFICE = shutil.which("soffice")


def resaved(data: bytes, suffix: str) -> bytes:
    """The file opened and saved again by LibreOffice."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, f"plan.{suffix}")
        source.write_bytes(data)
        out = Path(folder, "out")
        subprocess.run(
            [
                SOFFICE or "soffice",
                f"-env:UserInstallation=file://{folder}/profile",
                "--headless",
                "--convert-to",
                suffix,
                "--outdir",
                str(out),
                str(source),
            ],
            check=True,
            capture_output=True,
            timeout=180,
        )
        return Path(out, f"plan.{suffix}").read_bytes()
