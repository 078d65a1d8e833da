"""The bulletin without its annexes: head, title, text, and what closes it."""

import math
from typing import Any

from reports.renderers.closing import ABOVE, ABOVE_SEALED, NUMBER, RIGHT, RIGHT_SEALED, correction_note
from reports.renderers.fonts import FontStack
from reports.renderers.head import (
    MASTHEAD_INSET,
    MASTHEAD_PITCH,
    MASTHEAD_PT,
    MASTHEAD_TOP_MM,
    edition_note,
    has_red_head,
    masthead_rows,
)
from reports.renderers.headings import faces_of, is_heading
from reports.renderers.layout import BLOCK_WIDTH_MM, CHAR, CHARS, TITLE_PT, points, thousandths
from reports.renderers.lines import title_width
from reports.renderers.titles import title_lines
from reports.renderers.word.markup import Run, paragraph, run, twips
from reports.renderers.word.page import LINE
from reports.renderers.word.styles import indent
from reports.renderers.word.tables import width_of
from xigang_eco.dates import chinese_date
from xigang_eco.plain import one_line

_STYLES = {"h1": "Heading1", "h2": "Heading2", "h3": "Heading3"}
# Face → the style of characters for it, within a paragraph of the text.
_FACES = {"hei": "InHei", "kai": "InKai"}
# In characters, for which the PDF takes thousandths: what stays free beside 署名, beside the date under a seal; an annex's number.
_RIGHT, _RIGHT_SEALED, _NUMBER = RIGHT / CHAR, RIGHT_SEALED / CHAR, NUMBER / CHAR
# Three lines.
_SHORT = 3 * CHARS - 2


def body(document: dict[str, Any], stack: FontStack, titles: list[str], *, recipients: bool, end: str) -> str:
    """Everything up to the last line of the text, whose paragraph closes the section (`end`).

    `titles`: of the annexes; `recipients`: 主送机关 stands here, not in the 版记.
    """
    head = document["head"]
    parts = [_masthead(head, stack)] if has_red_head(head) else []
    note = edition_note(document)
    parts.append(title("DocumentTitle", document["title"], stack, below=0 if note else LINE))
    if note:
        parts.append(paragraph("EditionNote", [run(note)]))
    if head["recipients"] and recipients:
        parts.append(paragraph("Recipients", [run(f"{head['recipients']}：")]))
    blocks = document["body"]
    parts += [_block(block, closes=block is blocks[-1]) for block in blocks]
    parts += _annex_notes(titles)
    correction = correction_note(document)
    parts += _signature(head, "" if correction else end)
    if correction:
        parts.append(paragraph("Remark", [run(correction)], properties=end))
    return "".join(parts)


def title(style: str, text: str, stack: FontStack, *, below: int, width: float = BLOCK_WIDTH_MM) -> str:
    """A title in lines that break at words. `below`: twips to what follows; `width` of the text block in millimetres."""
    lines = "\n".join(one_line(line) for line in text.splitlines())
    rows = title_lines(lines, lambda char: title_width(char, stack), thousandths(width, TITLE_PT))
    spacing = f'<w:spacing w:after="{below}"/>'
    return paragraph(style, [Run("\n".join(rows))], properties=spacing)


def _masthead(head: dict[str, str], stack: FontStack) -> str:
    """The red head, as large as it may be."""
    rows = masthead_rows(head, stack)
    widest = max(title_width(row, stack) for row in rows)
    # Word knows half points only, and a line that is a hair too long would wrap.
    size = min(MASTHEAD_PT, math.floor(points(BLOCK_WIDTH_MM) / widest * 2000 - 0.5) / 2)
    above = points(MASTHEAD_TOP_MM) - size * (MASTHEAD_INSET + (MASTHEAD_PITCH - 1) / 2)
    spacing = (
        f'<w:spacing w:before="{twips(above)}" w:line="{twips(size * MASTHEAD_PITCH)}" w:lineRule="exact"/>'
    )
    letters = Run("\n".join(rows), size=size if size < MASTHEAD_PT else 0)
    return paragraph("Masthead", [letters], properties=spacing) + paragraph(
        "DocumentNumber", [run(head["document_number"])]
    )


def _block(block: dict[str, str], *, closes: bool) -> str:
    """A heading or paragraph.

    `closes`: the last one, of which something stands on the page of 署名 (7.3.5.5): it goes there whole, so it must be short.
    """
    text, kind = one_line(block["text"]), block["kind"]
    keep = "<w:keepNext/>" if closes and width_of(text) <= _SHORT else ""
    if is_heading(kind, text):
        return paragraph(_STYLES[kind], [Run(text)], properties=keep)
    runs = [Run(part, _FACES.get(face, "")) for part, face in faces_of(kind, text)]
    return paragraph("BodyText", runs, properties=keep)


def _annex_notes(titles: list[str]) -> list[str]:
    """附件：1.… and the others below it, the names under each other; one alone has no number."""
    numbered = len(titles) > 1
    number = _NUMBER if numbered else 0
    notes = []
    for order, text in enumerate(titles, 1):
        label = "附件：" if order == 1 else ""
        spacing = f'<w:spacing w:before="{LINE}"/>' if order == 1 else ""
        place = indent(left=5 + number, hanging=len(label) + number)
        # A tab goes to where later lines begin: without it, 1. and a year would run into each other.
        words = Run(f"{label}{order}.\t{one_line(text)}" if numbered else label + one_line(text))
        notes.append(paragraph("AnnexNote", [words], properties=spacing + place))
    return notes


def _signature(head: dict[str, Any], end: str) -> list[str]:
    """署名 and date. Without a seal the date begins two characters further in; with one 署名 is centred above it."""
    name, day = one_line(head["signatory"]), chinese_date(head["signed_on"])
    sealed = bool(head.get("sealed"))
    rows = _rows(name, CHARS - 2 * _RIGHT) if sealed else [name]
    name_width, day_width = max(width_of(row) for row in rows), width_of(day)
    if sealed:
        half = max(day_width / 2, name_width / 2 + _RIGHT - _RIGHT_SEALED)
        day_right = _RIGHT_SEALED + half - day_width / 2
        rights = [_RIGHT_SEALED + half - width_of(row) / 2 for row in rows]
    else:
        # A longer date keeps its two characters at the right, and 署名 moves in with it.
        name_right = max(_RIGHT, 2 + day_width + _RIGHT - name_width) if name else _RIGHT
        # A name that leaves no room for this begins at the left edge.
        rights = [min(name_right, max(CHARS - name_width, 0))]
        day_right = _RIGHT
    above = [f'<w:spacing w:before="{LINE * (ABOVE_SEALED if sealed else ABOVE)}"/>']
    above += [""] * len(rows)
    parts = []
    if name:
        parts = [
            paragraph("Signature", [Run(row)], properties=space + indent(right=right))
            for row, right, space in zip(rows, rights, above, strict=False)
        ]
    date_above = above[len(rows)] if name else above[0]
    place = indent(right=day_right)
    if name and not sealed and name_right == _RIGHT:
        # From where 署名 begins, whatever the width of digits.
        place = indent(left=max(CHARS - rights[0] - name_width, 0) + 2) + '<w:jc w:val="left"/>'
    parts.append(paragraph("SignedOn", [Run(day)], properties=date_above + place + end))
    return parts


def _rows(text: str, most: float) -> list[str]:
    return title_lines(text, lambda char: width_of(char) * 1000, most * 1000) or [""]
