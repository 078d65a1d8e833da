"""The lines of the text on its pages, so that 署名 and date never stand on a page without text.

GB/T 9704-2012 prints 22 lines a page and allows other pitches "where a case demands it"; 7.3.5.5 names this case, instead
of the older 此页无正文: what is left of the last page does not hold what closes the text. Then pages at the end take a line
or two more or fewer than 22 in the same height, as few as will do.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reports.renderers.layout import LINES
from reports.renderers.typeset import Line

# So many lines of text go along with what closes it.
CARRIED = 2
# So many lines of headings at the foot of a page go over to the next, no more.
MOST_CLINGING = 6
# A page takes at most so much more or less than its lines.
SHARE = 0.1


@dataclass(frozen=True)
class Row:
    """A line of the text. `block`: the number of its paragraph; `clings`: a heading's, never the last one on a page."""

    block: int
    line: Line
    clings: bool = False


@dataclass(frozen=True)
class TextPage:
    """`lines`: how many of them share the page's height; `closes`: what closes the text follows on this page."""

    rows: list[Row]
    lines: int
    closes: bool


Capacity = Callable[[int], int]


def text_pages(rows: list[Row], *, first: int, closing: int) -> list[TextPage]:
    """`rows` on pages. `first`: lines that the first page has room for; `closing`: lines that close the text."""

    def usual(page: int) -> int:
        return first if page == 0 else LINES

    pages = _fill(rows, usual)
    count = len(pages)
    if _fits(pages, usual, closing):
        return _pages(pages, usual, usual)
    for lines in range(1, min(2 * count, LINES) + 1):
        tighter = _shifted(usual, count, lines)
        if tighter:
            pages = _fill(rows, tighter)
            if len(pages) == count and _fits(pages, tighter, closing):
                return _pages(pages, tighter, usual)
        looser = _shifted(usual, count, -lines)
        if looser:
            pages = _fill(rows, looser)
            if len(pages) == count + 1 and len(pages[-1]) >= CARRIED and _fits(pages, looser, closing):
                return _pages(pages, looser, usual)
    return _pages(_ended_early(_fill(rows, usual)), usual, usual)


def _ended_early(pages: list[list[Row]]) -> list[list[Row]]:
    """Where there are too few pages to shift lines on: the last one ends early, its last lines begin another."""
    last = pages[-1]
    cut = len(last) - CARRIED
    while cut > 0 and last[cut - 1].clings:
        cut -= 1
    if cut < 1:
        # The first page shows text, whatever follows.
        cut = min(len(last), 1)
    return [*pages[:-1], last[:cut], last[cut:]]


def _fill(rows: list[Row], capacity: Capacity) -> list[list[Row]]:
    pages: list[list[Row]] = []
    start = 0
    while start < len(rows) or not pages:
        full = min(start + capacity(len(pages)), len(rows))
        end = full
        while start < end < len(rows) and rows[end - 1].clings:
            end -= 1
        # More headings than one of each level are no headings: the page stays full.
        end = full if end == start or full - end > MOST_CLINGING else end
        pages.append(rows[start:end])
        start = end
    return pages


def _fits(pages: list[list[Row]], capacity: Capacity, closing: int) -> bool:
    return len(pages[-1]) + closing <= capacity(len(pages) - 1)


def _shifted(usual: Capacity, count: int, lines: int) -> Capacity | None:
    """`usual` with `lines` more (or fewer, if negative) spread over the last pages; None: that is more than they take."""
    step = 1 if lines > 0 else -1
    left = abs(lines)
    changes = dict.fromkeys(range(count), 0)
    for most in (1, 2):
        for page in reversed(range(count)):
            if left and abs(changes[page]) < most <= round(usual(page) * SHARE):
                changes[page] += step
                left -= 1
    return None if left else lambda page: usual(page) + changes.get(page, 0)


def _pages(pages: list[list[Row]], capacity: Capacity, usual: Capacity) -> list[TextPage]:
    """A page that a heading left a line or two short is filled like the others: its lines share the height (5.2.3)."""
    made = []
    last = len(pages) - 1
    for page, rows in enumerate(pages):
        short = usual(page) - len(rows)
        filled = page < last and 0 < short <= round(usual(page) * SHARE)
        made.append(TextPage(rows, len(rows) if filled else capacity(page), page == last))
    return made
