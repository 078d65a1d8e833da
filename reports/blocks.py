"""A bulletin's body as people type it, one line a paragraph, and as it is kept, one block a line."""

import re
from typing import TypeAlias

Block: TypeAlias = dict[str, str]

_H1 = re.compile(r"^[一二三四五六七八九十]{1,3}、")
_H2 = re.compile(r"^[（(]([一二三四五六七八九十]{1,3})[）)]\s*")
_H3 = re.compile(r"^\d{1,2}[.．](?!\d)")


def blocks_from_text(text: str) -> list[Block]:
    """Lines that begin with 一、 are headings h1, with （一） h2, with 1. h3; all others paragraphs. Empty ones go."""
    blocks = []
    for line in text.splitlines():
        line = " ".join(line.split())
        if not line:
            continue
        if _H1.match(line):
            kind = "h1"
        elif match := _H2.match(line):
            kind, line = "h2", f"（{match[1]}）{line[match.end() :]}"
        elif _H3.match(line):
            kind = "h3"
        else:
            kind = "p"
        blocks.append({"kind": kind, "text": line})
    return blocks


def text_from_blocks(blocks: list[Block]) -> str:
    """What `blocks_from_text` reads back as the same blocks."""
    return "\n".join(block["text"] for block in blocks)
