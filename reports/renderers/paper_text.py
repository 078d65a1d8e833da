"""Text of papers in lines ready for a page: broken and spaced out by typeset.py, and told how high it stands."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from reports.renderers.fonts import FontStack
from reports.renderers.layout import thousandths
from reports.renderers.lines import ENDLESS, html
from reports.renderers.typeset import Line, glyphs, set_lines

MORE = "……"
# So many characters of a row's name stand beside each other.
LABEL_CHARS = 6


@dataclass(frozen=True)
class Block:
    """Lines of HTML; `count` of them."""

    html: SafeString
    count: int


@dataclass(frozen=True)
class Setting:
    """Sets text with one document's fonts. Widths in millimetres, sizes in points."""

    stack: FontStack

    def line(self, text: str, *, face: str = "fang") -> SafeString:
        """One line, however long."""
        return _joined(set_lines(glyphs([(text, face)], self.stack), measure=ENDLESS)).html

    def label(self, text: str) -> Block:
        """The name of a row, in two lines where it is long."""
        half = len(text) if len(text) <= LABEL_CHARS else len(text) // 2
        parts = [part for part in (text[:half], text[half:]) if part]
        return _joined([line for part in parts for line in self._lines(part, ENDLESS, 10, "hei", 0, None)])

    def text(
        self,
        text: str,
        *,
        width: float,
        size: float,
        face: str = "fang",
        indent: float = 0,
        loosest: int | None = None,
        most: int | None = None,
    ) -> Block:
        """One paragraph; `indent` in characters. `most`: no more lines than that, the last one ends in ……."""
        lines = self._lines(text, width, size, face, indent, loosest)
        if most is not None and len(lines) > most:
            lines = self._folded(text, width, size, face, indent, loosest, most)
        return _joined(lines)

    def paragraphs(
        self, text: str, *, width: float, size: float, face: str = "fang", indent: float = 0
    ) -> list[Block]:
        """The paragraphs of a text, empty ones left out."""
        return [
            self.text(part, width=width, size=size, face=face, indent=indent)
            for part in text.splitlines()
            if part.strip()
        ]

    def _lines(
        self, text: str, width: float, size: float, face: str, indent: float, loosest: int | None
    ) -> list[Line]:
        return set_lines(
            glyphs([(text, face)], self.stack),
            measure=thousandths(width, size),
            indent=indent * 1000,
            loosest=loosest,
        )

    def _folded(
        self, text: str, width: float, size: float, face: str, indent: float, loosest: int | None, most: int
    ) -> list[Line]:
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            fits = len(self._lines(text[:middle] + MORE, width, size, face, indent, loosest)) <= most
            low, high = (middle, high) if fits else (low, middle - 1)
        return self._lines(text[:low].rstrip("，、；。 ") + MORE, width, size, face, indent, loosest)[:most]


def _joined(lines: list[Line]) -> Block:
    return Block(html(lines), len(lines))
