"""How the office keeps the plan: thresholds, kinds, 序时进度, leads, parties, groups and the text's demands."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tasks.errors import WorkflowError
from tasks.models import (
    Assignment,
    DemandLink,
    Measure,
    PlanDemand,
)
from tasks.rules import Kind, PeriodState
from tasks.services.plans import (
    confirm_kind,
    confirm_lead,
    confirm_links,
    link_demand,
    set_measure,
    set_thresholds,
    unlink_demand,
)
from tests.conftest import World
from tests.factories import MeasureFactory, PlanFactory, TaskFactory, unit_party
from tests.lookups import logged, make_demand, revision
from units.models import User

Login = Callable[[User | None], Client]
USUAL = (None, None, None, None)


@pytest.fixture
def demand(world: World) -> PlanDemand:
    return make_demand(world)


def url(name: str, *extra: int) -> str:
    return reverse(f"tasks:{name}", args=["2024", 1, *extra])


# --- services ------------------------------------------------------------------------------------
def test_thresholds_are_set_and_logged(world: World) -> None:
    before = revision(world)
    plan = set_thresholds(plan_id=world.plan.pk, actor=world.cast.office, yellow_from=5, red_from=5)
    assert (plan.yellow_from, plan.red_from) == (5, 5)
    assert logged(plan) == {"yellow_from": ["10", "5"], "red_from": ["30", "5"]}
    assert revision(world) == before + 1


@pytest.mark.parametrize(("yellow", "red"), [(31, 30), (-1, 30), (10, 101)])
def test_thresholds_out_of_order_are_refused(world: World, yellow: int, red: int) -> None:
    with pytest.raises(WorkflowError, match="黄灯起点不能大于"):
        set_thresholds(plan_id=world.plan.pk, actor=world.cast.office, yellow_from=yellow, red_from=red)


def set_first(world: World, **changes: Any) -> Measure:
    values: dict[str, Any] = {"kind": Kind.ONGOING, "kind_confirmed": True, "expected": USUAL} | changes
    return set_measure(measure_id=world.measures[0].pk, actor=world.cast.office, **values)


def test_a_measure_is_set_with_before_and_after_in_the_log(world: World) -> None:
    before = revision(world)
    measure = set_first(
        world,
        kind=Kind.TERMINAL,
        expected=(10, 50, None, 100),
        indicator="安全利用率",
        indicator_unit="%",
        indicator_target=Decimal("99.5"),
    )
    measure.refresh_from_db()
    assert measure.indicator_target == Decimal("99.50")
    assert [measure.expected(quarter) for quarter in (1, 2, 3, 4)] == [10, 50, 75, 100]
    changes = logged(measure)
    assert changes["kind"] == ["ongoing", "terminal"]
    assert changes["expected_q1"] == ["None", "10"]
    assert set(changes) == {
        "kind",
        "kind_confirmed",
        "expected_q1",
        "expected_q2",
        "expected_q4",
        "indicator",
        "indicator_unit",
        "indicator_target",
    }
    assert revision(world) == before + 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "other"}, "请选择措施类型"),
        ({"expected": (101, None, None, None)}, "0 至 100"),
        ({"expected": (-1, None, None, None)}, "0 至 100"),
        ({"expected": (60, 50, None, None)}, "逐季不减"),
        # 60 is more than the usual 50 of the second quarter.
        ({"expected": (60, None, None, None)}, "第一季度为 60%，第二季度为 50%"),
        ({"indicator_target": Decimal(1)}, "请同时填写指标名称"),
        ({"indicator_unit": "%"}, "请同时填写指标名称"),
    ],
)
def test_a_measure_is_not_set_to_what_cannot_be(world: World, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(WorkflowError, match=message):
        set_first(world, **changes)


def test_a_kind_stays_while_filings_of_it_are_handed_in(world: World) -> None:
    update = world.file(world.support)
    with pytest.raises(WorkflowError, match="已有 1 件填报按“常态化”报送"):
        set_first(world, kind=Kind.TERMINAL)
    assert set_first(world, expected=(20, None, None, None)).expected_q1 == 20
    world.approve(update)
    with pytest.raises(WorkflowError, match="已有 1 件填报"):
        set_first(world, kind=Kind.TERMINAL)
    world.plan.periods.filter(quarter=1).update(state=PeriodState.ISSUED)
    assert set_first(world, kind=Kind.TERMINAL).kind == Kind.TERMINAL


def test_the_kind_that_was_seen_is_confirmed_and_no_other(world: World) -> None:
    measure = world.measures[1]
    with pytest.raises(WorkflowError, match="刚刚已改为“有终点”"):
        confirm_kind(measure_id=measure.pk, actor=world.cast.office, kind=Kind.ONGOING)
    assert confirm_kind(measure_id=measure.pk, actor=world.cast.office, kind=Kind.TERMINAL).kind_confirmed
    assert logged(measure) == {"kind_confirmed": ["False", "True"]}


def leads(measure: Measure) -> list[str]:
    return list(measure.assignments.filter(role="lead").values_list("unit__code", flat=True))


def test_a_lead_is_confirmed_changed_or_none(world: World) -> None:
    measure, office = world.measures[1], world.cast.office
    assert confirm_lead(measure_id=measure.pk, actor=office, assignment_id=world.terminal.pk).lead_confirmed
    assert leads(measure) == ["fgj"]
    second = unit_party(measure, world.zjj)
    confirm_lead(measure_id=measure.pk, actor=office, assignment_id=second.pk)
    assert leads(measure) == ["zjj"]
    assert logged(second) == {"role": ["support", "lead"]}
    assert logged(world.terminal) == {"role": ["lead", "support"]}
    confirm_lead(measure_id=measure.pk, actor=office, assignment_id=None)
    assert leads(measure) == []


def test_who_cannot_lead(world: World) -> None:
    measure, office = world.measures[1], world.cast.office
    for pk, message in (
        (world.street_duties[0].pk, "单位组或待确认"),
        (world.lead.pk, "从本措施的责任单位中选择"),
        (10**9, "从本措施的责任单位中选择"),
    ):
        with pytest.raises(WorkflowError, match=message):
            confirm_lead(measure_id=measure.pk, actor=office, assignment_id=pk)
    Assignment.objects.filter(pk=world.terminal.pk).update(last_quarter=0)
    with pytest.raises(WorkflowError, match="已终止"):
        confirm_lead(measure_id=measure.pk, actor=office, assignment_id=world.terminal.pk)
    measure.refresh_from_db()
    assert not measure.lead_confirmed
    assert leads(measure) == ["fgj"]


def test_demands_are_linked_confirmed_and_let_go(world: World, demand: PlanDemand) -> None:
    office, before = world.cast.office, revision(world)
    proposed = DemandLink.objects.create(demand=demand, measure=world.measures[0])
    assert link_demand(demand=demand, measure=world.measures[0], actor=office) == proposed
    proposed.refresh_from_db()
    assert proposed.confirmed
    second = link_demand(demand=demand, measure=world.measures[1], actor=office)
    assert second.confirmed
    unlink_demand(link=second, actor=office)
    assert list(demand.measures.values_list("number", flat=True)) == [1]
    assert revision(world) == before + 3
    other = MeasureFactory(task=TaskFactory(plan=PlanFactory()))
    with pytest.raises(WorkflowError, match="不属于同一计划"):
        link_demand(demand=demand, measure=other, actor=office)


def test_only_links_of_the_plan_are_confirmed(world: World, demand: PlanDemand) -> None:
    link = DemandLink.objects.create(demand=demand, measure=world.measures[0])
    office = world.cast.office
    assert confirm_links(plan=PlanFactory(), link_ids=[link.pk], actor=office) == 0
    assert confirm_links(plan=world.plan, link_ids=[link.pk, 10**9], actor=office) == 1
    assert confirm_links(plan=world.plan, link_ids=[link.pk], actor=office) == 0
    assert logged(link) == {"confirmed": ["False", "True"]}


@pytest.mark.parametrize("role", ["reporter", "lead", "leader", "admin"])
def test_only_the_office_keeps_the_plan(world: World, demand: PlanDemand, role: str) -> None:
    actor, measure = getattr(world.cast, role), world.measures[1]
    link = DemandLink.objects.create(demand=demand, measure=measure)
    for call in (
        lambda: set_thresholds(plan_id=world.plan.pk, actor=actor, yellow_from=1, red_from=2),
        lambda: set_measure(
            measure_id=measure.pk, actor=actor, kind=Kind.ONGOING, kind_confirmed=True, expected=USUAL
        ),
        lambda: confirm_kind(measure_id=measure.pk, actor=actor, kind=Kind.TERMINAL),
        lambda: confirm_lead(measure_id=measure.pk, actor=actor, assignment_id=world.terminal.pk),
        lambda: link_demand(demand=demand, measure=measure, actor=actor),
        lambda: confirm_links(plan=world.plan, link_ids=[link.pk], actor=actor),
        lambda: unlink_demand(link=link, actor=actor),
    ):
        with pytest.raises(WorkflowError, match="只有区生态办"):
            call()


def test_what_the_text_does_not_ask_for_is_quoted_from_the_measure(world: World) -> None:
    kept = {
        "measure_id": world.measures[1].pk,
        "actor": world.cast.office,
        "kind": world.measures[1].kind,
        "kind_confirmed": False,
        "expected": (None, None, None, None),
    }
    with pytest.raises(WorkflowError, match="逐字摘录"):
        set_measure(**kept, unasked_part="油烟治理")
    assert set_measure(**kept, unasked_part="管网改造").unasked_part == "管网改造"
