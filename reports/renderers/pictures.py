"""Charts as pictures for files that take no SVG: drawn in the document's fonts, as fine as print wants it."""

from io import BytesIO
from typing import Any

import pypdfium2

from reports.renderers.drawing import drawing
from reports.renderers.engine import template_pdf
from reports.renderers.fonts import FontStack

DOTS_PER_INCH = 220
_POINTS_PER_INCH = 72


def chart_pictures(parts: list[dict[str, Any]], stack: FontStack) -> list[bytes | None]:
    """A PNG for each part of the document's "charts"; None where it has no chart, or where none can be drawn."""
    drawn: dict[int, dict[str, Any]] = {}
    for number, part in enumerate(parts):
        size = part["width"], part["height"]
        if part["option"] and (svg := drawing(part["option"], *size, stack, told=part["caption"])):
            drawn[number] = {**part, "svg": svg}
    if not drawn:
        return [None] * len(parts)
    pdf = template_pdf("pictures", "charts", {"charts": list(drawn.values())}, stack)
    images = dict(zip(drawn, _pages_as_png(pdf), strict=True))
    return [images.get(number) for number in range(len(parts))]


def _pages_as_png(pdf: bytes) -> list[bytes]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [_png(page) for page in document]
    finally:
        document.close()


def _png(page: pypdfium2.PdfPage) -> bytes:
    image = page.render(scale=DOTS_PER_INCH / _POINTS_PER_INCH).to_pil().convert("RGB")
    stream = BytesIO()
    # Of these flat pictures a low level makes no larger files, and makes them in a sixth of the time.
    image.save(stream, "PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH), compress_level=3)
    return stream.getvalue()
