"""The paper of GB/T 9704 in numbers, and the small calculations between millimetres and type sizes."""

from dataclasses import dataclass

SHEET_MM = (210, 297)
# Text block, and what of it a type size makes: 28 characters of 16 pt in a line, 22 lines on a page.
BLOCK_WIDTH_MM, BLOCK_HEIGHT_MM = 156, 225
CHARS, LINES = 28, 22
BODY_PT, TITLE_PT, SMALL_PT = 16, 22, 14
TITLE_LINE_PT = 33
# A landscape page is the same block, turned.
WIDE_WIDTH_MM, WIDE_HEIGHT_MM = BLOCK_HEIGHT_MM, BLOCK_WIDTH_MM
# Tables: size and line of their text, what lies between text and rule above and beside it, the rule, what stands above.
TABLE_PT, TABLE_LINE_PT, PAD_PT, SIDE_MM, RULE_PT, TABLE_GAP_PT = 10.5, 15, 3, 1.3, 0.5, 10
# 28 × 16 pt is wider than 156 mm: this closes the gaps of lines that are not spaced out (thousandths of 16 pt).
BODY_TRACKING = -13


def points(millimetres: float) -> float:
    return millimetres / 25.4 * 72


def thousandths(millimetres: float, size: float) -> float:
    """A length in thousandths of the type size (points)."""
    return points(millimetres) / size * 1000


BLOCK_PT, WIDE_PT = points(BLOCK_HEIGHT_MM), points(WIDE_HEIGHT_MM)
LINE_PT = points(BLOCK_HEIGHT_MM) / LINES
BODY_MEASURE = thousandths(BLOCK_WIDTH_MM, BODY_PT)
CHAR = BODY_MEASURE / CHARS


@dataclass(frozen=True)
class Column:
    """A column of a table: its key, its head in lines, and its width in millimetres."""

    key: str
    head: tuple[str, ...]
    width: float
