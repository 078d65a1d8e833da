"""A plan against an earlier one: which measures are the same, which changed, which are new, and which are not continued.

Pure. Each measure is matched with one of the other plan at most: first where the wording is the same but for signs and blanks, then by
likeness of text (rapidfuzz's ratio, 0 to 100), with task title and units as a help. The result depends on what the measures say, not
on their order, and the other way round it is the mirror image.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

State = Literal["same", "changed", "new"]
FieldName = Literal["text", "units", "deadline"]
# Below this two texts share hardly more than the phrases of their trade.
LEAST = 60.0
# What the same task and the same units add to a text's likeness.
_TASK_HELPS, _UNITS_HELP = 12.0, 6.0
# Up to so many pairs each is looked at; beyond, only those that share a run of signs that few measures have.
_ALL_PAIRS = 40_000
_RUN = 3
_FEW = 12
_NEAREST = 12
_NOT_WORDING = re.compile(r"[\W_]+")
_YEAR = re.compile(r"(?:19|20)\d\d(?=年)")


@dataclass(frozen=True, slots=True)
class Line:
    """What is compared of a measure. `deadline` as printed."""

    number: int
    task: str
    text: str
    units: str = ""
    deadline: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that reads otherwise than the year before, both as printed: ready for `tasks.textdiff.differences`."""

    field: FieldName
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A measure of the new plan beside the one that it continues. `differences` are empty but for "changed"."""

    new: Line
    old: Line | None
    state: State
    differences: tuple[Difference, ...] = ()
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """`lines`: one for every new measure, in its order. `dropped`: last year's that are not continued, in theirs."""

    lines: tuple[Compared, ...]
    dropped: tuple[Line, ...]

    def count(self, state: State) -> int:
        return sum(line.state == state for line in self.lines)

    @property
    def same(self) -> int:
        return self.count("same")

    @property
    def changed(self) -> int:
        return self.count("changed")

    @property
    def added(self) -> int:
        return self.count("new")

    @property
    def continued(self) -> dict[int, int]:
        """New number → old number."""
        return {line.new.number: line.old.number for line in self.lines if line.old is not None}


@dataclass(frozen=True, slots=True)
class _Side:
    """A measure made ready: its wording without signs, with and without its years, and everything by which ties are told apart."""

    place: int
    text: str
    undated: str
    task: str
    units: str
    deadline: str

    @property
    def content(self) -> tuple[str, ...]:
        return self.text, self.task, self.units, self.deadline


def wording(text: str) -> str:
    """The letters and digits of a text in one width: what two printings of one sentence share."""
    return _NOT_WORDING.sub("", unicodedata.normalize("NFKC", text)).casefold()


def compare(old: Sequence[Line], new: Sequence[Line]) -> Comparison:
    """`new` against `old`, line by line."""
    before, after = _sides(old), _sides(new)
    # A list with a column of deadlines beside one without any differs in its layout: no measure has changed by it.
    has_deadlines = all(any(line.deadline for line in side) for side in (old, new))
    pairs: dict[int, tuple[int, float]] = {}
    for mine, theirs, score in _matches(before, after):
        pairs[theirs.place] = (mine.place, score)
    lines = []
    for place, line in enumerate(new):
        if place not in pairs:
            lines.append(Compared(line, None, "new"))
            continue
        index, score = pairs[place]
        found = tuple(
            difference
            for difference in _differences(old[index], line)
            if has_deadlines or difference.field != "deadline"
        )
        lines.append(Compared(line, old[index], "changed" if found else "same", found, round(score, 1)))
    continued = {index for index, _score in pairs.values()}
    return Comparison(tuple(lines), tuple(line for index, line in enumerate(old) if index not in continued))


def _sides(lines: Sequence[Line]) -> list[_Side]:
    return [
        _Side(
            place,
            wording(line.text),
            wording(_YEAR.sub("", line.text)),
            wording(line.task),
            wording(line.units),
            wording(line.deadline),
        )
        for place, line in enumerate(lines)
    ]


def _differences(old: Line, new: Line) -> Iterator[Difference]:
    fields: tuple[tuple[FieldName, str, str], ...] = (
        ("text", old.text, new.text),
        ("units", old.units, new.units),
        ("deadline", old.deadline, new.deadline),
    )
    for name, before, after in fields:
        if wording(before) != wording(after):
            yield Difference(name, before, after)


# How alike, from the most to the least exact: a measure is matched by the first of these by which it can be.
_EXACT: tuple[Callable[[_Side], Hashable], ...] = (
    lambda side: (side.text, side.task, side.units, side.deadline),
    lambda side: (side.text, side.task, side.units),
    lambda side: (side.text, side.task),
    lambda side: (side.text, side.units),
    lambda side: side.text,
    lambda side: (side.undated, side.task),
    lambda side: side.undated,
)


def _matches(before: list[_Side], after: list[_Side]) -> Iterator[tuple[_Side, _Side, float]]:
    for key in _EXACT:
        waiting = _by(key, before)
        matched: set[int] = set()
        for value, theirs in _by(key, after).items():
            # As many as both sides have, the same ones whatever order they stand in.
            for mine, its in zip(waiting.get(value, ()), theirs, strict=False):
                matched.add(its.place)
                yield mine, its, 100.0
                waiting[value] = waiting[value][1:]
        before = [side for sides in waiting.values() for side in sides]
        after = [side for side in after if side.place not in matched]
    yield from _alike(before, after)


def _by(key: Callable[[_Side], Hashable], sides: Iterable[_Side]) -> dict[Hashable, list[_Side]]:
    groups: dict[Hashable, list[_Side]] = defaultdict(list)
    for side in sorted(sides, key=lambda side: (side.content, side.place)):
        groups[key(side)].append(side)
    return groups


def _alike(before: list[_Side], after: list[_Side]) -> Iterator[tuple[_Side, _Side, float]]:
    """Pairs that are alike, the likest first, each measure once."""
    found = [
        (score, sorted((mine.content, its.content)), mine, its)
        for mine, its in _candidates(before, after)
        if (score := _score(mine, its)) >= LEAST
    ]
    found.sort(key=lambda pair: (-pair[0], pair[1], pair[2].place, pair[3].place))
    taken: set[int] = set()
    given: set[int] = set()
    for score, _contents, mine, its in found:
        if mine.place not in taken and its.place not in given:
            taken.add(mine.place)
            given.add(its.place)
            yield mine, its, min(score, 100.0)


def _score(mine: _Side, its: _Side) -> float:
    helped = (_TASK_HELPS if mine.task and mine.task == its.task else 0.0) + (
        _UNITS_HELP if mine.units and mine.units == its.units else 0.0
    )
    ratio = fuzz.ratio(mine.undated, its.undated, score_cutoff=LEAST - helped)
    return ratio + helped if ratio else 0.0


def _candidates(before: list[_Side], after: list[_Side]) -> Iterator[tuple[_Side, _Side]]:
    """Pairs worth looking at."""
    if len(before) * len(after) <= _ALL_PAIRS:
        for mine in before:
            for its in after:
                yield mine, its
        return
    shared = _shared_runs(before, after)
    nearest: set[tuple[int, int]] = set()
    # The nearest of either side, so that both plans are treated alike.
    for side in (0, 1):
        own: dict[int, list[tuple[int, tuple[int, int]]]] = defaultdict(list)
        for pair, count in shared.items():
            own[pair[side]].append((count, pair))
        for pairs in own.values():
            pairs.sort(key=lambda item: -item[0])
            least = pairs[min(_NEAREST, len(pairs)) - 1][0]
            nearest.update(pair for count, pair in pairs if count >= least)
    for first, second in nearest:
        yield before[first], after[second]


def _shared_runs(before: list[_Side], after: list[_Side]) -> dict[tuple[int, int], int]:
    """How many runs of signs two measures share, of the runs that few measures have."""
    runs: tuple[dict[str, list[int]], dict[str, list[int]]] = (defaultdict(list), defaultdict(list))
    for where, sides in zip(runs, (before, after), strict=True):
        for index, side in enumerate(sides):
            text = side.undated
            for run in {text[place : place + _RUN] for place in range(max(len(text) - _RUN + 1, 1))}:
                where[run].append(index)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for run, firsts in runs[0].items():
        seconds = runs[1].get(run, ())
        if len(firsts) <= _FEW and len(seconds) <= _FEW:
            for first in firsts:
                for second in seconds:
                    shared[first, second] += 1
    return shared
