"""Text of the bulletin set in lines, as the HTML that its templates print as it stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from reports.renderers.fonts import FontStack
from reports.renderers.layout import (
    BLOCK_WIDTH_MM,
    BODY_MEASURE,
    BODY_TRACKING,
    SIDE_MM,
    TABLE_PT,
    TITLE_LINE_PT,
    TITLE_PT,
    thousandths,
)
from reports.renderers.titles import title_lines
from reports.renderers.typeset import (
    LOOSEST_CELL,
    Line,
    glyphs,
    line_html,
    natural_width,
    set_lines,
    under_each_other,
)

# No limit to the length of a line.
ENDLESS = 10**6
# So many characters that cannot be printed are named, the rest counted.
NAMED = 20


class RefusedError(Exception):
    """The document cannot be printed as it is. The text says in Chinese what is wrong and what to do."""


class UnprintableError(RefusedError):
    """Characters that no face of the document prints; `characters`, each once."""

    def __init__(self, characters: list[str]) -> None:
        self.characters = characters
        more = f"等{len(characters)}个" if len(characters) > NAMED else ""
        named = "、".join(_name(char) for char in characters[:NAMED])
        super().__init__(f"文稿中有无法印刷的字符：{named}{more}")


def refuse_unprintable(parts: Iterable[Any], stack: FontStack) -> None:
    """Raises UnprintableError where a text anywhere in `parts` (JSON) has a character without a glyph."""
    missing = stack.missing("\n".join(_strings(list(parts))))
    if missing:
        raise UnprintableError(missing)


def html(lines: Iterable[Line]) -> SafeString:
    """Lines as HTML, one under the other."""
    return mark_safe(under_each_other(line_html(line) for line in lines))  # noqa: S308 - line_html escapes


def body_lines(
    text: str, stack: FontStack, *, face: str = "fang", indent: float = 0, measure: float = BODY_MEASURE
) -> list[Line]:
    """Text of the body's size (16 pt); `measure` and `indent` in thousandths of it."""
    row = glyphs([(text, face)], stack)
    return set_lines(row, measure=measure, indent=indent, tracking=BODY_TRACKING)


def one_line(text: str, stack: FontStack, *, face: str = "fang") -> list[Line]:
    return set_lines(glyphs([(text, face)], stack), measure=ENDLESS)


def cell_lines(
    text: str, stack: FontStack, *, face: str = "fang", width: float = 0, size: float = TABLE_PT
) -> list[Line]:
    """Text of a table's cell; `width` is that of its column in millimetres, none: one line."""
    room = thousandths(width - 2 * SIDE_MM, size) if width else ENDLESS
    return set_lines(glyphs([(text, face)], stack), measure=room, loosest=LOOSEST_CELL)


@dataclass(frozen=True)
class Title:
    """A title in its lines, centred by the style sheet; `height` in points."""

    html: SafeString
    height: float


def title(text: str, stack: FontStack, *, width: float = BLOCK_WIDTH_MM) -> Title:
    """A title in lines that break at words; `width` of the text block in millimetres."""
    rows = title_lines(text, lambda char: title_width(char, stack), thousandths(width, TITLE_PT))
    lines = [line for row in rows for line in one_line(row, stack, face="title")]
    return Title(html(lines), len(lines) * TITLE_LINE_PT)


def title_width(text: str, stack: FontStack) -> float:
    """The width of a text in the title's face, in thousandths of its size."""
    return natural_width(glyphs([(text, "title")], stack))


def widest(lines: Iterable[Line]) -> float:
    return max((line.width for line in lines), default=0)


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _name(char: str) -> str:
    return char if char.isprintable() else f"U+{ord(char):04X}"
