"""Where a long title breaks: at words, in lines that make a trapezoid or a lozenge (GB/T 9704-2012, 7.3.1)."""

import re
from collections.abc import Callable, Iterator
from itertools import accumulate

# After these marks and function words and before those a title may well be broken.
_AFTER = frozenset("、，；：》”）的及和与年度")
_BEFORE = frozenset("《“（关及和与")
_NEVER_FIRST = frozenset("、，；：》”）的")
# Words of titles in this field, which are not torn. Longer ones first: all their inside is closed.
_WORDS = re.compile(
    "第[一二三四五六七八九十]+(?:季度|次|批|版|轮)?|生态环境保护|生态文明建设|生态环境|生态文明|环境保护|污染防治|西岗区|区生态办|"
    "委员会|办公室|上半年|下半年|各单位|年度|季度|全年|工作|任务|目标|计划|措施|清单|进展|情况|责任|单位|保护|污染|防治|攻坚|报送|填报|"
    "通报|通知|落实|推进|推动|督察|督导|督办|整改|重点|建设|治理|管控|环境|生态|领导|小组|部门|街道|全区|完成|实施|方案|意见|要点|会议|"
    "更正|总结|有关|相关|关于|开展|加强|执法|监管|监督|管理|检查|考核|评估"
)
# What a break at no likely end of a word costs, in characters of unevenness; one inside a word; a later line of the
# same length.
_STRANGE, _TORN, _LATER = 3.0, 40.0, 0.02
# Lines next to each other differ by at least this, in thousandths: lines of one length make a box.
_STEP = 900

# (lines are still growing longer, where the last one began, where it ended)
_State = tuple[bool, int, int]


def title_lines(text: str, width: Callable[[str], float], measure: float) -> list[str]:
    """`text` in lines no wider than `measure`; its own line ends are kept. `width`: of a character, in thousandths."""
    given = [line.strip() for line in text.splitlines() if line.strip()]
    return [part for line in given for part in _break(line, width, measure)]


def _break(text: str, width: Callable[[str], float], measure: float) -> list[str]:
    edges = [0.0, *accumulate(width(char) for char in text)]
    if edges[-1] <= measure:
        return [text]
    places = [at for at in range(1, len(text)) if _may_break(text, at)] + [len(text)]
    costs = _costs(text)
    least = int(edges[-1] // measure) + 1
    # One line more than the fewest, where the fewest would make a box; then any shape.
    for step in (_STEP, 0.0):
        for count in range(least, least + 2 if step else len(text) + 1):
            lines = _best(text, edges, places, costs, count, measure, step)
            if lines:
                return lines
    return [text]


def _best(
    text: str,
    edges: list[float],
    places: list[int],
    costs: dict[int, float],
    count: int,
    measure: float,
    step: float,
) -> list[str]:
    """The best `count` lines, each `step` longer than the one before and then shorter; empty where there are none.

    With no step any lines will do.
    """
    mean = edges[-1] / count
    reached: dict[_State, tuple[float, list[int]]] = {(True, 0, 0): (0.0, [])}
    for number in range(count):
        further: dict[_State, tuple[float, list[int]]] = {}
        for (rising, before, start), (cost, ends) in reached.items():
            last = edges[start] - edges[before]
            for end in _ends(places, start, edges, measure):
                wide = edges[end] - edges[start]
                grows = number == 0 or wide >= last + step
                if step and not ((rising and grows) or (number and wide <= last - step)):
                    continue
                total = cost + abs(wide - mean) / 1000 + number * _LATER * wide / 1000 + costs.get(end, 0.0)
                state = (rising and grows, start, end) if step else (True, 0, end)
                if state not in further or total < further[state][0]:
                    further[state] = (total, [*ends, end])
        reached = further
    done = [value for (_, _, end), value in reached.items() if end == len(text)]
    if not done:
        return []
    ends = min(done)[1]
    return [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]


def _ends(places: list[int], start: int, edges: list[float], measure: float) -> Iterator[int]:
    for end in places:
        if end > start:
            if edges[end] - edges[start] > measure:
                return
            yield end


def _costs(text: str) -> dict[int, float]:
    """Place → what a break there costs."""
    likely = {at for at in range(1, len(text)) if text[at - 1] in _AFTER or text[at] in _BEFORE}
    costs = {at: 0.0 if at in likely else _STRANGE for at in range(1, len(text))}
    for word in _WORDS.finditer(text):
        # Between two words a break is likely, inside one it is not.
        for at in (word.start(), word.end()):
            if 0 < at < len(text):
                costs[at] = min(costs[at], _STRANGE / 3)
    for word in _WORDS.finditer(text):
        costs |= dict.fromkeys(range(word.start() + 1, word.end()), _TORN)
    return costs


def _may_break(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    inside_word = before.isascii() and after.isascii() and before.isalnum() and after.isalnum()
    number = before.isdigit() and after in "年月日%"
    return not (inside_word or number or after in _NEVER_FIRST or before in "《“（")
