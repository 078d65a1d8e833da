"""The printed wording: what scanning did to it is mended, everything else is kept (docs/design.md, "as printed")."""

import re
import unicodedata
from dataclasses import dataclass

from tasks.importing.numerals import CHINESE_NUMBER, number_of

_INVISIBLE = re.compile(
    "[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u00ad\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]"
)
_BLANKS = re.compile(r"[^\S\n]+")
_ENDS_SENTENCE = "。；;！!？?：:…"
# Words with which one half of a title begins; a blank before them parts two clauses and is wording.
_CLAUSE = re.compile(
    "强化|加强|加快|推进|推动|提升|打好|打赢|实施|开展|深化|深入|完善|健全|严格|严控|坚决|持续|全面|扎实|落实|构建|优化|防范|改善"
    "|着力|切实|积极|巩固|大力|有效|统筹|促进|建立|做好|抓好"
)
_SHORTEST_CLAUSE = 6
# No clause of a title is longer: what is further away says nothing about a blank.
_LONGEST_CLAUSE = 60


def _is_wide(sign: str) -> bool:
    """A Chinese character or a full-width sign."""
    return unicodedata.east_asian_width(sign) in "WF" or sign in "“”‘’…—·①②③④⑤⑥⑦⑧⑨⑩"


def fold(text: str) -> str:
    """For comparing heads and names: compatible widths, no white space at all."""
    if not text.isprintable():
        text = _INVISIBLE.sub("", text)
    return "".join(unicodedata.normalize("NFKC", text).split())


def plain(text: str) -> str:
    """Line breaks of one kind, ordinary blanks, nothing invisible."""
    # Nothing that is changed here is printable but a row of blanks.
    if text.isprintable() and "  " not in text:
        return text
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _BLANKS.sub(" ", text.replace("\v", "\n"))


def mend(text: str) -> str:
    """Running text without what scanning and narrow cells left in it.

    Blanks and line breaks inside words go; a line break after a finished sentence or before a number stays, and a blank between two
    clauses. A half-width comma beside a Chinese character becomes a full-width one, and no other sign changes. Idempotent.
    """
    if text.isprintable() and " " not in text and "," not in text:
        # Most texts are whole.
        return text
    lines = [line.strip() for line in plain(text).split("\n")]
    result = ""
    for line in lines:
        if not line:
            continue
        line = _without_blanks(line)
        if not result:
            result = line
        elif result[-1] in _ENDS_SENTENCE or starts_with_number(line):
            result += "\n" + line
        else:
            result += _joint(result[-_LONGEST_CLAUSE:].rpartition("\n")[2], line) + line
    return _commas(result)


def mend_line(text: str) -> str:
    """As `mend`, on one line."""
    return mend(text).replace("\n", "")


def _without_blanks(line: str) -> str:
    parts = line.split(" ")
    result = parts[0]
    for part in parts[1:]:
        if part:
            result += _joint(result, part) + part
    return result


def _joint(left: str, right: str) -> str:
    """What belongs between two pieces that a blank or a line break parts: nothing or a blank."""
    left = left[-_LONGEST_CLAUSE:]
    if not left or not right:
        return ""
    if not _is_wide(left[-1]) and not _is_wide(right[0]):
        # Two words of Latin script, or two numbers. A sign that ends a word belongs to it.
        return " " if left[-1].isalnum() and right[0].isalnum() else ""
    if len(right) < _SHORTEST_CLAUSE or _CLAUSE.match(right) is None:
        return ""
    clause = re.split(r"[，。；：、,;:\s]", left)[-1]
    two_clauses = (
        len(clause) >= _SHORTEST_CLAUSE
        and re.match("[\u4e00-\u9fff]", left[-1]) is not None
        and _CLAUSE.search(clause[: len(clause) - 3]) is not None
    )
    return " " if two_clauses else ""


def _commas(text: str) -> str:
    if "," not in text:
        return text
    return re.sub(
        "(?<=[\u4e00-\u9fff”’）》])[ ]?,[ ]?|(?<!\\d)[ ]?,[ ]?(?=[\u4e00-\u9fff“‘（《])", "，", text
    )


@dataclass(frozen=True, slots=True)
class Marker:
    """A number typed before text. `kind`: its form, by which siblings are known; `label`: as printed."""

    kind: str
    number: int
    label: str


_MARKERS = (
    ("chapter", re.compile(rf"第({CHINESE_NUMBER}|\d{{1,2}})[章节部分条项][、：:.．\s]*")),
    ("han", re.compile(rf"({CHINESE_NUMBER})\s*[、.．]\s*")),
    ("han-bracket", re.compile(rf"[（(]\s*({CHINESE_NUMBER})\s*[)）][、.．]?\s*")),
    # Not a decimal number (1.5), but 20.2024年 is item 20, and 1.6月底前 item 1.
    ("digit", re.compile(r"(\d{1,3})\s*[.．、](?:(?!\s*\d)|(?=\s*(?:20\d\d\s*年|\d{1,2}\s*月)))\s*")),
    ("digit-bracket", re.compile(r"[（(]\s*(\d{1,3})\s*[)）][、.．]?\s*")),
    ("digit-half", re.compile(r"(\d{1,3})\s*[)）][、.．]?\s*")),
    ("circled", re.compile(r"([①-⑳⑴-⒇⒈-⒛])[、.．]?\s*")),
)

# How each of them begins, where it is no digit.
_MAY_BEGIN = re.compile(rf"[第（(①-⑳⑴-⒇⒈-⒛]|{CHINESE_NUMBER}")


def marker_of(text: str, place: int = 0) -> tuple[Marker, int] | None:
    """The typed number at `place` of `text` and where the text behind it begins."""
    first = text[place : place + 1]
    if not first.isdecimal() and _MAY_BEGIN.match(first) is None:
        return None
    for kind, pattern in _MARKERS:
        match = pattern.match(text, place)
        if match:
            number = number_of(match[1])
            if number is not None:
                return Marker(kind, number, match[0].strip()), match.end()
    return None


def starts_with_number(text: str) -> bool:
    return marker_of(text) is not None


def split_marker(text: str) -> tuple[Marker | None, str]:
    """Text without its typed number, and the number."""
    found = marker_of(text)
    # A number with nothing behind it is the wording itself.
    if found is None or not text[found[1] :].strip():
        return None, text
    return found[0], text[found[1] :]


def items(text: str) -> list[tuple[Marker | None, str]]:
    """The numbered items that one cell lists, or its whole text as the only one.

    A list begins at the start of the cell, counts on by one, and each of its numbers stands at the start of a line or
    behind a finished sentence. Numbers of another form belong to the item that they stand in.
    """
    first = marker_of(text)
    if first is None:
        return [(None, text)]
    marker, place = first
    starts: list[tuple[Marker, int, int]] = [(marker, 0, place)]
    for match in re.finditer(r"\n|(?<=[。；;！!])", text):
        position = match.end()
        while position < len(text) and text[position] in " \n":
            position += 1
        if position < starts[-1][2]:
            continue
        found = marker_of(text, position)
        if found and found[0].kind == marker.kind and found[0].number == starts[-1][0].number + 1:
            starts.append((found[0], position, found[1]))
    if len(starts) == 1:
        return [split_marker(text)]
    ends = [start for _marker, start, _text in starts[1:]] + [len(text)]
    return [(own, text[begin:end].strip()) for (own, _start, begin), end in zip(starts, ends, strict=True)]


def is_finished(text: str) -> bool:
    """Whether `text` ends as a sentence does, so that what follows begins something new."""
    return text.rstrip().rstrip("”’）)》").endswith(("。", "；", ";", "！", "!", "？", "?"))
