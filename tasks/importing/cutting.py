"""A 责任单位 cell cut into names and what stands between them: where a sign, a blank, a line break or 和 parts two names.

Nothing is said here about who leads; that is for `parties`.
"""

import re
from functools import lru_cache

from tasks.importing.wording import marker_of

OPEN, CLOSE = "（(〔[【〈《", "）)〕]】〉》"
_PAIRS = dict(zip(OPEN, CLOSE, strict=True))
LONGEST_NAME = 80
# What is longer reads as no name.
_LONGEST_READ = 40
_SEPARATORS = "、，,；;。\n／/|"

LEAD = "牵头|主办|主责|总负责|负总责|统筹协调|总牵头"
SUPPORT = "配合|协助|协同|协办|协作|参与|参加|会同|支持"
MAIN = "负责|落实|实施|承担|承办|责任|执行|推进|分工负责"
WHAT = (
    "(?:责任|负责|承办|实施|落实|组织|监管|督导|整改)?(?:单位|部门|主体|地区|科室|处室|机构|方)?(?:及分工)?"
)
_PERSON = "责任人|责任领导|牵头领导|分管领导|包保领导|负责人|负责领导|联系人|联系电话|联系方式|责任县级领导"
_LEVEL_OF = "(?:[省市区县州]级|[市区县]直|各级)?"
LABEL = re.compile(
    rf"\s*[（(〔\[【]?(?:(?P<person>(?:市|区|县|牵头|主要|具体|第一)?(?:{_PERSON}|(?:督导|监督|督办|验收|考核)(?:单位|部门)))"
    rf"|(?P<lead>{_LEVEL_OF}(?:{LEAD}){WHAT})|(?P<support>{_LEVEL_OF}(?:(?:{SUPPORT}){WHAT}|(?:监管|指导)(?:单位|部门)))"
    rf"|(?P<main>(?:第一|主要|直接|具体|属地)?{_LEVEL_OF}(?:(?:责任|负责|承办|实施|落实|完成|主管|执行)(?:单位|部门|主体|地区|科室|机构|方)|责任|负责)))"
    r"[）)〕\]】]?\s*[:：]\s*"
)
BY_DUTY = r"(?:(?:依|按照?|根据|依据)?(?:各自|各部门|部门|本单位)?(?:工作)?(?:职责|职能|分工|任务)(?:和|及|、)?(?:职责|分工|任务)?)"
# What a segment may end with that is no part of the name. The longest first.
TAIL = re.compile(
    rf"(?P<tail>(?:(?:结合(?:各自)?(?:实际|职责)|因地制宜)?{BY_DUTY}?(?:分别|共同|具体|全力|积极|组织|抓好|做好|联合|督促|指导|协调)*"
    rf"(?:(?P<lead>{LEAD})|(?P<support>{SUPPORT})|(?P<main>{MAIN}))"
    rf"(?:{LEAD}|{SUPPORT}|{MAIN}|督导|组织|指导|协调|工作|相关|等)*)|{BY_DUTY}|各负其责|各司其职)$"
)
# Its last sentences may be about all lists of the paper: 以下均需各县政府落实，不再列出。排在首位的为牵头单位，下同。
_ABOUT_ALL = re.compile("下同|不再列出|不再另列|不再重复|未明确牵头|以上各项|以下各项")
# 各县、区政府 and its kin are one party: the level words of a list share one 各 and one ending.
_LEVEL = "(?:自治县|县级市|街道|乡镇|镇街|园区|开发区|功能区|新区|林区|矿区|区县|县区|市县|县|市|区|镇|乡|旗|街|州|盟|办)"
_LEVEL_ENDING = "(?:(?:人民)?政府|管委会|管理委员会|办事处|党工委|党委)"
_LEVEL_LIST = re.compile(
    rf"(?:全市|全县|全区|市辖)?各{_LEVEL}(?:[（(][^（()）]{{1,12}}[)）])?(?:[、和及](?:{_LEVEL})(?:[（(][^（()）]{{1,12}}[)）])?"
    rf"(?={_LEVEL_ENDING}|具体|负责|落实|配合|参与|组织|实施|按|[、和及（(，,；;。\s]|{TAIL.pattern.split('(?P<tail>')[0]}$|$))+(?:{_LEVEL_ENDING})?"
)
# 各县（市、区）党委、政府, 大连市委、市政府 are one party: what stands behind says nothing without the place in front. 市委、市政府
# are two whole names.
_COMMITTEE_AND_GOVERNMENT = re.compile(
    r"(?:(?:党委|党[（(]工[)）]委|党工委|(?<=[省市区县州旗盟])委|(?<=[市区县旗][)）])委)[、和及与](?:(?:人民)?政府|管委会|管理委员会)|党[（(]?工[)）]?委[、和及与]办事处"
    r"|(?<=[\u4e00-\u9fff)）])(?<![由请和及与])(?P<level>[省市区县州旗盟])委[、和及与](?P=level)(?:人民)?政府)"
    rf"(?:[（(][^（()）]{{1,20}}[)）])?(?=[、，,；;。\s（(及和与等]|按|具体|分别|共同|{LEAD}|{SUPPORT}|{MAIN}|$)"
)
_UNIT_END = re.compile(
    r"(?:局|委|办|部|府|队|中心|公司|集团|院|校|所|站|街道|办事处|会|镇|乡|联|社|行|库|场|馆|室|厅|处|企业|单位|部门|园|司|台|段|厂)$"
)
_PARTY_COMMITTEE = re.compile(r"(?:^|[\u4e00-\u9fff])(?:区|市|县|州|省|盟|旗)委$")
# What goes on with the name before it although that one looks complete.
_GOES_ON = re.compile(
    r"^(?:分局|支队|大队|中队|交警|交通警察|办公室|办事处|管委会|管理局|服务中心|等|按|依据|根据|分别|共同|员会|事处|党组|[（(〔\[]"
    rf"|{LEAD}|{SUPPORT}|{MAIN}|(?:宣传|组织|统战|社会工作|网信|政法|编办|党校|老干部|直属))"
)
_FRESH = re.compile(r"^(?:区|市|县|省|州|各|相关|有关|其他|中共|国家|国网|大连|驻)")
_JOINTS = re.compile("以及|及|和|与|会同")
_BLANKS = re.compile(r"[ \n]+")
_CHINESE = re.compile("[\u4e00-\u9fff]")
# 一、 to 十、 only at the start of a name; a digit in the middle of one is no number.
_NUMBER_SIGNS = frozenset("0123456789一二三四五六七八九十（(①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳")
_BRACKET = re.compile(f"[{re.escape(OPEN)}]")
# Signs within a name that say nothing about where it ends.
_RUN = re.compile(f"[^ \n以及和与会0-9.①-⑳{re.escape(_SEPARATORS + OPEN + CLOSE)}]+")
_GROUP = re.compile(
    r"各|^(?:全市|全区|全县)?(?:相关|有关|其他|所有|涉及|属地|所在地)|成员单位|(?:有关|相关|各)(?:单位|部门|街道|乡镇|企业)"
    r"|^(?:涉农|涉海|沿海|沿河|沿线)(?:街道|乡镇|镇街|区)|^市内.区|^全[市区县]$|(?:排污|用水|用能|产废|施工)单位$|企业$"
)
# 区住建局（牵头）区城管局（配合）: the bracket ends the name.
_ROLE_BRACKET = re.compile(rf"[（(](?:{LEAD}|{SUPPORT}|{MAIN})(?:单位|部门)?[)）]$")
_COMPLETE = re.compile(r".(?:局|政府|管委会|办事处|中心|公司|支队|大队)$")


def depths_of(text: str) -> list[int]:
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


@lru_cache(maxsize=4)
def parts_of(text: str) -> tuple[tuple[str, bool], ...]:
    """The cell cut at signs outside brackets and where two names follow each other; (text, is it a sign)."""
    depths = depths_of(text)
    whole = [False] * len(text)
    has_level_list = False
    for match in _LEVEL_LIST.finditer(text) if "各" in text else ():
        if depths[match.start()] == 0:
            has_level_list = True
            whole[match.start() : match.end()] = [True] * (match.end() - match.start())
    for match in _COMMITTEE_AND_GOVERNMENT.finditer(text) if "委" in text else ():
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
        if sign in _NUMBER_SIGNS and depths[place] <= 1 and (own := _number(current, text, place)):
            close()
            parts.append((text[place:own], True))
            place = own
        elif depths[place] or whole[place]:
            current += sign
            place += 1
            if sign in CLOSE and _ROLE_BRACKET.search(current[-8:]) and _CHINESE.match(text, place):
                close()
        elif label := LABEL.match(text, place) if not current or current.isspace() else None:
            close()
            parts.append((label[0], True))
            place = label.end()
        elif sign in " \n":
            blank = _BLANKS.match(text, place)
            gap = blank[0] if blank else sign
            place += len(gap)
            # No name is longer: what is further away says nothing about this blank.
            if _parts_names(current[-LONGEST_NAME:], text[place : place + LONGEST_NAME]):
                close()
                parts.append((gap, True))
            else:
                current += gap
        elif sign in _SEPARATORS or (sign == "." and _is_stop(text, place)):
            close()
            parts.append((sign, True))
            place += 1
        elif joint := _joins_names(current[-LONGEST_NAME:], text, place):
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


def _number(current: str, text: str, place: int) -> int:
    """Where a typed number ends that begins a name (一、区住建局) or stands between two (①区住建局②区城管局); else 0."""
    if current and not current.isspace() and not _UNIT_END.search(current[-LONGEST_NAME:]):
        return 0
    found = marker_of(text, place)
    return found[1] if found is not None and _CHINESE.match(text, found[1]) else 0


def _is_stop(text: str, place: int) -> bool:
    """Whether a half-width point ends a name, as no name has one between its characters."""
    return (
        place > 0
        and (_CHINESE.match(text[place - 1]) or text[place - 1] in CLOSE) is not None
        and (place + 1 == len(text) or _CHINESE.match(text, place + 1) is not None)
    )


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
    if LABEL.match(right):
        return True
    if marker_of(right) and TAIL.search(before + "负责"):
        return _UNIT_END.search(before) is not None or TAIL.search(before) is not None
    if TAIL.search(before) and re.search(f"(?:{LEAD}|{SUPPORT}|{MAIN})$", before):
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
    if match[0] == "会同":
        return match[0] if _UNIT_END.search(left.strip()) else ""
    # 各区政府及先导区管委会; not 公安局和平分局, 市政府和社会资本合作中心.
    other = re.match(
        rf"[^{re.escape(_SEPARATORS + OPEN)}\s]*", text[match.end() : match.end() + _LONGEST_READ]
    )
    is_other = other is not None and len(other[0]) > 2 and _UNIT_END.search(other[0]) is not None
    is_name = _COMPLETE.search(left.strip()) is not None and not re.match("其|平|社会资本", rest)
    return match[0] if is_other and is_name else ""


def unwrapped(text: str) -> tuple[str, str, str]:
    """The cell without brackets around the whole of it, and these brackets."""
    inner = text.strip()
    if len(inner) < 3 or inner[0] not in OPEN:
        return "", text, ""
    depths = depths_of(text)
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


def is_name(printed: str) -> bool:
    """Whether the wording reads as the name of a unit or of a group of them, and not as a sentence."""
    name = joined(printed)
    bare = re.sub(r"[（(][^（()）]*[)）]$", "", name)
    if not 2 <= len(bare) <= _LONGEST_READ or re.search("[。；：:！？“”]", bare):
        return False
    return bool(_UNIT_END.search(bare) or _UNIT_END.search(name) or _GROUP.search(bare))


def is_group_wording(printed: str) -> bool:
    """Whether the wording speaks of several units (各街道, 相关部门, …成员单位), which never lead together."""
    return _GROUP.search(printed) is not None


def joined(name: str) -> str:
    """A name without the blanks and line breaks that narrow cells left in it."""
    return "".join(name.split())
