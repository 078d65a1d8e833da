"""Text that came from people, as a file of XML can carry it."""

import re

# What XML 1.0 cannot hold: control characters, halves of surrogate pairs, non-characters.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def writable(text: str) -> str:
    """`text` with line ends as \\n and without what XML forbids."""
    # Nothing of that is printable: most texts are through in one look.
    if text.isprintable():
        return text
    return _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """`text` as a paragraph prints it: every run of blanks and line ends is one blank, as in the PDF."""
    return " ".join(writable(text).split())
