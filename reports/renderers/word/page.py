"""The page of GB/T 9704 in Word's units, and its document grid of 22 lines × 28 characters."""

from math import floor

from reports.renderers.layout import BODY_PT, CHARS, LINES

# A4, and the margins 37/35/28/26 mm in twentieths of a point; left and right three hundredths of a millimetre less, so that
# the pitch of a character is a whole number of them, which LibreOffice rounds it to.
WIDTH, HEIGHT = 11906, 16838
TOP, BOTTOM, LEFT, RIGHT = 2098, 1984, 1585, 1473
TEXT_WIDTH = WIDTH - LEFT - RIGHT
TEXT_HEIGHT = HEIGHT - TOP - BOTTOM
# A landscape sheet is the same one turned to the right: its head lies where the left margin was.
WIDE_TEXT_WIDTH = TEXT_HEIGHT
# Whole twips that 22 lines fit the text block with.
LINE = TEXT_HEIGHT // LINES
# ECMA-376 17.6.5: the wanted pitch less that of the Normal style's size, in 4096ths of a point. Word counts how often
# the pitch goes into the line, so it is rounded down.
CHARACTER_SPACE = floor((TEXT_WIDTH / 20 / CHARS - BODY_PT) * 4096)
# The same in whole twips between characters, for text that keeps to the grid's measure by itself; one less, for
# LibreOffice rounds to hundredths of a millimetre and would set 27.
TRACKING = floor(TEXT_WIDTH / CHARS - BODY_PT * 20) - 1
# One character of the grid in twips, for programs that do not know indents in characters.
CHARACTER = TEXT_WIDTH / CHARS


def characters(count: float) -> tuple[int, int]:
    """(hundredths of a character, the same in twips) for an indent."""
    return round(count * 100), round(count * CHARACTER)
