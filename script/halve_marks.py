#!/usr/bin/env python3
"""Make FandolFang-Half.otf, FandolHei-Half.otf and FandolKai-Half.otf: the marks that fill half a square, half as wide.

Usage: halve_marks.py        (reads and writes reports/fonts)

Where two marks meet, a compositor takes away the blank half of one. Drawing the second mark into the blank of the first
looks the same, but programs that read a PDF's text then take the two for separate lines. So there are faces whose marks
really are half as wide: closing marks lose their right half, opening ones their left. Derived from the Fandol fonts, under
their licence. The result depends on the input and on the version of fontTools alone, never on the day.
"""

from pathlib import Path
from typing import Any

from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).resolve().parent.parent / "reports" / "fonts"
CLOSING = "、，。；：？！）》〉」』】〗〕”’"
OPENING = "（《〈「『【〖〔“‘"
FULL, HALF = 1000, 500
# What GPL 3 (5a) asks of an altered version, and the font exception: it holds for this version only where that says so.
NOTICE = (
    "Altered version of {original}, November 2026: only the punctuation marks, each half as wide; made by "
    "script/halve_marks.py of the project that ships it."
)
LICENCE = "GNU General Public License 3 with the font exception, which is extended to this altered version."
# How much a mark's ink may stand over the half that is kept.
TOLERANCE = 30


def main() -> None:
    for name in ("Fang", "Hei", "Kai"):
        target = FOLDER / f"Fandol{name}-Half.otf"
        kept = halve(FOLDER / f"Fandol{name}-Regular.otf", target, f"Fandol{name} Half")
        print(f"{target.name}: {kept}, {target.stat().st_size / 1024:.0f} KiB")


def halve(source: Path, target: Path, family: str) -> str:
    """Write the half-width face; returns the marks in it: those whose ink does lie in one half."""
    font = TTFont(source)
    font.recalcTimestamp = False
    cmap, glyphs = font.getBestCmap(), font.getGlyphSet()
    cff = font["CFF "].cff.topDictIndex[0]
    kept = []
    for char in CLOSING + OPENING:
        glyph = cmap.get(ord(char))
        if glyph is None or font["hmtx"][glyph][0] != FULL:
            continue
        left, right = ink(glyphs, glyph)
        shift = -HALF if char in OPENING else 0
        if left + shift < -TOLERANCE or right + shift > HALF + TOLERANCE:
            continue
        private = cff.FDArray[cff.CharStrings.getItemAndSelector(glyph)[1]].Private
        pen = T2CharStringPen(HALF - private.nominalWidthX, glyphs)
        glyphs[glyph].draw(TransformPen(pen, (1, 0, 0, 1, shift, 0)))
        old = cff.CharStrings[glyph]
        new = pen.getCharString(private=private, globalSubrs=old.globalSubrs)
        old.bytecode, old.program = None, new.program
        font["hmtx"][glyph] = (HALF, round(left + shift))
        kept.append(char)

    options = Options()
    options.layout_features = []
    options.hinting = False
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx", "DSIG"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    options.recalc_timestamp = False
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(kept))
    subsetter.subset(font)
    rename(font, family, source.stem)
    font.save(target)
    return "".join(kept)


def ink(glyphs: Any, name: str) -> tuple[float, float]:
    """Left and right edge of what is drawn."""
    pen = BoundsPen(glyphs)
    glyphs[name].draw(pen)
    return pen.bounds[0], pen.bounds[2]


def rename(font: TTFont, family: str, original: str) -> None:
    """A name of its own, so that it is never taken for the original, and the notices that the licence asks for."""
    postscript = family.replace(" ", "-")
    for record in list(font["name"].names):
        if record.nameID in (1, 4):
            record.string = family
        elif record.nameID == 6:
            record.string = postscript
    for number, text in ((10, NOTICE.format(original=original)), (13, LICENCE)):
        font["name"].setName(text, number, 3, 1, 0x409)
    cff = font["CFF "].cff
    cff.fontNames[0] = postscript
    cff.topDictIndex[0].FamilyName = cff.topDictIndex[0].FullName = family


if __name__ == "__main__":
    main()
