"""Chinese lines that reach both edges.

WeasyPrint justifies by stretching blanks, of which Chinese text has none, so lines are broken and spaced out here: by the
rules for the beginning and the end of a line (GB/T 15834 and usage), with digits and Latin words kept whole, and each
full line tracked so that its last character ends at the edge. Widths and tracking are thousandths of the type size; the
tracking of a line that is set comes in steps.
"""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from reports.renderers.fonts import FontStack

GETA = "〓"  # what a compositor sets where the type is lacking
NOT_FIRST = frozenset("、，。；：？！）》〉」』】〗〕”’…—·～％‰℃,.;:?!)]}%")
NOT_LAST = frozenset("（《〈「『【〖〔“‘([{#￥$")
# Digits, Latin letters and what joins them are one word; dashes and dots that come in pairs stay pairs.
_WORDS = re.compile(r"[0-9A-Za-z₀-₉⁰-⁹¹²³°α-ωΑ-Ω+\-./:_@&=±×<>≤≥≈%‰℃~']+|——+|……+|\s+|.", re.DOTALL)
# Marks that fill half their square: where two meet, the blank between them is one half too many.
CLOSING = frozenset("、，。；：？！）》〉」』】〗〕”’")
OPENING = frozenset("（《〈「『【〖〔“‘")
# A line may be tightened to this and no further; loosening has no limit in text, because something must give.
TIGHTEST = -50
# In the narrow columns of a table, a line that would have to be looser than this stays short.
LOOSEST_CELL = 130
# One point of tightening looks as bad as so many of loosening.
TIGHT_COST = 1.6
# Space between characters comes in steps of so many thousandths. WeasyPrint writes a gap as half of it, taken 1.024 times,
# and the rest cut off to a whole number: in these steps the rest is a whole number, so that nothing is lost and a line
# ends where it was laid out to end, without a span of its own for the last character.
STEP = 1000 / 488
# A trifle more than a whole step is written, since a hair less would lose a whole thousandth; 0.01 mm in a line.
_OVER = 0.05
_END = "</span>"
_TRACKED = re.compile(r'<span class="f-[^" ]+ t(-?\d+)"')


@dataclass(frozen=True)
class Glyph:
    char: str
    face: str
    width: float


@dataclass(frozen=True)
class Segment:
    """Characters of one face with one tracking: so many steps (STEP) of space after each."""

    text: str
    face: str
    tracking: int


@dataclass(frozen=True)
class Line:
    """`width`: from the first character's left to the last one's right edge, as printed."""

    segments: tuple[Segment, ...]
    width: float

    @property
    def text(self) -> str:
        return "".join(segment.text for segment in self.segments)


def glyphs(runs: Iterable[tuple[str, str]], stack: FontStack) -> list[Glyph]:
    """The glyphs of (text, role) runs. What no face has becomes a visible 〓."""
    found = []
    for text, role in runs:
        for char in " ".join(text.split()):
            face = stack.find(role, char)
            if face is None:
                char, face = GETA, stack.find(role, GETA) or ("wide", 1000.0)
            found.append(Glyph(char, *face))
    return [
        _halved(glyph, before, after, stack)
        for before, glyph, after in zip([None, *found], found, [*found[1:], None], strict=False)
    ]


def _halved(glyph: Glyph, before: Glyph | None, after: Glyph | None, stack: FontStack) -> Glyph:
    """A closing mark before another mark loses its right half, an opening one after an opening one its left."""
    meets = (glyph.char in CLOSING and after is not None and after.char in CLOSING | OPENING) or (
        glyph.char in OPENING and before is not None and before.char in OPENING
    )
    half = stack.half(glyph.face, glyph.char) if meets else None
    return Glyph(glyph.char, *half) if half else glyph


def set_lines(
    row: list[Glyph], *, measure: float, indent: float = 0, tracking: int = 0, loosest: int | None = None
) -> list[Line]:
    """Break `row` into lines of `measure`, the first one `indent` shorter; the last one keeps `tracking`.

    `loosest`: a line that would need a wider tracking to be full stays short; None: every line is filled.
    """
    words = list(_words(row, measure - indent, tracking))
    lines: list[Line] = []
    start = 0
    while start < len(words):
        # A blank has no place at the beginning of a line.
        if words[start][0].char == " ":
            start += 1
            continue
        room = measure - (0 if lines else indent)
        end, full = _break(words, start, room, tracking)
        line = [glyph for word in words[start:end] for glyph in word]
        while line and line[-1].char == " ":
            line.pop()
        if full and (loosest is None or _gap(line, room) <= loosest):
            lines.append(_spread(line, room))
        else:
            lines.append(_line(line, [round(tracking / STEP)] * len(line)))
        start = end
    return lines


def natural_width(row: list[Glyph], tracking: int = 0) -> float:
    """The width of a line of these glyphs; what follows its last one is not counted."""
    return sum(glyph.width for glyph in row) + tracking * max(len(row) - 1, 0)


def _words(row: list[Glyph], measure: float, tracking: int) -> Iterator[list[Glyph]]:
    """What must stay together, unless it alone would fill half a line (a long address): then it may break anywhere."""
    text = "".join(glyph.char for glyph in row)
    for match in _WORDS.finditer(text):
        word = row[match.start() : match.end()]
        if natural_width(word, tracking) > measure / 2:
            yield from ([glyph] for glyph in word)
        else:
            yield word


def _may_break(words: list[list[Glyph]], at: int) -> bool:
    return words[at - 1][-1].char not in NOT_LAST and words[at][0].char not in NOT_FIRST


def _break(words: list[list[Glyph]], start: int, room: float, tracking: int) -> tuple[int, bool]:
    """(where the line from `start` ends, whether it is a full one)."""
    end, width = start, 0.0
    while end < len(words):
        grown = width + natural_width(words[end], tracking)
        if end > start and grown > room + 0.5:
            break
        end, width = end + 1, grown + tracking
    else:
        return end, False

    loose = next((at for at in range(end, start, -1) if _may_break(words, at)), None)
    tight = next((at for at in range(end + 1, len(words)) if _may_break(words, at)), len(words))
    tight_tracking = _tracking(words[start:tight], room)
    if tight_tracking < TIGHTEST:
        # Text that allows no break at all is cut where the line is full.
        return loose or end, True
    # A last line of one or two characters is no line: they are drawn in.
    if loose is None or tight == len(words):
        return tight, True
    cost = _tracking(words[start:loose], room) - tracking
    return (tight if (tracking - tight_tracking) * TIGHT_COST < cost else loose), True


def _tracking(words: list[list[Glyph]], room: float) -> float:
    """The tracking at which `words` fill the line, a blank at its end not counted."""
    row = [glyph for word in words for glyph in word]
    while len(row) > 1 and row[-1].char == " ":
        row.pop()
    return _gap(row, room)


def _gap(row: list[Glyph], room: float) -> float:
    return (room - natural_width(row)) / max(len(row) - 1, 1)


def _spread(row: list[Glyph], room: float) -> Line:
    """The line with what is over or short spread over all gaps, in whole steps."""
    gaps = max(len(row) - 1, 1)
    each, rest = divmod(round((room - natural_width(row)) / STEP), gaps)
    return _line(row, [each + 1] * rest + [each] * (len(row) - rest))


def _line(row: list[Glyph], trackings: list[int]) -> Line:
    segments: list[Segment] = []
    for glyph, tracking in zip(row, trackings, strict=True):
        last = segments[-1] if segments else None
        if last and last.face == glyph.face and last.tracking == tracking:
            segments[-1] = Segment(last.text + glyph.char, glyph.face, tracking)
        else:
            segments.append(Segment(glyph.char, glyph.face, tracking))
    return Line(tuple(segments), sum(glyph.width for glyph in row) + sum(trackings[:-1]) * STEP)


def line_html(line: Line) -> str:
    """The line as spans with one face and one tracking each; the style sheet for them is `tracking_rules`."""
    return "".join(
        f'<span class="f-{segment.face}{_tracked(segment.tracking)}">{escape(segment.text)}</span>'
        for segment in line.segments
    )


def under_each_other(lines: Iterable[str]) -> str:
    """Lines as `line_html` writes them, one under the other.

    Each but the last ends with a line feed inside its last span, which keeps it (`white-space` of the faces): a <br>
    is an element with a pseudo-element and a text, three boxes for nothing, a fifth of the layout.
    """
    *before, last = list(lines) or [""]
    return "".join(f"{line.removesuffix(_END)}\n{_END}" for line in before) + last


def _tracked(tracking: int) -> str:
    return f" t{tracking}" if tracking else ""


def tracking_rules(html: str) -> str:
    """The style sheet for the trackings of all lines in `html`.

    Classes and not style attributes: elements with the same classes share one computed style, those with an attribute
    have one each, and working them out was a third of the layout.
    """
    found = sorted({int(steps) for steps in _TRACKED.findall(html)})
    return "".join(f".t{steps}{{letter-spacing:{_written(steps):.5f}em}}" for steps in found)


def _written(steps: int) -> float:
    return (steps + math.copysign(_OVER, steps)) * STEP / 1000
