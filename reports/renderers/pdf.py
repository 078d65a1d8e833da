"""The frozen document as PDF after GB/T 9704. Called in the worker only; see reports/document.py for the document's shape."""

import logging
import math
from datetime import date
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from reports.renderers import appendix
from reports.renderers.engine import template_pdf, with_families
from reports.renderers.fonts import FontStack
from reports.renderers.layout import (
    BLOCK_WIDTH_MM,
    BODY_MEASURE,
    BODY_TRACKING,
    CHAR,
    LINE_PT,
    SMALL_PT,
    TITLE_PT,
    points,
    thousandths,
)
from reports.renderers.svg import render_svg
from reports.renderers.titles import title_lines
from reports.renderers.typeset import LOOSEST_CELL, Line, glyphs, line_html, natural_width, set_lines

logger = logging.getLogger(__name__)

# Kind of a block → its tag and the face it is set in.
BLOCKS = {"h1": ("h2", "hei"), "h2": ("h3", "kai"), "h3": ("h4", "fang"), "p": ("p", "fang")}
TITLE_LINE_PT = 33
MASTHEAD_PT = 40
# 附件 on line 1, its title on line 3, and half a line before the table.
TABLE_GAP_PT = 10


class UnprintableError(Exception):
    """Characters that no face of the document prints; `characters`, each once."""

    def __init__(self, characters: list[str]) -> None:
        self.characters = characters
        super().__init__("文稿中有无法印刷的字符：" + "、".join(_name(char) for char in characters))


def document_pdf(document: dict[str, Any], *, font_dir: str = "") -> bytes:
    """The PDF of a document. The same document gives the same bytes.

    A draft prints characters that no face has as 〓; otherwise they raise UnprintableError. Raises FontError where a font
    is not the one that the document names.
    """
    stack = FontStack(document["fonts"], font_dir)
    if not document["draft"]:
        missing = stack.missing(printed_text(document))
        if missing:
            raise UnprintableError(missing)
    return template_pdf("bulletin", "document", _context(document, stack), stack)


def printed_text(document: dict[str, Any]) -> str:
    """Everything in the document that becomes type, for a look at its characters."""
    found: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            for item in value.values():
                collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)

    for key in ("title", "body", "head", "appendix", "charts", "marks"):
        collect(document[key])
    return "\n".join(found)


def _context(document: dict[str, Any], stack: FontStack) -> dict[str, Any]:
    head = document["head"]
    numbered = bool(head["document_number"])
    annexes = [document["appendix"]["title"], document["charts"]["title"]]
    return {
        "document": document,
        "created": document["dated"],
        "marks": " ".join(document["marks"]),
        "masthead": _masthead(head, stack) if numbered else None,
        "title": _title(document["title"], stack),
        "plain_title": document["title"].replace("\n", ""),
        "recipients": _lines(f"{head['recipients']}：", stack) if head["recipients"] else None,
        "blocks": [_block(block, stack) for block in document["body"]],
        "annexes": _annexes(annexes, stack),
        "signature": _signature(head, stack),
        "appendix": _appendix(document["appendix"], stack),
        "charts": _charts(document["charts"], stack),
        "imprint": _imprint(head, stack) if numbered else None,
    }


def _html(lines: list[Line]) -> SafeString:
    return mark_safe("<br>".join(line_html(line) for line in lines))  # noqa: S308 - line_html escapes


def _lines(text: str, stack: FontStack, *, face: str = "fang", indent: float = 0) -> SafeString:
    row = glyphs([(text, face)], stack)
    return _html(set_lines(row, measure=BODY_MEASURE, indent=indent, tracking=BODY_TRACKING))


def _block(block: dict[str, str], stack: FontStack) -> dict[str, Any]:
    """A heading or paragraph. A heading （一） that runs on is set in 楷体 up to its first 。 only."""
    tag, face = BLOCKS[block["kind"]]
    text = block["text"]
    stop = text.find("。") + 1
    runs = [(text, face)]
    if block["kind"] == "h2" and 0 < stop < len(text):
        runs = [(text[:stop], face), (text[stop:], "fang")]
    lines = set_lines(glyphs(runs, stack), measure=BODY_MEASURE, indent=2 * CHAR, tracking=BODY_TRACKING)
    # A heading that runs on into its text, or "1." before a whole sentence, is a paragraph: it may break, no outline
    # lists it, and a row of them does not cling together to the next page.
    return {"tag": "p" if len(runs) > 1 or text.endswith(("。", "；")) else tag, "html": _html(lines)}


def _title(text: str, stack: FontStack) -> dict[str, Any]:
    """The title centred in lines, in a box of whole lines, so that the text below keeps to the grid."""
    rows = title_lines(text, lambda char: _title_width(char, stack), thousandths(BLOCK_WIDTH_MM, TITLE_PT))
    lines = [line for row in rows for line in set_lines(glyphs([(row, "title")], stack), measure=10**6)]
    height = math.ceil(len(lines) * TITLE_LINE_PT / LINE_PT) * LINE_PT
    above = (height - len(lines) * TITLE_LINE_PT) / 2
    return {"html": _html(lines), "height": f"{height:.3f}", "above": f"{above:.3f}"}


def _title_width(text: str, stack: FontStack) -> float:
    return natural_width(glyphs([(text, "title")], stack))


def _masthead(head: dict[str, str], stack: FontStack) -> dict[str, Any]:
    """The red head: as large as it may be, in two lines where one would be smaller than the title."""
    text = head["masthead"] or head["signatory"]
    width = _title_width(text, stack)
    rows = [text]
    if width * TITLE_PT * 1.2 / 1000 > points(BLOCK_WIDTH_MM):
        rows = title_lines(text, lambda char: _title_width(char, stack), width * 0.6)
    rows_glyphs = [glyphs([(row, "title")], stack) for row in rows]
    widest = max(natural_width(row) for row in rows_glyphs)
    size = min(MASTHEAD_PT, points(BLOCK_WIDTH_MM) / widest * 1000)
    lines = [line for row in rows_glyphs for line in set_lines(row, measure=10**6)]
    return {
        "html": _html(lines),
        "size": f"{size:.2f}",
        "number": _html(set_lines(glyphs([(head["document_number"], "fang")], stack), measure=10**6)),
    }


def _annexes(titles: list[str], stack: FontStack) -> list[dict[str, Any]]:
    """附件：1.… with the names under each other and no mark behind them."""
    rows = []
    label, number = 3 * CHAR, CHAR * 1.2
    for order, title in enumerate(titles, 1):
        before = 2 * CHAR + label + number
        lines = set_lines(
            glyphs([(title, "fang")], stack), measure=BODY_MEASURE - before, tracking=BODY_TRACKING
        )
        rows.append(
            {
                "label": _lines("附件：", stack) if order == 1 else "",
                "number": _lines(f"{order}.", stack),
                "html": _html(lines),
            }
        )
    return rows


def _signature(head: dict[str, str], stack: FontStack) -> dict[str, Any]:
    """署名 two characters from the right, the date two characters further in than its beginning (no seal)."""
    name = set_lines(
        glyphs([(head["signatory"], "fang")], stack), measure=BODY_MEASURE, tracking=BODY_TRACKING
    )
    day = set_lines(
        glyphs([(chinese_date(head["signed_on"]), "fang")], stack),
        measure=BODY_MEASURE,
        tracking=BODY_TRACKING,
    )
    right = BODY_MEASURE - 2 * CHAR
    name_left = right - max((line.width for line in name), default=0)
    day_width = max((line.width for line in day), default=0)
    day_left = name_left + 2 * CHAR
    if day_left + day_width > right:
        day_left = right - day_width
        name_left = day_left - 2 * CHAR if name else day_left
    return {
        "name": _html(name),
        "name_left": f"{max(name_left, 0) / 1000:.4f}",
        "day": _html(day),
        "day_left": f"{max(day_left, 0) / 1000:.4f}",
    }


def _appendix(table: dict[str, Any], stack: FontStack) -> dict[str, Any]:
    title = _title(table["title"], stack)
    used = 2 * LINE_PT + float(title["height"]) + TABLE_GAP_PT
    pages = appendix.table_pages(table["rows"], stack, first_room=appendix.PAGE_PT - used)
    return {
        "title": title,
        "label": _lines("附件1", stack, face="hei"),
        "columns": [
            {
                "width": f"{column.width}mm",
                "html": mark_safe(  # noqa: S308 - set from a constant
                    "<br>".join(
                        line_html(line)
                        for part in column.head
                        for line in set_lines(glyphs([(part, "hei")], stack), measure=10**6)
                    )
                ),
            }
            for column in appendix.COLUMNS
        ],
        "pages": [
            [
                {
                    "rowspan": part.rowspan,
                    "height": f"{part.lines * appendix.PITCH_PT + 2 * appendix.PAD_PT:.2f}pt",
                    "light_mark": part.light,
                    "cut": part.cut,
                    **{key: mark_safe("<br>".join(lines)) for key, lines in part.cells.items()},  # noqa: S308
                }
                for part in page.slices
            ]
            for page in pages
        ],
    }


def _charts(charts: dict[str, Any], stack: FontStack) -> dict[str, Any]:
    return {
        "title": _title(charts["title"], stack),
        "label": _lines("附件2", stack, face="hei"),
        "parts": [_chart(part, stack) for part in charts["parts"]],
    }


def _chart(part: dict[str, Any], stack: FontStack) -> dict[str, Any]:
    """A chart with its table; where the chart cannot be drawn, a notice and the table alone."""
    svg = ""
    if part["option"]:
        try:
            svg = with_families(render_svg(part["option"], part["width"], part["height"]), stack)
        except Exception as error:
            # Whatever the engine does, the bulletin can be issued; what it did is told on stderr.
            logger.error("a chart was not drawn: %s: %.500s", part["caption"], error)
    return {
        "caption": _small(part["caption"], stack, face="hei"),
        "svg": mark_safe(svg),  # noqa: S308 - drawn by ECharts from the document's figures
        "notice": _small("（图形未能生成，数据见下表）", stack) if part["option"] and not svg else "",
        "widths": [f"{width}mm" for width in part["widths"]],
        "head": [_small(cell, stack, face="hei") for cell in part["head"]],
        "rows": [
            [
                {"html": _small(cell, stack, measure=width), "text": index == part["text"]}
                for index, (cell, width) in enumerate(zip(row, part["widths"], strict=True))
            ]
            for row in part["rows"]
        ],
    }


def _small(text: str, stack: FontStack, *, face: str = "fang", measure: float = 0) -> SafeString:
    """Text of the size of tables; `measure` is the width of a column in millimetres, none: one line."""
    room = thousandths(measure - 2 * appendix.SIDE_MM, appendix.SIZE_PT) if measure else 10**6
    return _html(set_lines(glyphs([(text, face)], stack), measure=room, loosest=LOOSEST_CELL))


def _imprint(head: dict[str, str], stack: FontStack) -> dict[str, Any]:
    """版记: 抄送, 印发机关 and 印发日期 in 14 pt, one character in from each side."""
    measure = thousandths(BLOCK_WIDTH_MM, SMALL_PT) - 2000

    def lines(text: str) -> list[Line]:
        return set_lines(glyphs([(text, "fang")], stack), measure=measure)

    name = lines(head["printed_by"] or head["signatory"])
    day = lines(f"{chinese_date(head['printed_on'] or head['signed_on'])}印发")
    beside = len(name) == 1 and name[0].width + 1000 + day[0].width <= measure
    return {
        "copies": _html(lines(f"抄送：{head['cc']}。")) if head["cc"] else "",
        "printed_by": _html(name),
        "printed_on": _html(day),
        "beside": beside,
    }


def chinese_date(iso: str) -> str:
    """2024-04-08 → 2024年4月8日; empty for none."""
    if not iso:
        return ""
    day = date.fromisoformat(iso)
    return f"{day.year}年{day.month}月{day.day}日"


def _name(char: str) -> str:
    return char if char.isprintable() else f"U+{ord(char):04X}"
