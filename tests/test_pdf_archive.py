"""The bulletin's PDF as a file for the archive (PDF/A-2a): what it declares, what it holds, and how it reads back.

No validator for PDF/A runs here; these are the demands of ISO 19005-2 that can be looked up in the file itself.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import pdfplumber
import pikepdf
import pytest
from django.conf import settings

from tests.gbt_papers import COPIES, LONG_TITLE, MIXED, NUMBER, PLAIN, correction, paper, paragraph

DOCUMENT = paper(
    [
        paragraph(3),
        {"kind": "h1", "text": "一、总体情况"},
        {"kind": "p", "text": MIXED * 4},
        {"kind": "h2", "text": "（一）按序时推进的任务"},
        *[paragraph(7)] * 3,
        {"kind": "h2", "text": "（二）滞后的任务。" + PLAIN},
    ],
    measures=6,
    cc=COPIES,
    title=LONG_TITLE,
    edition=correction(),
    document_number=NUMBER,
    recipients="各责任单位",
)


def print_document(folder: Path, **environment: str) -> bytes:
    folder.mkdir(exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "tests.print_papers", str(folder)],
        input=json.dumps({"document": DOCUMENT}).encode(),
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment},
        check=True,
        timeout=60,
    )
    return (folder / "document.pdf").read_bytes()


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return print_document(tmp_path_factory.mktemp("paper"))


@pytest.fixture(scope="module")
def pdf(content: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(content))


class Element:
    """An element of the tree of tags, with its text in the order of the tree."""

    def __init__(self, entry: Any, texts: dict[tuple[Any, int], str]) -> None:
        self.entry = entry
        self.texts = texts

    @property
    def tag(self) -> str:
        return str(self.entry.S)[1:]

    @cached_property
    def children(self) -> list["Element | str"]:
        kids = self.entry.get("/K", [])
        return [self._child(kid) for kid in (kids if isinstance(kids, pikepdf.Array) else [kids])]

    def _child(self, kid: Any) -> "Element | str":
        if isinstance(kid, pikepdf.Dictionary):
            return Element(kid, self.texts)
        return self.texts.get((self.entry.Pg.objgen, int(kid)), "")

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def find(self, *tags: str) -> Iterator["Element"]:
        for child in self.children:
            if isinstance(child, Element):
                if child.tag in tags:
                    yield child
                else:
                    yield from child.find(*tags)


@pytest.fixture(scope="module")
def tree(content: bytes, pdf: pikepdf.Pdf) -> Element:
    texts: dict[tuple[Any, int], str] = {}
    with pdfplumber.open(BytesIO(content)) as read:
        for page, source in zip(read.pages, pdf.pages, strict=True):
            for char in page.chars:
                if char["mcid"] is not None:
                    key = (source.objgen, char["mcid"])
                    texts[key] = texts.get(key, "") + char["text"]
    return Element(pdf.Root.StructTreeRoot.K[0], texts)


def plain(text: str) -> str:
    return "".join(text.split())


def test_it_declares_pdf_a_2a_in_its_metadata(content: bytes, pdf: pikepdf.Pdf) -> None:
    """ISO 19005-2, 6.1.2 and 6.6.4."""
    assert content.startswith(b"%PDF-1.7\n%")
    assert all(byte > 127 for byte in content[10:14])
    metadata = pdf.Root.Metadata.read_bytes().decode()
    assert 'pdfaid:part="2"' in metadata
    assert 'pdfaid:conformance="A"' in metadata
    assert LONG_TITLE in metadata
    assert not pdf.is_encrypted
    assert len(pdf.trailer.ID) == 2


def test_colours_have_an_output_intent(pdf: pikepdf.Pdf) -> None:
    """6.2.3: everything is sRGB or grey."""
    (intent,) = pdf.Root.OutputIntents
    assert intent.S == pikepdf.Name.GTS_PDFA1
    assert intent.DestOutputProfile.N == 3
    for page in pdf.pages:
        operators = {str(step.operator) for step in pikepdf.parse_content_stream(page)}
        assert not operators & {"k", "K"}, "CMYK"


def test_nothing_in_it_acts_or_comes_from_outside(content: bytes, pdf: pikepdf.Pdf) -> None:
    """6.1.7, 6.3, 6.5, 6.8: no scripts, actions, annotations, attachments, layers."""
    assert not {"/OpenAction", "/AA", "/AcroForm", "/OCProperties", "/Names"} & set(pdf.Root.keys())
    for page in pdf.pages:
        assert "/Annots" not in page
        assert "/AA" not in page
    for forbidden in (b"/JavaScript", b"/Launch", b"/URI", b"/EmbeddedFile"):
        assert forbidden not in content
    # Looked up and not searched for: packed bytes may spell two letters by chance.
    dictionaries = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary | pikepdf.Stream)]
    assert len(dictionaries) > 100
    assert not [item for item in dictionaries if item.get("/F") is not None]


def test_every_font_is_embedded_and_reads_back(pdf: pikepdf.Pdf) -> None:
    """6.2.11: embedded subsets, ToUnicode for each."""
    fonts = {
        font.objgen: font
        for page in pdf.pages
        for font in page.Resources.get("/Font", pikepdf.Dictionary()).values()
    }
    assert len(fonts) >= 5
    for font in fonts.values():
        assert "/ToUnicode" in font
        (descendant,) = font.DescendantFonts
        assert {"/FontFile2", "/FontFile3"} & set(descendant.FontDescriptor.keys())
        assert re.match("/[A-Z]{6}[+]", str(descendant.BaseFont))


def test_it_says_its_language_and_title_and_opens_with_the_title_shown(pdf: pikepdf.Pdf) -> None:
    assert str(pdf.Root.Lang) == "zh-CN"
    assert str(pdf.docinfo["/Title"]) == LONG_TITLE
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert pdf.Root.MarkInfo.Marked
    assert all(page.Tabs == pikepdf.Name.S for page in pdf.pages)


def test_everything_printed_is_either_tagged_or_an_artifact(pdf: pikepdf.Pdf) -> None:
    """ISO 32000-1, 14.8: text always tagged; the rules of tables are artifacts."""
    for page in pdf.pages:
        open_marks: list[str] = []
        for step in pikepdf.parse_content_stream(page):
            operator = str(step.operator)
            if operator in ("BDC", "BMC"):
                open_marks.append(str(step.operands[0]))
            elif operator == "EMC":
                open_marks.pop()
            elif operator in ("Tj", "TJ"):
                assert open_marks, "text without a tag"
                assert "/Artifact" not in open_marks
            elif operator in ("S", "f", "f*", "B", "Do", "sh"):
                assert open_marks, operator
        assert not open_marks


def test_the_tree_reads_as_the_document_does(tree: Element) -> None:
    """Title, text, 附件说明, 署名 and date, annexes, 版记, in that order and without page numbers."""
    text = plain(tree.text)
    head = DOCUMENT["head"]
    parts = [
        NUMBER,
        LONG_TITLE,
        "（第2版，替代2024年4月10日印发的第1版）",
        "各责任单位：",
        *[block["text"] for block in DOCUMENT["body"]],
        "附件：1.2024年第一季度工作措施进展情况表2.2024年第一季度责任单位报送情况表3.2024年第一季度工作进展情况图表",
        head["signatory"] + "2024年4月16日（本版替代第1版",
        "附件12024年第一季度工作措施进展情况表序号目标任务",
        "附件22024年第一季度责任单位报送情况表序号责任单位应报",
        "附件32024年第一季度工作进展情况图表",
        f"抄送：{COPIES}。",
        "2024年4月18日印发",
    ]
    place = 0
    for part in parts:
        found = text.find(plain(part), place)
        assert found >= 0, part
        place = found + len(plain(part))
    assert place == len(text)
    assert "—2—" not in text


def test_headings_are_headings_and_paragraphs_paragraphs(tree: Element) -> None:
    assert [(item.tag, plain(item.text)) for item in tree.find("H1", "H2", "H3")] == [
        ("H1", LONG_TITLE),
        ("H2", "一、总体情况"),
        ("H3", "（一）按序时推进的任务"),
        ("H1", "2024年第一季度工作措施进展情况表"),
        ("H1", "2024年第一季度责任单位报送情况表"),
        ("H1", "2024年第一季度工作进展情况图表"),
    ]
    paragraphs = "".join(plain(item.text) for item in tree.find("P"))
    for block in DOCUMENT["body"]:
        if block["kind"] == "p":
            assert plain(block["text"]) in paragraphs


def test_tables_have_heads_and_their_cells_name_them(tree: Element) -> None:
    tables = list(tree.find("Table"))
    assert len(tables) >= 4
    for table in tables:
        heads = {str(head.entry.get("/ID")) for head in table.find("TH")}
        assert heads
        assert next(table.find("THead")).text
        for cell in table.find("TD"):
            headers = cell.entry.A.get("/Headers", [])
            assert {str(header) for header in headers} <= heads
    first = tables[0]
    row = DOCUMENT["appendix"]["rows"][0]
    cells = [plain(cell.text) for cell in first.find("TD")]
    assert cells[:4] == ["1", row["task"], f"1.{row['measure']}", row["units"]]
    assert cells[4] == plain("".join(row["progress"]))
    assert "RowSpan" in str(next(first.find("TD")).entry.A.keys())
    units = [plain(head.text) for table in tables for head in table.find("TH") if "责任单位" in head.text]
    assert "第1责任单位" in units


def test_a_chart_is_a_figure_with_words_for_who_does_not_see_it(tree: Element, pdf: pikepdf.Pdf) -> None:
    (figure,) = tree.find("Figure")
    assert str(figure.entry.Alt).startswith("图1  各项目标任务完成比例与序时进度")
    left, lower, right, upper = (float(edge) for edge in figure.entry.A.BBox)
    # 28 to 184 mm, above the lower edge of the text block.
    assert left == pytest.approx(28 / 25.4 * 72, abs=1)
    assert right == pytest.approx(184 / 25.4 * 72, abs=1)
    assert 35 / 25.4 * 72 < lower < upper < (297 - 37) / 25.4 * 72
    objects = [item for page in pdf.pages for item in page.Resources.get("/XObject", {}).values()]
    assert not [item for item in objects if item.Subtype == pikepdf.Name.Image]


def test_bookmarks_lead_to_title_headings_and_annexes(pdf: pikepdf.Pdf) -> None:
    pages: dict[Any, int] = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
    with pdf.open_outline() as outline:
        (title, *annexes) = outline.root
        assert title.title == LONG_TITLE
        assert [item.title for item in title.children] == ["一、总体情况"]
        assert [item.title for item in title.children[0].children] == ["（一）按序时推进的任务"]
        assert [item.title for item in annexes] == [
            "附件1　2024年第一季度工作措施进展情况表",
            "附件2　2024年第一季度责任单位报送情况表",
            "附件3　2024年第一季度工作进展情况图表",
        ]
        places: list[Any] = [item.destination for item in outline.root]
        numbers = [pages[place[0].objgen] for place in places]
        assert numbers == sorted(set(numbers))
        # On the sheet, whose head is at the left: the destinations of landscape pages are near it.
        for place in places[1:3]:
            assert float(place[2]) < 210 / 25.4 * 72 / 2


def test_the_bytes_do_not_depend_on_day_place_or_chance(content: bytes, tmp_path: Path) -> None:
    elsewhere = print_document(tmp_path / "there", TZ="America/New_York", PYTHONHASHSEED="7", LANG="C")
    assert elsewhere == content
