"""版记: pinned to the foot of the last page, on an even one where the PDF, too, needs another page for it."""

from typing import Any

from reports.renderers.head import has_red_head
from reports.renderers.layout import BLOCK_WIDTH_MM, SMALL_PT
from reports.renderers.word.markup import Run, paragraph, twips
from reports.renderers.word.page import LEFT, LINE, TEXT_HEIGHT, TEXT_WIDTH, TOP
from reports.renderers.word.sections import Sections
from reports.renderers.word.shapes import EMU_PER_TWIP, text_box
from reports.renderers.word.styles import IMPRINT_BELOW_PT, IMPRINT_LINE_PT
from reports.renderers.word.tables import Cell, Row, Table, lines_in, width_of
from xigang_eco.dates import chinese_date
from xigang_eco.plain import one_line

_POINT_MM = 25.4 / 72
_INSIDE_MM = BLOCK_WIDTH_MM - 2 * SMALL_PT * _POINT_MM
_LABEL = 3
_RULES_PT = 3
# In twips.
_MORE, _PARAGRAPH = 1000, 14


def closing_section(head: dict[str, Any], sections: Sections, *, recipients: bool, added: int) -> str:
    """The end of the document: 版记 and the last section.

    `recipients`: 主送机关 stands here; `added`: pages that the PDF adds for the 版记, a blank one among them if they are two.
    """
    if not has_red_head(head):
        return paragraph("Spacer") + sections.upright
    marks = _imprint(head, recipients=recipients)
    if not added:
        return marks + sections.upright
    # Word leaves a blank page by itself where the next one is not even; it prints nothing on that.
    last = sections.even if added == 1 else sections.bare
    return paragraph("Spacer", properties=sections.upright) + marks + last


def _imprint(head: dict[str, Any], *, recipients: bool) -> str:
    """A paragraph that holds the room which the 版记 takes, and the box that pins it to the foot of the text block.

    Text does not flow around the box, so it cannot push its own anchor to another page; and where the paragraph fits on a
    page, so does the box.
    """
    issuer = one_line(head["printed_by"] or head["signatory"])
    printed = f"{chinese_date(head['printed_on'] or head['signed_on'])}印发"
    room = _INSIDE_MM / _POINT_MM / SMALL_PT - width_of(issuer) - width_of(printed)
    beside = room >= 1
    # Wider digits of another font, and the gaps that LibreOffice sets beside them, need more than the date's own width.
    date_width = (width_of(printed) + (5 if room >= 4 else 3)) * SMALL_PT * _POINT_MM
    rows, lines = [], 0
    entries = [("主送：", head["recipients"])] if recipients else []
    entries += [("抄送：", head["cc"])] if head["cc"] else []
    for label, names in entries:
        text = f"{one_line(names)}。"
        rows.append(Row([Cell([[Run(label + text)]], style="ImprintNames", span=1 + beside)]))
        lines += lines_in(text, _INSIDE_MM - _LABEL * SMALL_PT * _POINT_MM, SMALL_PT)
    name, day = [Run(issuer)], [Run(printed)]
    if beside:
        rows.append(Row([Cell([name], style="Imprint"), Cell([day], style="ImprintDate")]))
        lines += 1
    else:
        rows += [Row([Cell([name], style="Imprint")]), Row([Cell([day], style="ImprintDate")])]
        lines += lines_in(issuer, _INSIDE_MM, SMALL_PT) + 1
    widths = [BLOCK_WIDTH_MM - date_width, date_width] if beside else [BLOCK_WIDTH_MM]
    table = Table(widths, rows, TEXT_WIDTH, title="版记", style="ImprintTable").xml()
    height = twips(lines * IMPRINT_LINE_PT + len(rows) * IMPRINT_BELOW_PT + _RULES_PT)
    # Room for a line or two more, which the box takes upwards. Under the table Word wants a paragraph.
    box_height = height + _MORE
    foot = TOP + TEXT_HEIGHT + _PARAGRAPH
    box = text_box(
        table + paragraph("Spacer"),
        number=1,
        name="版记",
        width=TEXT_WIDTH * EMU_PER_TWIP,
        height=box_height * EMU_PER_TWIP,
        horizontal=f'<wp:positionH relativeFrom="page"><wp:posOffset>{LEFT * EMU_PER_TWIP}</wp:posOffset></wp:positionH>',
        vertical='<wp:positionV relativeFrom="page"><wp:posOffset>'
        f"{(foot - box_height) * EMU_PER_TWIP}</wp:posOffset></wp:positionV>",
        at_foot=True,
    )
    # With the blank line that stays above.
    held = f'<w:spacing w:line="{height + LINE}" w:lineRule="exact"/>'
    return paragraph("Spacer", properties=held, inside=box)
