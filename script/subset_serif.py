#!/usr/bin/env python3
"""Cut the Simplified Chinese face out of NotoSerifCJK-Regular.ttc and drop what a Chinese document never prints.

Usage: subset_serif.py NotoSerifCJK-Regular.ttc OUTPUT.otf

Kept: every ideograph the face has (the basic block, extension A, the compatibility forms, and the
extension B to G characters that it covers, among them those of 通用规范汉字表), Chinese punctuation,
Latin, Greek, Cyrillic, kana and all symbols. Dropped: Hangul, which is a third of the glyphs, hinting,
vertical writing and every OpenType feature: the font only fills gaps in horizontal text.
Added: ₀–₉ ₊ ₋ and the superscripts that the face lacks, scaled from its own digits, because
O₃, CO₂ and PM₂.₅ are everyday words of environmental reports and no font of the stack has them.
The result depends on the input and on the version of fontTools alone, never on the day.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

FACE = "Noto Serif CJK SC"
FAMILY = "Noto Serif SC"
POSTSCRIPT_NAME = "NotoSerifSC-Regular"
HANGUL = (
    range(0x1100, 0x1200),
    range(0x3130, 0x3190),
    range(0x3200, 0x3220),
    range(0x3260, 0x3280),
    range(0xA960, 0xA980),
    range(0xAC00, 0xD800),
    range(0xFFA0, 0xFFE0),
)
# Small figures: size against the digits, and how far the baseline moves, in 1/1000 em.
SMALL = 0.64
SUBSCRIPT_SHIFT = -140
SUPERSCRIPT_SHIFT = 330
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+−", strict=True))
SUPERSCRIPTS = dict(zip("⁰⁵⁶⁷⁸⁹⁺⁻", "056789+−", strict=True))
# What reports and filings do contain and a fallback font must therefore print.
NEEDED = (
    "，。、；：？！“”‘’（）《》〈〉〔〕【】〖〗「」『』—…·～￥％‰℃㎡㎥㎎㎏㎜㎝㎞㏄≥≤≈≠±×÷√∞∑∠°′″"
    "αβγδμΩ①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㈠⑴⒈ⅠⅡⅢⅣ〇々■□●○◆◇▲△★☆→←↑↓№㊣₀₁₂₃₄₅₆₇₈₉₊₋²³⁰¹⁴⁵⁶⁷⁸⁹⁺⁻㙟䶮㕮𠅤𡐓𣲗𤧛𨱏𫖯𬬻"
)


def main(source: Path, target: Path) -> None:
    """Write the subset; exits with a message if the face or a needed character is not in the source."""
    font = face_of(source)
    font.recalcTimestamp = False
    add_small_figures(font)
    unicodes = [code for code in font.getBestCmap() if not any(code in block for block in HANGUL)]

    options = Options()
    options.layout_features = []
    options.hinting = False
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    options.notdef_outline = True
    options.recalc_timestamp = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=unicodes)
    subsetter.subset(font)
    rename(font)

    covered = set(font.getBestCmap())
    missing = sorted({char for char in NEEDED if ord(char) not in covered})
    if missing:
        sys.exit(f"The face lacks {' '.join(missing)}")
    font.save(target)
    print(f"{target.name}: {len(covered)} characters, {target.stat().st_size / 2**20:.1f} MiB")


def face_of(source: Path) -> TTFont:
    """Return the Simplified Chinese face of the collection."""
    for font in TTCollection(source):
        if font["name"].getDebugName(4) == FACE:
            return font
    sys.exit(f"{source} has no face named {FACE}")


def add_small_figures(font: TTFont) -> None:
    """Draw the missing small figures into glyphs of Hangul syllables, which the subset drops anyway.

    Taking over glyphs keeps the tables of the CID-keyed font consistent: only outline, width and cmap change.
    """
    cmap = font.getBestCmap()
    glyphs = font.getGlyphSet()
    cff = font["CFF "].cff.topDictIndex[0]
    wanted = [(char, base, SUBSCRIPT_SHIFT) for char, base in SUBSCRIPTS.items()]
    wanted += [(char, base, SUPERSCRIPT_SHIFT) for char, base in SUPERSCRIPTS.items()]
    added = {}
    for donor_code, (char, base, shift) in zip(HANGUL[5], wanted, strict=False):
        if ord(char) in cmap:
            continue
        donor, model = cmap[donor_code], cmap[ord(base)]
        width = round(font["hmtx"][model][0] * SMALL)
        private = cff.FDArray[cff.CharStrings.getItemAndSelector(donor)[1]].Private
        pen = T2CharStringPen(width - private.nominalWidthX, glyphs)
        glyphs[model].draw(TransformPen(pen, (SMALL, 0, 0, SMALL, 0, shift)))
        old = cff.CharStrings[donor]
        new = pen.getCharString(private=private, globalSubrs=old.globalSubrs)
        old.bytecode, old.program = None, new.program
        font["hmtx"][donor] = (width, round(font["hmtx"][model][1] * SMALL))
        added[ord(char)] = donor
    for table in font["cmap"].tables:
        if table.isUnicode() and table.format in (4, 12):
            table.cmap.update(added)


def rename(font: TTFont) -> None:
    """Call the subset what it holds, Noto Serif SC, and mark its version; the licence reserves no name (OFL 3)."""
    names = font["name"]
    for record in list(names.names):
        if record.nameID in (1, 4):
            record.string = FAMILY
        elif record.nameID == 6:
            record.string = POSTSCRIPT_NAME
        elif record.nameID == 5:
            record.string = f"{record.toUnicode()};subset"
    cff = font["CFF "].cff
    cff.fontNames[0] = POSTSCRIPT_NAME
    cff.topDictIndex[0].FamilyName = FAMILY
    cff.topDictIndex[0].FullName = FAMILY


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
