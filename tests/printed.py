"""What stands on a printed page, read back with pdfplumber: its text, and whether anything is cut off or runs into another."""

import unicodedata
from collections import defaultdict
from io import BytesIO
from typing import Any

import pdfplumber
from pdfminer.pdftypes import resolve1
from pdfplumber.page import Page

MM = 72 / 25.4


def pages_of(content: bytes) -> list[Page]:
    return pdfplumber.open(BytesIO(content)).pages


def text_of(page: Page) -> str:
    """The text of a page without blanks and line ends, in the order of its lines."""
    return "".join((page.extract_text() or "").split())


def whole_text(content: bytes) -> str:
    return "".join(text_of(page) for page in pages_of(content))


def lines_of(page: Page) -> list[str]:
    """The lines of a page from top to bottom."""
    rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for char in page.chars:
        rows[round(float(page.height) - char["matrix"][5])].append(char)
    return [
        "".join(char["text"] for char in sorted(rows[y], key=lambda char: char["x0"])) for y in sorted(rows)
    ]


def rows_of(page: Page) -> list[list[str]]:
    """The rows of all tables on the page, each cell in one line."""
    return [
        ["".join((cell or "").split()) for cell in row] for table in page.extract_tables() for row in table
    ]


def outside(page: Page, *, left: float, right: float, top: float, bottom: float) -> list[str]:
    """The characters that stand in the margins, which are given in millimetres."""
    return [
        char["text"]
        for char in page.chars
        if char["x0"] < left * MM - 1
        or char["x1"] > float(page.width) - right * MM + 1
        or char["top"] < top * MM - 1
        or char["bottom"] > float(page.height) - bottom * MM + 1
    ]


def collisions(page: Page) -> list[tuple[str, str]]:
    """Pairs of characters that stand on each other. Their ink is reckoned smaller than their squares."""
    boxes = sorted(
        (_ink(char) for char in page.chars if char["text"].strip() and not _combines(char["text"])),
        key=lambda box: box[1],
    )
    found = []
    for place, (text, _, x1, top, bottom) in enumerate(boxes):
        for other, ox0, _, otop, obottom in boxes[place + 1 :]:
            if ox0 >= x1:
                break
            if otop < bottom and top < obottom and {text, other} != {"□", "√"}:
                found.append((text, other))
    return found


def _ink(char: dict[str, Any]) -> tuple[str, float, float, float, float]:
    size, baseline = char["size"], char["matrix"][5]
    # Half-width and narrow marks fill a part of their square only.
    side = (char["x1"] - char["x0"]) * 0.2
    return char["text"], char["x0"] + side, char["x1"] - side, -baseline - size * 0.7, -baseline


def _combines(text: str) -> bool:
    return all(unicodedata.combining(char) for char in text)


def is_embedded(content: bytes) -> bool:
    """Whether every font of the file is in it."""
    found = set()
    for page in pages_of(content):
        for font in resolve1(page.page_obj.resources.get("Font", {})).values():
            font = resolve1(font)
            for face in resolve1(font.get("DescendantFonts", [font])):
                descriptor = resolve1(resolve1(face)["FontDescriptor"])
                found.add(any(key in descriptor for key in ("FontFile", "FontFile2", "FontFile3")))
    return found == {True}


def told(content: bytes) -> tuple[str, str]:
    """Title and language of the file."""
    pdf = pdfplumber.open(BytesIO(content))
    language = pdf.doc.catalog["Lang"]
    return pdf.metadata["Title"], language.decode() if isinstance(language, bytes) else str(language)
