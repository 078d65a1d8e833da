"""版记: 主送 (where the first page has no room for it), 抄送, 印发机关 and 印发日期 in 14 pt, one character in from each side.

Its last rule lies on the lower edge of the text block of the document's last face (GB/T 9704-2012, 7.4.1); documents are
printed on both sides (6.2), so that face is an even page.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from reports.renderers.fonts import FontStack
from reports.renderers.layout import BLOCK_PT, BLOCK_WIDTH_MM, LINE_PT, SMALL_PT, points, thousandths
from reports.renderers.lines import html, widest
from reports.renderers.typeset import Line, glyphs, set_lines
from xigang_eco.dates import chinese_date

PITCH_PT = 25
# First and last rule, and those between (7.4.1).
THICK_MM, THIN_MM = 0.35, 0.25
MEASURE = thousandths(BLOCK_WIDTH_MM, SMALL_PT) - 2000


@dataclass(frozen=True)
class Copies:
    """主送 or 抄送; `names` go on under the first of them. `indent` in em."""

    label: SafeString
    names: SafeString
    indent: str


@dataclass(frozen=True)
class Imprint:
    """`beside`: the date stands in the line of 印发机关; `height` in points."""

    copies: list[Copies]
    printed_by: SafeString
    printed_on: SafeString
    beside: bool
    height: float

    @property
    def top(self) -> float:
        """Points from the upper edge of the text block, on whose lower edge the last rule lies."""
        return BLOCK_PT - self.height

    @property
    def room(self) -> float:
        """What it takes on a page with text above: a line stays blank between them."""
        return self.height + LINE_PT


def imprint(top: dict[str, Any], stack: FontStack, *, recipients: bool) -> Imprint:
    """`recipients`: 主送 stands here."""
    entries = [("主送：", top["recipients"])] if recipients else []
    entries += [("抄送：", top["cc"])] if top["cc"] else []
    copies, count = [], 0
    for label, names in entries:
        set_label = _lines(label, stack, MEASURE)
        lines = _lines(f"{names}。", stack, MEASURE - widest(set_label))
        count += len(lines)
        copies.append(Copies(html(set_label), html(lines), f"{widest(set_label) / 1000:.4f}"))
    name = _lines(top["printed_by"] or top["signatory"], stack, MEASURE)
    day = _lines(f"{chinese_date(top['printed_on'] or top['signed_on'])}印发", stack, MEASURE)
    beside = not name or (len(name) == 1 and name[0].width + 1000 + day[0].width <= MEASURE)
    count += max(len(name), 1) + (0 if beside else 1)
    rules = 2 * points(THICK_MM) + (points(THIN_MM) if copies else 0)
    return Imprint(
        copies=copies,
        printed_by=html(name),
        printed_on=html(day),
        beside=beside,
        height=count * PITCH_PT + rules,
    )


def pages_before(pages: int, *, fits: bool) -> tuple[int, bool]:
    """(blank pages between the last page and that of the 版记, whether the 版记 has a page of its own).

    `fits`: the last page is upright and has room. An even page: a document is printed on both sides.
    """
    if pages % 2 == 0:
        return (0, False) if fits else (1, True)
    return 0, True


def _lines(text: str, stack: FontStack, measure: float) -> list[Line]:
    return set_lines(glyphs([(text, "fang")], stack), measure=measure)
