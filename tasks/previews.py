"""Small JPEGs of pictures: bytes in, bytes out. Made anew from the pixels, so no camera data is carried over."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Lock
from typing import IO

import pillow_heif
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

pillow_heif.register_heif_opener()

# Longest side of a preview, in pixels.
PREVIEW_SIDE = 1200
# JPEG is decoded at a fraction of its size, other kinds whole: a picture beyond these many pixels gets no preview.
_JPEG_PIXELS = 250_000_000
MAX_IMAGE_PIXELS = 50_000_000
# The bound is ours, checked from the header before a pixel is decoded; Pillow's own would refuse large photographs.
Image.MAX_IMAGE_PIXELS = None
_decoding = Lock()


class BrokenPicture(Exception):
    """The picture cannot be decoded."""


def preview_of(stream: IO[bytes]) -> bytes | None:
    """A JPEG of at most PREVIEW_SIDE pixels a side, turned upright; None where the picture is too large to decode.

    Raises BrokenPicture. Leaves `stream` at its start.
    """
    stream.seek(0)
    try:
        with _strictly(), Image.open(stream) as picture:
            width, height = picture.size
            limit = _JPEG_PIXELS if picture.format == "JPEG" else MAX_IMAGE_PIXELS
            if width * height > limit:
                return None
            picture.draft("RGB", (PREVIEW_SIDE, PREVIEW_SIDE))
            small = ImageOps.exif_transpose(picture)
            small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
            target = BytesIO()
            _on_white(small).save(target, "JPEG", quality=82, optimize=True)
            return target.getvalue()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, RuntimeError) as error:
        raise BrokenPicture(str(error)) from error
    finally:
        stream.seek(0)


@contextmanager
def _strictly() -> Iterator[None]:
    """One picture at a time (a large one takes some 200 MB), and half a picture is a damaged one.

    WeasyPrint makes Pillow lenient for the whole process once it is loaded.
    """
    with _decoding:
        before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def _on_white(picture: Image.Image) -> Image.Image:
    """RGB; what is transparent becomes white, as on paper."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        paper = Image.new("RGB", layer.size, "white")
        paper.paste(layer, mask=layer.getchannel("A"))
        return paper
    return picture.convert("RGB")
