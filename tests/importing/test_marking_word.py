"""A Word file and a text handed back with their faults marked."""

import zipfile
from io import BytesIO

import docx
import openpyxl
import pytest
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.table import _Cell

from tasks.importing.grid import LIST_SHEET, LIST_TITLE, CellPlace
from tasks.importing.limits import PLAN
from tasks.importing.marking.marking import mark
from tasks.importing.marking.marks import AUTHOR, NOTED, OPENING, WRONG, Mark
from tasks.importing.reading import Source, read_plan
from tests.importing.builders import LEFT, SOFFICE, UP, Grid, resaved, saved, text, word, word_document
from tests.importing.test_marking import marks_of

HEAD = ["序号", "目标任务", "工作措施", "责任单位", "完成时限"]
FAULTY: Grid = [
    HEAD,
    ["1", "治理扬尘", "加强工地管控。", "", "6月底前"],
    [UP, UP, "加强道路保洁。", "区住建局", "按上级要求"],
    ["2", "治水", "", "区水务局", "全年"],
    ["3", "空任务", "", "", ""],
]
TITLE, AFTER = "西岗区2025年工作清单", "三、保障措施"
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


def marked(data: bytes, *more: Mark) -> bytes:
    return mark(data, "计划.docx", [*marks_of(read_plan(Source(data))), *more])[0]


def opened(data: bytes) -> WordDocument:
    return docx.Document(BytesIO(data))


def comments(data: bytes) -> list[tuple[str, str]]:
    return [(comment.author, comment.text) for comment in opened(data).comments]


def fill(cell: _Cell) -> str:
    shading = cell._tc.find(f".//{qn('w:shd')}")
    return "" if shading is None else shading.get(qn("w:fill"))


def plan(data: bytes) -> tuple[str, list[tuple[str, str, str]]]:
    reading = read_plan(Source(data))
    return reading.title, [(item.text, item.units_text, item.deadline_text) for item in reading.measures]


def test_every_fault_is_shaded_and_commented_at_its_cell() -> None:
    data = word(TITLE, FAULTY, AFTER)
    out, name = mark(data, "2025年计划.docx", marks_of(read_plan(Source(data))))
    assert name == "2025年计划（已标注）.docx"
    table = opened(out).tables[1]
    shades = {
        (row, column): fill(table.cell(row, column))
        for row in range(5)
        for column in range(5)
        if fill(table.cell(row, column))
    }
    assert shades == {(1, 3): WRONG[2:], (2, 4): NOTED[2:], (3, 2): WRONG[2:], (4, 1): WRONG[2:]}
    assert comments(out)[0] == (AUTHOR, f"{OPENING}须更正\n责任单位为空，请补充。")
    assert len(comments(out)) == 4
    # The comment hangs at the cell that it speaks of.
    cell = table.cell(1, 3)._tc
    key = cell.find(f".//{qn('w:commentReference')}").get(qn("w:id"))
    assert key == str(next(iter(opened(out).comments)).comment_id)


def test_the_list_stands_before_everything_else() -> None:
    out = marked(word(TITLE, FAULTY), Mark("没有写明年度。", advice="请补充年度。"))
    document = opened(out)
    assert document.paragraphs[0].text == LIST_TITLE
    rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert rows[0] == ["序号", "位置", "列", "问题", "处理办法", "类别"]
    assert rows[1] == ["1", "全文", "—", "没有写明年度。", "请补充年度。", "须更正"]
    assert rows[2] == ["2", "第1个表格第2行", "责任单位", "责任单位为空。", "请补充。", "须更正"]
    # Its links lead to the cells.
    anchors = [link.get(qn("w:anchor")) for link in document.tables[0]._tbl.iter(qn("w:hyperlink"))]
    names = {item.get(qn("w:name")) for item in document.tables[1]._tbl.iter(qn("w:bookmarkStart"))}
    assert set(anchors) == names
    assert len(anchors) == 4


def test_an_unmended_file_reads_as_before() -> None:
    data = word(TITLE, FAULTY, AFTER, "加强组织领导。")
    assert read_plan(Source(marked(data, Mark("整体。")))) == read_plan(Source(data))


def test_a_mended_file_reads_without_its_problems_and_loses_its_marks() -> None:
    data = word(TITLE, FAULTY, AFTER)
    document = opened(marked(data))
    table = document.tables[1]
    for (row, column), words in {
        (1, 3): "区住建局",
        (2, 4): "全年",
        (3, 2): "巡河。",
        (4, 2): "做好工作。",
        (4, 3): "区住建局",
    }.items():
        table.cell(row, column).paragraphs[0].add_run(words)
        for run in table.cell(row, column).paragraphs[0].runs[:-1]:
            run.text = ""
    again = saved(document)
    assert not read_plan(Source(again)).problems
    clean, _ = mark(again, "计划（已标注）.docx", [])
    assert comments(clean) == []
    assert [paragraph.text for paragraph in opened(clean).paragraphs] == [TITLE, AFTER]
    assert len(opened(clean).tables) == 1
    assert plan(clean) == plan(again)
    assert not any(fill(cell) for row in opened(clean).tables[0].rows for cell in row.cells)


def test_taking_marks_away_gives_the_document_back() -> None:
    document = opened(word(TITLE, FAULTY, AFTER))
    shading = parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="00B050"/>')
    document.tables[0].cell(1, 3)._tc.get_or_add_tcPr().append(shading)
    data = saved(document)
    out = marked(data)
    assert fill(opened(out).tables[1].cell(1, 3)) == WRONG[2:]
    clean, _ = mark(out, "a.docx", [])
    name = "word/document.xml"
    assert zipfile.ZipFile(BytesIO(clean)).read(name) == zipfile.ZipFile(BytesIO(data)).read(name)
    assert comments(marked(marked(data))) == comments(marked(data))


def test_comments_of_others_are_kept() -> None:
    document = opened(word(TITLE, FAULTY))
    run = document.tables[0].cell(1, 2).paragraphs[0].runs[0]
    document.add_comment(run, "请李四核对", author="张三", initials="张")
    data = saved(document)
    out = marked(data)
    assert ("张三", "请李四核对") in comments(out)
    assert len(comments(out)) == 5
    assert len({comment.comment_id for comment in opened(out).comments}) == 5
    assert comments(mark(out, "a.docx", [])[0]) == [("张三", "请李四核对")]


def test_a_merged_cell_is_shaded_wholly_and_commented_once() -> None:
    grid = [HEAD, ["1", "治理扬尘", "甲。", "区住建局", "全年"], [UP, UP, "乙。", "区住建局", "全年"]]
    out, _ = mark(word(TITLE, grid), "a.docx", [Mark("任务。", CellPlace(3, 1))])
    table = opened(out).tables[1]
    shaded = [cell for cell in table._tbl.iter(qn("w:tc")) if cell.find(f".//{qn('w:shd')}") is not None]
    assert len(shaded) == 2
    assert len(comments(out)) == 1
    # On the part that is seen.
    assert shaded[0].find(f".//{qn('w:commentReference')}") is not None


def test_a_cell_merged_sideways_is_marked_from_any_of_its_columns() -> None:
    grid = [["序号", "目标任务", "工作措施", LEFT, "责任单位"], ["1", "治理扬尘", "甲。", LEFT, ""]]
    out, _ = mark(word(TITLE, grid), "a.docx", [Mark("措施。", CellPlace(2, 3))])
    assert fill(opened(out).tables[1].cell(1, 2)) == WRONG[2:]


def test_a_short_row_is_marked_at_its_last_cell() -> None:
    document = word_document(
        TITLE, [HEAD[:4], ["1", "治理扬尘", "甲。", "区住建局"], ["2", "治水", "乙。", "区水务局"]]
    )
    row = document.tables[0].rows[2]._tr
    row.remove(row.tc_lst[3])
    data = saved(document)
    out = marked(data)
    assert [text for _, text in comments(out)] == [
        f"{OPENING}须更正\n{read_plan(Source(data)).problems[0].message}"
    ]
    assert fill(_Cell(opened(out).tables[1].rows[2]._tr.tc_lst[2], opened(out).tables[1])) == WRONG[2:]


def test_rows_that_were_deleted_with_tracking_are_not_counted() -> None:
    document = word_document(TITLE, [HEAD[:4], ["1", "作废", "甲。", ""], ["2", "治水", "乙。", ""]])
    row = document.tables[0].rows[1]._tr
    row.get_or_add_trPr().append(parse_xml(f'<w:del {nsdecls("w")} w:id="9" w:author="a"/>'))
    out = marked(saved(document))
    table = opened(out).tables[1]
    assert [fill(table.cell(number, 3)) for number in (1, 2)] == ["", WRONG[2:]]


def test_a_cell_in_content_controls_is_marked() -> None:
    document = word_document(TITLE, [HEAD[:4], ["1", "治理扬尘", "甲。", ""]])
    cell = document.tables[0].cell(1, 3)._tc
    control = parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtPr/><w:sdtContent/></w:sdt>")
    cell.getparent().replace(cell, control)
    control[1].append(cell)
    out = marked(saved(document))
    assert len(comments(out)) == 1
    assert read_plan(Source(out)) == read_plan(Source(saved(document)))


@needs_office
def test_libreoffice_opens_it_and_what_it_saves_reads_the_same() -> None:
    data = word(TITLE, FAULTY, AFTER, "加强组织领导。")
    out = marked(data, Mark("整体。"))
    again = resaved(out, "docx")
    assert {text for _, text in comments(again)} == {text for _, text in comments(out)}
    assert read_plan(Source(again)) == read_plan(Source(data))
    clean, _ = mark(again, "a.docx", [])
    assert comments(clean) == []
    assert [paragraph.text for paragraph in opened(clean).paragraphs][:2] == [TITLE, AFTER]


@needs_office
def test_a_file_that_libreoffice_saved_is_marked() -> None:
    data = resaved(word(TITLE, FAULTY, AFTER), "docx")
    out = marked(data)
    assert len(comments(out)) == 4
    assert read_plan(Source(out)) == read_plan(Source(data))


# Text.


def test_text_comes_back_as_a_workbook_of_its_table() -> None:
    data = text(TITLE, FAULTY, AFTER, "加强组织领导。")
    reading = read_plan(Source(data))
    out, name = mark(data, "粘贴的文字", marks_of(reading))
    assert name == "粘贴的文字（已标注）.xlsx"
    book = openpyxl.load_workbook(BytesIO(out))
    assert book.sheetnames == [LIST_SHEET, "正文1", "表格1", "正文2"]
    sheet = book["表格1"]
    marked_cells = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment}
    assert marked_cells == {"D2", "E3", "C4", "B5"}
    again = read_plan(Source(out))
    assert (again.title, again.sections) == (reading.title, reading.sections)
    assert [(item.text, item.units_text, item.deadline_text) for item in again.measures] == [
        (item.text, item.units_text, item.deadline_text) for item in reading.measures
    ]
    assert [problem.message for problem in again.problems] == [
        problem.message for problem in reading.problems
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_text_file_of_any_encoding_is_marked(encoding: str) -> None:
    data = text(TITLE, FAULTY).encode(encoding)
    out, name = mark(data, "计划.txt", marks_of(read_plan(Source(data))))
    assert name == "计划（已标注）.xlsx"
    assert openpyxl.load_workbook(BytesIO(out))["表格1"]["D2"].comment is not None


def test_words_of_a_text_never_run_as_formulas() -> None:
    data = text([HEAD[:4], ["1", "=1+1", "@SUM(A1)。", "-区住建局"]])
    out, _ = mark(data, "a.txt", [Mark("看。", CellPlace(2, 1))])
    sheet = openpyxl.load_workbook(BytesIO(out))["表格1"]
    assert [cell.data_type for cell in sheet[2]] == ["s"] * 4
    assert sheet["B2"].value == "=1+1"


def test_a_document_too_large_to_hold_comes_back_as_its_table() -> None:
    document = word_document(TITLE, FAULTY)
    filler = OxmlElement("w:customXml")
    document.element.body.insert(0, filler)
    for _ in range(20):
        filler.append(parse_xml(f"<w:p {nsdecls('w')}><w:pPr><w:rPr w:x='{'字' * 300_000}'/></w:pPr></w:p>"))
    data = saved(document)
    assert zipfile.ZipFile(BytesIO(data)).getinfo("word/document.xml").file_size > PLAN.small_part
    out, name = mark(data, "计划.docx", marks_of(read_plan(Source(data))))
    assert name == "计划（已标注）.xlsx"
    assert openpyxl.load_workbook(BytesIO(out))["表格1"]["D2"].comment is not None
