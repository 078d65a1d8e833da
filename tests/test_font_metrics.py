"""Our own reading of a font's widths against fontTools: every character that there is, in every font that we ship."""

import sys
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import cmap_format_4, cmap_format_6, cmap_format_12

from reports.renderers.fonts import FOLDER, Face, FontError
from reports.renderers.metrics import Metrics, UnreadableFontError

FONTS = sorted(FOLDER.glob("*.otf"))


@pytest.mark.parametrize("path", FONTS, ids=[path.name for path in FONTS])
def test_every_character_is_as_wide_as_fonttools_says(path: Path) -> None:
    font = TTFont(path, lazy=True)
    names, widths, scale = font.getBestCmap(), font["hmtx"], 1000 / font["head"].unitsPerEm
    expected = {code: widths[name][0] * scale for code, name in names.items() if font.getGlyphID(name)}
    ours = Metrics(path)
    found = {
        code: width for code in range(sys.maxunicode + 1) if (width := ours.advance(chr(code))) is not None
    }
    assert found == expected


@pytest.fixture
def font(tmp_path: Path) -> FontBuilder:
    """Three glyphs of 400, 500 and 500 of 2000 units, the last two sharing one entry of `hmtx`, and no `cmap`."""
    builder = FontBuilder(2000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "one", "two"])
    builder.setupGlyf({name: TTGlyphPen(None).glyph() for name in (".notdef", "one", "two")})
    builder.setupHorizontalMetrics({".notdef": (400, 0), "one": (500, 0), "two": (500, 0)})
    builder.setupHorizontalHeader()
    builder.setupNameTable({"familyName": "Small"})
    builder.setupPost()
    return builder


def saved(builder: FontBuilder, path: Path, tables: list[tuple[type, int, dict[int, str]]]) -> Path:
    builder.setupCharacterMap({})
    subtables = []
    for kind, encoding, names in tables:
        subtable = kind(kind.__name__.rpartition("_")[2])
        subtable.format = int(kind.__name__.rpartition("_")[2])
        subtable.platformID, subtable.platEncID, subtable.language, subtable.cmap = 3, encoding, 0, names
        subtables.append(subtable)
    builder.font["cmap"].tables = subtables
    builder.save(path)
    return path


def test_the_last_width_holds_for_every_glyph_after_it(font: FontBuilder, tmp_path: Path) -> None:
    path = saved(font, tmp_path / "small.ttf", [(cmap_format_4, 1, {0x4E00: "one", 0x4E8C: "two"})])
    assert TTFont(path)["hhea"].numberOfHMetrics == 2
    ours = Metrics(path)
    assert [ours.advance(char) for char in "一二三"] == [250, 250, None]


def test_the_fuller_map_counts(font: FontBuilder, tmp_path: Path) -> None:
    tables = [(cmap_format_4, 1, {0x4E00: "one"}), (cmap_format_12, 10, {0x4E00: "one", 0x20000: "two"})]
    ours = Metrics(saved(font, tmp_path / "small.ttf", tables))
    assert ours.advance("\U00020000") == 250


def test_a_font_without_a_map_to_read_is_refused_in_words(font: FontBuilder, tmp_path: Path) -> None:
    path = saved(font, tmp_path / "small.ttf", [(cmap_format_6, 1, {0x4E00: "one"})])
    with pytest.raises(UnreadableFontError):
        Metrics(path)
    with pytest.raises(FontError, match=r"small\.ttf 无法读取"):
        Face("fang", path).advance("一")


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"OTTO\0\1" + bytes(100)])
def test_what_is_no_font_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "none.otf"
    path.write_bytes(content)
    with pytest.raises(UnreadableFontError):
        Metrics(path)
