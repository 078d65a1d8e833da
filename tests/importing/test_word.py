"""Word files as Word and WPS write them: merged cells, tracked changes, automatic numbers, controls, things that are not read."""

from copy import deepcopy

import docx
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from tasks.importing.reading import Source, read_plan
from tests.importing.builders import LEFT, UP, Grid, add_change, add_table, saved, word, word_document

HEAD = ["序号", "目标任务", "工作措施", "责任单位"]
ROW = ["1", "治理扬尘", "加强工地管控。", "区住建局"]


def texts(data: bytes) -> list[tuple[str, str, str]]:
    plan = read_plan(Source(data))
    return [
        (task.title, measure.text, measure.units_text) for task in plan.tasks for measure in task.measures
    ]


def simple(grid: Grid) -> WordDocument:
    document = docx.Document()
    add_table(document, grid)
    return document


def test_units_merged_over_several_measures_answer_for_all_of_them() -> None:
    grid = [HEAD, ROW, [UP, UP, "加强道路保洁。", UP], ["2", "治理餐饮", "查处油烟。", "区城管执法局"]]
    assert texts(word(grid)) == [
        ("治理扬尘", "加强工地管控。", "区住建局"),
        ("治理扬尘", "加强道路保洁。", "区住建局"),
        ("治理餐饮", "查处油烟。", "区城管执法局"),
    ]
    assert not read_plan(Source(word(grid))).problems


def test_one_measure_merged_over_rows_of_units_keeps_all_units() -> None:
    grid = [[*HEAD, "完成时限"], [*ROW, "6月底前"], [UP, UP, UP, "各街道", UP]]
    plan = read_plan(Source(word("2024年工作计划", grid)))
    assert [(measure.text, measure.units_text, measure.deadline_text) for measure in plan.measures] == [
        ("加强工地管控。", "区住建局\n各街道", "6月底前")
    ]
    assert [party.printed for party in plan.measures[0].parties] == ["区住建局", "各街道"]


def test_cells_merged_sideways_are_one_column() -> None:
    grid = [
        ["序号", "目标任务", "工作措施", LEFT, "责任单位"],
        ["1", "治理扬尘", "加强工地管控。", LEFT, "区住建局"],
        ["2", "治理餐饮", "查处油烟，", "限期整改。", "区城管执法局"],
    ]
    assert texts(word(grid)) == [
        ("治理扬尘", "加强工地管控。", "区住建局"),
        ("治理餐饮", "查处油烟，限期整改。", "区城管执法局"),
    ]


def test_tracked_insertions_are_in_and_deletions_out() -> None:
    document = simple([HEAD, ROW, ["2", "作废的任务", "作废的措施。", "区住建局"]])
    add_change(document.tables[0].cell(1, 2), inserted="加强裸地管控。", deleted="旧的措施。")
    row = document.tables[0].rows[2]._tr
    row.get_or_add_trPr().append(parse_xml(f'<w:del {nsdecls("w")} w:id="9" w:author="a"/>'))
    inserted = parse_xml(
        f'<w:ins {nsdecls("w")} w:id="7" w:author="a"><w:p><w:r><w:t>　</w:t></w:r></w:p></w:ins>'
    )
    document.element.body.insert(0, inserted)
    assert texts(saved(document)) == [("治理扬尘", "加强工地管控。加强裸地管控。", "区住建局")]


def test_a_table_inside_a_cell_is_its_text_and_said() -> None:
    document = simple([HEAD, ROW])
    inner = document.tables[0].cell(1, 2).add_table(1, 2)
    inner.cell(0, 0).text = "内层"
    plan = read_plan(Source(saved(document)))
    assert [measure.text for measure in plan.measures] == ["加强工地管控。\n内层"]
    assert [(problem.row, problem.decide) for problem in plan.problems] == [(2, True)]
    assert "套有表格" in plan.problems[0].message


def test_a_plan_inside_a_cell_is_a_table_of_its_own() -> None:
    document = docx.Document()
    outer = document.add_table(2, 2)
    outer.cell(0, 0).text = "附件"
    inner = outer.cell(1, 0).add_table(2, len(HEAD))
    for place, cells in enumerate([HEAD, ROW]):
        for column, cell in enumerate(cells):
            inner.cell(place, column).text = cell
    assert texts(saved(document)) == texts(saved(simple([HEAD, ROW])))


def test_a_plan_in_a_text_box_is_read_once() -> None:
    document = simple([HEAD, ROW])
    table = document.tables[0]._tbl
    box = "<w:txbxContent/>"
    run = parse_xml(
        f"<w:r {nsdecls('w')} xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'>"
        f"<mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    for content in run.iter("{*}txbxContent"):
        content.append(deepcopy(table))
    table.getparent().remove(table)
    document.add_paragraph("")._p.append(run)
    assert texts(saved(document)) == texts(saved(simple([HEAD, ROW])))


def test_a_frame_of_one_cell_around_the_plan_is_seen_through() -> None:
    document = docx.Document()
    frame = document.add_table(1, 1).cell(0, 0)
    frame.paragraphs[0].text = "2024年工作清单"
    inner = frame.add_table(2, 4)
    for place, row in enumerate((HEAD, ROW)):
        for column, value in enumerate(row):
            inner.cell(place, column).text = value
    plan = read_plan(Source(saved(document)))
    assert (plan.title, [measure.text for measure in plan.measures]) == ("2024年工作清单", ["加强工地管控。"])
    assert not plan.problems


def test_headers_footers_text_boxes_and_hidden_text_are_not_the_plan() -> None:
    document = simple([HEAD, ROW])
    document.sections[0].header.paragraphs[0].text = "内部资料"
    document.sections[0].footer.paragraphs[0].text = "第 1 页"
    hidden = document.tables[0].cell(1, 2).paragraphs[0].add_run("（隐藏的批注）")
    hidden.font.hidden = True
    document.paragraphs[0].text if document.paragraphs else document.add_paragraph("三、工作要求")
    plan = read_plan(Source(saved(document)))
    assert plan.measures[0].text == "加强工地管控。"
    assert not any("内部资料" in section.text for section in plan.sections)


def number_paragraph(document: WordDocument, paragraph: object, list_id: int, level: int = 0) -> None:
    properties = paragraph._p.get_or_add_pPr()  # type: ignore[attr-defined]
    numbers = OxmlElement("w:numPr")
    for tag, value in (("w:ilvl", level), ("w:numId", list_id)):
        child = OxmlElement(tag)
        child.set(qn("w:val"), str(value))
        numbers.append(child)
    properties.append(numbers)


def add_list(document: WordDocument, number: int, *levels: tuple[str, str]) -> None:
    """A list of (numFmt, lvlText) levels under this id."""
    part = document.part.numbering_part.element
    inner = "".join(
        f'<w:lvl w:ilvl="{place}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for place, (kind, text) in enumerate(levels)
    )
    part.insert(
        0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}">{inner}</w:abstractNum>')
    )
    part.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>')
    )


def test_numbers_that_word_writes_by_itself_count() -> None:
    document = docx.Document()
    add_list(document, 900, ("chineseCounting", "%1、"), ("chineseCounting", "（%2）"))
    add_list(document, 901, ("decimal", "%1"))
    add_list(document, 902, ("decimal", "%1."))
    for level, line in ((0, "总体要求"), (1, "指导思想"), (0, "主要任务"), (1, "大气"), (1, "水")):
        number_paragraph(document, document.add_paragraph(line), 900, level)
    document.add_paragraph("附件")
    table = add_table(
        document,
        [
            HEAD,
            ["", "治理扬尘", "加强工地管控。\n加强道路保洁。", "区住建局"],
            ["", "治理餐饮", "查处油烟。", "区城管执法局"],
        ],
    )
    for row in (1, 2):
        number_paragraph(document, table.cell(row, 0).paragraphs[0], 901)
    for paragraph in table.cell(1, 2).paragraphs:
        number_paragraph(document, paragraph, 902)
    plan = read_plan(Source(saved(document)))
    assert [(section.number, section.level, section.heading) for section in plan.sections] == [
        ("一", 1, "总体要求"),
        ("（一）", 2, "指导思想"),
        ("二", 1, "主要任务"),
        ("（一）", 2, "大气"),
        ("（二）", 2, "水"),
    ]
    assert [(task.number, task.title) for task in plan.tasks] == [(1, "治理扬尘"), (2, "治理餐饮")]
    assert [measure.text for measure in plan.measures] == ["加强工地管控。", "加强道路保洁。", "查处油烟。"]


def test_content_controls_are_transparent() -> None:
    document = simple([HEAD, ROW])
    cell = document.tables[0].cell(1, 3)._tc
    control = parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtPr/><w:sdtContent/></w:sdt>")
    paragraph = cell.p_lst[0]
    cell.replace(paragraph, control)
    control[1].append(paragraph)
    row = document.tables[0].rows[1]._tr
    outer = parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtContent/></w:sdt>")
    row.getparent().replace(row, outer)
    outer[0].append(row)
    assert texts(saved(document)) == [("治理扬尘", "加强工地管控。", "区住建局")]


def test_line_breaks_in_a_cell_part_units_and_not_words() -> None:
    document = simple(
        [HEAD, ["1", "治理扬尘\n强化监管", "加强工\n地管控。", "区住建局\n区城市更新\n中心\n各街道"]]
    )
    run = document.tables[0].cell(1, 2).paragraphs[-1].add_run()
    run.add_break()
    run.add_text("落实责任。")
    plan = read_plan(Source(saved(document)))
    assert plan.measures[0].text == "加强工地管控。\n落实责任。"
    assert [party.printed for party in plan.measures[0].parties] == ["区住建局", "区城市更新中心", "各街道"]


def test_short_rows_and_rows_without_content_do_no_harm() -> None:
    document = simple([HEAD, ROW, ["2", "治理餐饮", "查处油烟。", "区城管执法局"], ["", "", "", ""]])
    last = document.tables[0].rows[2]._tr
    last.remove(last.tc_lst[3])
    plan = read_plan(Source(saved(document)))
    assert [measure.text for measure in plan.measures] == ["加强工地管控。", "查处油烟。"]
    assert [(problem.row, problem.column) for problem in plan.problems] == [(3, "责任单位")]


def test_a_row_that_begins_further_right_keeps_its_columns() -> None:
    document = simple([HEAD, ROW, ["", "", "加强道路保洁。", "区城管执法局"]])
    row = document.tables[0].rows[2]._tr
    for cell in row.tc_lst[:2]:
        row.remove(cell)
    row.get_or_add_trPr().append(parse_xml(f'<w:gridBefore {nsdecls("w")} w:val="2"/>'))
    assert texts(saved(document))[1] == ("治理扬尘", "加强道路保洁。", "区城管执法局")


def test_other_tables_of_the_document_are_left_alone() -> None:
    goals = [["序号", "指标", "2023年", "2024年"], ["1", "优良天数比例（%）", "88.2", "89"]]
    people = [["姓名", "职务", "电话"], ["张三", "科长", "0411"]]
    assert texts(word(goals, "附件", [HEAD, ROW], people)) == [("治理扬尘", "加强工地管控。", "区住建局")]


def test_headings_by_style_and_the_text_after_the_table() -> None:
    document = word_document(
        "西岗区2025年生态环境保护工作计划",
        "为做好2025年工作，制定本计划。",
        (1, "总体要求"),
        "坚持问题导向。",
        (2, "基本原则"),
        "统筹推进。",
        [HEAD, ROW],
        (1, "保障措施"),
        "加强组织领导。",
    )
    plan = read_plan(Source(saved(document)))
    assert (plan.title, plan.year, plan.preamble) == (
        "西岗区2025年生态环境保护工作计划",
        2025,
        "为做好2025年工作，制定本计划。",
    )
    assert [(section.heading, section.level, section.text) for section in plan.sections] == [
        ("总体要求", 1, "坚持问题导向。"),
        ("基本原则", 2, "统筹推进。"),
        ("保障措施", 1, "加强组织领导。"),
    ]


def test_a_cell_with_a_span_beyond_reason_is_bounded() -> None:
    document = simple([HEAD, ROW])
    document.tables[0].cell(1, 3)._tc.get_or_add_tcPr().append(
        parse_xml(f'<w:gridSpan {nsdecls("w")} w:val="2000000000"/>')
    )
    assert texts(saved(document)) == [("治理扬尘", "加强工地管控。", "区住建局")]
