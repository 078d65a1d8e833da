"""What closes the text: 附件说明, 署名 and 成文日期, 附注 (GB/T 9704-2012, 7.3.4 to 7.3.6)."""

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from reports.renderers.fonts import FontStack
from reports.renderers.layout import BODY_MEASURE, CHAR
from reports.renderers.lines import body_lines, html, title_width, widest
from reports.renderers.titles import title_lines
from reports.renderers.typeset import Line
from xigang_eco.dates import chinese_date

# Blank lines above 署名. With a seal two: it is 42 to 45 mm high, begins within a line below the text and lies with its
# centre a little above the two lines that it is pressed on; below them it takes less than one line more.
ABOVE, ABOVE_SEALED, BELOW_SEALED = 1, 2, 1
# Characters that stay free at the right: of 署名 without a seal, of the date under one.
RIGHT, RIGHT_SEALED = 2 * CHAR, 4 * CHAR
# So many corrected filings are named in the note, the rest counted.
MOST_NAMED = 5
# The names of annexes begin here: two characters, 附件：, and the number.
LABEL, NUMBER = 3 * CHAR, 1.2 * CHAR


@dataclass(frozen=True)
class Annex:
    """A line of 附件说明; `label`: 附件： at the first."""

    label: SafeString
    number: SafeString
    name: SafeString
    indent: str


@dataclass(frozen=True)
class Signed:
    """Lines of 署名 or the date, each with its distance from the left in em."""

    left: str
    html: SafeString


@dataclass(frozen=True)
class Closing:
    """`lines`: how many it takes, blank ones and those kept free for the seal included."""

    annexes: list[Annex]
    above: int
    signature: list[Signed]
    note: SafeString
    lines: int


def closing(document: dict[str, Any], annexes: list[str], stack: FontStack) -> Closing:
    top = document["head"]
    sealed = bool(top.get("sealed"))
    listed, lines = _annexes(annexes, stack)
    signed = _sealed(top, stack) if sealed else _unsealed(top, stack)
    note = body_lines(text, stack, indent=2 * CHAR) if (text := correction_note(document)) else []
    above = ABOVE_SEALED if sealed else ABOVE
    below = max(len(note), BELOW_SEALED if sealed else 0)
    return Closing(
        annexes=listed,
        above=above,
        signature=signed,
        note=html(note),
        lines=(1 + lines if listed else 0) + above + len(signed) + below,
    )


def correction_note(document: dict[str, Any]) -> str:
    """附注 of a corrected edition, in its brackets: what it replaces, what was corrected, and why."""
    edition = document.get("edition") or {}
    before = edition.get("supersedes")
    if not before:
        return ""
    number = before["document_number"]
    parts = [f"本版替代第{before['number']}版{f'（{number}）' if number else ''}，以本版为准"]
    named = [f"第{item['measure']}项措施{item['unit']}" for item in edition["corrected"]]
    if named:
        folded = f"等{len(named)}项" if len(named) > MOST_NAMED else ""
        parts.append(f"更正内容：{'、'.join(named[:MOST_NAMED])}{folded}的填报")
    if edition["reason"]:
        parts.append(f"更正原因：{edition['reason'].rstrip('。；，')}")
    return f"（{'。'.join(parts)}。）"


def _annexes(titles: list[str], stack: FontStack) -> tuple[list[Annex], int]:
    """附件：1.… with the names under each other and no mark behind them; one alone has no number."""
    listed, lines = [], 0
    numbered = len(titles) > 1
    before = 2 * CHAR + LABEL + (NUMBER if numbered else 0)
    for order, name in enumerate(titles, 1):
        set_name = body_lines(name, stack, measure=BODY_MEASURE - before)
        lines += len(set_name)
        listed.append(
            Annex(
                label=html(body_lines("附件：", stack) if order == 1 else []),
                number=html(body_lines(f"{order}.", stack) if numbered else []),
                name=html(set_name),
                indent=_em(before),
            )
        )
    return listed, lines


def _unsealed(top: dict[str, Any], stack: FontStack) -> list[Signed]:
    """署名 two characters from the right, the date two characters further in than its beginning."""
    name = body_lines(top["signatory"], stack)
    day = body_lines(chinese_date(top["signed_on"]), stack)
    right = BODY_MEASURE - RIGHT
    name_left = right - widest(name)
    day_left = name_left + 2 * CHAR
    if day_left + widest(day) > right:
        day_left = right - widest(day)
        name_left = day_left - 2 * CHAR if name else day_left
    lefts = [name_left] * len(name) + [day_left] * len(day)
    return [Signed(_em(max(left, 0)), html([line])) for left, line in zip(lefts, [*name, *day], strict=True)]


def _sealed(top: dict[str, Any], stack: FontStack) -> list[Signed]:
    """The date four characters from the right, 署名 centred on it; both further in where 署名 would reach the edge."""
    day = body_lines(chinese_date(top["signed_on"]), stack)
    room = BODY_MEASURE - 2 * RIGHT
    rows = title_lines(top["signatory"], lambda char: title_width(char, stack), room)
    name = [line for row in rows for line in body_lines(row, stack)]
    half = max(widest(day) / 2, widest(name) / 2 + RIGHT - RIGHT_SEALED)
    centre = BODY_MEASURE - RIGHT_SEALED - half
    return [_centred(line, centre) for line in [*name, *day]]


def _centred(line: Line, centre: float) -> Signed:
    return Signed(_em(centre - line.width / 2), html([line]))


def _em(thousandth: float) -> str:
    return f"{thousandth / 1000:.4f}"
