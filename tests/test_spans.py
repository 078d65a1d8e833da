"""Spans of quarters: what holds for any membership, any wish and whatever is filed or issued."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tasks.rules import quarter_days
from tasks.spans import fitted, followed, hull, member_span, quarters_of, since

QUARTERS = st.sets(st.integers(1, 4))
SPANS = st.tuples(st.integers(1, 4), st.integers(0, 4))
YEAR = 2024
# Any day, and more often the first and last days of quarters.
EDGES = [day for quarter in (1, 2, 3, 4) for day in quarter_days(YEAR, quarter)]
DAYS = st.none() | st.sampled_from(EDGES) | st.dates(date(YEAR - 1, 11, 1), date(YEAR + 1, 2, 28))


@given(st.lists(st.tuples(DAYS, DAYS), max_size=3))
def test_a_unit_has_a_duty_in_every_quarter_with_a_day_of_membership(dates: list[Any]) -> None:
    memberships = [(a, b) for a, b in dates if a is None or b is None or a <= b]
    expected = set()
    day = date(YEAR, 1, 1)
    while day.year == YEAR:
        if any((a is None or a <= day) and (b is None or day <= b) for a, b in memberships):
            expected.add((day.month + 2) // 3)
        day += timedelta(days=1)
    span = member_span(memberships, YEAR)
    # One span: what lies between two memberships is bridged, nothing before or after.
    assert expected <= quarters_of(span)
    assert (span is None) == (not expected)
    if span:
        assert span == (min(expected), max(expected))


@given(wanted=SPANS, before=st.none() | SPANS, frozen=QUARTERS, filed=QUARTERS)
def test_no_span_takes_away_what_is_filed_or_issued(
    wanted: tuple[int, int], before: tuple[int, int] | None, frozen: set[int], filed: set[int]
) -> None:
    filed &= quarters_of(before)
    span = fitted(wanted, before, frozen=frozen, filed=filed)
    after = quarters_of(span)
    assert filed <= after
    assert frozen & quarters_of(before) <= after
    if span:
        # Its ends are asked for or kept: a duty never begins or ends in an issued quarter that it had not.
        ends = (quarters_of(wanted) - (frozen - quarters_of(before))) | filed | (frozen & quarters_of(before))
        assert {span[0], span[1]} <= ends
    if not frozen and not filed:
        assert after == quarters_of(wanted)


@given(old=SPANS.filter(lambda s: s[0] <= s[1]), new=SPANS.filter(lambda s: s[0] <= s[1]), own=SPANS)
def test_a_duty_follows_its_membership_and_keeps_what_was_set_by_hand(
    old: tuple[int, int], new: tuple[int, int], own: tuple[int, int]
) -> None:
    assert followed(old, old, new) == new
    assert followed(own, None, new) == new
    moved = followed(own, old, new)
    assert quarters_of(moved) <= quarters_of(new)
    if old == new and quarters_of(own) <= quarters_of(old):
        assert quarters_of(moved) == quarters_of(own)


def test_the_rest_of_a_span():
    assert since((1, 4), 3) == (3, 4)
    assert since((1, 2), 3) is None
    assert since(None, 1) is None
    assert hull([]) is None
