"""Where a long title breaks: at words, in lines of like length, the first one rather the longer."""

from collections.abc import Callable
from itertools import accumulate

# No dictionary of words: these marks and function words are what a title may well be broken at.
_AFTER = frozenset("、，；：》”）的及和与年度")
_BEFORE = frozenset("《“（关及和与")
_NEVER_FIRST = frozenset("、，；：》”）的")
# What a break at no likely end of a word costs, in characters of unevenness; and a later line of the same length.
_STRANGE, _LATER = 3.0, 0.02


def title_lines(text: str, width: Callable[[str], float], measure: float) -> list[str]:
    """`text` in lines no wider than `measure`; its own line ends are kept. `width`: of a character, in thousandths."""
    given = [line.strip() for line in text.splitlines() if line.strip()]
    return [part for line in given for part in _break(line, width, measure)]


def _break(text: str, width: Callable[[str], float], measure: float) -> list[str]:
    edges = [0.0, *accumulate(width(char) for char in text)]
    if edges[-1] <= measure:
        return [text]
    places = [0, *(at for at in range(1, len(text)) if _may_break(text, at)), len(text)]
    for count in range(2, len(text) + 1):
        if edges[-1] > count * measure:
            continue
        lines = _best(text, edges, places, count, measure)
        if lines:
            return lines
    return [text]


def _best(text: str, edges: list[float], places: list[int], count: int, measure: float) -> list[str]:
    """The best `count` lines; empty where there are none."""
    mean = edges[-1] / count
    # End of a line → (cost so far, the ends of all lines so far).
    reached: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    for number in range(count):
        further: dict[int, tuple[float, list[int]]] = {}
        for start, (cost, ends) in reached.items():
            for end in places:
                wide = edges[end] - edges[start]
                if end <= start or wide > measure:
                    continue
                total = cost + abs(wide - mean) / 1000 + number * _LATER * wide / 1000 + _strange(text, end)
                if end not in further or total < further[end][0]:
                    further[end] = (total, [*ends, end])
        reached = further
    if len(text) not in reached:
        return []
    ends = reached[len(text)][1]
    return [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]


def _may_break(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    inside_word = before.isascii() and after.isascii() and before.isalnum() and after.isalnum()
    number = before.isdigit() and after in "年月日%"
    return not (inside_word or number or after in _NEVER_FIRST or before in "《“（")


def _strange(text: str, end: int) -> float:
    if end == len(text) or text[end - 1] in _AFTER or text[end] in _BEFORE:
        return 0.0
    return _STRANGE
