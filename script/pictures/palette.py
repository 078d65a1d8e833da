"""Pictures of 256 colours, small enough for a repository, none of them far from what was photographed."""

from typing import Any

from PIL import Image

# So many colours of a picture are kept exactly: those of the pages' surfaces; the rest are edges of letters.
EXACT = 64


def flattened(image: Image.Image) -> Image.Image:
    """The picture in 256 colours, none far from its own.

    Quantizing by the number of pixels turns the few of a small light brown. Here the palette begins with the most frequent
    colours and goes on, each time, with the one that is furthest from all of it.
    """
    counted = sorted(image.getcolors(image.width * image.height) or [], reverse=True)
    colours: list[Any] = [colour for _, colour in counted]
    palette = colours[:EXACT]
    # Of each colour: how far the nearest of the palette is, and which.
    best = {
        colour: min((distance(colour, one), place) for place, one in enumerate(palette)) for colour in colours
    }
    while len(palette) < 256 and (furthest := max(colours, key=best.__getitem__)) not in palette:
        for colour in colours:
            best[colour] = min(best[colour], (distance(colour, furthest), len(palette)))
        palette.append(furthest)
    data = image.tobytes()
    pixels = zip(data[0::3], data[1::3], data[2::3], strict=True)
    flat = Image.frombytes("P", image.size, bytes(best[pixel][1] for pixel in pixels))
    flat.putpalette([channel for colour in palette for channel in colour])
    return flat


def distance(one: Any, other: Any) -> int:
    """How unlike two RGB colours are."""
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2
