"""Headings over a plan's rows: bands across the table, chapters before it; and the lines that only a page put there."""

import re

from tasks.importing.grid import Cell, Paragraph, Row
from tasks.importing.heads import CONTENT, PARTIES, Layout
from tasks.importing.numerals import number_of
from tasks.importing.wording import fold, is_finished, marker_of, mend_line

LONGEST_BAND = 80
_SHORT_BAND = 30
CHAPTERS = ("chapter", "han", "han-bracket")
# The order of headings by the form of their numbers.
LEVELS = {
    "chapter": 1,
    "han": 1,
    "han-bracket": 2,
    "digit": 3,
    "digit-bracket": 4,
    "digit-half": 4,
    "circled": 5,
}
NOTE = re.compile(r"\s*(?:备\s*注|注|说明|填表说明|填表人|制表|审核人?|联系人)\s*\d*\s*[:：]")
CONTINUED = re.compile(r"[（(]\s*(?:续表?|接上(?:表|页)|续上(?:表|页)?)\s*[)）]|^续表\d*$")
PAGE = re.compile(r"[-—–\s]*(?:第\s*)?\d{1,4}\s*(?:页)?[-—–\s]*|第\s*\d+\s*页\s*[,，/]?\s*共\s*\d+\s*页")
TITLE = re.compile(
    r"(?:计划|方案|清单|要点|分工|分解|台账|规划|(?:任务|措施|一览|明细)表)(?:（.*）)?$|20\d\d"
)
_TOTAL = re.compile(r"(?:合|总|小)计")
_ATTACHMENT_LINE = re.compile(r"附\s*[件表录]\s*[\d一二三四五六七八九十]*\s*[:：]?")
_ATTACHMENT = re.compile(r"附\s*[件表]")


def only_text(row: Row) -> str:
    """The text of a row that shows a single one; empty where it shows several."""
    texts = {id(cell): cell.text.strip() for cell in row.cells if cell.text.strip()}
    return next(iter(texts.values())) if len(texts) == 1 else ""


def is_trivial(gap: list[Paragraph]) -> bool:
    """Whether nothing but page numbers and 续表 stands between two tables."""
    spoken = [item.text.strip() for item in gap if item.text.strip()]
    return all(PAGE.fullmatch(text) or CONTINUED.search(text) or len(text) < 3 for text in spoken)


def _is_caption(text: str) -> bool:
    """Whether a short line over a further table reads as its heading."""
    return len(text) <= 30 and not TITLE.search(text) and re.search(r"[。；，：:]|单位|年.*月", text) is None


def is_chapter(text: str) -> bool:
    """Whether a line is a short heading with a chapter's number (一、, （一）, 第一章)."""
    marker = marker_of(text)
    return marker is not None and marker[0].kind in CHAPTERS and len(text) <= LONGEST_BAND


def level_of(text: str) -> int | None:
    marker = marker_of(text)
    return LEVELS[marker[0].kind] if marker else None


def chapters(gap: list[Paragraph], *, is_first: bool) -> dict[int, str]:
    """The headings right before a table, level → text: several tables with headings are chapters of one plan."""
    found: list[tuple[int, str]] = []
    spoken = [item for item in gap if item.text.strip() and not PAGE.fullmatch(item.text.strip())]
    for place, paragraph in enumerate(reversed(spoken[-20:])):
        text = mend_line(paragraph.text[: LONGEST_BAND * 2])
        level = level_of(text) if is_chapter(text) else None
        if level is None and paragraph.level is not None and not TITLE.search(text):
            level = paragraph.level
        is_short = len(text) <= LONGEST_BAND and not text.endswith(("。", "；"))
        if level is not None and is_short and not (found and found[-1][0] <= level):
            found.append((level, text))
        elif level is None and not is_first and not found and not place and _is_caption(text):
            found.append((1, text))
        elif found or not is_short or _ATTACHMENT.match(text) or place > 2:
            break
    return dict(reversed(found))


def lone(row: Row, number_cell: Cell | None) -> tuple[Cell, list[int]] | None:
    """The only cell of a row beside its number, and where it stands."""
    filled = {id(cell): cell for cell in row.cells if cell.text.strip()}
    named = [cell for cell in filled.values() if cell is not number_cell]
    alone = named[0] if len(named) == 1 else number_cell if not named else None
    if alone is None:
        return None
    return alone, [place for place, cell in enumerate(row.cells) if cell is alone]


def is_attachment(text: str) -> bool:
    """Whether a line only says that an attachment begins (附件2, 附表：)."""
    return _ATTACHMENT_LINE.fullmatch(text) is not None


def is_total(text: str) -> bool:
    return _TOTAL.fullmatch(fold(text)) is not None


def covers_all(layout: Layout, places: list[int]) -> bool:
    """Whether a cell lies over columns of different meaning: it is a line of text and no content of theirs."""
    kinds = {layout.kinds[place] for place in places if place < layout.width}
    return bool(kinds & {*CONTENT, "number"}) and bool(kinds & {*PARTIES, "deadline", "extra", None})


def band_text(layout: Layout, text: str, number: str, places: list[int], *, is_number: bool) -> str | None:
    """The heading that a lone cell is; None where it is a cell of its column. `number`: what stands in the number column."""
    if len(text) > LONGEST_BAND or is_finished(text):
        return None
    bare = number.strip("、.．（）()")
    kinds = {layout.kinds[place] for place in places if place < layout.width}
    if kinds and kinds <= {*PARTIES, "deadline", "starts"}:
        return None
    # 1 | 一、大气污染防治: the row only bears the chapter's heading.
    if number and is_chapter(text) and len(text) <= _SHORT_BAND:
        return text
    han_number = bool(number) and not re.search(r"\d", number) and number_of(bare) is not None
    in_measure = "task" in layout.columns and all(
        layout.kinds[place] == "measure" for place in places if place < layout.width
    )
    if han_number and not is_chapter(text):
        return f"{number.strip('、.．')}{'' if number.endswith(('）', ')')) else '、'}{text}"
    if covers_all(layout, places) or han_number:
        return text
    if is_number:
        return text if number_of(text.strip(".．、")) is None else None
    return text if is_chapter(text) and not in_measure and not number else None
