"""Annexes 2 and 3 on their pages: what stands in which cell, and where a table goes over to another page."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from reports.renderers.chartpages import LEAST_ROWS, ChartPage, chart_pages
from reports.renderers.fonts import FontStack, choose_fonts
from reports.renderers.layout import BLOCK_PT, LINE_PT, TABLE_GAP_PT, WIDE_PT, WIDE_WIDTH_MM
from reports.renderers.lines import Title, title
from reports.renderers.matrix import LATE, NOBODY, STATES, MatrixPage, matrix_pages
from tasks.rules import Filing
from tests.gbt_papers import matrix

STACK = FontStack(choose_fonts(""), "")
NAME = title("2024年第一季度责任单位报送情况表", STACK)


def plain(html: str) -> str:
    return re.sub("<[^>]+>|\n", "", html)


def pages_of(units: int, measures: int) -> list[MatrixPage]:
    return matrix_pages(matrix(units, measures), NAME, STACK)


def blocks_of(pages: list[MatrixPage]) -> list[list[MatrixPage]]:
    """Pages by block of columns."""
    blocks: list[list[MatrixPage]] = []
    for page in pages:
        heads = [plain(cell) for cell in page.measures]
        if not blocks or [plain(cell) for cell in blocks[-1][0].measures] != heads:
            blocks.append([])
        blocks[-1].append(page)
    return blocks


def test_every_state_of_a_filing_has_a_mark_and_a_word_of_its_own() -> None:
    assert set(STATES) == set(Filing.values)
    assert len({(mark, word) for mark, word, _ in STATES.values()}) == len(STATES)
    for mark, word, _ in STATES.values():
        assert all(STACK.find("hei", char) for char in mark + word + LATE)


@pytest.mark.parametrize(("units", "measures"), [(17, 21), (41, 60), (1, 1), (3, 22)])
def test_each_unit_has_a_cell_for_each_measure_in_every_block(units: int, measures: int) -> None:
    table = matrix(units, measures)
    blocks = blocks_of(pages_of(units, measures))
    heads = [plain(cell) for block in blocks for cell in block[0].measures]
    assert heads == [str(number) for number in range(1, measures + 1)]
    start = 0
    for order, block in enumerate(blocks):
        rows = [row for page in block for row in page.rows]
        total = rows.pop() if order == 0 else None
        assert [plain(row.unit) for row in rows] == [row["unit"] for row in table["rows"]]
        assert [plain(row.number) for row in rows] == [str(number + 1) for number in range(units)]
        for row, source in zip(rows, table["rows"], strict=True):
            counts = [str(source[key]) for key in ("due", "filed", "late", "missing")]
            assert [plain(cell) for cell in row.counts] == (counts if order == 0 else [])
            for cell, state in zip(row.cells, source["cells"][start : start + len(row.cells)], strict=True):
                assert plain(cell.html) == told(state)
                assert cell.state == (state["filing"] if state else "")
        if total:
            sums = [sum(row[key] for row in table["rows"]) for key in ("due", "filed", "late", "missing")]
            assert [plain(cell) for cell in total.counts] == [str(value) for value in sums]
            assert plain(total.unit) == "合计"
        start += len(block[0].measures)


def told(state: dict[str, str] | None) -> str:
    if not state:
        return ""
    mark, word, _ = STATES[state["filing"]]
    return mark + (LATE if state["late"] else "") + word


@trials(max_examples=25, deadline=None)
@given(st.integers(1, 45), st.integers(0, 70))
def test_no_page_of_the_matrix_is_too_full_or_too_wide(units: int, measures: int) -> None:
    for page in pages_of(units, measures):
        assert sum(page.widths) == pytest.approx(WIDE_WIDTH_MM)
        above = 2 * LINE_PT + NAME.height + TABLE_GAP_PT if page.opens else 0
        assert above + sum(row.height for row in page.rows) + 44 < WIDE_PT
    # 合计 never stands alone on a page.
    assert all(len(page.rows) >= min(3, units) for page in pages_of(units, measures))


def test_the_legend_tells_what_occurs_and_nothing_else() -> None:
    (page,) = matrix_pages(
        {
            "title": "",
            "measures": [1, 2],
            "rows": [
                {
                    "unit": "区住建局",
                    "due": 1,
                    "filed": 1,
                    "late": 1,
                    "missing": 0,
                    "cells": [{"filing": "approved", "light": "green", "late": "late"}, None],
                }
            ],
        },
        NAME,
        STACK,
    )
    assert "√通过（审核通过），△（逾期报送）；空格表示" in plain(page.legend)
    assert "退回" not in plain(page.legend)


def test_without_units_or_measures_the_table_says_so() -> None:
    (page,) = pages_of(0, 60)
    assert (page.rows, plain(page.nobody), page.legend) == ([], NOBODY, "")
    (page,) = pages_of(3, 0)
    assert [len(row.cells) for row in page.rows] == [0, 0, 0, 0]
    assert page.measures == []


# --- annex 3 ----------------------------------------------------------------------------------------


def charts(*counts: int, lines: int = 1) -> dict[str, Any]:
    """Tables without charts, of so many rows, each of so many lines."""
    return {
        "title": "图表",
        "parts": [
            {
                "caption": f"表{number}",
                "option": None,
                "width": 0,
                "height": 0,
                "head": ["序号", "目标任务"],
                "widths": [20, 136],
                "text": 1,
                "rows": [[str(row), "目标任务" * (1 + 8 * (lines - 1))] for row in range(count)],
            }
            for number, count in enumerate(counts, 1)
        ],
    }


def figure_pages(*counts: int, lines: int = 1) -> list[ChartPage]:
    return chart_pages(charts(*counts, lines=lines), Title(NAME.html, NAME.height), STACK)


@trials(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 90), min_size=1, max_size=4), st.integers(1, 3))
def test_no_row_of_a_table_is_lost_and_no_page_is_too_full(counts: list[int], lines: int) -> None:
    pages = figure_pages(*counts, lines=lines)
    rows = [plain(row.cells[0].html) for page in pages for part in page.parts for row in part.rows]
    assert rows == [str(row) for count in counts for row in range(count)]
    for page in pages:
        assert page.used <= BLOCK_PT
        assert all(part.rows and part.head for part in page.parts)


@trials(max_examples=40, deadline=None)
@given(st.lists(st.integers(3, 90), min_size=1, max_size=4))
def test_a_table_that_goes_over_leaves_no_single_row_on_either_page(counts: list[int]) -> None:
    for page in figure_pages(*counts):
        assert all(len(part.rows) >= LEAST_ROWS for part in page.parts)


def test_only_the_first_part_of_a_table_has_the_caption() -> None:
    captions = [plain(part.caption) for page in figure_pages(70) for part in page.parts]
    assert captions == ["表1", "", ""] or captions == ["表1", ""]
