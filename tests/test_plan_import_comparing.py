"""A plan against last year's: the same, changed, new, not continued; whatever order they stand in."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.importing import comparing
from tasks.importing.comparing import Comparison, Line, compare
from tests.importing.truth import plan_2024

WORDS = [
    "加强",
    "扬尘",
    "管控",
    "完成",
    "河道",
    "治理",
    "2024年",
    "监测",
    "。",
    "，",
    " ",
    "12个",
    "噪声",
    "（一）",
]
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map("".join)
lines = st.builds(
    Line,
    number=st.just(0),
    task=st.sampled_from(["水", "气", ""]),
    text=texts,
    units=st.sampled_from(["区住建局", "各街道", ""]),
    deadline=st.sampled_from(["12月底前", "长期", ""]),
)
plans = st.lists(lines, max_size=25).map(
    lambda found: [
        Line(number, line.task, line.text, line.units, line.deadline) for number, line in enumerate(found, 1)
    ]
)


def counts(comparison: Comparison) -> tuple[int, int, int, int]:
    return comparison.same, comparison.changed, comparison.added, len(comparison.dropped)


def real() -> list[Line]:
    return [Line(line.number, line.title, line.text, line.units_text) for line in plan_2024()]


def states(old: list[Line], new: list[Line]) -> list[tuple[int, str, int | None]]:
    return [
        (line.new.number, line.state, line.old.number if line.old else None)
        for line in compare(old, new).lines
    ]


@given(plans)
def test_a_plan_against_itself_is_all_the_same(plan: list[Line]) -> None:
    comparison = compare(plan, plan)
    assert counts(comparison) == (len(plan), 0, 0, 0)
    assert all(line.differences == () for line in comparison.lines)


@given(plans, st.randoms(use_true_random=False))
def test_order_tells_nothing(plan: list[Line], chance: random.Random) -> None:
    other = [Line(line.number, line.task, line.text[:-1] or "河", line.units, line.deadline) for line in plan]
    mixed_old, mixed_new = list(plan), list(other)
    chance.shuffle(mixed_old)
    chance.shuffle(mixed_new)
    assert counts(compare(plan, other)) == counts(compare(mixed_old, mixed_new))
    chance.shuffle(mixed_old)
    assert compare(plan, mixed_old).changed == 0


@given(plans, plans)
def test_the_other_way_round_is_the_mirror_image(first: list[Line], second: list[Line]) -> None:
    there, back = compare(first, second), compare(second, first)
    assert (there.same, there.changed) == (back.same, back.changed)
    assert (there.added, len(there.dropped)) == (len(back.dropped), back.added)


@given(plans, plans)
def test_every_measure_is_told_once(old: list[Line], new: list[Line]) -> None:
    comparison = compare(old, new)
    assert [line.new for line in comparison.lines] == new
    continued = [line.old.number for line in comparison.lines if line.old]
    assert len(continued) == len(set(continued))
    assert sorted([*continued, *(line.number for line in comparison.dropped)]) == [
        line.number for line in old
    ]
    for line in comparison.lines:
        assert (line.state == "changed") == bool(line.differences)
        assert (line.old is None) == (line.state == "new")


def test_signs_and_blanks_are_no_change() -> None:
    old = [Line(1, "气", "加强工地、道路扬尘管控。", "区住建局、各街道")]
    new = [Line(7, "气", "加强工地,道路扬尘 管控", "区住建局，各街道")]
    assert states(old, new) == [(7, "same", 1)]


def test_what_changed_is_told_as_printed() -> None:
    old = [Line(3, "水", "2024年完成12条河道治理。", "区住建局", "2024年12月底前")]
    new = [Line(5, "水", "2025年完成15条河道治理。", "区住建局、各街道", "2025年10月底前")]
    (line,) = compare(old, new).lines
    assert line.state == "changed"
    assert [(found.field, found.old, found.new) for found in line.differences] == [
        ("text", "2024年完成12条河道治理。", "2025年完成15条河道治理。"),
        ("units", "区住建局", "区住建局、各街道"),
        ("deadline", "2024年12月底前", "2025年10月底前"),
    ]


def test_next_years_plan_of_2024() -> None:
    """Some measures reworded, one gone, one new, the rest in another order."""
    old = real()
    new = [
        Line(line.number + 100, line.task, line.text.replace("2024年", "2025年"), line.units) for line in old
    ]
    reworded = {
        4: "严把“两高一低”项目环境准入关口，严格执行环评审批准入条件，完善事中事后监管措施。",
        9: "推进低尘机械化湿式清扫作业，加大重要路段及背街小巷冲洗保洁力度，机械化清扫率达到85%。",
    }
    new = [
        Line(line.number, line.task, reworded.get(line.number - 100, line.text), line.units)
        for line in reversed(new)
        if line.number != 120
    ]
    new.append(Line(200, "新任务", "建设入河排污口在线监测平台，接入市级监管系统。", "生态环境分局"))
    found = states(old, new)
    assert (200, "new", None) in found
    assert [line.number for line in compare(old, new).dropped] == [20]
    for number, state, before in found[:-1]:
        assert before == number - 100
        assert state == ("changed" if before in reworded else "same"), number


def test_a_task_tells_measures_apart_that_read_alike() -> None:
    old = [Line(1, "水", "开展专项执法检查。"), Line(2, "气", "开展专项执法检查。")]
    new = [Line(1, "气", "开展专项执法检查。"), Line(2, "水", "开展专项执法检查。")]
    assert states(old, new) == [(1, "same", 2), (2, "same", 1)]
    # Two alike against one: the one with the same units goes on.
    old = [Line(1, "水", "开展专项执法检查。", "区住建局")]
    new = [Line(1, "水", "开展专项执法检查。", "各街道"), Line(2, "水", "开展专项执法检查。", "区住建局")]
    assert states(old, new) == [(1, "new", None), (2, "same", 1)]


def test_task_counts_more_than_units_and_both_more_than_the_words_alone() -> None:
    old = [Line(1, "水", "开展专项检查。", "区住建局"), Line(2, "气", "开展专项检查。", "区发改局")]
    assert states(old, [Line(3, "水", "开展专项检查。", "区发改局")]) == [(3, "changed", 1)]
    old = [Line(1, "水", "专项检查。", "区住建局", "全年"), Line(2, "水", "专项检查。", "区发改局", "全年")]
    assert states(old, [Line(3, "水", "专项检查。", "区发改局", "6月底前")]) == [(3, "changed", 2)]
    assert states(old, [Line(3, "气", "专项检查。", "区发改局", "全年")]) == [(3, "same", 2)]


@given(plans, plans, st.randoms(use_true_random=False))
def test_so_it_is_where_only_likely_pairs_are_looked_at(
    first: list[Line], second: list[Line], chance: random.Random
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(comparing, "_ALL_PAIRS", 0)
        patched.setattr(comparing, "_NEAREST", 1)
        there, back = compare(first, second), compare(second, first)
        assert (there.same, there.changed) == (back.same, back.changed)
        mixed = list(second)
        chance.shuffle(mixed)
        assert counts(compare(first, mixed)) == counts(there)


def test_what_shares_only_the_phrases_of_the_trade_is_new() -> None:
    old = [Line(1, "气", "加强工地扬尘污染监管，严格落实各项防治措施。")]
    new = [Line(1, "水", "开展入海排污口溯源整治，制定“一口一策”方案。")]
    assert states(old, new) == [(1, "new", None)]


def varied(count: int, chance: random.Random) -> list[Line]:
    """Texts of 100 to 140 signs, put together from what the real plan prints."""
    printed = "".join(line.text for line in plan_2024())
    found = []
    for number in range(1, count + 1):
        pieces = [printed[place : place + 10] for place in chance.sample(range(len(printed) - 10), 12)]
        found.append(Line(number, f"任务{number // 5}", "".join(pieces), "区住建局"))
    return found


@pytest.mark.parametrize("kind", ["the same", "reworded", "strangers", "hardly different"])
def test_five_thousand_against_five_thousand(kind: str) -> None:
    """Reads each pair of 25 million would take minutes; what this bound is for is the order of its growth."""
    chance = random.Random(7)
    old = varied(5000, chance)
    if kind == "the same":
        new = old[::-1]
    elif kind == "reworded":
        new = [
            Line(line.number, line.task, line.text[:50] + "另行" + line.text[70:], line.units) for line in old
        ]
    elif kind == "strangers":
        new = varied(5000, random.Random(8))
    else:
        # Generated lists: every measure shares all its words with every other.
        old = [Line(number, "", f"持续推进第{number}项工作，加强监管。") for number in range(1, 5001)]
        new = [Line(number, "", f"持续推进第{number}项工作，强化监管。") for number in range(1, 5001)]
    begun = time.process_time()
    comparison = compare(old, new)
    assert time.process_time() - begun < 20
    if kind == "the same":
        assert comparison.same == 5000
    if kind == "reworded":
        assert comparison.continued == {number: number for number in range(1, 5001)}
    if kind == "hardly different":
        assert comparison.same == 0


def test_many_and_few_are_judged_alike() -> None:
    """Whether each pair is looked at or only likely ones: the same measures go together."""
    chance = random.Random(3)
    old = varied(400, chance)
    new = [Line(line.number, line.task, line.text[:40] + line.text[55:], line.units) for line in old]
    whole = compare(old, new).continued
    parts: dict[int, int] = {}
    for first, last in pairwise(range(0, 401, 100)):
        parts |= compare(old[first:last], new[first:last]).continued
    assert whole == parts == {number: number for number in range(1, 401)}


def test_a_column_of_deadlines_that_the_other_list_lacks_changes_no_measure() -> None:
    old = real()
    new = [Line(line.number, line.task, line.text, line.units, "2025年12月底前") for line in old]
    assert counts(compare(old, new)) == (len(old), 0, 0, 0)
    assert counts(compare(new, old)) == (len(old), 0, 0, 0)
    later = [Line(line.number, line.task, line.text, line.units, "6月底前") for line in old]
    assert counts(compare(new, later)) == (0, len(old), 0, 0)
