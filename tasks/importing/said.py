"""Who answers, said in running text: （市生态环境局牵头，各街道配合） behind a sentence, or 牵头单位：… 完成时限：… in a paragraph of its own."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tasks.importing.cutting import CLOSE, OPEN, is_name
from tasks.importing.deadlines import parse_deadline
from tasks.importing.heads import PARTIES, Column, column_of
from tasks.importing.parties import pieces
from tasks.importing.wording import fold, is_finished, plain

# A paragraph longer than a cell may be is not looked at.
_LONGEST_TEXT = 20_000
_NEAR = 10
# What a bracket or a labelled paragraph about units may hold at most.
_LONGEST = 600
_DUTY = re.compile(
    r"牵头|配合|参与|协助|主办|协办|按.{0,6}职责|分工负责|负责落实|负责(?:[，、；。]|$)|具体落实|落实(?:[，、；。]|$)"
    r"|(?:责任|牵头|配合|负责|协办|承办|主办|参加|参与)(?:单位|部门)\s*[:：]"
)
# Signs before which a label may stand.
_LABEL = re.compile(
    r"(?:^|(?<=[\n；;。，,、 （(〔\[【]))[ ]*[【\[（(]?(?P<name>[\u4e00-\u9fff（）()]{2,12}?)[】\])）]?[ ]*[:：]"
)
_LAST_BRACKET = re.compile(r"[（(]([^（()）]{3,40})[)）][。；;]?\s*$")
_REMARKS = re.compile(r"以下|下同|不再列出")
_CLOSINGS = "）)〕]】"
_SENTENCE_ENDS = "。；;！!？?"

# What a label stands for wherever it is met, 责任人：… among them so that no person is taken for a unit.
_PLAIN: tuple[Column | None, ...] = (*PARTIES, "deadline", "starts", "extra")
# Of these a full stop at the end is no part.
_NAMED: tuple[Column, ...] = (*PARTIES, "deadline", "starts")
_OTHERS = re.compile(".{1,8}(?:单位|部门|人|领导)")
NO_LABELS: Mapping[str, Column] = {}

Fields = list[tuple[Column, str, str]]


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of running text and what is said of it: (kind, label, text) of units, deadline and others."""

    text: str
    fields: tuple[tuple[Column, str, str], ...] = ()

    @property
    def has_units(self) -> bool:
        return has_units(self.fields)


def has_units(fields: Fields | tuple[tuple[Column, str, str], ...]) -> bool:
    return any(kind in PARTIES and text for kind, _name, text in fields)


def label_name(line: str) -> str:
    """The label with which a line begins; empty where it begins with none."""
    match = _LABEL.match(line)
    return fold(match["name"]) if match else ""


def labels(text: str, known: Mapping[str, Column] = NO_LABELS) -> tuple[str, Fields]:
    """The text before the first label, and the labelled parts: 牵头单位：甲；配合单位：乙；完成时限：6月底前.

    `known`: further labels and what they stand for; without it only units and deadlines are told by a label.
    """
    text = plain(text)
    found: list[tuple[Column, str, int, int]] = []
    for match in _LABEL.finditer(text[: _LONGEST * 4]):
        kind = label_kind(fold(match["name"]), known)
        if kind is not None:
            found.append((kind, fold(match["name"]), match.start(), match.end()))
    if not found:
        return text, []
    ends = [begin for _kind, _name, begin, _end in found[1:]] + [len(text)]
    fields: Fields = [
        (kind, name, text[begin:end].strip().strip("；;，," + ("。" if kind in _NAMED else "")).strip())
        for (kind, name, _start, begin), end in zip(found, ends, strict=True)
    ]
    return text[: found[0][2]], fields


def label_kind(name: str, known: Mapping[str, Column] = NO_LABELS) -> Column | None:
    if name in known:
        return known[name]
    kind = column_of(name)
    # 督导单位, 验收部门, 审核人: somebody else than who answers.
    return kind if kind in _PLAIN else "extra" if kind is None and _OTHERS.fullmatch(name) else None


def _brackets(text: str) -> list[tuple[int, int]]:
    """Begin and end of the outermost brackets. （ may be closed by ], a stray sign closes nothing."""
    found: list[tuple[int, int]] = []
    opened: list[int] = []
    for place, sign in enumerate(text):
        if sign in OPEN:
            opened.append(place)
        elif sign in CLOSE and opened:
            begin = opened.pop()
            if not opened:
                found.append((begin, place + 1))
    return found


def _says_units(inner: str, *, is_bare: bool) -> bool:
    if not inner.strip() or len(inner) > _LONGEST:
        return False
    if _DUTY.search(inner):
        named = [piece for piece in pieces(inner) if piece.kind == "party"]
        return any(is_name(piece.text) for piece in named)
    # A list of nothing but names, behind a finished sentence.
    named = [piece for piece in pieces(inner) if piece.kind != "joint"]
    return is_bare and bool(named) and all(piece.kind == "note" or is_name(piece.text) for piece in named)


def _fields_of(inner: str, whole: str) -> tuple[tuple[Column, str, str], ...]:
    before, fields = labels(inner)
    if any(kind == "deadline" for kind, _name, _text in fields):
        units = before.strip().strip("；;，,。")
        own: Fields = [("units", "责任单位", units)] if units else []
        return (*own, *(field for field in fields if field[2]))
    # （甲牵头，乙配合，2024年10月底前完成）: a clause that is a day is no unit. Any year will do to tell.
    clauses = re.split("(?<=[，,；;])", inner)
    days = [clause for clause in clauses if parse_deadline(clause.strip("，,；;。 "), 2024).kind != "unknown"]
    if days and len(days) < len(clauses):
        units = "".join(clause for clause in clauses if clause not in days).rstrip("，,；; ")
        return ("units", "责任单位", units), (
            "deadline",
            "完成时限",
            "，".join(day.strip("，,；;。 ") for day in days),
        )
    return (("units", "责任单位", whole),)


def split_said(text: str) -> list[Said]:
    """Running text cut behind each bracket that says who answers for what stands before it.

    Such a bracket stands behind a sentence or closes one. The pieces hold every sign of the text.
    """
    result: list[Said] = []
    start = 0
    if len(text) > _LONGEST_TEXT:
        return [Said(text)]
    for begin, end in _brackets(text):
        if begin < start:
            continue
        while end < len(text) and text[end] in _CLOSINGS:
            # （…）]: one sign too many.
            end += 1
        behind = end
        while behind < len(text) and text[behind] == " ":
            behind += 1
        # As little as says whether a sentence ends: a text may hold thousands of brackets.
        rest = text[behind : behind + 1]
        closes = not rest.strip() or rest[0] in _SENTENCE_ENDS + "\n"
        is_behind = is_finished(text[max(start, begin - _NEAR) : begin])
        if not (closes or is_behind) or not text[start:begin].strip():
            continue
        if not _says_units(text[begin + 1 : end - 1], is_bare=is_behind or not rest.strip()):
            continue
        before = text[start:begin].rstrip()
        sign = rest[0] if rest and rest[0] in _SENTENCE_ENDS else ""
        if sign:
            end = text.index(sign, end) + 1
            # The sign behind the bracket ends the sentence before it.
            before += "" if is_finished(before) else sign
        whole = text[begin:end].rstrip(_SENTENCE_ENDS + " ")
        result.append(Said(before.strip(), _fields_of(whole[1:-1], whole)))
        start = end
    tail = text[start:].strip()
    if tail and result and _REMARKS.match(tail):
        last = result[-1]
        result[-1] = Said(f"{last.text}{tail}", last.fields)
    elif tail or not result:
        result.append(Said(tail))
    return result


def said_units(text: str) -> tuple[str, str, str]:
    """A measure that names its units in a bracket at its end: its text without the bracket, the units and the deadline in it."""
    found = split_said(text)
    if len(found) != 1 or not found[0].has_units:
        return text, "", ""
    fields = found[0].fields
    units = [(name, words) for kind, name, words in fields if kind in PARTIES]
    shown = units[0][1] if len(units) == 1 else "；".join(f"{name}：{words}" for name, words in units)
    return found[0].text, shown, "；".join(words for kind, _name, words in fields if kind == "deadline")


def said_deadline(texts: Iterable[str], year: int | None) -> str:
    """The first deadline that stands in a bracket at the end of a text; empty where there is none."""
    for text in texts:
        match = _LAST_BRACKET.search(text[-60:])
        if match and parse_deadline(match[1], year).kind != "unknown":
            return match[1].strip()
    return ""
