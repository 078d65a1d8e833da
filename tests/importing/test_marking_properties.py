"""For any table and any cells of it: marking changes nothing that is read, marks what was asked, and can be undone."""

import zipfile
from io import BytesIO

import docx
import openpyxl
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils import range_boundaries

from tasks.importing.excel import read_excel
from tasks.importing.grid import CellPlace, Document, Table
from tasks.importing.marking.marking import mark
from tasks.importing.marking.marks import AUTHOR, NOTED, WRONG, Mark
from tasks.importing.vetting import vetted
from tasks.importing.word import read_word
from tests.importing.builders import LEFT, UP, Grid, excel, word

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Names as sheets have them, with the signs that XML and references quote.
names = st.text(st.sampled_from("表 甲'&<>\"一1（）"), min_size=1, max_size=12).filter(
    lambda name: name.strip() and not name.startswith("'") and not name.endswith("'")
)
words = st.text(st.sampled_from("生态环境、。\n& <>\"'=1局") | st.characters(codec="utf-8"), max_size=12)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Up to 7 × 6 cells, some of them merged downwards or sideways."""
    width, height = draw(st.integers(2, 6)), draw(st.integers(1, 7))
    grid = [[draw(st.sampled_from(["文", "字", "", "1"])) for _ in range(width)] for _ in range(height)]
    for _ in range(draw(st.integers(0, 3))):
        row, column = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        downwards = draw(st.booleans())
        length = draw(st.integers(1, 3))
        cells = [(row + n, column) if downwards else (row, column + n) for n in range(1, length + 1)]
        taken = [(row, column), *cells]
        # Ranges that lie over each other are no table.
        if any(y >= height or x >= width or grid[y][x] in (UP, LEFT) for y, x in taken):
            continue
        beyond = [(row + length + 1, column), (row, column + length + 1)]
        if any(y < height and x < width and grid[y][x] in (UP, LEFT) for y, x in beyond):
            continue
        if any(x + 1 < width and grid[y][x + 1] == LEFT for y, x in taken) or any(
            y + 1 < height and grid[y + 1][x] == UP for y, x in taken
        ):
            continue
        for y, x in cells:
            grid[y][x] = UP if downwards else LEFT
    return grid


def cells_of(grid: Grid, count: st.SearchStrategy[int]) -> st.SearchStrategy[list[tuple[int, int]]]:
    place = st.tuples(st.integers(1, len(grid)), st.integers(0, len(grid[0]) - 1))
    return count.flatmap(lambda most: st.lists(place, min_size=1, max_size=most, unique=True))


def tables(document: Document) -> list[list[list[str]]]:
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]


@SLOW
@given(grids(), names, st.data())
def test_any_cells_of_a_sheet(grid: Grid, name: str, data: st.DataObject) -> None:
    source = excel((name, grid), ("后", [["x"]]))
    places = data.draw(cells_of(grid, st.integers(1, 6)))
    marks = [
        Mark(data.draw(words) or "空", CellPlace(row, column, sheet=name), is_wrong=data.draw(st.booleans()))
        for row, column in places
    ]
    out, _ = mark(source, "a.xlsx", marks)
    sheet = openpyxl.load_workbook(BytesIO(out))[name]
    expected = set()
    for row, column in places:
        corner = (row, column + 1)
        for merged in sheet.merged_cells.ranges:
            left, top, right, bottom = range_boundaries(merged.coord)
            if top <= row <= bottom and left <= column + 1 <= right:
                corner = (top, left)
        expected.add(corner)
    found = {(cell.row, cell.column) for line in sheet.iter_rows() for cell in line if cell.comment}
    assert found == expected
    assert all(sheet.cell(row, column).fill.fgColor.rgb in (WRONG, NOTED) for row, column in expected)
    assert tables(read_excel(vetted(out))) == tables(read_excel(vetted(source)))
    clean, _ = mark(out, "a.xlsx", [])
    assert tables(read_excel(vetted(clean))) == tables(read_excel(vetted(source)))
    sheet = openpyxl.load_workbook(BytesIO(clean))[name]
    assert not any(cell.comment or cell.fill.fill_type for line in sheet.iter_rows() for cell in line)


@SLOW
@given(grids(), st.data())
def test_any_cells_of_a_word_table(grid: Grid, data: st.DataObject) -> None:
    source = word("前言", grid, "后记")
    places = data.draw(cells_of(grid, st.integers(1, 6)))
    marks = [Mark(data.draw(words) or "空", CellPlace(row, column)) for row, column in places]
    out, _ = mark(source, "a.docx", marks)
    assert tables(read_word(vetted(out))) == tables(read_word(vetted(source)))
    document = docx.Document(BytesIO(out))
    assert {comment.author for comment in document.comments} == {AUTHOR}
    read: Table = read_word(vetted(source)).tables[0]
    meant = {id(read.rows[row - 1].cells[column]) for row, column in places}
    # Several places of one merged cell are one comment on it.
    assert len(list(document.comments)) == len(meant)
    cells = list(document.element.body.iter(qn("w:tc")))
    assert sum(cell.find(f".//{qn('w:commentReference')}") is not None for cell in cells) == len(meant)
    clean, _ = mark(out, "a.docx", [])
    name = "word/document.xml"
    assert zipfile.ZipFile(BytesIO(clean)).read(name) == zipfile.ZipFile(BytesIO(source)).read(name)
