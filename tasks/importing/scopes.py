"""Whom a printed party stands for, given whose name it is: the rule of docs/design.md, "The plan, as printed and as resolved"."""

import re

from tasks.models import Scope
from units.resolving import Target

_OTHERS = re.compile(r"其他|其余|其它")
# A part of a group that only the office can name; 各街道（除白云街道外）, too: nobody reads an exception out of its words.
_SOME = re.compile(r"相关|有关|部分|涉及|所涉|若干|除.+?外")


def scope_of(
    printed: str, target: Target | None, *, is_note: bool = False, has_members: bool = True
) -> tuple[Scope, bool]:
    """The scope of a printed party, and whether it is open (待确认) until the office says more.

    `target`: whom the name means; None only for a note. `has_members`: of a group, in some quarter of the plan's year. A unit is
    never open. 其他成员单位 and a part of a group always are; the whole group is where nobody is in it.
    """
    if is_note or target is None:
        return Scope.NOTE, False
    if target.kind == "unit":
        return Scope.UNIT, False
    if _OTHERS.search(printed):
        return Scope.OTHERS, True
    if _SOME.search(printed):
        return Scope.SUBSET, True
    return Scope.GROUP, not has_members
