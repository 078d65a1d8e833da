"""A PDF measured in millimetres from the upper left corner of its pages, as a reader with a ruler would."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

import pdfplumber
import pypdfium2
from pdfplumber.page import Page
from PIL import Image

MM = 25.4 / 72
# The text block of an upright page (GB/T 9704-2012, 5.2.1).
LEFT, RIGHT, TOP, BOTTOM = 28.0, 184.0, 37.0, 262.0
LINE, CHAR = 225 / 22, 156 / 28
# Dots per millimetre when ink is looked for.
DOTS = 12


@dataclass(frozen=True)
class Letter:
    """`size` in points, `face` without the letters of a subset, `base` the line that it stands on."""

    text: str
    x0: float
    x1: float
    base: float
    size: float
    face: str
    red: bool


@dataclass(frozen=True)
class Row:
    """Letters that stand on one line, from left to right."""

    letters: list[Letter]

    @property
    def text(self) -> str:
        return "".join(letter.text for letter in self.letters)

    @property
    def x0(self) -> float:
        return self.letters[0].x0

    @property
    def x1(self) -> float:
        return self.letters[-1].x1

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def base(self) -> float:
        return self.letters[0].base

    @property
    def size(self) -> float:
        return self.letters[0].size

    @property
    def faces(self) -> set[str]:
        """Half-width marks belong to the face that they were taken from."""
        return {letter.face.removesuffix("-Half").removesuffix("-Regular") for letter in self.letters}

    @property
    def em_top(self) -> float:
        """The upper edge of a Chinese letter's square, of which it fills all but a trifle."""
        return self.base - 0.88 * self.size * MM

    @property
    def em_bottom(self) -> float:
        return self.base + 0.12 * self.size * MM


@dataclass(frozen=True)
class Rule:
    """A drawn rectangle or line."""

    x0: float
    x1: float
    top: float
    bottom: float
    red: bool

    @property
    def thick(self) -> float:
        return self.bottom - self.top


class Sheet:
    """A page. `wide`: it is read with the sheet turned; then its measures are those of the turned sheet."""

    def __init__(self, number: int, page: Page, content: bytes) -> None:
        self.number = number
        self.page = page
        self.content = content
        self.width, self.height = page.width * MM, page.height * MM
        self.wide = self.width > self.height

    @cached_property
    def letters(self) -> list[Letter]:
        return [
            Letter(
                char["text"],
                char["x0"] * MM,
                char["x1"] * MM,
                (self.page.height - char["matrix"][5]) * MM,
                float(char["size"]),
                char["fontname"].split("+")[-1],
                _red(char["non_stroking_color"]),
            )
            for char in self.page.chars
            if char["upright"]
        ]

    @cached_property
    def rows(self) -> list[Row]:
        """The rows in the text block of an upright page, from top to bottom; page number and marks are outside."""
        found: dict[int, list[Letter]] = defaultdict(list)
        for letter in self.letters:
            if TOP < letter.base < BOTTOM:
                found[round(letter.base * 4)].append(letter)
        return [Row(sorted(found[base], key=lambda letter: letter.x0)) for base in sorted(found)]

    @property
    def text(self) -> str:
        return "".join((self.page.extract_text() or "").split())

    def row(self, text: str) -> Row:
        """The first row that begins with `text`."""
        return next(row for row in self.rows if row.text.startswith(text))

    @cached_property
    def rules(self) -> list[Rule]:
        drawn = [*self.page.rects, *self.page.lines, *self.page.curves]
        return sorted(
            (
                Rule(
                    item["x0"] * MM,
                    item["x1"] * MM,
                    item["top"] * MM,
                    item["bottom"] * MM,
                    _red(item["non_stroking_color"]) or _red(item["stroking_color"]),
                )
                for item in drawn
            ),
            key=lambda rule: rule.top,
        )

    @property
    def long_rules(self) -> list[Rule]:
        """Those as wide as the text block."""
        return [rule for rule in self.rules if abs(rule.x1 - rule.x0 - 156) < 0.1]

    @cached_property
    def folio(self) -> list[Letter]:
        """The letters of the page number on the upright sheet, where a landscape page lies with its head on the left."""
        if not self.wide:
            return sorted(
                (letter for letter in self.letters if letter.base > BOTTOM), key=lambda item: item.x0
            )
        found = []
        for char in self.page.chars:
            if not char["upright"]:
                # The sheet is turned back by a quarter: its left side is the page's head, its foot the page's left side.
                left, right = char["top"] * MM, char["bottom"] * MM
                base = self.width - char["matrix"][4] * MM
                face = char["fontname"].split("+")[-1]
                # Of a letter that stands on its side, the width is the size.
                found.append(Letter(char["text"], left, right, base, float(char["width"]), face, red=False))
        return sorted(found, key=lambda item: item.x0)

    def boxes(self, text: str) -> list[tuple[float, ...]]:
        """From the first letter of `text` on, each letter's (left, lower, right, upper) on the sheet as it lies in the file,
        from its lower left corner.
        """
        with pypdfium2.PdfDocument(self.content) as document:
            read = document[self.number - 1].get_textpage()
            found = read.search(text).get_next()
            assert found, text
            return [
                tuple(edge * MM for edge in read.get_charbox(index))
                for index in range(found[0], read.count_chars())
                if read.get_text_range(index, 1).strip()
            ]

    @property
    def folio_text(self) -> str:
        return "".join(letter.text for letter in self.folio)

    @cached_property
    def image(self) -> Image.Image:
        with pypdfium2.PdfDocument(self.content) as document:
            return document[self.number - 1].render(scale=DOTS * MM).to_pil().convert("RGB")

    def ink(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        """The box of what is printed in a part of the page, white and grey paper left out."""
        box = tuple(round(edge * DOTS) for edge in (left, top, right, bottom))
        dark = self.image.crop(box).split()[1].point(lambda value: 255 if value < 128 else 0)  # type: ignore[arg-type]
        found = dark.getbbox()
        assert found, "no ink"
        x0, y0, x1, y1 = (edge / DOTS for edge in found)
        return left + x0, top + y0, left + x1, top + y1


def sheets(content: bytes) -> list[Sheet]:
    pages = pdfplumber.open(BytesIO(content)).pages
    return [Sheet(number, page, content) for number, page in enumerate(pages, 1)]


def text_sheets(every: Iterable[Sheet]) -> list[Sheet]:
    """Those with the text, before the first annex."""
    found = []
    for sheet in every:
        if sheet.wide or (sheet.rows and re.match("附件[0-9]$", sheet.rows[0].text)):
            break
        found.append(sheet)
    return found


def body_rows(sheet: Sheet) -> list[Row]:
    """The rows of the body's size."""
    return [row for row in sheet.rows if round(row.size) == 16]


def _red(color: Any) -> bool:
    return bool(color) and len(color) == 3 and color[0] > 0.7 and color[1] < 0.2
