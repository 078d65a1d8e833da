"""Sections: upright and landscape pages with their heads, page numbers and grid."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docx.oxml.parser import parse_xml

from reports.renderers.layout import BLOCK_WIDTH_MM, SMALL_PT, points
from reports.renderers.word.markup import DECLARED, Run, emu, paragraph, twips
from reports.renderers.word.page import (
    BOTTOM,
    CHARACTER_SPACE,
    HEIGHT,
    LEFT,
    LINE,
    RIGHT,
    TOP,
    WIDTH,
)
from reports.renderers.word.shapes import text_box

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.parts.hdrftr import FooterPart, HeaderPart

# The dash of the page number stands 7 mm below the text block; it lies in the middle of its line of 14 pt.
_DASH_MM = 7
_NUMBER_FROM_EDGE = BOTTOM - twips(points(_DASH_MM) + SMALL_PT / 2)
_MARK_PT = 12
# The head and foot of odd pages and of even ones.
_KINDS = ("default", "even")
# In landscape, the number stands in a box along the left edge, which is the lower one of the upright sheet.
_BOX_MM = 8


@dataclass(frozen=True)
class Sections:
    """The ends of sections as XML: `upright` and `wide` pages; one that begins on an `even` page; such a `bare` one, too.

    A page of the 版记 behind a blank one has no number (GB/T 9704-2012, 7.5).
    """

    upright: str
    wide: str
    even: str
    bare: str


def make_sections(document: "WordDocument", marks: str) -> Sections:
    """Adds the heads and feet to the package, `marks` in the head of every page."""
    mark = paragraph("Mark", [Run(marks)])
    empty = paragraph("Mark")
    heads = [_header(document, kind, mark) for kind in _KINDS]
    feet = [_footer(document, kind, _number(even=kind == "even")) for kind in _KINDS]
    # Word finds no other place for a turned number than a box in the head.
    wide_heads = [_header(document, kind, mark + _turned_number(even=kind == "even")) for kind in _KINDS]
    no_feet = [_footer(document, kind, empty) for kind in _KINDS]
    return Sections(
        upright=_upright([*heads, *feet]),
        wide=_section(
            [*wide_heads, *no_feet],
            size=f'<w:pgSz w:w="{HEIGHT}" w:h="{WIDTH}" w:orient="landscape"/>',
            margins=(LEFT, TOP, RIGHT, BOTTOM),
            foot=RIGHT // 2,
            grid=f'<w:docGrid w:linePitch="{LINE}"/>',
        ),
        even=_upright([*heads, *feet], begins="evenPage"),
        bare=_upright([*heads, *no_feet], begins="evenPage"),
    )


def _upright(references: list[str], *, begins: str = "nextPage") -> str:
    return _section(
        references,
        size=f'<w:pgSz w:w="{WIDTH}" w:h="{HEIGHT}"/>',
        margins=(TOP, RIGHT, BOTTOM, LEFT),
        foot=_NUMBER_FROM_EDGE,
        grid=f'<w:docGrid w:type="linesAndChars" w:linePitch="{LINE}" w:charSpace="{CHARACTER_SPACE}"/>',
        begins=begins,
    )


# `foot`: from the lower edge of the paper; what stands there must not reach into the text block, or the block gives way.
def _section(
    references: list[str],
    *,
    size: str,
    margins: tuple[int, int, int, int],
    foot: int,
    grid: str,
    begins: str = "nextPage",
) -> str:
    top, right, bottom, left = margins
    return (
        f'<w:sectPr>{"".join(references)}<w:type w:val="{begins}"/>{size}'
        f'<w:pgMar w:top="{top}" w:right="{right}" w:bottom="{bottom}" w:left="{left}"'
        f' w:header="{(top - twips(_MARK_PT)) // 2}" w:footer="{foot}" w:gutter="0"/>'
        f'<w:cols w:space="425"/>{grid}</w:sectPr>'
    )


def _header(document: "WordDocument", kind: str, content: str) -> str:
    part, identity = document.part.add_header_part()  # type: ignore[no-untyped-call]  # of python-docx
    _fill(part, "hdr", content)
    return f'<w:headerReference w:type="{kind}" r:id="{identity}"/>'


def _footer(document: "WordDocument", kind: str, content: str) -> str:
    part, identity = document.part.add_footer_part()  # type: ignore[no-untyped-call]  # of python-docx
    _fill(part, "ftr", content)
    return f'<w:footerReference w:type="{kind}" r:id="{identity}"/>'


def _fill(part: "HeaderPart | FooterPart", tag: str, content: str) -> None:
    part._element = parse_xml(f"<w:{tag} {DECLARED}>{content}</w:{tag}>")


def _number(*, even: bool) -> str:
    """— 1 — with one character of space on the outer side."""
    side = "left" if even else "right"
    field = (
        '<w:r><w:t xml:space="preserve">— </w:t></w:r><w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        '<w:r><w:t xml:space="preserve"> —</w:t></w:r>'
    )
    return paragraph(
        "PageNumberEven" if even else "PageNumber",
        properties=f'<w:ind w:{side}="{twips(SMALL_PT)}"/>',
        inside=field,
    )


def _turned_number(*, even: bool) -> str:
    """The number where an upright sheet has it: at the lower end of the left edge on odd pages, at the upper on even."""
    line = twips(SMALL_PT) / 20 * 25.4 / 72
    right_edge = BOTTOM / 20 * 25.4 / 72 - _DASH_MM + line / 2
    box = text_box(
        _number(even=even),
        number=20 + even,
        name="页码",
        width=emu(_BOX_MM),
        height=emu(BLOCK_WIDTH_MM),
        horizontal=f'<wp:positionH relativeFrom="page"><wp:posOffset>{emu(right_edge - _BOX_MM)}</wp:posOffset></wp:positionH>',
        vertical=f'<wp:positionV relativeFrom="page"><wp:posOffset>{emu(28)}</wp:posOffset></wp:positionV>',
        turned=True,
    )
    return paragraph("Spacer", inside=box)
