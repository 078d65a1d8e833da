"""A bulletin's body: a list of blocks {"kind", "text"}, kept without the numbers of its headings, and what people type.

Kinds: h1 一、 · h2 （一） · h3 1. · p. The numbers follow from the order, so that a section more or less never leaves a gap.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

Block: TypeAlias = dict[str, str]

_DIGITS = "一二三四五六七八九十"
_H1 = re.compile(rf"^([{_DIGITS}]{{1,3}})、\s*")
_H2 = re.compile(rf"^[（(][{_DIGITS}]{{1,3}}[）)][、.．]?\s*")
_H3 = re.compile(r"^\d{1,3}(?:[.．](?!\d)|、)\s*")
_FOLLOWING = dict(pairwise(_DIGITS))
_KINDS = (("h1", _H1), ("h2", _H2), ("h3", _H3))
_WIDE = "\u3400-\u9fff\u3001-\u303f\uff01-\uff5e“”‘’"
_IDLE_SPACE = re.compile(rf"(?<=[{_WIDE}]) (?=[{_WIDE}])")


def numeral(number: int) -> str:
    """1–99 as 一 … 九十九."""
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens - 1]}十"
    return head + (_DIGITS[ones - 1] if ones else "")


def plain(blocks: Iterable[Any]) -> list[Block]:
    """Keyed blocks (words.text) as Bulletin.body keeps them."""
    return [
        {"kind": block["kind"], "text": "".join(sentence["text"] for sentence in block["sentences"])}
        for block in blocks
    ]


def numbered(blocks: Iterable[Block]) -> list[Block]:
    """As it is printed: every heading and item with its number."""
    counts = {"h1": 0, "h2": 0, "h3": 0}
    done = []
    for block in blocks:
        kind = block["kind"]
        if kind in counts:
            counts[kind] += 1
            # A heading begins the numbering below it anew.
            for lower in [name for name in counts if name > kind]:
                counts[lower] = 0
        mark = {
            "h1": f"{numeral(counts['h1'])}、",
            "h2": f"（{numeral(counts['h2'])}）",
            "h3": f"{counts['h3']}.",
        }.get(kind, "")
        done.append({"kind": kind, "text": mark + block["text"]})
    return done


def clean_line(line: str) -> str:
    """One line as pasted from Word: white space of any kind single, none between Chinese characters and marks."""
    return _IDLE_SPACE.sub("", " ".join(line.split()))


def heading_text(line: str) -> str:
    """A heading without the number that came with it, and without an end mark."""
    line = clean_line(line)
    match = _H1.match(line)
    # 一、二季度安排 is no first heading: the numbers go on.
    if match and not line[match.end() :].startswith(_FOLLOWING.get(match[1], "\n")):
        line = line[match.end() :]
    return line.rstrip("。：；，")


def blocks_from_text(text: str) -> list[Block]:
    """One block a line. Lines that begin with 一、 are h1, with （一） h2, with 1. h3, all others p. Empty ones go."""
    blocks: list[Block] = []
    sections = 0
    for line in text.splitlines():
        line = clean_line(line)
        kind = "p"
        for name, pattern in _KINDS:
            match = pattern.match(line)
            if match and (name != "h1" or _is_section(match, sections)):
                kind, line = name, line[match.end() :]
                break
        sections += kind == "h1"
        if line:
            blocks.append({"kind": kind, "text": line})
    return blocks


def _is_section(match: re.Match[str], sections: int) -> bool:
    """一、二季度… is the first and the second quarter, 二、二季度… the second section where one has gone before."""
    following = match.string[match.end() : match.end() + 1]
    return following not in tuple(_DIGITS) or (sections > 0 and match[1] == numeral(sections + 1))


def text_from_blocks(blocks: Sequence[Block]) -> str:
    """What `blocks_from_text` reads back as the same blocks."""
    return "\n".join(block["text"] for block in numbered(blocks))


def unnumbered(blocks: Iterable[Block]) -> list[Block]:
    """A body from before numbers were left out, without them; any other as it is."""
    rows = list(blocks)
    first = next((block["text"] for block in rows if block["kind"] == "h1"), "")
    if not _H1.match(first):
        return rows
    patterns = dict(_KINDS)
    return [
        {**block, "text": patterns[block["kind"]].sub("", block["text"])}
        if block["kind"] in patterns
        else block
        for block in rows
    ]


def keyed(blocks: Sequence[Any]) -> list[Any]:
    """Generated blocks as words.text has them; those from before sentences had keys get keys that no data bring back."""
    if all("sentences" in block for block in blocks):
        return list(blocks)
    return [
        {
            "kind": block["kind"],
            "key": f"before.{place}",
            "sentences": [{"key": f"before.{place}.text", "text": block["text"]}],
        }
        for place, block in enumerate(unnumbered(blocks))
    ]
