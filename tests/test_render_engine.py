"""What makes a PDF out of our templates: what it leaves out of WeasyPrint, and what it replaces, must not be missed."""

import re
from io import BytesIO
from pathlib import Path

import pdfplumber
import pydyf
import pytest

from reports.renderers import engine
from reports.renderers.fonts import FontStack, choose_fonts

PAPERS = ("bulletin", "papers", "pictures")
ELEMENT = re.compile(r"<([a-z][a-z0-9]*)")
# Spans are what an element is without any rule.
PLAIN = {"span"}


@pytest.fixture(scope="module")
def stack() -> FontStack:
    return FontStack(choose_fonts(""), "")


def test_every_element_of_a_printed_template_has_a_rule_in_ground_css() -> None:
    ground = re.sub(r"/\*.*?\*/", "", (engine.TEMPLATES / "ground.css").read_text(), flags=re.DOTALL)
    known = set(re.findall(r"\b[a-z][a-z0-9]*\b", " ".join(re.findall(r"([^{}]+)\{", ground))))
    for folder in PAPERS:
        for template in (engine.TEMPLATES / folder).glob("*.html"):
            used = set(ELEMENT.findall(template.read_text(encoding="utf-8")))
            assert used - PLAIN <= known, template.name


def test_what_xml_cannot_hold_is_left_out(
    stack: FontStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper" / "page.html").write_text(
        '<html lang="zh"><head><title>{{ title }}</title></head><body><p class="f-fang">{{ title }}</p></body></html>'
    )
    (tmp_path / "paper" / "page.css").write_text("")
    (tmp_path / "ground.css").write_bytes((engine.TEMPLATES / "ground.css").read_bytes())
    monkeypatch.setattr(engine, "TEMPLATES", tmp_path)
    made = engine.template_pdf("paper", "page", {"title": "甲\x0b<乙>\x00&\ud800丙"}, stack)
    with pdfplumber.open(BytesIO(made)) as pdf:
        assert pdf.metadata["Title"] == "甲<乙>&丙"
        assert (pdf.pages[0].extract_text() or "").replace(" ", "") == "甲<乙>&丙"


def test_pages_are_referred_to_as_pydyf_does_while_they_come() -> None:
    pdf = pydyf.PDF()
    seen = []
    for _ in range(3):
        pdf.add_page(pydyf.Dictionary({"Type": "/Page"}))
        pdf.add_object(pydyf.Dictionary({}))
        seen.append(list(pdf.page_references))
    numbers = pdf.pages["Kids"][::3]
    assert len(set(numbers)) == 3
    expected = [f"{number} 0 R".encode() for number in numbers]
    assert seen == [expected[:1], expected[:2], expected]
    assert list(pydyf.PDF().page_references) == []
