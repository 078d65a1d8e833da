"""问题清单: all that is wrong with a file as the first sheet of its workbook, each line with a link to its cell."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils import get_column_letter

from tasks.importing.grid import LIST_HEADS, LIST_TITLE
from tasks.importing.marking.marks import MOST, NOTED, WRONG, Mark, summary
from tasks.importing.marking.styles import Styles
from xigang_eco.sheets import clean, count_lines, height_of

WIDTHS = (6.0, 20.0, 16.0, 50.0, 40.0, 9.0)
_FIRST = 4
_FONT = '<name val="宋体"/><charset val="134"/>'
_SIDE = '<{0} style="thin"><color auto="1"/></{0}>'
_GRID = "".join(_SIDE.format(side) for side in ("left", "right", "top", "bottom"))
_WRAPPED = '<alignment horizontal="{}" vertical="center" wrapText="1"/>'


def place_of(mark: Mark) -> str:
    """Where a mark stands, as its line says it."""
    if mark.place is not None and mark.place.sheet:
        return f"{mark.place.sheet}!{mark.place.address}"
    if mark.place is not None:
        return f"第{mark.place.table + 1}个表格第{mark.place.row}行"
    return f"第{mark.row}行" if mark.row is not None else "全文"


def _style_of(styles: Styles) -> dict[str, int]:
    text = _WRAPPED.format("left")
    word = _WRAPPED.format("center")
    size = f'<sz val="10"/>{_FONT}'
    return {
        "title": styles.add(font=f'<b/><sz val="14"/>{_FONT}', alignment='<alignment vertical="center"/>'),
        "note": styles.add(font=size, alignment=text),
        "head": styles.add(font=f"<b/>{size}", fill="FFE8F3EF", border=_GRID, alignment=word),
        "text": styles.add(font=size, border=_GRID, alignment=text),
        "word": styles.add(font=size, border=_GRID, alignment=word),
        "link": styles.add(
            font=f'<u/><sz val="10"/><color rgb="FF0B5394"/>{_FONT}', border=_GRID, alignment=text
        ),
        WRONG: styles.add(font=size, fill=WRONG, border=_GRID, alignment=word),
        NOTED: styles.add(font=size, fill=NOTED, border=_GRID, alignment=word),
    }


def list_sheet(marks: Sequence[Mark], styles: Styles) -> bytes:
    """The sheet's XML. Links lead to cells of other sheets of the workbook."""
    look = _style_of(styles)
    links: list[str] = []
    rows = [
        _row(1, 26, [(LIST_TITLE, look["title"])]),
        _row(2, height_of(count_lines(summary(marks), sum(WIDTHS))), [(summary(marks), look["note"])]),
        _row(3, 20, [(head, look["head"]) for head in LIST_HEADS]),
    ]
    for number, mark in enumerate(marks[:MOST], 1):
        row = number + _FIRST - 1
        wrong, advice = mark.parts
        is_linked = mark.place is not None and bool(mark.place.sheet)
        texts = [
            (str(number), look["word"]),
            (place_of(mark), look["link" if is_linked else "text"]),
            (mark.column or "—", look["text"]),
            (wrong, look["text"]),
            (advice or "—", look["text"]),
            (mark.kind, look[WRONG if mark.is_wrong else NOTED]),
        ]
        lines = max(count_lines(text, width) for (text, _), width in zip(texts, WIDTHS, strict=True))
        rows.append(_row(row, height_of(min(lines, 26)), texts))
        if is_linked and mark.place is not None:
            sheet = mark.place.sheet.replace("'", "''")
            target = quoteattr(f"'{sheet}'!{mark.place.address}")
            links.append(f'<hyperlink ref="B{row}" location={target} display={quoteattr(place_of(mark))}/>')
    last = min(len(marks), MOST) + _FIRST - 1
    if len(marks) > MOST:
        last += 1
        rest = f"其余 {len(marks) - MOST} 个问题未列出，更正后重新上传时再列。"
        rows.append(_row(last, 20, [(rest, look["note"])]))
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(WIDTHS, 1)
    )
    end = get_column_letter(len(LIST_HEADS))
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{styles.main}">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1:{end}{last}"/>'
        '<sheetViews><sheetView tabSelected="1" workbookViewId="0">'
        f'<pane ySplit="3" topLeftCell="A{_FIRST}" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{"".join(rows)}</sheetData>'
        f'<mergeCells count="2"><mergeCell ref="A1:{end}1"/><mergeCell ref="A2:{end}2"/></mergeCells>'
        + (f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else "")
        + '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.7" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;C第 &amp;P 页，共 &amp;N 页</oddFooter></headerFooter></worksheet>"
    ).encode()


def _row(number: int, points: float, cells: Sequence[tuple[str, int]]) -> str:
    inner = "".join(
        f'<c r="{get_column_letter(column)}{number}" s="{style}" t="inlineStr"><is>'
        f'<t xml:space="preserve">{escape(clean(text))}</t></is></c>'
        for column, (text, style) in enumerate(cells, 1)
    )
    return f'<row r="{number}" ht="{points:g}" customHeight="1">{inner}</row>'
