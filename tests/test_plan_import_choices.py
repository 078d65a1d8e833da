"""What a person decides about a printed name, as it is stored; and whom a printed party stands for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.importing.choices import Choice, apply_choices, read_choices
from tasks.importing.deadlines import parse_deadline
from tasks.importing.proposing import lead_of, proposed_kind
from tasks.importing.reading import Source, read_plan
from tasks.importing.resolve import ResolvedParty, ResolvedPlan, resolve
from tasks.importing.scopes import scope_of
from tasks.models import Scope
from tests.plan_papers import paper
from units.models import UnitKind
from units.resolving import Directory, Target, directory_of

GOOD = [
    Choice("unit", code="fgj"),
    Choice("group", code="jiedao"),
    Choice("new_unit", name="区水务局", unit_kind=UnitKind.GOVERNMENT),
    Choice("new_group", name="河长制成员单位"),
    Choice("note"),
]
FGJ, STREETS = Target("unit", "fgj", "区发改局"), Target("group", "streets", "各街道")


@pytest.mark.parametrize("choice", GOOD, ids=lambda choice: choice.kind)
def test_a_choice_comes_back_as_it_was(choice: Choice) -> None:
    stored = json.loads(json.dumps({"甲": choice.as_json()}))
    assert read_choices(stored) == {"甲": choice}


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        "unit",
        {},
        {"kind": "unit"},
        {"kind": "unit", "code": ""},
        {"kind": "unit", "code": 7},
        {"kind": "unit", "code": "fgj", "name": "区发改局"},
        {"kind": "unit", "code": "fgj", "more": 1},
        {"kind": "everybody"},
        {"kind": ["unit"], "code": "fgj"},
        {"kind": "new_unit", "name": "区水务局"},
        {"kind": "new_unit", "name": "区水务局", "unit_kind": 99},
        {"kind": "new_unit", "name": "区水务局", "unit_kind": True},
        {"kind": "new_unit", "name": "区水务局", "unit_kind": "2"},
        {"kind": "new_unit", "name": "区 水务局", "unit_kind": 2},
        {"kind": "new_unit", "name": "区\x00局", "unit_kind": 2},
        {"kind": "new_unit", "name": "长" * 61, "unit_kind": 2},
        {"kind": "new_group", "name": "长" * 81},
        {"kind": "new_group", "name": "组", "unit_kind": 2},
        {"kind": "note", "code": "fgj"},
    ],
)
def test_anything_else_is_refused(stored: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        Choice.from_json(stored)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["unit", "new_unit", "note"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "code", "name", "unit_kind", "x"]), inner, max_size=4)
    ),
    max_leaves=6,
)


@given(json_values)
def test_whatever_is_stored_it_is_a_choice_or_refused(stored: Any) -> None:
    try:
        choice = Choice.from_json(stored)
    except ValueError:
        return
    assert Choice.from_json(choice.as_json()) == choice


# --- applied to a plan -------------------------------------------------------------------------------


@pytest.fixture
def directory() -> Directory:
    return directory_of([("区发改局", FGJ), ("各街道", STREETS)])


def plan_of(cell: str, directory: Directory) -> ResolvedPlan:
    return resolve(read_plan(Source(paper(("甲", "治理。", f'"{cell}"')))), directory)


def parties_of(plan: ResolvedPlan) -> tuple[ResolvedParty, ...]:
    return plan.tasks[0].measures[0].parties


def test_a_chosen_party_is_settled(directory: Directory) -> None:
    plan = plan_of("水务集团、发改委员会、环卫所、其余事项", directory)
    chosen = {
        "水务集团": Choice("new_unit", name="区水务集团", unit_kind=UnitKind.INSTITUTION),
        "发改委员会": Choice("unit", code="fgj"),
        "环卫所": Choice("group", code="gone"),
        "其余事项": Choice("note"),
    }
    applied = apply_choices(plan, chosen, directory)
    assert applied.open_names == ["环卫所"]
    targets = [party.resolution.target for party in parties_of(applied)]
    assert targets == [Target("unit", "+区水务集团", "区水务集团"), FGJ, None, None]
    assert parties_of(applied)[3].party.kind == "note"
    assert apply_choices(plan, {}, directory) == plan


def test_a_choice_overrides_what_the_reader_took_for_a_note_and_a_group_never_leads(
    directory: Directory,
) -> None:
    plan = plan_of("街办、等单位按职责分工负责", directory)
    note = parties_of(plan)[-1].party.printed
    applied = apply_choices(
        plan, {"街办": Choice("group", code="streets"), note: Choice("unit", code="fgj")}, directory
    )
    first, last = parties_of(applied)
    assert (first.party.role, first.resolution.target) == ("support", STREETS)
    assert (last.party.kind, last.resolution.target) == ("party", FGJ)
    assert lead_of(applied.tasks[0].measures[0]).unit == ""


def test_known_notes_settle_only_what_is_open(directory: Directory) -> None:
    plan = plan_of("区发改局、其余事项", directory)
    applied = apply_choices(plan, {}, directory, frozenset({"区发改局", "其余事项"}))
    first, last = parties_of(applied)
    assert (first.resolution.target, first.party.kind, last.party.kind) == (FGJ, "party", "note")


# --- scopes and kinds --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "scope", "is_open"),
    [
        ("各街道", Scope.GROUP, False),
        ("街道办事处", Scope.GROUP, False),
        ("区生态环境保护督察整改工作领导小组各成员单位", Scope.GROUP, False),
        ("区生态环境保护督察整改工作领导小组相关成员单位", Scope.SUBSET, True),
        ("相关街道办事处", Scope.SUBSET, True),
        ("有关街道", Scope.SUBSET, True),
        ("部分街道办事处", Scope.SUBSET, True),
        ("涉及街道", Scope.SUBSET, True),
        ("各街道（除白云街道外）", Scope.SUBSET, True),
        ("其他成员单位", Scope.OTHERS, True),
        ("其余街道", Scope.OTHERS, True),
        ("区生态文明建设和生态环境保护委员会其他成员单位", Scope.OTHERS, True),
    ],
)
def test_what_a_group_is_called_says_who_of_it_is_meant(printed: str, scope: Scope, is_open: bool) -> None:
    assert scope_of(printed, STREETS) == (scope, is_open)
    # Nobody is in it: then it is open, however it is called.
    assert scope_of(printed, STREETS, has_members=False) == (scope, True)
    # A single unit is meant by whatever it is called.
    assert scope_of(printed, FGJ) == (Scope.UNIT, False)
    assert scope_of(printed, None, is_note=True) == (Scope.NOTE, False)


@pytest.mark.parametrize(
    ("text", "deadline", "kind"),
    [
        ("加强工地扬尘管控。", "2025年12月底前", "ongoing"),
        ("加强工地扬尘管控。", "2025年6月底前", "terminal"),
        ("完成管网改造。", "2025年12月底前", "terminal"),
        ("完成管网改造。", "长期坚持", "ongoing"),
        ("完成管网改造。", "", "terminal"),
        ("持续推进碳排放核算，完成年度报告。", "", "ongoing"),
        ("编制年度方案。", "", "terminal"),
        ("开展日常巡查。", "", "ongoing"),
    ],
)
def test_the_kind_is_proposed_from_deadline_and_wording(text: str, deadline: str, kind: str) -> None:
    assert proposed_kind(text, parse_deadline(deadline, 2025)) == kind
