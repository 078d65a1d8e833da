"""版头 and title: what stands above the text of the first page, and how much of it that takes."""

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from reports.renderers.fonts import FontStack
from reports.renderers.layout import BLOCK_PT, BLOCK_WIDTH_MM, BODY_PT, LINE_PT, TITLE_PT, points
from reports.renderers.lines import (
    ENDLESS,
    Title,
    body_lines,
    html,
    one_line,
    title,
    title_width,
)
from reports.renderers.titles import title_lines
from reports.renderers.typeset import Line, glyphs, natural_width, set_lines
from xigang_eco import plain
from xigang_eco.dates import chinese_date

MASTHEAD_PT = 40
# From the upper edge of the text block to that of the red letters (7.2.4), which is so much below that of their square.
MASTHEAD_TOP_MM, MASTHEAD_INSET = 35, 0.124
# Two lines of it stand so far apart, in their size.
MASTHEAD_PITCH = 1.25
# The red rule lies 4 mm below the letters of 发文字号 (7.2.7), which end half a line's leading above their line.
RULE_PT = 1.5
RULE_GAP_PT = points(4) - (LINE_PT - BODY_PT) / 2
# Blank lines below masthead, red rule, and title (7.2.5, 7.3.1, 7.3.2).
BELOW_MASTHEAD, BELOW_RULE, BELOW_TITLE = 2, 2, 1


@dataclass(frozen=True)
class Masthead:
    html: SafeString
    size: float
    lines: int
    number: SafeString

    @property
    def top(self) -> float:
        """Points from the upper edge of the text block to the line box of the first line."""
        return points(MASTHEAD_TOP_MM) - self.size * (MASTHEAD_INSET + (MASTHEAD_PITCH - 1) / 2)

    @property
    def height(self) -> float:
        """With 发文字号, the red rule and the blank lines, down to the title."""
        letters = self.top + self.lines * self.size * MASTHEAD_PITCH
        return letters + (BELOW_MASTHEAD + 1 + BELOW_RULE) * LINE_PT + RULE_GAP_PT + RULE_PT


@dataclass(frozen=True)
class Head:
    """`first`: lines of text that the first page has room for; `room`: how high that is, in points.

    The blank lines of the standard are kept; the lines of text below share what is left, so that the last one stands at
    the foot of the text block as on every page.
    """

    masthead: Masthead | None
    title: Title
    note: SafeString
    first: int
    room: float


def has_red_head(top: dict[str, Any]) -> bool:
    """Whether 版头 and 版记 are printed: a red head without number or issuer looks forged."""
    return bool(top["document_number"] and (top["masthead"] or top["signatory"]))


def head(document: dict[str, Any], stack: FontStack) -> Head:
    top = document["head"]
    masthead = _masthead(top, stack) if has_red_head(top) else None
    name = title(document["title"], stack)
    note = edition_note(document)
    used = (masthead.height if masthead else 0) + name.height + (bool(note) + BELOW_TITLE) * LINE_PT
    room = BLOCK_PT - used
    set_note = html(one_line(note, stack, face="kai")) if note else html([])
    return Head(masthead, name, set_note, max(round(room / LINE_PT), 0), room)


def recipients(top: dict[str, Any], stack: FontStack) -> list[Line]:
    """主送机关, flush left on every line (7.3.2)."""
    return body_lines(f"{top['recipients']}：", stack) if top["recipients"] else []


def recipients_moved(top: Head, names: list[Line]) -> bool:
    """主送 stands in the 版记 (7.3.2): its lines would leave the first page, which shows text (7.3.3), no room for any."""
    return bool(names) and bool(top.masthead) and len(names) >= top.first


def edition_note(document: dict[str, Any]) -> str:
    """What stands under the title of a corrected edition; empty for a first one."""
    edition = document.get("edition") or {}
    before = edition.get("supersedes")
    if not before:
        return ""
    day = chinese_date(before["issued_on"])
    return f"（第{edition['number']}版，替代{f'{day}印发的' if day else ''}第{before['number']}版）"


def masthead_rows(top: dict[str, Any], stack: FontStack) -> list[str]:
    """发文机关标志 in one line, or in two where one would be smaller than the title."""
    text = plain.one_line(top["masthead"] or top["signatory"])
    width = title_width(text, stack)
    if width * TITLE_PT * 1.2 / 1000 > points(BLOCK_WIDTH_MM):
        return title_lines(text, lambda char: title_width(char, stack), width * 0.6)
    return [text]


def _masthead(top: dict[str, Any], stack: FontStack) -> Masthead:
    """The red head, as large as it may be."""
    rows_glyphs = [glyphs([(row, "title")], stack) for row in masthead_rows(top, stack)]
    longest = max(natural_width(row) for row in rows_glyphs)
    lines = [line for row in rows_glyphs for line in set_lines(row, measure=ENDLESS)]
    size = min(MASTHEAD_PT, points(BLOCK_WIDTH_MM) / longest * 1000)
    return Masthead(html(lines), size, len(lines), html(one_line(top["document_number"], stack)))
