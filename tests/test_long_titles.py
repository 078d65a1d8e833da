"""A paragraph that a plan prints as a task's title (500 signs) breaks no paper: where it cannot stand whole, the cut is shown."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.charts import shortened
from reports.figures_types import TaskFigures
from reports.renderers.appendix import table_pages
from reports.words.progress import TITLE_MAX, task_title
from tests.quarters import unjudged
from tests.test_bulletin_typeset import STACK, appendix_row
from tests.test_plan_2024 import SOURCE

PARAGRAPH = "统筹推进扬尘污染、机动车污染、餐饮油烟污染综合整治，" * 20


def task(title: str) -> TaskFigures:
    return TaskFigures(1, title, unjudged(25), 0, 0, 0, 0)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(1, 40), st.booleans(), st.integers(4, 500)), min_size=1, max_size=8)
)
def test_no_page_of_the_annex_is_too_full(rows: list[tuple[int, bool, int]]) -> None:
    number, listed = 0, []
    for place, (lines, new_task, length) in enumerate(rows, 1):
        number += new_task or not listed
        name = PARAGRAPH[:length] if new_task or not listed else listed[-1]["task"]
        listed.append(appendix_row(place, number, lines) | {"task": name})
    pages = table_pages(listed, STACK, first_room=330)
    assert pages[0].used <= 330 - 37
    assert all(page.used <= 442 - 37 for page in pages)


def test_a_cut_name_says_so_and_is_short_where_it_goes_on() -> None:
    rows = [appendix_row(number, 1, 30) | {"task": PARAGRAPH[:500]} for number in (1, 2)]
    first, second = table_pages(rows, STACK, first_room=330)[:2]
    name = [re.sub("<[^>]+>", "", line) for line in first.slices[0].cells["task"]]
    again = [re.sub("<[^>]+>", "", line) for line in second.slices[0].cells["task"]]
    assert name[-1] == "……"
    assert again[-2:] == ["……", "（续）"]
    assert len(again) < len(name)


def test_sentences_name_it_by_its_beginning() -> None:
    told = task_title(task(PARAGRAPH[:500]))
    assert told.endswith("整治……")
    assert len(told) <= TITLE_MAX + 2


@pytest.mark.parametrize("length", [1, 23, TITLE_MAX])
def test_what_a_sentence_can_carry_is_whole(length: int) -> None:
    assert task_title(task("整" * length)) == "整" * length


def test_labels_of_a_chart_are_cut_visibly_and_those_of_2024_never() -> None:
    assert shortened(PARAGRAPH, 44).endswith("…")
    assert len(shortened(PARAGRAPH, 44)) <= 44
    titles = re.findall(r"^\d+\t([^\t]+)\t", SOURCE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(titles) == 13
    assert [shortened(title, 44) for title in titles] == titles
