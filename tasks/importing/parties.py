"""The parties of a 责任单位 cell, split as people mean them, every printed character accounted for.

A cell is cut into pieces: a name, a note (等成员单位按照职责分工负责), or what only joins names (signs, 牵头, 配合单位：). The pieces together
are the cell again.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from tasks.importing.wording import marker_of, plain

Role = Literal["lead", "support"]
Kind = Literal["party", "note"]
# How a cell or column speaks of a party. MAIN: 责任, 负责: it answers, and nobody is said to lead.
Duty = Literal["lead", "main", "support", "person"]

OPEN, CLOSE = "（(〔[【〈《", "）)〕]】〉》"
_PAIRS = dict(zip(OPEN, CLOSE, strict=True))
_LONGEST_NAME = 80
# What is longer reads as no name.
_LONGEST_READ = 40
_SEPARATORS = "、，,；;。\n／/|"

_LEAD = "牵头|主办|主责|总负责|负总责|统筹协调|总牵头"
_SUPPORT = "配合|协助|协同|协办|协作|参与|参加|会同|支持"
_MAIN = "负责|落实|实施|承担|承办|责任|执行|推进|分工负责"
_WHAT = (
    "(?:责任|负责|承办|实施|落实|组织|监管|督导|整改)?(?:单位|部门|主体|地区|科室|处室|机构|方)?(?:及分工)?"
)
_PERSON = "责任人|责任领导|牵头领导|分管领导|包保领导|负责人|负责领导|联系人|联系电话|联系方式|责任县级领导"
_LEVEL_OF = "(?:[省市区县州]级|[市区县]直|各级)?"
_LABEL = re.compile(
    rf"\s*[（(〔\[【]?(?:(?P<person>(?:市|区|县|牵头|主要|具体|第一)?(?:{_PERSON}))"
    rf"|(?P<lead>{_LEVEL_OF}(?:{_LEAD}){_WHAT})|(?P<support>{_LEVEL_OF}(?:{_SUPPORT}){_WHAT})"
    rf"|(?P<main>(?:第一|主要|直接|具体|属地)?{_LEVEL_OF}(?:(?:责任|负责|承办|实施|落实|完成|主管|执行)(?:单位|部门|主体|地区|科室|机构|方)|责任|负责)))"
    r"[）)〕\]】]?\s*[:：]\s*"
)
_BY_DUTY = r"(?:(?:依|按照?|根据|依据)?(?:各自|各部门|部门|本单位)?(?:工作)?(?:职责|职能|分工|任务)(?:和|及|、)?(?:职责|分工|任务)?)"
# 区住建局（按职责分工负责）: the bracket is no part of the name.
_DUTY_NOTE = re.compile(rf"\s*[（(]\s*{_BY_DUTY}(?:分别|共同)?(?:负责|落实|实施|推进)?\s*[)）]$")
# What a segment may end with that is no part of the name. The longest first.
_TAIL = re.compile(
    rf"(?P<tail>(?:(?:结合(?:各自)?(?:实际|职责)|因地制宜)?{_BY_DUTY}?(?:分别|共同|具体|全力|积极|组织|抓好|做好|联合|督促|指导|协调)*"
    rf"(?:(?P<lead>{_LEAD})|(?P<support>{_SUPPORT})|(?P<main>{_MAIN}))"
    rf"(?:{_LEAD}|{_SUPPORT}|{_MAIN}|督导|组织|指导|协调|工作|相关|等)*)|{_BY_DUTY}|各负其责|各司其职)$"
)
# 区水务局负责建设: a name with what it is to do. Not 组织, which begins 组织部.
_SAYS = re.compile(
    r"(?P<name>.{2,40}?(?:局|委|办|部|队|中心|公司|街道|办事处|政府|管委会|院|所|站|单位|部门|镇|乡|联|会))"
    r"(?P<tail>(?:具体|主要|共同|分别)?(?:(?P<main>负责|承担|做好|落实)|(?P<lead>牵头)|(?P<support>配合|协助|参与|协调)).{1,60})"
)
# What a paper says about its own list, and no name.
_REMARK = re.compile(
    r"\s*(?:以下|下同|同上|不再(?:列出|另列|重复)|排在?(?:第一|首位|前)|列在?(?:第一|首)|[（(]?下同[)）]?$)"
)
# Its last sentences may be about all lists of the paper: 以下均需各县政府落实，不再列出。排在首位的为牵头单位，下同。
_ABOUT_ALL = re.compile("下同|不再列出|不再另列|不再重复|未明确牵头|以上各项|以下各项")
_NOBODY = re.compile(r"\s*(?:无|暂无|没有|不涉及)\s*")
_HEAD = re.compile(r"^(?:由|请|会同|并会同|配合单位|牵头单位|责任单位)(?=[\u4e00-\u9fff]{2})")
# 等 that says there are more; not the 等 of 高等学校.
_MORE = re.compile(
    rf"(?<![高中初平均同优上下劣何])等(?:$|(?=(?:多个|几个|行业|各|有关|相关|其他|成员|职能|责任|主管|市直|区直|县直|省直|驻|部门|单位|按|依|根据|共同|分别"
    rf"|{_LEAD}|{_SUPPORT}|{_MAIN})))"
)
# 各县、区政府 and its kin are one party: the level words of a list share one 各 and one ending.
_LEVEL = "(?:自治县|县级市|街道|乡镇|镇街|园区|开发区|功能区|新区|林区|矿区|区县|县区|市县|县|市|区|镇|乡|旗|街|州|盟|办)"
_LEVEL_ENDING = "(?:(?:人民)?政府|管委会|管理委员会|办事处|党工委|党委)"
_LEVEL_LIST = re.compile(
    rf"(?:全市|全县|全区|市辖)?各{_LEVEL}(?:[（(][^（()）]{{1,12}}[)）])?(?:[、和及](?:{_LEVEL})(?:[（(][^（()）]{{1,12}}[)）])?"
    rf"(?={_LEVEL_ENDING}|具体|负责|落实|配合|参与|组织|实施|按|[、和及（(，,；;。\s]|{_TAIL.pattern.split('(?P<tail>')[0]}$|$))+(?:{_LEVEL_ENDING})?"
)
_UNIT_END = re.compile(
    r"(?:局|委|办|部|府|队|中心|公司|集团|院|校|所|站|街道|办事处|会|镇|乡|联|社|行|库|场|馆|室|厅|处|企业|单位|部门|园|司|台|段|厂)$"
)
_PARTY_COMMITTEE = re.compile(r"(?:^|[\u4e00-\u9fff])(?:区|市|县|州|省|盟|旗)委$")
# What goes on with the name before it although that one looks complete.
_GOES_ON = re.compile(
    r"^(?:分局|支队|大队|中队|交警|交通警察|办公室|办事处|管委会|管理局|服务中心|等|按|依据|根据|分别|共同|员会|事处|党组|[（(〔\[]"
    rf"|{_LEAD}|{_SUPPORT}|{_MAIN}|(?:宣传|组织|统战|社会工作|网信|政法|编办|党校|老干部|直属))"
)
_FRESH = re.compile(r"^(?:区|市|县|省|州|各|相关|有关|其他|中共|国家|国网|大连|驻)")
_JOINTS = re.compile("以及|及|和|与|会同")
_BLANKS = re.compile(r"[ \n]+")
_BRACKET = re.compile(f"[{re.escape(OPEN)}]")
# Signs within a name that say nothing about where it ends.
_RUN = re.compile(f"[^ \n以及和与会{re.escape(_SEPARATORS + OPEN + CLOSE)}]+")
_GROUP = re.compile(
    r"各|^(?:全市|全区|全县)?(?:相关|有关|其他|所有|涉及|属地|所在地)|成员单位|(?:有关|相关|各)(?:单位|部门|街道|乡镇|企业)"
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


def _depths(text: str) -> list[int]:
    """Bracket depth at every character; a bracket that has no partner is an ordinary sign."""
    if _BRACKET.search(text) is None:
        return [0] * len(text)
    partner: dict[int, int] = {}
    stack: list[int] = []
    for place, sign in enumerate(text):
        if sign in OPEN:
            stack.append(place)
        elif sign in CLOSE and stack:
            # （ may be closed by ): both are typed.
            partner[stack.pop()] = place
    depths = [0] * (len(text) + 1)
    for begin, end in partner.items():
        depths[begin] += 1
        depths[end + 1] -= 1
    total = 0
    for place in range(len(text)):
        total += depths[place]
        depths[place] = total
    return depths[: len(text)]


# The pieces of a cell and its wording are asked for one after the other.
@lru_cache(maxsize=4)
def _parts(text: str) -> tuple[tuple[str, bool], ...]:
    """The cell cut at signs outside brackets and where two names follow each other; (text, is it a sign)."""
    depths = _depths(text)
    whole = [False] * len(text)
    has_level_list = False
    for match in _LEVEL_LIST.finditer(text) if "各" in text else ():
        if depths[match.start()] == 0:
            has_level_list = True
            whole[match.start() : match.end()] = [True] * (match.end() - match.start())
    about_all = _about_all(text, depths)
    parts: list[tuple[str, bool]] = []
    current = ""
    place = 0

    def close() -> None:
        nonlocal current
        if current:
            parts.append((current, False))
            current = ""

    while place < len(text):
        sign = text[place]
        if place == about_all:
            close()
            parts.append((text[place:], True))
            break
        if depths[place] or whole[place]:
            current += sign
            place += 1
        elif label := _LABEL.match(text, place) if not current or current.isspace() else None:
            close()
            parts.append((label[0], True))
            place = label.end()
        elif sign in " \n":
            blank = _BLANKS.match(text, place)
            gap = blank[0] if blank else sign
            place += len(gap)
            # No name is longer: what is further away says nothing about this blank.
            if _parts_names(current[-_LONGEST_NAME:], text[place : place + _LONGEST_NAME]):
                close()
                parts.append((gap, True))
            else:
                current += gap
        elif sign in _SEPARATORS:
            close()
            parts.append((sign, True))
            place += 1
        elif joint := _joins_names(current[-_LONGEST_NAME:], text, place):
            close()
            parts.append((joint, True))
            place += len(joint)
        else:
            run = None if has_level_list or sign.isspace() else _RUN.match(text, place + 1, about_all)
            end = run.end() if run else place + 1
            current += text[place:end]
            place = end
    close()
    return tuple(parts)


def _about_all(text: str, depths: list[int]) -> int:
    """Where the sentences begin that say something about the whole paper and name nobody; the end where there are none."""
    begin = len(text)
    end = len(text)
    while end:
        before = max(text.rfind("。", 0, end - 1), text.rfind("；", 0, end - 1))
        if before < 0 or depths[before] or not _ABOUT_ALL.search(text, before + 1, end):
            break
        begin, end = before + 1, before + 1
    return begin


def _parts_names(left: str, right: str) -> bool:
    """Whether a blank or line break parts two names, and does not stand inside one."""
    before = re.sub(r"\s", "", left)
    after = re.sub(r"\s", "", re.split(f"[{re.escape(_SEPARATORS)}： :]", right, maxsplit=1)[0])
    if not before or not after:
        return True
    if _LABEL.match(right):
        return True
    if marker_of(right) and _TAIL.search(before + "负责"):
        return _UNIT_END.search(before) is not None or _TAIL.search(before) is not None
    if _TAIL.search(before) and re.search(f"(?:{_LEAD}|{_SUPPORT}|{_MAIN})$", before):
        return True
    before = re.sub(r"[（(][^（()）]*[)）]$", "", before)
    if len(after) < 2 or not _UNIT_END.search(before) or _GOES_ON.match(after):
        return False
    if _FRESH.match(after):
        return True
    if _PARTY_COMMITTEE.search(before) and len(before) <= 4:
        return False
    return _UNIT_END.search(re.sub(r"[（(][^（()）]*[)）]$", "", after)) is not None


def _joins_names(left: str, text: str, place: int) -> str:
    """和, 及, 以及, 与 between two names, not the 和 of 发展和改革局; else nothing."""
    if text[place] not in "以及和与会":
        return ""
    match = _JOINTS.match(text, place)
    if not match or not left.strip():
        return ""
    rest = text[match.end() : match.end() + 8]
    if re.match("各|相关|有关|其他|所属|属地", rest):
        return match[0]
    if _UNIT_END.search(left.strip()) and re.match(r"(?:区|市|县|省|州)[\u4e00-\u9fff]", rest):
        return match[0]
    return match[0] if match[0] == "会同" and _UNIT_END.search(left.strip()) else ""


def _unwrapped(text: str) -> tuple[str, str, str]:
    """The cell without brackets around the whole of it, and these brackets."""
    inner = text.strip()
    if len(inner) < 3 or inner[0] not in OPEN:
        return "", text, ""
    depths = _depths(text)
    begin = text.index(inner[0])
    end = begin + len(inner) - 1
    while end > begin and text[end] in CLOSE and not depths[end]:
        # （…）]: one sign too many.
        end -= 1
    if text[end] not in CLOSE or any(depth == 0 for depth in depths[begin : end + 1]):
        return "", text, ""
    # （a）和（b）: the first bracket must be the one that the last sign closes.
    if any(depths[place] == 1 and text[place] in CLOSE for place in range(begin, end)):
        return "", text, ""
    return text[: begin + 1], text[begin + 1 : end], text[end:]


def pieces(text: str) -> list[Piece]:
    """The cell in pieces; their texts put together are `text`."""
    before, inner, after = _unwrapped(text)
    found: list[Piece] = []
    if before:
        found.append(Piece(before, "joint"))
    label: Duty | None = None
    # Names since the last word about a duty: such a word at the end of a segment is said of all of them; 配合 and
    # its kin only of those since the last comma, so that 甲，乙配合 leaves 甲 in front.
    waiting: list[int] = []
    clause = 0

    def say(duty: Duty) -> None:
        for index in waiting:
            if duty == "lead" or index >= clause:
                found[index] = Piece(found[index].text, found[index].kind, duty)
        waiting.clear()

    for part, is_joint in _parts(inner):
        if is_joint:
            match = _LABEL.fullmatch(part)
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
        for piece in _known(part) if len(part) <= _LONGEST_NAME else _named(part):
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
    if more and _depths(body)[more.start()] == 0:
        name, note = body[: more.start()], body[more.start() :]
        tail = _TAIL.search(note)
        duty = _tail_duty(tail) if tail else None
        if name:
            # The word behind 等 is said of all that stands before it.
            behind = [Piece(note, "note", duty), *([Piece("", "joint", duty)] if duty else []), *behind]
        else:
            name = ""
            behind = [Piece(note, "note", duty), *behind]
    elif (tail := _TAIL.search(body)) and _is_tail(body, tail):
        name = body[: tail.start()]
        behind = [Piece(body[tail.start() :], "joint", _tail_duty(tail)), *behind]
    elif says := _SAYS.fullmatch(body):
        name = says["name"]
        behind = [Piece(says["tail"], "joint", _tail_duty(says)), *behind]
    duty_note = _DUTY_NOTE.search(name)
    if duty_note and name[: duty_note.start()].strip():
        behind = [Piece(name[duty_note.start() :], "joint"), *behind]
        name = name[: duty_note.start()]
    role = re.search(
        rf"\s*[（(〔\[【]\s*(?:(?P<lead>{_LEAD})|(?P<support>{_SUPPORT})|(?P<main>负责))(?:{_WHAT})\s*[)）〕\]】]$",
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


def is_name(printed: str) -> bool:
    """Whether the wording reads as the name of a unit or of a group of them, and not as a sentence."""
    name = _joined(printed)
    bare = re.sub(r"[（(][^（()）]*[)）]$", "", name)
    if not 2 <= len(bare) <= _LONGEST_READ or re.search("[。；：:！？“”]", bare):
        return False
    return bool(_UNIT_END.search(bare) or _UNIT_END.search(name) or _GROUP.search(bare))


def is_group_wording(printed: str) -> bool:
    """Whether the wording speaks of several units (各街道, 相关部门, …成员单位), which never lead together."""
    return _GROUP.search(printed) is not None


def split_parties(text: str, column: Duty | None = None) -> list[Party]:
    """The parties of one cell, in printed order. `column`: what the head of its column says of them."""
    found = [
        (piece.text, piece.kind, piece.duty or column)
        for piece in pieces(plain(text))
        if piece.kind != "joint" and piece.duty != "person"
    ]
    return with_roles([(_joined(name), kind, duty) for name, kind, duty in found])


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


def _joined(name: str) -> str:
    """A name without the blanks and line breaks that narrow cells left in it."""
    return "".join(name.split())


def mend_units(text: str) -> str:
    """The cell as printed, without line breaks and blanks inside names; those between names stay."""
    before, inner, after = _unwrapped(plain(text))
    result = before
    for part, is_joint in _parts(inner):
        if is_joint:
            result += _mended_joint(part, bool(result))
        else:
            result += _joined(part)
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
