"""The bulletin as a Word file: the markup that Word takes, the text of the PDF, an office's styles and the grid."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.renderers.process import canonical_json, render_files
from reports.renderers.typeset import GETA
from reports.renderers.word.bulletin import bulletin_docx
from tests.gbt_papers import COPIES, LONG_TITLE, MIXED, NUMBER, OFFICE, PLAIN, TITLE, correction
from tests.office_files import (
    FULL,
    bulletin,
    local,
    misplaced,
    named,
    paragraphs,
    parts_of,
    tables,
    text_of,
    value,
    xml_of,
)
from tests.printed import pages_of

BODY = [
    {"kind": "p", "text": f"为推动《计划》落地见效，现将有关情况通报如下：{MIXED}"},
    {"kind": "h1", "text": "一、总体情况"},
    {"kind": "h2", "text": "（一）按序时推进的任务"},
    {"kind": "h3", "text": "1.大气污染防治"},
    {"kind": "p", "text": PLAIN},
    {"kind": "h2", "text": f"（二）慢于序时进度的任务。{PLAIN}。"},
    {"kind": "h3", "text": "1.第4项措施的责任单位报告：“方案已编制。”"},
]


@pytest.fixture(scope="module")
def full() -> bytes:
    """Everything that a bulletin may have, but a chart."""
    return bulletin_docx(bulletin(BODY, measures=5, units=4, **FULL))


def style_of(content: bytes, key: str) -> Any:
    return next(s for s in named(xml_of(content, "word/styles.xml"), "style") if value(s, "styleId") == key)


# --- the package ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "document",
    [
        bulletin(BODY, measures=5, units=4, **FULL),
        bulletin(BODY, edition=correction(), sealed=True, marks=["演示数据"]),
        bulletin([], measures=0, units=0, signatory=""),
        bulletin(BODY, measures=60, units=30, **FULL | {"recipients": "各街道办事处，" * 60}),
    ],
    ids=["full", "corrected", "empty", "large"],
)
def test_the_children_of_every_element_stand_in_the_order_that_word_wants(document: dict[str, Any]) -> None:
    content = bulletin_docx(document)
    for name in parts_of(content):
        if name.endswith(".xml") and name.startswith("word/"):
            assert list(misplaced(xml_of(content, name))) == [], name
    assert Document(BytesIO(content)).paragraphs


def test_every_part_has_a_type_and_every_relation_a_target(full: bytes) -> None:
    parts = parts_of(full)
    types = parts["[Content_Types].xml"].decode()
    for name in parts:
        assert name == "[Content_Types].xml" or f'"/{name}"' in types or name.endswith((".rels", ".png")), (
            name
        )
    relations = parts["word/_rels/document.xml.rels"].decode()
    known = set(re.findall(r'Id="(\w+)"', relations))
    used = set(re.findall(r'r:(?:id|embed)="(\w+)"', parts["word/document.xml"].decode()))
    assert used <= known
    for target in re.findall(r'Target="([^"]+)"', relations):
        assert f"word/{target}" in parts


def test_nothing_of_a_template_is_left(full: bytes) -> None:
    opened = Document(BytesIO(full))
    core = opened.core_properties
    assert (core.title, core.author, core.last_modified_by, core.language) == (TITLE, OFFICE, OFFICE, "zh-CN")
    assert core.created == core.modified == datetime(2024, 4, 16, 7, 0, tzinfo=UTC)
    assert b"python-docx" not in b"".join(parts_of(full).values())
    # What the list of styles shows is Chinese.
    for style in named(xml_of(full, "word/styles.xml"), "style"):
        name = value(named(style, "name")[0]) or ""
        assert named(style, "semiHidden") or re.fullmatch(r"[一-鿿（）]+", name), name


def test_a_style_that_a_paragraph_names_is_there(full: bytes) -> None:
    known = {value(style, "styleId") for style in named(xml_of(full, "word/styles.xml"), "style")}
    for part in (
        name for name in parts_of(full) if re.fullmatch(r"word/(document|header\d+|footer\d+)\.xml", name)
    ):
        for tag in ("pStyle", "rStyle", "tblStyle"):
            assert {value(item) for item in named(xml_of(full, part), tag)} <= known


# --- the page ---------------------------------------------------------------------------------------
def test_the_grid_holds_22_lines_of_28_characters(full: bytes) -> None:
    grids = [grid for grid in named(xml_of(full), "docGrid") if value(grid, "type") == "linesAndChars"]
    assert len(grids) >= 2
    for grid in grids:
        section = grid.getparent()
        size, margins = named(section, "pgSz")[0], named(section, "pgMar")[0]
        sides = {side: int(value(margins, side) or 0) for side in ("top", "right", "bottom", "left")}
        for side, millimetres in (("top", 37), ("right", 26), ("bottom", 35), ("left", 28)):
            assert sides[side] / 56.6929 == pytest.approx(millimetres, abs=0.06), side
        wide = int(value(size, "w") or 0) - sides["left"] - sides["right"]
        high = int(value(size, "h") or 0) - sides["top"] - sides["bottom"]
        pitch = 16 * 20 + int(value(grid, "charSpace") or 0) * 20 / 4096
        assert int(wide / pitch) == 28
        assert high // int(value(grid, "linePitch") or 0) == 22
    # The grid's pitch is counted from the size of the Normal style.
    assert value(named(style_of(full, "Normal"), "sz")[0]) == "32"


def test_annexes_1_and_2_lie_across_and_the_rest_is_upright(full: bytes) -> None:
    sections = named(xml_of(full), "sectPr")
    assert [value(named(item, "pgSz")[0], "orient") for item in sections] == [None, "landscape", None, None]
    assert [value(named(item, "type")[0]) for item in sections][:3] == ["nextPage"] * 3
    wide = sections[1]
    margins = named(wide, "pgMar")[0]
    # The upright sheet, turned: its head lies where the left margin was.
    assert [int(value(margins, side) or 0) for side in ("top", "right", "bottom", "left")] == [
        1585,
        2098,
        1473,
        1984,
    ]


def test_page_numbers_stand_outside_and_on_landscape_pages_along_the_left_edge(full: bytes) -> None:
    assert named(xml_of(full, "word/settings.xml"), "evenAndOddHeaders")
    document = Document(BytesIO(full))
    first, wide = document.sections[0], document.sections[1]
    for footer, align, side in ((first.footer, "right", "right"), (first.even_page_footer, "left", "left")):
        number = footer._element
        assert text_of(number) == "— 1 —"
        assert value(named(number, "fldSimple")[0], "instr") == " PAGE "
        style = style_of(full, value(named(number, "pStyle")[0]) or "")
        assert value(named(style, "jc")[0]) == align
        assert value(named(number, "ind")[0], side) == "280"
    assert (text_of(wide.footer._element), text_of(wide.even_page_footer._element)) == ("", "")
    for header in (wide.header, wide.even_page_header):
        assert text_of(header._element) == "— 1 —"
        assert header._element.find(".//{*}bodyPr").get("vert") == "vert"


def test_a_draft_says_so_in_the_head_of_every_page() -> None:
    content = bulletin_docx(bulletin(BODY, draft=True, marks=["草稿", "演示数据"], **FULL))
    document = Document(BytesIO(content))
    for section in document.sections:
        for header in (section.header, section.even_page_header):
            assert text_of(header._element).startswith("草稿 演示数据")


# --- fonts and styles -------------------------------------------------------------------------------
def test_every_element_of_a_document_has_its_style_and_its_face(full: bytes) -> None:
    faces = {
        "DocumentTitle": ("公文标题", "方正小标宋简体", "44"),
        "Masthead": ("发文机关标志", "方正小标宋简体", "80"),
        "Heading1": ("一级标题", "黑体", None),
        "Heading2": ("二级标题", "楷体_GB2312", None),
        "AnnexLabel": ("附件标识", "黑体", None),
        "PageNumber": ("页码", "宋体", "28"),
        "TableHead": ("表头", "黑体", None),
    }
    for key, (name, face, size) in faces.items():
        style = style_of(full, key)
        assert value(named(style, "name")[0]) == name
        assert value(named(style, "rFonts")[0], "eastAsia") == face
        assert size is None or value(named(style, "sz")[0]) == size
    defaults = named(xml_of(full, "word/styles.xml"), "docDefaults")[0]
    assert value(named(defaults, "rFonts")[0], "eastAsia") == "仿宋_GB2312"
    assert value(named(defaults, "lang")[0], "eastAsia") == "zh-CN"
    others = {
        value(font, "name"): value(named(font, "altName")[0])
        for font in named(xml_of(full, "word/fontTable.xml"), "font")
    }
    assert "仿宋" in (others["仿宋_GB2312"] or "").split(",")
    assert set(others) == {"方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体"}


def test_headings_are_found_by_words_navigation(full: bytes) -> None:
    levels = {
        key: value(named(style_of(full, key), "outlineLvl")[0])
        for key in ("Heading1", "Heading2", "Heading3")
    }
    assert levels == {"Heading1": "0", "Heading2": "1", "Heading3": "2"}
    assert named(style_of(full, "BodyText"), "outlineLvl") == []
    indent = named(style_of(full, "BodyText"), "ind")[0]
    assert value(indent, "firstLineChars") == "200"
    normal = style_of(full, "Normal")
    assert named(normal, "kinsoku")
    assert value(named(normal, "overflowPunct")[0]) == "0"


def test_the_text_is_that_of_the_document_in_its_styles(full: bytes) -> None:
    found = paragraphs(full)
    text = [(key, words) for key, words in found if key not in ("Spacer", "TableNote")]
    assert text[: text.index(("AnnexLabel", "附件1"))] == [
        ("Masthead", FULL["masthead"]),
        ("DocumentNumber", NUMBER),
        ("DocumentTitle", TITLE),
        ("Recipients", "各街道办事处，区直各有关部门："),
        ("BodyText", BODY[0]["text"]),
        ("Heading1", "一、总体情况"),
        ("Heading2", "（一）按序时推进的任务"),
        ("Heading3", "1.大气污染防治"),
        ("BodyText", PLAIN),
        # A heading that runs on into its text, or is a sentence, is none of the outline.
        ("BodyText", BODY[5]["text"]),
        ("BodyText", BODY[6]["text"]),
        ("AnnexNote", "附件：1.2024年第一季度工作措施进展情况表"),
        ("AnnexNote", "2.2024年第一季度责任单位报送情况表"),
        ("AnnexNote", "3.2024年第一季度工作进展情况图表"),
        ("Signature", OFFICE),
        ("SignedOn", "2024年4月16日"),
    ]
    runs = next(p for p in named(xml_of(full), "p") if text_of(p) == BODY[5]["text"])
    assert [(text_of(r), [value(s) for s in named(r, "rStyle")]) for r in named(runs, "r")] == [
        ("（二）慢于序时进度的任务。", ["InKai"]),
        (f"{PLAIN}。", []),
    ]


@pytest.mark.parametrize("changes", [{}, FULL, {"sealed": True, "edition": correction()}])
def test_word_file_and_pdf_have_the_same_text(changes: dict[str, Any]) -> None:
    # Each annex on one page: the PDF repeats the heads of a table as text.
    document = bulletin(BODY, measures=1, units=3, **changes)
    made = render_files(document, ["pdf", "docx"])
    printed = "".join(
        char["text"] for page in pages_of(made["pdf"]) for char in page.chars if char["text"].strip()
    )
    printed = re.sub(r"—\d+—", "", printed)
    written = "".join(text_of(xml_of(made["docx"])).split())
    # Lights are dots that are drawn in the PDF; tables carry their heads once.
    written = re.sub("[●○](?=[蓝绿黄红灰]灯)", "", written)
    assert GETA not in printed
    assert Counter(written) == Counter(printed)
    # The text before the annexes stands in the same order.
    end = written.index("附件：1.")
    assert written[:end] == printed[:end]


# --- head, signature, imprint -----------------------------------------------------------------------
def test_masthead_red_rule_and_imprint_come_with_a_number_only(full: bytes) -> None:
    rule = named(style_of(full, "DocumentNumber"), "pBdr")[0][0]
    assert (local(rule), value(rule, "color"), value(rule, "sz")) == ("bottom", "D7000F", "12")
    marks = [text_of(box) for box in named(xml_of(full), "txbxContent")]
    assert marks == [f"抄送：{COPIES}。{FULL['printed_by']}2024年4月18日印发"]
    # The date is 8.5 characters of 14 pt wide; with margins and with room for wider digits of another font.
    assert [int(value(width, "w")) for width in named(xml_of(full), "gridCol")][-1] >= (8.5 + 5) * 14 * 20
    plain = bulletin_docx(bulletin(BODY, **FULL | {"document_number": ""}))
    keys = {key for key, _ in paragraphs(plain)}
    assert not keys & {"Masthead", "DocumentNumber"}
    assert named(xml_of(plain), "txbxContent") == []


def test_a_number_without_anybody_who_issues_makes_no_red_head() -> None:
    """As in the PDF; the office is asked for 署名 before it issues."""
    content = bulletin_docx(bulletin(document_number=NUMBER, cc=COPIES, signatory=""))
    styles = [style for style, _ in paragraphs(content)]
    assert not {"Masthead", "DocumentNumber"} & set(styles)
    assert b"ImprintTable" not in parts_of(content)["word/document.xml"]


def test_the_imprint_begins_an_even_page_where_the_pdf_gives_it_a_page(full: bytes) -> None:
    # Four pages and six have room for it on the last one, and that is even.
    small = bulletin_docx(bulletin(None, measures=1, units=1, **FULL))
    assert [value(named(s, "type")[0]) for s in named(xml_of(small), "sectPr")] == ["nextPage"] * 3
    odd = bulletin_docx(bulletin(None, measures=2, units=1, **FULL))
    assert value(named(named(xml_of(odd), "sectPr")[-1], "type")[0]) == "evenPage"


def test_behind_a_blank_page_the_imprint_has_no_page_number() -> None:
    """GB/T 9704-2012, 7.5. `rows` of figures fill the last page, which is even."""
    document = bulletin(None, measures=1, units=1, **FULL)
    part = document["charts"]["parts"][0]
    part["rows"] = [[str(number), "任务", "25%"] for number in range(1, 23)]
    last = Document(BytesIO(bulletin_docx(document))).sections[-1]
    assert value(named(last._sectPr, "type")[0]) == "evenPage"
    assert text_of(last.footer._element) == text_of(last.even_page_footer._element) == ""


def test_names_that_leave_the_first_page_no_room_stand_in_the_imprint() -> None:
    names = "，".join(f"第{number}街道办事处" for number in range(1, 60))
    content = bulletin_docx(bulletin(BODY, **FULL | {"recipients": names}))
    assert "Recipients" not in {key for key, _ in paragraphs(content)}
    assert text_of(named(xml_of(content), "txbxContent")[0]).startswith(f"主送：{names}。抄送：")


def indents(content: bytes, key: str) -> list[dict[str, str]]:
    found = []
    for item in named(xml_of(content), "p"):
        style = named(item, "pStyle")
        if style and value(style[0]) == key:
            found.append({local_name(k): v for k, v in named(item, "ind")[0].attrib.items()})
    return found


def local_name(attribute: str) -> str:
    return attribute.rpartition("}")[2]


def test_without_a_seal_the_date_begins_two_characters_after_the_name() -> None:
    content = bulletin_docx(bulletin(BODY, signatory="西岗区生态办"))
    # The date, half a character wider than the name, keeps two characters at its right.
    assert indents(content, "SignedOn")[0]["rightChars"] == "200"
    assert indents(content, "Signature")[0]["rightChars"] == "450"
    content = bulletin_docx(bulletin(BODY, signatory="西岗区生态环境保护委员会"))
    assert indents(content, "Signature")[0]["rightChars"] == "200"
    assert indents(content, "SignedOn")[0]["leftChars"] == "1600"


def test_under_a_seal_the_date_has_four_characters_at_its_right_and_the_name_is_centred_on_it() -> None:
    content = bulletin_docx(bulletin(BODY, signatory="西岗区生态办", sealed=True))
    name, day = indents(content, "Signature")[0], indents(content, "SignedOn")[0]
    assert day["rightChars"] == "400"
    # The date is 6.5 characters wide, the name 6.
    assert int(name["rightChars"]) == pytest.approx(400 + 25, abs=1)


def test_a_corrected_edition_says_what_it_replaces_and_why() -> None:
    found = paragraphs(bulletin_docx(bulletin(BODY, edition=correction())))
    note = next(text for key, text in found if key == "EditionNote")
    remark = next(text for key, text in found if key == "Remark")
    assert note == "（第2版，替代2024年4月10日印发的第1版）"
    assert "第8项措施香炉礁街道" in remark
    assert "统计口径有误" in remark


# --- whatever people write --------------------------------------------------------------------------
def test_what_xml_cannot_hold_is_left_out_and_nothing_else() -> None:
    body = [{"kind": "p", "text": "甲\x00乙\x0b丙\ud800丁\ufffe戊<己>&“庚”😀𠮷\u3000辛"}]
    changes = {"recipients": "各\x01街道", "document_number": NUMBER, "cc": "区委\x02办"}
    document = bulletin(body, title="关于\x03通报\n的<b>标题", **changes)
    document["appendix"]["rows"][0]["progress"] = ["进\x04展\n二行"]
    document["charts"]["parts"][0]["rows"] = [["1", "任\x05务", "25%"]]
    content = bulletin_docx(document)
    assert ("BodyText", "甲乙丙丁戊<己>&“庚”😀𠮷 辛") in paragraphs(content)
    assert ("DocumentTitle", "关于通报的<b>标题") in paragraphs(content)
    assert tables(content)[0][1][4] == "进展 二行"
    assert Document(BytesIO(content)).paragraphs


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=0, max_size=80), st.sampled_from(["h1", "h2", "h3", "p"]))
def test_any_text_makes_a_file_that_opens(text: str, kind: str) -> None:
    document = bulletin([{"kind": kind, "text": text}], title=text or TITLE, signatory=text, cc=text)
    content = bulletin_docx(document)
    assert Document(BytesIO(content)).paragraphs
    assert list(misplaced(xml_of(content))) == []


def test_a_title_of_three_lines_breaks_as_in_the_pdf() -> None:
    title = "关于\n西岗区2024年度生态环境保护\n工作任务进展情况的通报"
    content = bulletin_docx(bulletin(BODY, title=title))
    found = next(p for p in named(xml_of(content), "p") if value(named(p, "pStyle")[0]) == "DocumentTitle")
    assert len(named(found, "br")) == 2
    long = bulletin_docx(bulletin(BODY, title=LONG_TITLE))
    found = next(p for p in named(xml_of(long), "p") if value(named(p, "pStyle")[0]) == "DocumentTitle")
    assert len(named(found, "br")) >= 1
    assert text_of(found) == LONG_TITLE


# --- the same bytes ---------------------------------------------------------------------------------
_RENDER = """
import json, sys
from django.conf import settings
settings.configure(USE_I18N=False, USE_TZ=False)
from reports.renderers.registry import render
sys.stdout.buffer.write(render(json.load(sys.stdin), sys.argv[1]))
"""


@pytest.mark.parametrize("file_format", ["docx", "xlsx"])
def test_the_same_document_gives_the_same_bytes_anywhere(file_format: str) -> None:
    document = bulletin(BODY, measures=4, units=3, drawn=True, **FULL)
    made = {
        subprocess.run(
            [sys.executable, "-c", _RENDER, file_format],
            input=canonical_json(document),
            capture_output=True,
            check=True,
            cwd=Path(__file__).resolve().parent.parent,
            env={**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": locale},
        ).stdout
        for zone, seed, locale in (("Asia/Shanghai", "1", "C.UTF-8"), ("America/Lima", "77", "C"))
    }
    assert len(made) == 1
    assert all(part for part in parts_of(next(iter(made))).values())
    # Not the order in which the JSON was written, either.
    assert json.loads(canonical_json(document)) == document
