"""The parties of a 责任单位 cell, split as people mean them, every printed character accounted for.

A cell is cut into pieces: a name, a note (等成员单位按照职责分工负责), or what only joins names (signs, 牵头, 配合单位：). The pieces together
are the cell again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from tasks.importing.cutting import (
    BY_DUTY,
    LABEL,
    LEAD,
    LONGEST_NAME,
    MAIN,
    SUPPORT,
    TAIL,
    WHAT,
    depths_of,
    is_group_wording,
    is_name,
    joined,
    parts_of,
    unwrapped,
)
from tasks.importing.wording import marker_of, plain

Role = Literal["lead", "support"]
Kind = Literal["party", "note"]
# How a cell or column speaks of a party. MAIN: 责任, 负责: it answers, and nobody is said to lead.
Duty = Literal["lead", "main", "support", "person"]

# 区住建局（按职责分工负责）: the bracket is no part of the name.
_DUTY_NOTE = re.compile(rf"\s*[（(]\s*{BY_DUTY}(?:分别|共同)?(?:负责|落实|实施|推进)?\s*[)）]$")
# 区水务局负责建设: a name with what it is to do. Not 组织, which begins 组织部.
_SAYS = re.compile(
    r"(?P<name>.{2,40}?(?:局|委|办|部|队|中心|公司|街道|办事处|政府|管委会|院|所|站|单位|部门|镇|乡|联|会))"
    r"(?P<tail>(?:具体|主要|共同|分别)?(?:(?P<main>负责|承担|做好|落实)|(?P<lead>牵头)|(?P<support>配合|协助|参与|协调)).{1,60})"
)
# What a paper says about its own list, and no name.
_REMARK = re.compile(
    r"\s*(?:以下|下同|同上|不再(?:列出|另列|重复)|排在?(?:第一|首位|前)|列在?(?:第一|首)|[（(]?下同[)）]?$)"
)
_NOBODY = re.compile(r"\s*(?:无|暂无|没有|不涉及|待定|待明确)\s*")
# 区城管局（排名第一的为牵头单位，下同）: a word about the list behind its last name.
_LIST_NOTE = re.compile(r"\s*[（(](?:以上)?(?:排名|排序|排在|列在|列|下同)[^（()）]*[)）]$")
# A star beside one of several names marks who leads.
_STARRED = re.compile(r"(?P<before>[★☆*＊▲]*)(?P<name>.*?)(?P<behind>[★☆*＊▲]*)", re.DOTALL)
# 各区政府为责任主体, 区住建局为主, 市生态环境局指导监督.
_IS = re.compile(
    rf"(?<=[局委办部府队心司道处会所站位门镇乡])(?P<tail>(?:为|是|作为)?(?:(?P<lead>(?:{LEAD})(?:单位|部门)|为主|统筹)"
    rf"|(?P<support>(?:{SUPPORT})(?:单位|部门)|(?:指导|督导|督促|监督|监管|检查)+)|(?P<main>责任主体|责任单位|主体责任)))$"
)
_HEAD = re.compile(r"^(?:由|请|会同|并会同|配合单位|牵头单位|责任单位)(?=[\u4e00-\u9fff]{2})")
# 区住建局（区科工局、区城管执法局配合）: who takes part stands in the bracket behind a name; behind a label, all do.
_WITHIN = re.compile(r"(?P<name>[^（()）]*?)(?P<open>[（(])(?P<inner>[^（()）]+)(?P<close>[)）])\s*")
# 等 that says there are more; not the 等 of 高等学校.
_MORE = re.compile(
    rf"(?<![高中初平均同优上下劣何])等(?:$|(?=(?:\d+个?|[二三四五六七八九十]+个?|多个|几个|行业|各|有关|相关|其他|成员|职能|责任|主管|市级|区级|县级|市直|区直|县直|省直|驻|部门|单位|按|依|根据|共同|分别"
    rf"|{LEAD}|{SUPPORT}|{MAIN})))"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the cell. `duty`: how the cell itself speaks of a name, None where it does not."""

    text: str
    kind: Literal["party", "note", "joint"]
    duty: Duty | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """One party as printed. `is_stated`: its role stands in the cell or head, else it is the convention (the first leads).

    `means`: the name of the unit or group that the source says it means, where it is a workbook of ours.
    """

    printed: str
    role: Role
    kind: Kind = "party"
    is_stated: bool = False
    means: str = ""


# The pieces of a cell and its wording are asked for one after the other.
def pieces(text: str) -> list[Piece]:
    """The cell in pieces; their texts put together are `text`."""
    before, inner, after = unwrapped(text)
    found: list[Piece] = []
    if before:
        found.append(Piece(before, "joint"))
    label: Duty | None = None
    # Names since the last word about a duty: such a word at the end of a segment is said of all of them; 配合 and
    # its kin only of those since the last comma, so that 甲，乙配合 leaves 甲 in front.
    waiting: list[int] = []
    clause = 0
    outside: tuple[list[int], Duty | None] | None = None

    def say(duty: Duty) -> None:
        for index in waiting:
            if duty == "lead" or index >= clause:
                found[index] = Piece(found[index].text, found[index].kind, duty)
        waiting.clear()

    for part, is_joint, depth in _nested(inner):
        if depth and outside is None:
            # What is said inside a bracket is said of those in it alone, whatever is said of its list.
            outside = (waiting.copy(), label)
            waiting.clear()
            label, clause = None, len(found)
        elif not depth and outside is not None:
            (waiting[:], label), outside = outside, None
        if is_joint:
            match = LABEL.fullmatch(part)
            if match:
                # A label is said of what follows it, a word behind a name of what came before.
                waiting.clear()
                label = _duty(match)
            elif part == "会同" and waiting:
                say("lead")
            found.append(Piece(part, "joint"))
            if part in "，,；;。":
                clause = len(found)
            continue
        for piece in _known(part) if len(part) <= LONGEST_NAME else _named(part):
            if piece.kind == "joint":
                found.append(piece)
                if piece.duty is not None and label is None:
                    say(piece.duty)
                continue
            found.append(Piece(piece.text, piece.kind, piece.duty or label))
            if piece.duty is None and label is None:
                waiting.append(len(found) - 1)
    if after:
        found.append(Piece(after, "joint"))
    return found


def _nested(text: str) -> Iterator[tuple[str, bool, int]]:
    """The parts of a cell, a bracket that says who leads or takes part cut as well: (text, is it a sign, stands in such a bracket)."""
    for part, is_joint in parts_of(text):
        match = None if is_joint else _WITHIN.fullmatch(part)
        if match is None or not _names_who(match["inner"]):
            yield part, is_joint, 0
            continue
        if match["name"]:
            yield match["name"], False, 0
        yield match["open"], True, 1
        for inside, is_sign in parts_of(match["inner"]):
            yield inside, is_sign, 1
        yield part[match.end("inner") :], True, 1


def _names_who(inner: str) -> bool:
    """Whether a bracket names somebody that leads or takes part, and is no word about the name in front (牵头单位)."""
    tail = TAIL.search(inner)
    return (
        tail is not None
        and (tail["lead"] or tail["support"]) is not None
        and is_name(re.split("[、，,；;\n]", inner[: tail.start()])[-1])
    )


def _duty(match: re.Match[str]) -> Duty:
    for name in ("person", "lead", "support", "main"):
        if match.groupdict().get(name):
            return name
    return "main"


@lru_cache(maxsize=2048)
def _known(part: str) -> tuple[Piece, ...]:
    """`_named`, once for each name of a plan."""
    return tuple(_named(part))


def _named(part: str) -> list[Piece]:
    """A segment without separators: what introduces the name, the name, the note or word behind it."""
    result: list[Piece] = []
    if _REMARK.match(part) or _NOBODY.fullmatch(part) or not re.search(r"\w", part):
        return [Piece(part, "joint")]
    body = part.lstrip()
    if len(body) < len(part):
        result.append(Piece(part[: len(part) - len(body)], "joint"))
    for pattern in (None, _HEAD):
        end = 0
        if pattern is None:
            found = marker_of(body)
            end = found[1] if found and body[found[1] :].strip() else 0
        elif match := pattern.match(body):
            end = match.end()
        if end:
            result.append(Piece(body[:end], "joint"))
            body = body[end:]
    trailing = body[len(body.rstrip()) :]
    body = body.rstrip()
    behind: list[Piece] = [Piece(trailing, "joint")] if trailing else []
    name, more = body, _MORE.search(body)
    if more and depths_of(body)[more.start()] == 0:
        name, note = body[: more.start()], body[more.start() :]
        tail = TAIL.search(note)
        duty = _tail_duty(tail) if tail else None
        if name:
            # The word behind 等 is said of all that stands before it.
            behind = [Piece(note, "note", duty), *([Piece("", "joint", duty)] if duty else []), *behind]
        else:
            name = ""
            behind = [Piece(note, "note", duty), *behind]
    elif tail := _IS.search(body):
        name = body[: tail.start()]
        behind = [Piece(tail["tail"], "joint", _tail_duty(tail)), *behind]
    elif (tail := TAIL.search(body)) and _is_tail(body, tail):
        name = body[: tail.start()]
        behind = [Piece(body[tail.start() :], "joint", _tail_duty(tail)), *behind]
    elif says := _SAYS.fullmatch(body):
        name = says["name"]
        behind = [Piece(says["tail"], "joint", _tail_duty(says)), *behind]
    duty_note = _DUTY_NOTE.search(name) or _LIST_NOTE.search(name)
    if duty_note and name[: duty_note.start()].strip():
        behind = [Piece(name[duty_note.start() :], "joint"), *behind]
        name = name[: duty_note.start()]
    role = re.search(
        rf"\s*[（(〔\[【]\s*(?:(?P<lead>{LEAD})|(?P<support>{SUPPORT})|(?P<main>负责|落实|实施|承办))(?:{WHAT})\s*[)）〕\]】]$",
        name,
    )
    if role:
        behind = [Piece(name[role.start() :], "joint"), *behind]
        return [
            *result,
            *([Piece(name[: role.start()], "party", _duty(role))] if name[: role.start()] else []),
            *behind,
        ]
    stripped = name.rstrip()
    if len(stripped) < len(name):
        behind = [Piece(name[len(stripped) :], "joint"), *behind]
    starred = _STARRED.fullmatch(stripped)
    if starred and (starred["before"] or starred["behind"]) and starred["name"]:
        stars = [Piece(starred[side], "joint") if starred[side] else None for side in ("before", "behind")]
        named = [stars[0], Piece(starred["name"], "party", "lead"), stars[1]]
        return [*result, *(piece for piece in named if piece is not None), *behind]
    if stripped:
        result.append(Piece(stripped, "party"))
    return [*result, *behind]


def _is_tail(body: str, tail: re.Match[str]) -> bool:
    """Whether the end of a segment is a word about duty and not the end of a name (区推进办 has none, 综合执法 has none)."""
    name = body[: tail.start()].strip()
    return not name or len(name) >= 2


def _tail_duty(tail: re.Match[str]) -> Duty:
    for name in ("lead", "support", "main"):
        if tail[name]:
            return name
    return "main"


def split_parties(text: str, column: Duty | None = None) -> list[Party]:
    """The parties of one cell, in printed order. `column`: what the head of its column says of them."""
    found = [
        (piece.text, piece.kind, piece.duty or column)
        for piece in pieces(plain(text))
        if piece.kind != "joint" and piece.duty != "person"
    ]
    return with_roles([(joined(name), kind, duty) for name, kind, duty in found])


def with_roles(found: list[tuple[str, str, Duty | None]]) -> list[Party]:
    """Names with what is said of them → parties with roles.

    牵头 leads and everybody else supports; where nobody leads by word but somebody supports, the others lead; where nothing is said,
    the first leads if it is a single unit (docs/design.md, Lead).
    """
    duties = {duty for _name, kind, duty in found if kind == "party"}
    parties: list[Party] = []
    contrast = "lead" in duties or ("support" in duties and duties != {"support"})
    # 甲负责，乙参与，丙负责落实: who comes behind those that take part carries out what others answer for.
    first_support = next(
        (index for index, (_name, kind, duty) in enumerate(found) if kind == "party" and duty == "support"),
        len(found),
    )
    for index, (name, kind, duty) in enumerate(found):
        role: Role = "support"
        if kind == "note":
            parties.append(Party(name, "support", "note", contrast))
            continue
        if "lead" in duties:
            role = "lead" if duty == "lead" else "support"
        elif contrast:
            leads = duty != "support" and not (duty == "main" and index > first_support and first_support)
            role = "lead" if leads else "support"
        elif duties == {"support"}:
            role = "support"
        elif index == 0 and not is_group_wording(name):
            role = "lead"
        parties.append(Party(name, role, "party", contrast or duties == {"support"}))
    return parties


def mend_units(text: str) -> str:
    """The cell as printed, without line breaks and blanks inside names; those between names stay."""
    before, inner, after = unwrapped(plain(text))
    result = before
    for part, is_joint in parts_of(inner):
        if is_joint:
            result += _mended_joint(part, bool(result))
        else:
            result += joined(part)
    result += after
    if "\n" in result:
        result = re.sub(r"[ ]*\n[ ]*", "\n", result)
        # A sign has parted the names already.
        result = re.sub(r"(?<=[、，；;])\n", "", result)
    if " " in result:
        result = re.sub(r" *([、，；;。]) *", r"\1", result)
    return result.strip()


def _mended_joint(part: str, is_inside: bool) -> str:
    """What stands between names, blanks and line breaks made single."""
    if part == ",":
        return "，"
    if "\n" in part:
        return re.sub(r"\n+", "\n", part)
    # A blank before 配合单位： is all that parts it from the name in front.
    return (" " if part[0].isspace() and is_inside else "") + part.strip() or " "
