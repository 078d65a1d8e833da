"""WordprocessingML as text: namespaces, runs and paragraphs. Children stand in the order that ECMA-376 wants.

Whole parts are written as text and parsed once: python-docx looks a cell up by walking through its table, which
takes minutes for tables of some hundred rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from xigang_eco.plain import one_line

NAMESPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
# Characters that Chinese and Western fonts share: Word takes them from the Chinese one where it is told to.
_SHARED = frozenset("“”‘’…—·§°±×÷‰℃①②③④⑤⑥⑦⑧⑨⑩●○〔〕")
_EMU_PER_MM = 36_000


def twips(points: float) -> int:
    return round(points * 20)


def emu(millimetres: float) -> int:
    return round(millimetres * _EMU_PER_MM)


@dataclass(frozen=True)
class Run:
    """A piece of text in one look. `style`: of characters, by its id; `size` in points."""

    text: str
    style: str = ""
    colour: str = ""
    size: float = 0

    def xml(self) -> str:
        """The run; a line end in the text becomes a line break, a tab a tab."""
        looks = f'<w:rStyle w:val="{self.style}"/>' if self.style else ""
        if _SHARED.intersection(self.text):
            looks += '<w:rFonts w:hint="eastAsia"/>'
        if self.colour:
            looks += f'<w:color w:val="{self.colour}"/>'
        if self.size:
            halves = round(self.size * 2)
            looks += f'<w:sz w:val="{halves}"/><w:szCs w:val="{halves}"/>'
        looks = f"<w:rPr>{looks}</w:rPr>" if looks else ""
        return f"<w:r>{looks}{_text(self.text)}</w:r>"


def _text(text: str) -> str:
    return "<w:br/>".join(
        "<w:tab/>".join(_words(part) for part in line.split("\t")) for line in text.split("\n")
    )


def _words(text: str) -> str:
    if not text:
        return ""
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f"<w:t{space}>{escape(text)}</w:t>"


def run(text: str, *, style: str = "", colour: str = "", size: float = 0) -> Run:
    """A run of what a person wrote: blanks and line ends as the PDF has them, nothing that XML forbids."""
    return Run(one_line(text), style, colour, size)


def paragraph(style: str, runs: Iterable[Run] = (), *, properties: str = "", inside: str = "") -> str:
    """A paragraph in a style. `properties`: what follows pStyle in pPr; `inside`: ready XML after the runs."""
    content = "".join(item.xml() for item in runs) + inside
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{content}</w:p>'


def attribute(text: str) -> str:
    """`text` in quotation marks, for an attribute."""
    return quoteattr(one_line(text))
