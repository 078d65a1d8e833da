"""The frozen bulletin as .docx: the same text, headings and annexes as the PDF, to be edited further by a clerk."""

from typing import TYPE_CHECKING, Any

from docx.oxml.parser import parse_xml

from reports.renderers.fonts import FontStack
from reports.renderers.head import has_red_head, head, recipients, recipients_moved
from reports.renderers.pdf import added_pages
from reports.renderers.pictures import chart_pictures
from reports.renderers.word import annexes, letter
from reports.renderers.word.imprint import closing_section
from reports.renderers.word.markup import DECLARED
from reports.renderers.word.package import empty_package, package_bytes
from reports.renderers.word.sections import make_sections
from xigang_eco.plain import one_line

if TYPE_CHECKING:
    from docx.document import Document as WordDocument


def bulletin_docx(document: dict[str, Any], *, font_dir: str = "") -> bytes:
    """The Word file of a bulletin. The same document gives the same bytes. Raises FontError as the PDF does.

    Word brings its own fonts, so a character that the PDF cannot print stays as it is; what XML cannot hold is left out.
    """
    stack = FontStack(document["fonts"], font_dir)
    top = document["head"]
    word = empty_package(document)
    sections = make_sections(word, one_line(" ".join(document["marks"])))
    pictures = chart_pictures(document["charts"]["parts"], stack)
    titles = [document[key]["title"] for key in ("appendix", "matrix", "charts") if key in document]
    # Names that would leave the first page no text, and the parity of the last page: what the PDF has found out.
    moved = recipients_moved(head(document, stack), recipients(document["head"], stack))
    added = added_pages(document, stack) if has_red_head(top) else 0
    body = (
        letter.body(document, stack, titles, recipients=not moved, end=sections.upright)
        + annexes.wide(document, stack, end=sections.wide)
        + annexes.charts(document, stack, pictures, word)
        + closing_section(top, sections, recipients=moved, added=added)
    )
    _fill(word, body)
    return package_bytes(word)


def _fill(word: "WordDocument", body: str) -> None:
    element = word.element.body
    for child in list(parse_xml(f"<w:body {DECLARED}>{body}</w:body>")):
        element.append(child)
