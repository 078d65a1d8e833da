"""Chinese prose from pieces: lists, numbers, and units' own words made fit to stand in a sentence.

Punctuation follows GB/T 15834-2011: quotation marks inside others are single, no 、 between quoted names that stand side by
side, the full stop of a quoted sentence inside its quotation marks.
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

from tasks.numbers import number_text, percent_text
from tasks.rules import ZERO, Light

# Of a longer list the first ones are named, and the count says how many there are.
LIST_MAX = 20
LIST_SHOWN = 10
NUMBERS_MAX = 10
NAMES_MAX = 10
NAMES_SHOWN = 5

_ENDS = "。！？"
_PAIRS = {"“": "”", "‘": "’", "（": "）", "《": "》", "〔": "〕", "【": "】"}
_CLOSING = frozenset(_PAIRS.values())
_HALF = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）"}
_WIDE = r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef“”‘’…—]"
# A sign before a number is no bullet: -5℃.
_BULLET = re.compile(r"^(?:[-*+]+\s+|[•●○◆■▪·➢√]+\s*)")
_UPON = re.compile(
    r"(?:按照|根据|依据|依照|对照|遵照|围绕|结合).*|以.*为(?:重点|目标|抓手|主线|核心|契机|依托)"
)
# What people write where there is nothing to say.
_NOTHING = frozenset(
    {"", "无", "暂无", "没有", "无问题", "暂无问题", "不存在问题", "无存在问题", "同上", "略"}
)


def listed(items: Sequence[str], unit: str) -> str:
    """A、B; A、B、C等3家单位 (`unit` 家单位); of a long list the first ones, with the count of all."""
    if len(items) < 3:
        return "、".join(items)
    shown = items if len(items) <= LIST_MAX else items[:LIST_SHOWN]
    return f"{'、'.join(shown)}等{len(items)}{unit}"


def joined(items: Sequence[str]) -> str:
    """A, A和B, A、B和C."""
    return items[0] if len(items) == 1 else f"{'、'.join(items[:-1])}和{items[-1]}"


def counted(labels: Sequence[str], counts: Sequence[int], unit: str) -> str:
    """审核通过和未完成审核的分别为5项次和2项次; where all are as many: 的各2项次."""
    if len(set(counts)) == 1:
        return f"{joined(labels)}的各{counts[0]}{unit}"
    return f"{joined(labels)}的分别为{joined([f'{count}{unit}' for count in counts])}"


def quoted_names(names: Sequence[str], unit: str) -> str:
    """“A”; “A”“B”等2项目标任务; of many the first ones."""
    shown = names if len(names) <= NAMES_MAX else names[:NAMES_SHOWN]
    together = "".join(f"“{name}”" for name in shown)
    return together if len(names) < 2 else f"{together}等{len(names)}{unit}"


def measures_named(numbers: Sequence[int]) -> str:
    """第3项措施, 第3、4项措施; of many only how many."""
    if len(numbers) > NUMBERS_MAX:
        # Without 共 it would read as the number of one.
        return f"共{len(numbers)}项措施"
    return f"第{'、'.join(map(str, numbers))}项措施"


def standing(light: Light) -> str:
    """How a light is said in a sentence.

    Yellow's legend, 部分完成, would say of a measure that has not begun that some of it is done.
    """
    return "进度偏慢" if light == Light.YELLOW else str(light.label)


def against(percent: Decimal, expected: Decimal, told: Decimal | None = None) -> str:
    """高于序时进度（50%）3.5个百分点; without the bracket where `told` is the 序时进度 that the reader knows already."""
    gap = percent - expected
    pace = "序时进度" if expected == told else f"序时进度（{percent_text(expected)}）"
    if gap == ZERO:
        return f"与{pace}持平"
    return f"{'高' if gap > 0 else '低'}于{pace}{number_text(abs(gap))}个百分点"


def since(change: Decimal) -> str:
    """较上季度提高3.5个百分点."""
    if change == ZERO:
        return "与上季度持平"
    return f"较上季度{'提高' if change > 0 else '下降'}{number_text(abs(change))}个百分点"


def own_words(text: str, limit: int) -> str:
    """What a unit wrote, as one quotable piece without its quotation marks; empty where it says nothing.

    Nothing is reworded. Lines become one text, marks and brackets full-width and paired, marks set twice single. What is
    longer than `limit` characters ends with the last sentence that fits; where the first does not fit, the cut is shown by ……
    """
    told = _one_text(text)
    if told.rstrip("。") in _NOTHING or not re.search(r"[\w]", told):
        return ""
    if len(told) <= limit:
        return told
    kept = ""
    for sentence in split_sentences(told):
        if len(kept) + len(sentence) > limit:
            break
        kept += sentence
    return kept or _cut(told, limit)


def phrase(text: str, limit: int) -> str:
    """The first clause of a text that says what is done, as a name to be quoted: without its end mark, at most `limit` long.

    按照……要求， and 以……为重点， say upon what: the clause behind them is the name.
    """
    told = _one_text(text).rstrip("。")
    depth, start = 0, 0
    for place, char in enumerate(told):
        depth += (char in _PAIRS) - (char in _CLOSING)
        if depth == 0 and char in "，；。：！？":
            if char == "，" and _UPON.match(told[start:place]):
                start = place + 1
                continue
            told = told[:place]
            break
    told = told[start:]
    if len(told) <= limit:
        return told
    head = told[: limit - 2]
    # A bracket that would be cut open goes with what stands in it.
    kept = head[: _first_open(head)] or head
    return _balanced(kept.rstrip("，、；：")) + "……"


def _first_open(text: str) -> int:
    """Where the first mark stands that is not closed; the end for none."""
    waiting: list[int] = []
    for place, char in enumerate(text):
        if char in _PAIRS:
            waiting.append(place)
        elif waiting and _PAIRS[text[waiting[-1]]] == char:
            waiting.pop()
    return waiting[0] if waiting else len(text)


def split_sentences(text: str) -> list[str]:
    """Sentences with their end marks. A mark inside quotation marks or brackets ends none, but with them: ：“……。”"""
    sentences: list[str] = []
    start = 0
    # The opening marks that wait for their partner, each with whether a colon stands before it.
    waiting: list[tuple[str, bool]] = []
    for place, char in enumerate(text):
        before = text[place - 1 : place]
        if char in _PAIRS:
            waiting.append((char, before == "："))
            continue
        ended = char in _ENDS
        if waiting and _PAIRS[waiting[-1][0]] == char:
            _, is_speech = waiting.pop()
            ended = char in "”’" and (before in _ENDS or (is_speech and before == "…"))
        following = text[place + 1 : place + 2]
        if ended and not waiting and (not following or following not in "，、；：。！？”’）》"):
            sentences.append(text[start : place + 1])
            start = place + 1
    if start < len(text):
        sentences.append(text[start:])
    return sentences


def _one_text(text: str) -> str:
    """`text` as one paragraph with one end mark; empty for none."""
    text = unicodedata.normalize("NFC", text)
    lines = []
    for line in re.split(r"[\r\n\v\f\x85\u2028\u2029]+", text):
        # Format and control characters (zero width, direction marks) have no place in print.
        line = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in line)
        line = _BULLET.sub("", " ".join(line.split()))
        if line:
            lines.append(line)
    told = ""
    for line in lines:
        if told and told[-1] not in "。！？；，、：…,;:!?":
            told += "。" if _has_end(told) else "；"
        told += line
    told = _full_width(told)
    settled = ""
    # What one rule takes away may leave a pair empty for the other.
    while settled != told:
        settled = told
        told = _single_marks(_balanced(told))
    told = told.rstrip("，、；：。 ").lstrip("，、；：。！？…” ")
    if not told:
        return ""
    return told if told[-1] in "！？…" else f"{told}。"


def _has_end(text: str) -> bool:
    return any(mark in text for mark in _ENDS)


def _full_width(text: str) -> str:
    text = re.sub(r"\.{3,}|…+|。{3,}", "……", text)
    for half, full in _HALF.items():
        mark = re.escape(half)
        text = re.sub(rf"(?<={_WIDE}){mark}|{mark}(?={_WIDE})", full, text)
        # 3(含)、10%,其余: what stands between a digit and a wide character.
        text = re.sub(rf"{mark}(?=\s*{_WIDE})", full, text)
    text = re.sub(rf"(?<={_WIDE})\.(?!\w)", "。", text)
    # Straight quotation marks open and close by turns.
    parts = text.split('"')
    if len(parts) > 1:
        text = "".join(
            part + ("" if place == len(parts) - 1 else "“" if place % 2 == 0 else "”")
            for place, part in enumerate(parts)
        )
    text = re.sub(rf"(?<={_WIDE})\s+|\s+(?={_WIDE})", "", text)
    return text.translate(str.maketrans("“”", "‘’"))


def _balanced(text: str) -> str:
    """Brackets and quotation marks that have no partner go."""
    open_places: list[int] = []
    drop: set[int] = set()
    for place, char in enumerate(text):
        if char in _PAIRS:
            open_places.append(place)
        elif char in _CLOSING:
            if open_places and _PAIRS[text[open_places[-1]]] == char:
                open_places.pop()
            else:
                drop.add(place)
    drop.update(open_places)
    text = "".join(char for place, char in enumerate(text) if place not in drop)
    return re.sub("‘’|（）|《》", "", text)


def _single_marks(text: str) -> str:
    """Of marks that follow each other one stays: the end mark where there is one, else the last."""

    def one(match: re.Match[str]) -> str:
        marks = match[0]
        return next((mark for mark in "？！。" if mark in marks), marks[-1])

    text = re.sub(r"[，、；：。！？]{2,}", one, text)
    text = re.sub(r"[，、；：。]+(?=……)|(?<=……)[，、；：。！？]+", "", text)
    text = re.sub(r"[，、；：。]+(?=）)", "", text)
    return re.sub(r"(?<=（)[，、；：。]+", "", text)


def _cut(text: str, limit: int) -> str:
    head = text[: limit - 2]
    place = max(head.rfind("；"), 0) or max(head.rfind("，"), 0) or len(head)
    return _balanced(head[:place]).rstrip("，、；：。…") + "……"
