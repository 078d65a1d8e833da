"""From which to which quarter of its plan's year a unit has a duty: pure functions on spans (first, last), 1–4, included.

A span whose last quarter is below its first is empty: such a duty was ended altogether.
"""

from collections.abc import Iterable, Set
from datetime import date

from tasks.rules import quarter_days

Span = tuple[int, int]


def quarters_of(span: Span | None) -> frozenset[int]:
    """The quarters in a span; none in None."""
    return frozenset() if span is None else frozenset(range(span[0], span[1] + 1))


def hull(quarters: Iterable[int]) -> Span | None:
    """The shortest span that contains the quarters; None for none. What lies between is bridged."""
    known = sorted(quarters)
    return (known[0], known[-1]) if known else None


def since(span: Span | None, first_quarter: int) -> Span | None:
    """The part of a span from a quarter on."""
    return hull(quarter for quarter in quarters_of(span) if quarter >= first_quarter)


def member_span(memberships: Iterable[tuple[date | None, date | None]], year: int) -> Span | None:
    """The quarters of `year` in which a unit was a member on some day; None where in none.

    `memberships`: (starts, ends) of the unit in one group, both included, None without limit. A duty is one span, so
    a unit that left and came back within the year has one through the quarters between.
    """
    quarters = set()
    for starts, ends in memberships:
        for quarter in (1, 2, 3, 4):
            first, last = quarter_days(year, quarter)
            if (starts is None or starts <= last) and (ends is None or ends >= first):
                quarters.add(quarter)
    return hull(quarters)


def followed(current: Span, old: Span | None, new: Span) -> Span:
    """Where a duty goes when the membership it follows moves from `old` to `new`.

    A bound that the office set by hand, inside the old membership, stays as far as the new one allows.
    """
    if old is None:
        return new
    first = new[0] if current[0] <= old[0] else max(current[0], new[0])
    last = new[1] if current[1] >= old[1] else min(current[1], new[1])
    return first, last


def fitted(wanted: Span | None, before: Span | None, *, frozen: Set[int], filed: Set[int]) -> Span | None:
    """The span nearest to `wanted` that leaves alone what is done: None where the duty may go altogether.

    Kept are quarters with a filing (`filed`), and quarters being issued or issued (`frozen`) that the duty had: the
    bulletin names it there. It takes up no frozen quarter that it had not, except one between quarters it has.
    """
    had = quarters_of(before)
    kept = filed | (frozen & had)
    return hull((quarters_of(wanted) - (frozen - had)) | kept)
