"""The annexes: measures and units on landscape pages, charts with their tables on upright ones."""

from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING, Any

from reports.renderers.appendix import COLUMNS, NOTHING
from reports.renderers.chartpages import NOTICE, told_of
from reports.renderers.fonts import FontStack
from reports.renderers.layout import BLOCK_WIDTH_MM, TABLE_GAP_PT, WIDE_WIDTH_MM
from reports.renderers.lights import LIGHT_NAMES
from reports.renderers.word.letter import title
from reports.renderers.word.markup import Run, emu, paragraph, run, twips
from reports.renderers.word.matrix import matrix_tables
from reports.renderers.word.page import TEXT_WIDTH, WIDE_TEXT_WIDTH
from reports.renderers.word.shapes import picture
from reports.renderers.word.tables import Cell, Row, Table

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

LIGHT_COLOURS = {"blue": "2F78D6", "green": "35A552", "yellow": "F2B01E", "red": "D32029", "grey": "777777"}
_MARK_PT = 7
# What stands between a title and its table, in twips.
_GAP = twips(TABLE_GAP_PT)


def wide(document: dict[str, Any], stack: FontStack, *, end: str) -> str:
    """附件1 and 附件2 in one section of landscape pages, closed by `end`."""
    first = _head(1, document["appendix"]["title"], stack, WIDE_WIDTH_MM) + _measures(document["appendix"])
    second = ""
    if "matrix" in document:
        second = _head(2, document["matrix"]["title"], stack, WIDE_WIDTH_MM) + matrix_tables(
            document["matrix"]
        )
    return first + second + paragraph("Spacer", properties=end)


def charts(
    document: dict[str, Any], stack: FontStack, pictures: list[bytes | None], word: "WordDocument"
) -> str:
    """附件3: each chart as a picture with its figures below."""
    found = document["charts"]
    parts = [_head(3 if "matrix" in document else 2, found["title"], stack, BLOCK_WIDTH_MM)]
    for number, (part, image) in enumerate(zip(found["parts"], pictures, strict=True), 1):
        if image:
            relation, _ = word.part.get_or_add_image(BytesIO(image))
            drawn = picture(
                relation,
                number=100 + number,
                name=f"图{number}",
                description=told_of(part),
                width=emu(BLOCK_WIDTH_MM),
                height=emu(BLOCK_WIDTH_MM * part["height"] / part["width"]),
            )
            parts.append(paragraph("Picture", inside=drawn))
        parts.append(paragraph("Caption", [run(part["caption"])]))
        if part["option"] and not image:
            parts.append(paragraph("TableCentred", [Run(NOTICE)], properties="<w:keepNext/>"))
        parts.append(_figures(part))
    return "".join(parts)


def _head(number: int, text: str, stack: FontStack, width: float) -> str:
    label = paragraph("AnnexLabel", [Run(f"附件{number}")])
    return label + title("AnnexTitle", text, stack, below=_GAP, width=width)


def _measures(found: dict[str, Any]) -> str:
    head = Row([Cell([[Run(line)] for line in column.head], head=True) for column in COLUMNS], head=True)
    rows = [head]
    if not found["rows"]:
        rows.append(Row([Cell([[Run(NOTHING)]], centred=True, span=len(COLUMNS))]))
    for _, group in groupby(found["rows"], key=lambda item: item["task_number"]):
        items = list(group)
        rows += [_measure(item, opens=not index, alone=len(items) == 1) for index, item in enumerate(items)]
    return Table([column.width for column in COLUMNS], rows, WIDE_TEXT_WIDTH, title=found["title"]).xml()


def _measure(item: dict[str, Any], *, opens: bool, alone: bool) -> Row:
    begins = opens and not alone
    units = [item["units"]]
    if item["lead"]:
        units.append(f"（牵头：{item['lead']}）")
    mark = "○" if item["light"] == "grey" else "●"
    return Row(
        [
            Cell(
                [[run(str(item["task_number"]))]] if opens else (),
                centred=True,
                opens=begins,
                above=not opens,
            ),
            Cell([[run(item["task"])]] if opens else (), opens=begins, above=not opens),
            Cell([[run(f"{item['number']}.{item['measure']}")]]),
            Cell([[run(text)] for text in units]),
            Cell([[run(text)] for text in item["progress"]]),
            Cell([[run(text)] for text in item["value"]], centred=True),
            Cell(
                [
                    [
                        Run(mark, colour=LIGHT_COLOURS[item["light"]], size=_MARK_PT),
                        Run(LIGHT_NAMES[item["light"]]),
                    ]
                ],
                centred=True,
            ),
        ]
    )


def _figures(part: dict[str, Any]) -> str:
    """The table of a chart's figures."""
    head = Row([Cell([[run(text)]], head=True) for text in part["head"]], head=True)
    rows = [
        Row(
            [Cell([[run(text)]], centred=index != part["text"]) for index, text in enumerate(row)], whole=True
        )
        for row in part["rows"]
    ]
    return Table(part["widths"], [head, *rows], TEXT_WIDTH, title=part["caption"], style="FigureTable").xml()
