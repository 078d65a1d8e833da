"""Whom a printed name means: exactly an alias, an alias in its normal form, or suggestions for a person to choose from.

A suggestion is never taken by itself. Scores are rapidfuzz's, from 0 to 100, on names without what all of them share.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from rapidfuzz import fuzz

from units.models import Unit, UnitAlias, UnitGroup
from units.names import clean_name, normalise_unit_name

Match = Literal["exact", "normal", "suggested", "none"]
MAX_SUGGESTIONS = 5
# Below this two names share less than half of their signs: 城市管理 and 城管执法 do share that.
LEAST_SCORE = 50.0
# No unit is called so; likeness to a whole paragraph takes its length in time.
_LONGEST = 200
_ABBREVIATED = 88.0
_LAST_NAMED = 80.0

# What names of offices end with, and the district that they stand in: telling nothing about which office it is.
_ENDINGS = re.compile(
    r"(?:街道办事处|办事处|管理委员会|委员会|管委会|办公室|分局|总局|支队|大队|中队|中心|公司|局|委|办|处|部|队|街道|街办|镇|乡)$"
)
_PLACES = re.compile(
    r"^(?:中国共产党|中共|国家|辽宁省|辽宁|省|大连市|大连|西岗区|西岗|市|区|县|[\u4e00-\u9fff]{2,3}(?:市|区|县|新区))(?=[\u4e00-\u9fff]{2})"
)
# Many units at once: never mistaken for one, and members of one body not for those of none.
_MANY = ("members", "many")
_KINDS = (
    ("members", re.compile(r"成员单位")),
    (
        "many",
        re.compile(
            r"^(?:全区|全市|区直|市直)?(?:各|相关|有关|其他|所有)[^街镇乡]{0,6}(?:部门|单位|企业|科室)$"
        ),
    ),
    ("street", re.compile(r"街道|街办|镇|乡|园区|开发区")),
    ("police", re.compile(r"支队|大队|公安|交警|派出所")),
    ("party", re.compile(r"(?:区|市|县)?委(?:宣传|组织|统战|政法|党校|网信|编办)|宣传部|组织部|统战部|党校")),
)


@dataclass(frozen=True, slots=True)
class Target:
    """A unit or a group, by its code."""

    kind: Literal["unit", "group"]
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    target: Target
    alias: str
    score: float


@dataclass(frozen=True, slots=True)
class Resolution:
    """`target` is set for exact and normal only; suggestions are for suggested only, the likeliest first."""

    match: Match
    target: Target | None = None
    suggestions: tuple[Suggestion, ...] = ()


NOBODY = Resolution("none")


@dataclass(slots=True)
class _Entry:
    alias: str
    normal: str
    core: str
    kind: str
    target: Target


def _core(name: str) -> str:
    """A name without place and kind of office: 大连市西岗区发展和改革局 → 发展和改革. Never empty."""
    text = normalise_unit_name(name)
    for pattern in (_PLACES, _ENDINGS):
        shorter = pattern.sub("", text)
        text = shorter if len(shorter) >= 2 else text
    return text


def _kind(name: str) -> str:
    return next((kind for kind, pattern in _KINDS if pattern.search(name)), "")


def _is_abbreviation(short: str, long: str) -> bool:
    """Whether `short` picks signs of `long` in their order and begins as it does (发改 of 发展和改革)."""
    if not 2 <= len(short) < len(long) or short[0] != long[0]:
        return False
    rest = iter(long)
    return all(sign in rest for sign in short)


def _score(core: str, normal: str, kind: str, entry: _Entry) -> float:
    score = max(fuzz.ratio(core, entry.core), fuzz.ratio(normal, entry.normal))
    if _is_abbreviation(core, entry.core) or _is_abbreviation(entry.core, core):
        score = max(score, _ABBREVIATED)
    if core.endswith(entry.core) or entry.core.endswith(core):
        # 公安局西岗分局交警大队 and 交警大队: who stands last is meant.
        score = max(score, _LAST_NAMED)
    if len(core) >= 3 and len(entry.core) >= 3:
        # One name inside the other: 生态环境保护综合行政执法 and 生态环境.
        score = max(score, 0.8 * fuzz.partial_ratio(core, entry.core))
    if kind == entry.kind:
        return score
    # A street is not mistaken for a bureau.
    return score * (0.5 if kind in _MANY or entry.kind in _MANY else 0.75)


@dataclass
class Directory:
    """All names that units and groups are known by. Pure once loaded."""

    exact: dict[str, Target] = field(default_factory=dict)
    normal: dict[str, set[Target]] = field(default_factory=lambda: defaultdict(set))
    entries: list[_Entry] = field(default_factory=list)
    _known: dict[str, Resolution] = field(default_factory=dict)

    def add(self, name: str, target: Target, *, is_active: bool = True) -> None:
        """`is_active`: only then the name means it without being asked; else it is one to suggest."""
        if not name:
            return
        normal = normalise_unit_name(name)
        if is_active:
            self.exact.setdefault(clean_name(name), target)
            self.normal[normal].add(target)
        self.entries.append(_Entry(name, normal, _core(name), _kind(name), target))

    @classmethod
    def load(cls) -> "Directory":
        """From the database: aliases first, then the units' and groups' own names."""
        directory = cls()
        units = {
            unit.pk: (Target("unit", unit.code, unit.name), unit)
            for unit in Unit.objects.order_by("kind", "order", "pk")
        }
        groups = {
            group.pk: Target("group", group.code, group.name) for group in UnitGroup.objects.order_by("pk")
        }
        for alias in UnitAlias.objects.order_by("pk"):
            if alias.unit_id is not None:
                target, unit = units[alias.unit_id]
                directory.add(alias.name, target, is_active=unit.is_active)
            elif alias.group_id is not None:
                directory.add(alias.name, groups[alias.group_id])
        for target, unit in units.values():
            directory.add(unit.name, target, is_active=unit.is_active)
            directory.add(unit.full_name, target, is_active=unit.is_active)
        for target in groups.values():
            directory.add(target.name, target)
        return directory

    def resolve(self, printed: str) -> Resolution:
        """Whom `printed` means. The same answer for the same wording, worked out once."""
        known = self._known.get(printed)
        if known is None:
            known = self._known[printed] = self._resolve(printed)
        return known

    def _resolve(self, printed: str) -> Resolution:
        name = clean_name(printed)
        if not name:
            return NOBODY
        target = self.exact.get(name)
        if target is not None:
            return Resolution("exact", target)
        meant = self.normal.get(normalise_unit_name(name), set())
        if len(meant) == 1:
            return Resolution("normal", next(iter(meant)))
        suggestions = self.suggest(name)
        return Resolution("suggested", None, suggestions) if suggestions else NOBODY

    def suggest(self, printed: str) -> tuple[Suggestion, ...]:
        """Units and groups with similar names, each once, the likeliest first."""
        name = clean_name(printed)
        if len(name) > _LONGEST:
            return ()
        core, normal, kind = _core(name), normalise_unit_name(name), _kind(name)
        best: dict[Target, Suggestion] = {}
        for entry in self.entries:
            score = round(_score(core, normal, kind, entry), 1)
            if score >= LEAST_SCORE and (entry.target not in best or score > best[entry.target].score):
                best[entry.target] = Suggestion(entry.target, entry.alias, score)
        ranked = sorted(best.values(), key=lambda suggestion: (-suggestion.score, suggestion.target.code))
        return tuple(ranked[:MAX_SUGGESTIONS])


def directory_of(names: Iterable[tuple[str, Target]]) -> Directory:
    """A directory of given names, for the pure part of its users."""
    directory = Directory()
    for name, target in names:
        directory.add(name, target)
    return directory
