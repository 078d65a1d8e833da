"""Two people edit one draft: what one of them left alone takes over the other's, what both changed is for them to decide.

Three contents take part: the base that a person began from, what they made of it (mine), and what stands now (theirs).
Values are compared as texts, sections as they will be kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from reports.sections import Section, tidy


@dataclass(frozen=True)
class Content:
    """Title and fields as texts, by name, and the sections."""

    values: Mapping[str, str]
    sections: Sequence[Section]


@dataclass(frozen=True)
class Edited:
    """A section as a person left it. `origin`: which of the base it was, None for one that they added."""

    section: Section
    origin: int | None


@dataclass(frozen=True)
class MergedSection:
    """`origin`: which of theirs it is, None for an added one. `theirs`: the other text where both were changed."""

    section: Section
    origin: int | None
    theirs: Section | None = None
    both: bool = False


@dataclass
class Merged:
    """`values` as they are to stand, but for `both`: name → the other's text, where both changed it.

    `taken`: names of fields, and headings of sections, where the other's was taken over.
    """

    values: dict[str, str] = field(default_factory=dict)
    both: dict[str, str] = field(default_factory=dict)
    sections: list[MergedSection] = field(default_factory=list)
    taken_values: list[str] = field(default_factory=list)
    taken_sections: list[str] = field(default_factory=list)

    @property
    def is_conflict(self) -> bool:
        return bool(self.both) or any(row.both for row in self.sections)


# A place in an order: ("base", its place there), ("mine", …) or ("theirs", …) for sections that were added.
_Token = tuple[str, int]


def merge(base: Content, values: Mapping[str, str], mine: Sequence[Edited], theirs: Content) -> Merged:
    merged = Merged()
    for name, value in values.items():
        old, other = base.values.get(name, ""), theirs.values.get(name, "")
        if value == other or other == old:
            merged.values[name] = value
        elif value == old:
            merged.values[name] = other
            merged.taken_values.append(name)
        else:
            merged.values[name] = value
            merged.both[name] = other
    _merge_sections(
        merged, [tidy(row) for row in base.sections], mine, [tidy(row) for row in theirs.sections]
    )
    return merged


def _merge_sections(
    merged: Merged, base: Sequence[Section], mine: Sequence[Edited], theirs: Sequence[Section]
) -> None:
    mine_at = {row.origin: place for place, row in enumerate(mine) if row.origin is not None}
    theirs_at = _where(base, theirs)
    base_of_theirs = {place: origin for origin, place in theirs_at.items()}
    my_order: list[_Token] = [
        ("base", row.origin) if row.origin is not None else ("mine", place) for place, row in enumerate(mine)
    ]
    their_order: list[_Token] = [
        ("base", base_of_theirs[place]) if place in base_of_theirs else ("theirs", place)
        for place in range(len(theirs))
    ]
    known = [token for token in my_order if token[0] == "base"]
    first, second = (their_order, my_order) if known == sorted(known) else (my_order, their_order)
    for kind, place in _woven(first, second):
        if kind == "mine":
            merged.sections.append(MergedSection(tidy(mine[place].section), None))
        elif kind == "theirs":
            merged.sections.append(MergedSection(theirs[place], place))
            merged.taken_sections.append(theirs[place].heading)
        else:
            my_place, their_place = mine_at.get(place), theirs_at.get(place)
            row = _one(
                merged,
                base[place],
                None if my_place is None else tidy(mine[my_place].section),
                None if their_place is None else theirs[their_place],
                their_place,
            )
            if row:
                merged.sections.append(row)
    # Both may have taken the same section away.
    for origin, old in enumerate(base):
        if origin in mine_at and origin not in theirs_at and tidy(mine[mine_at[origin]].section) == old:
            merged.taken_sections.append(old.heading)


def _one(
    merged: Merged, old: Section, mine: Section | None, theirs: Section | None, origin: int | None
) -> MergedSection | None:
    """One section of the base: None where it goes."""
    if mine == theirs or theirs == old:
        return None if mine is None else MergedSection(mine, origin)
    if mine == old:
        if theirs is None:
            return None
        merged.taken_sections.append(theirs.heading or old.heading)
        return MergedSection(theirs, origin)
    if mine is None or theirs is None:
        return MergedSection(mine or Section("", ""), origin, theirs, both=True)
    heading, text = (
        _side(old.heading, mine.heading, theirs.heading),
        _side(old.text, mine.text, theirs.text),
    )
    if heading is None or text is None:
        return MergedSection(mine, origin, theirs, both=True)
    # One changed the heading, the other the text.
    merged.taken_sections.append(heading)
    return MergedSection(Section(heading, text), origin)


def _side(old: str, mine: str, theirs: str) -> str | None:
    """The one that was changed; None where both were, to different texts."""
    if mine in (theirs, old):
        return theirs
    return mine if theirs == old else None


def _where(base: Sequence[Section], theirs: Sequence[Section]) -> dict[int, int]:
    """Place in the base → place in theirs, for the sections that are the same ones: equal, or by heading, or by text."""
    found = {0: 0} if base and theirs else {}
    matcher = SequenceMatcher(None, base[1:], theirs[1:], autojunk=False)
    for match in matcher.get_matching_blocks():
        found.update({match.a + 1 + step: match.b + 1 + step for step in range(match.size)})
    for same in (_equal, _same_heading, _same_text):
        for place, section in enumerate(base):
            if place in found:
                continue
            taken = set(found.values())
            match_at = next(
                (k for k, other in enumerate(theirs) if k not in taken and same(section, other)), None
            )
            if match_at is not None:
                found[place] = match_at
    left = [place for place in range(len(base)) if place not in found]
    free = [place for place in range(len(theirs)) if place not in set(found.values())]
    if len(left) == len(free) == 1:
        found[left[0]] = free[0]
    return found


def _equal(one: Section, other: Section) -> bool:
    return one == other


def _same_heading(one: Section, other: Section) -> bool:
    return bool(one.heading) and one.heading == other.heading


def _same_text(one: Section, other: Section) -> bool:
    return bool(one.text) and one.text == other.text


def _woven(first: Sequence[_Token], second: Sequence[_Token]) -> list[_Token]:
    """The order of `first`, with what only `second` has behind what stands before it there."""
    woven = list(first)
    for place, token in enumerate(second):
        if token in woven:
            continue
        before = next((other for other in reversed(second[:place]) if other in woven), None)
        woven.insert(0 if before is None else woven.index(before) + 1, token)
    return woven
