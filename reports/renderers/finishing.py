"""The last touches to a PDF that WeasyPrint has made: its sheets, the places of figures in its tree of tags, its packing."""

import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pydyf

from reports.renderers.layout import SHEET_MM, points

# WeasyPrint measures in CSS pixels, PDF in points.
PIXEL_PT = 0.75


def finish(document: Any, pdf: Any) -> None:
    """Every sheet of A4 is an upright one, and the boxes of figures are where the figures are.

    A landscape page lies on its sheet with its head on the left (GB/T 9704-2012, 8: on the binding side of odd pages, on
    the outer side of even ones, which is the left both times), and is shown turned: so a printer has nothing to decide.
    """
    sheets = dict(zip(pdf.page_references, document.pages, strict=True))
    turned = {reference for reference, page in sheets.items() if _lies(page)}
    for entry in pdf.objects:
        if not isinstance(entry, dict):
            continue
        if entry.get("Type") == "/Page" and entry.get("MediaBox") and _lies_in(entry["MediaBox"]):
            _turn(entry, pdf)
        elif entry.get("S") == "/Figure":
            left, top, right, bottom = (edge * PIXEL_PT for edge in entry["A"]["BBox"])
            height = sheets[entry["Pg"]].height * PIXEL_PT
            box = (left, height - bottom, right, height - top)
            if entry["Pg"] in turned:
                box = (height - box[3], box[0], height - box[1], box[2])
            entry["A"]["BBox"][:] = [round(edge, 2) for edge in box]
        elif "Dest" in entry and entry["Dest"][0] in turned:
            height = sheets[entry["Dest"][0]].height * PIXEL_PT
            x, y = entry["Dest"][2:4]
            entry["Dest"][2:4] = [height - y, x]
    _pack(pdf)


def _pack(pdf: Any) -> None:
    """Packs what is to be packed, in threads, and as far as zlib usually does.

    pydyf goes to zlib's limit, which takes three times as long for a hundredth of the size.
    """
    streams = [entry for entry in pdf.objects if isinstance(entry, pydyf.Stream) and entry.compress]
    with ThreadPoolExecutor() as pool:
        for stream, packed in zip(streams, pool.map(zlib.compress, map(_content, streams)), strict=True):
            stream.stream = [packed]
            stream.extra["Filter"] = "/FlateDecode"
            stream.compress = False


def _content(stream: Any) -> bytes:
    written: bytes = pydyf.Stream(stream.stream).data
    return written.partition(b"\nstream\n")[2].removesuffix(b"\nendstream")


def _lies(page: Any) -> bool:
    return _lies_in((0, 0, page.width * PIXEL_PT, page.height * PIXEL_PT))


def _lies_in(box: Any) -> bool:
    width, height = (points(edge) for edge in SHEET_MM)
    return abs(box[2] - box[0] - height) < 1 and abs(box[3] - box[1] - width) < 1


def _turn(page: Any, pdf: Any) -> None:
    """Puts the page's content on an upright sheet, its head on the left, and has it shown turned back."""
    _, _, width, height = page["MediaBox"]
    content = pdf.objects[int(page["Contents"].split()[0])]
    content.stream.insert(0, f"0 1 -1 0 {height:.4f} 0 cm".encode())
    for box in ("MediaBox", "TrimBox", "BleedBox"):
        page[box][:] = [0, 0, height, width]
    page["Rotate"] = 90
