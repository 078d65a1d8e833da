"""What of the body is a heading, and which face prints what of it: the same in every format."""

import re

# Kind of a block → its face.
FACES = {"h1": "hei", "h2": "kai", "h3": "fang", "p": "fang"}
# A heading has no full sentence in it.
_SENTENCE = re.compile("[。；！？]")


def faces_of(kind: str, text: str) -> list[tuple[str, str]]:
    """`text` of a block in (text, face). A heading （一） that runs on is set in 楷体 up to its first 。 only."""
    face = FACES[kind]
    stop = text.find("。") + 1
    if kind == "h2" and 0 < stop < len(text):
        return [(text[:stop], face), (text[stop:], "fang")]
    return [(text, face)]


def is_heading(kind: str, text: str) -> bool:
    """A heading that runs on into its text, or "1." before a whole sentence, is a paragraph.

    It may break, no outline lists it, and a row of them does not cling together to the next page.
    """
    return kind != "p" and not _SENTENCE.search(text)
