"""Which characters the bulletin can print: those that a font of the project has. Asked when a filing is submitted.

The list is read from the fonts once for each process. Line ends and blanks need no glyph.
"""

from collections.abc import Iterable
from functools import cache
from itertools import islice
from pathlib import Path

from django.conf import settings
from fontTools.ttLib import TTFont

FONT_FOLDER = Path(__file__).resolve().parent.parent / "reports" / "fonts"
# The face that every text falls back to: what it lacks, no font of the project has to spare.
WIDE_FONT = FONT_FOLDER / "NotoSerifSC-Regular.otf"
# A text pasted from elsewhere may be full of them; so many tell what is meant.
_NAMED = 8
_NEEDS_NO_GLYPH = frozenset("\n\r\t ")


def unprintable(text: str) -> list[str]:
    """The characters of `text` that no font of the stack prints, each once, in order of appearance."""
    known = printable()
    return [char for char in dict.fromkeys(text) if char not in _NEEDS_NO_GLYPH and ord(char) not in known]


def named(characters: Iterable[str]) -> str:
    """The first of the characters for a message, those that no screen shows by their code: 😀、U+0007."""
    return "、".join(
        char if char.isprintable() else f"U+{ord(char):04X}" for char in islice(characters, _NAMED)
    )


@cache
def printable() -> frozenset[int]:
    """Code points that the wide font has, or a licensed font that FONT_DIR switched on."""
    fonts = [WIDE_FONT]
    if settings.FONT_DIR:
        fonts += sorted(
            path for path in Path(settings.FONT_DIR).iterdir() if path.suffix.lower() in {".ttf", ".otf"}
        )
    return frozenset().union(*(_code_points(path) for path in fonts))


def _code_points(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())
