"""The frozen document as PDF after GB/T 9704. Called in the worker only; see reports/document.py for the document's shape.

Everything is set and put on pages here and in the modules beside (text: flow, head, closing; annexes: appendix, matrix,
chartpages; 版记: imprint), in points and thousandths of the type size; template and style sheet place what they are given.
So the parity of each page is known before anything is drawn: the 版记 wants an even one.
"""

import math
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.safestring import SafeString

from reports.renderers import appendix
from reports.renderers.chartpages import chart_pages
from reports.renderers.closing import Closing, closing, correction_note
from reports.renderers.engine import template_pdf
from reports.renderers.flow import Row, TextPage, text_pages
from reports.renderers.fonts import FontStack
from reports.renderers.head import Head, edition_note, head, recipients, recipients_moved
from reports.renderers.headings import faces_of, is_heading
from reports.renderers.imprint import Imprint, imprint, pages_before
from reports.renderers.layout import (
    BLOCK_PT,
    BLOCK_WIDTH_MM,
    BODY_MEASURE,
    BODY_TRACKING,
    CHAR,
    LINE_PT,
    WIDE_WIDTH_MM,
)
from reports.renderers.lines import (
    RefusedError,
    Title,
    body_lines,
    cell_lines,
    html,
    refuse_unprintable,
    title,
)
from reports.renderers.matrix import matrix_pages
from reports.renderers.typeset import Line, glyphs, set_lines

# Kind of a heading → its tag.
TAGS = {"h1": "h2", "h2": "h3", "h3": "h4"}
# What of the document is printed, besides the notes that an edition brings.
PRINTED = ("title", "body", "head", "appendix", "matrix", "charts", "marks")


def document_pdf(document: dict[str, Any], *, font_dir: str = "") -> bytes:
    """The PDF of a document. The same document gives the same bytes.

    A draft prints characters that no face has as 〓, and a title that leaves the first page no text; otherwise they raise
    RefusedError. Raises FontError where a font is not the one that the document names.
    """
    stack = FontStack(document["fonts"], font_dir)
    if not document["draft"]:
        printed = [document[key] for key in PRINTED if key in document]
        refuse_unprintable([*printed, edition_note(document), correction_note(document)], stack)
    context = {
        "document": document,
        "plain_title": document["title"].replace("\n", ""),
        "marks": " ".join(document["marks"]),
        "sheets": _sheets(document, stack),
    }
    return template_pdf("bulletin", "document", context, stack)


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph or 主送 in lines. `kind`: its class in the style sheet; `clings` to what follows."""

    tag: str
    kind: str
    lines: list[Line]
    clings: bool


@dataclass(frozen=True)
class Annex:
    """`label`: 附件 with its number; `bookmark`: label and title in one line."""

    label: SafeString
    title: Title
    bookmark: str


def _sheets(document: dict[str, Any], stack: FontStack) -> list[dict[str, Any]]:
    """Every page of the document: its `template`, its `page` in the style sheet, and what that template prints."""
    wide = [document["appendix"], *([document["matrix"]] if "matrix" in document else [])]
    tables = [*wide, document["charts"]]
    annexes = [
        Annex(
            html(body_lines(f"附件{number}", stack, face="hei")),
            title(table["title"], stack, width=WIDE_WIDTH_MM if number <= len(wide) else BLOCK_WIDTH_MM),
            f"附件{number}　{table['title']}",
        )
        for number, table in enumerate(tables, 1)
    ]
    upright = chart_pages(document["charts"], annexes[-1].title, stack)
    top = head(document, stack)
    if not (top.first or document["draft"]):
        raise RefusedError("标题过长，首页排不下正文，请缩短标题或发文机关标志后重试。")
    to = recipients(document["head"], stack)
    moved = recipients_moved(top, to)
    blocks = [_block(block, stack) for block in document["body"]]
    if to and not moved:
        blocks = [Block("p", "recipients", to, clings=True), *blocks]
    close = closing(document, [table["title"] for table in tables], stack)
    rows = [Row(number, line, block.clings) for number, block in enumerate(blocks) for line in block.lines]
    pages = text_pages(rows, first=top.first, closing=close.lines)
    sheets = [
        _text_sheet(page, blocks, top, close if page.closes else None, opens=number == 0)
        for number, page in enumerate(pages)
    ]
    nothing = html(cell_lines(appendix.NOTHING, stack))
    sheets += [
        {"template": "measures.html", "page": "wide", "annex": annexes[0], "empty": nothing, **page}
        for page in appendix.sheets(document["appendix"]["rows"], annexes[0].title, stack)
    ]
    if "matrix" in document:
        sheets += [
            {"template": "matrix.html", "page": "wide", "annex": annexes[1], "table": page}
            for page in matrix_pages(document["matrix"], annexes[1].title, stack)
        ]
    sheets += [
        {"template": "charts.html", "page": "upright", "annex": annexes[-1], "charts": page}
        for page in upright
    ]
    if top.masthead:
        used = upright[-1].used
        _add_imprint(sheets, imprint(document["head"], stack, recipients=moved), used)
    return sheets


def _add_imprint(sheets: list[dict[str, Any]], marks: Imprint, used: float) -> None:
    """The 版记 at the foot of the last page, or of a page added for it; `used`: points of the last page."""
    blanks, alone = pages_before(len(sheets), fits=used + marks.room <= BLOCK_PT)
    page = "bare" if blanks else "upright"
    sheets += [{"template": "blank.html", "page": page}] * (blanks + alone)
    sheets[-1] = {**sheets[-1], "imprint": marks}


def added_pages(document: dict[str, Any], stack: FontStack) -> int:
    """How many pages, without text, the 版记 brings with it: 0, its own, or a blank one and its own."""
    return sum(sheet["template"] == "blank.html" for sheet in _sheets(document, stack))


def _block(block: dict[str, str], stack: FontStack) -> Block:
    kind, text = block["kind"], block["text"]
    runs = faces_of(kind, text)
    lines = set_lines(glyphs(runs, stack), measure=BODY_MEASURE, indent=2 * CHAR, tracking=BODY_TRACKING)
    heading = is_heading(kind, text)
    return Block(TAGS[kind] if heading else "p", "line", lines, clings=heading)


def _text_sheet(
    page: TextPage, blocks: list[Block], top: Head, close: Closing | None, *, opens: bool
) -> dict[str, Any]:
    height = top.room if opens else BLOCK_PT
    # Cut off, not rounded: a hair too much and the last line goes over to another page.
    pitch = math.floor(height / page.lines * 1e4) / 1e4 if page.lines else LINE_PT
    return {
        "template": "text.html",
        "page": "upright",
        "head": top if opens else None,
        "pitch": f"{pitch:.4f}pt",
        "parts": _parts(page.rows, blocks),
        "closing": close,
    }


def _parts(rows: list[Row], blocks: list[Block]) -> list[dict[str, Any]]:
    """The lines of a page by paragraph; `rest`: it began on the page before."""
    parts = []
    for number, group in groupby(rows, key=lambda row: row.block):
        lines = [row.line for row in group]
        block = blocks[number]
        rest = lines[0] is not block.lines[0]
        # As one line, though it may be printed in two.
        label = "".join(line.text for line in block.lines) if block.clings else ""
        parts.append(
            {"tag": block.tag, "kind": block.kind, "rest": rest, "bookmark": label, "html": html(lines)}
        )
    return parts
