"""Where the lines of the text go: what closes it is never without text, and no page changes more than a little."""

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from reports.renderers.flow import Row, TextPage, text_pages
from reports.renderers.layout import LINES
from reports.renderers.matrix import column_blocks
from reports.renderers.typeset import Line


def rows(count: int, headings: set[int] | None = None) -> list[Row]:
    return [Row(number, Line((), 0), number in (headings or set())) for number in range(count)]


def shape(pages: list[TextPage]) -> list[tuple[int, int]]:
    """(lines of text, lines that share the height) of each page."""
    return [(len(page.rows), page.lines) for page in pages]


@pytest.mark.parametrize(
    ("count", "first", "closing", "expected"),
    [
        # All fits as it is.
        (13, 20, 7, [(13, 20)]),
        (35, 20, 7, [(20, 20), (15, 22)]),
        # One line too many, two, three: the last pages are set closer.
        (14, 20, 7, [(14, 21)]),
        (36, 20, 7, [(20, 20), (16, 23)]),
        (37, 20, 7, [(21, 21), (16, 23)]),
        (38, 20, 7, [(21, 21), (17, 24)]),
        # A full page: the ones before are set wider, and two lines go along.
        (64, 20, 7, [(20, 20), (21, 21), (21, 21), (2, 22)]),
        (20 + 22 * 9, 20, 7, [(20, 20), *[(22, 22)] * 7, (21, 21), (21, 21), (2, 22)]),
        # Nothing to shift lines on: the page ends early.
        (18, 20, 7, [(16, 20), (2, 22)]),
        (3, 4, 9, [(1, 4), (2, 22)]),
        (1, 4, 9, [(1, 4), (0, 22)]),
        (0, 20, 7, [(0, 20)]),
    ],
)
def test_pages_before_the_signature(
    count: int, first: int, closing: int, expected: list[tuple[int, int]]
) -> None:
    pages = text_pages(rows(count), first=first, closing=closing)
    assert shape(pages) == expected
    assert [page.closes for page in pages] == [False] * (len(pages) - 1) + [True]


@trials(max_examples=400, deadline=None)
@given(st.integers(0, 400), st.integers(1, 22), st.integers(4, 14), st.sets(st.integers(0, 400), max_size=30))
def test_no_line_is_lost_and_no_page_is_too_full(
    count: int, first: int, closing: int, headings: set[int]
) -> None:
    pages = text_pages(rows(count, headings), first=first, closing=closing)
    assert [row.block for page in pages for row in page.rows] == list(range(count))
    for number, page in enumerate(pages):
        usual = LINES if number else first
        assert abs(page.lines - usual) <= round(usual * 0.1)
        assert len(page.rows) + (closing if page.closes else 0) <= page.lines
        assert page.rows or number in (0, len(pages) - 1)
    if count >= 2:
        assert pages[-1].rows


@trials(max_examples=200, deadline=None)
@given(st.integers(30, 200), st.sets(st.integers(0, 200), max_size=20))
def test_a_heading_is_not_left_at_the_foot_of_a_page(count: int, headings: set[int]) -> None:
    """Where not more than three follow each other."""
    lone = {line for line in headings if not headings & {line - 1, line + 1}}
    pages = text_pages(rows(count, lone), first=20, closing=7)
    for page in pages[:-1]:
        assert not page.rows[-1].clings
        assert len(page.rows) == page.lines


@pytest.mark.parametrize(
    ("measures", "blocks"),
    [
        (0, [(0, 0)]),
        (1, [(0, 1)]),
        (21, [(0, 21)]),
        (22, [(0, 11), (11, 22)]),
        (60, [(0, 20), (20, 40), (40, 60)]),
        (100, [(0, 21), (21, 47), (47, 74), (74, 100)]),
    ],
)
def test_measures_stand_side_by_side_in_blocks(measures: int, blocks: list[tuple[int, int]]) -> None:
    assert column_blocks(measures) == blocks
