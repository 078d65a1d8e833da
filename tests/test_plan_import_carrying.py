"""What a new plan takes over from last year's, measure by measure, and what it does not."""

from decimal import Decimal
from typing import Any

import pytest

from tasks.errors import WorkflowError
from tasks.importing.choices import Choice
from tasks.importing.draft import draft_of
from tasks.models import Assignment, Measure, Plan, Scope
from tasks.rules import Kind
from tasks.services.duties import set_duty_quarters, settle_group_party, settle_party
from tasks.services.plan_imports import compare_with, confirm_import
from tasks.services.plans import confirm_lead, set_measure, set_thresholds
from tests.conftest import World
from tests.factories import PlanFactory
from tests.plan_papers import brought, duties_of, imported, parties_of
from units.models import Unit, User

STREETS = "相关街道办事处"
SOME = {STREETS: Choice("group", code="streets")}
ROWS = (
    ("治理扬尘", "完成工地扬尘在线监测设备安装，安装率达到100%。", "区住建局、区发改局", "2025年10月底前"),
    ("治理河道", "持续推进河道垃圾清理和岸线保洁。", f"区住建局、{STREETS}", "长期坚持"),
)


def tuned(office: User, measure: Measure, **changes: Any) -> None:
    """Set what the office sets of a measure."""
    set_measure(
        measure_id=measure.pk,
        actor=office,
        **{
            "kind": Kind.TERMINAL,
            "kind_confirmed": True,
            "expected": (10, 20, 60, None),
            "unasked_part": "",
            "indicator": "安装率",
            "indicator_unit": "%",
            "indicator_target": Decimal("100"),
            **changes,
        },
    )


@pytest.fixture
def last_year(world: World) -> Plan:
    """A plan of 2025 with everything set that can be taken over."""
    office = world.cast.office
    plan = imported(office, *ROWS, choices=SOME)
    first, second = plan.measures.order_by("number")
    tuned(office, first, unasked_part="在线监测设备安装")
    confirm_lead(measure_id=first.pk, actor=office, assignment_id=first.assignments.get(unit=world.fgj).pk)
    part = second.responsibilities.get(scope=Scope.SUBSET)
    settle_party(
        responsibility_id=part.pk,
        actor=office,
        unit_ids=[street.pk for street in world.streets],
        first_quarter=2,
    )
    set_thresholds(plan_id=plan.pk, actor=office, yellow_from=5, red_from=20)
    return plan


def test_the_same_measures_keep_what_was_settled(world: World, last_year: Plan) -> None:
    plan = imported(world.cast.office, *ROWS, year=2026)
    first, second = plan.measures.order_by("number")
    assert [first.continues, second.continues] == list(last_year.measures.order_by("number"))
    assert (first.kind, first.kind_confirmed) == (Kind.TERMINAL, True)
    assert (first.expected_q1, first.expected_q2, first.expected_q3, first.expected_q4) == (10, 20, 60, None)
    assert (first.indicator, first.indicator_unit, first.indicator_target) == ("安装率", "%", Decimal("100"))
    assert first.unasked_part == "在线监测设备安装"
    assert first.lead_confirmed
    assert duties_of(plan) == [
        (1, "fgj", 2, "lead"),
        (1, "zjj", 1, "support"),
        # Settled once, it need not be settled again; from the first quarter on.
        (2, "rx", 2, "support"),
        (2, "xlj", 2, "support"),
        (2, "zjj", 1, "lead"),
    ]
    assert [row[6] for row in parties_of(plan)] == [False] * 4
    assert {duty.span for duty in Assignment.objects.filter(measure__plan=plan)} == {(1, 4)}
    assert not second.kind_confirmed
    assert (plan.yellow_from, plan.red_from) == (5, 20)
    assert plan.imported_from.compared_with == last_year


def test_a_changed_measure_keeps_what_still_stands(world: World, last_year: Plan) -> None:
    plan = imported(
        world.cast.office,
        # The part that no demand asked for is worded otherwise, and the confirmed lead is no longer named.
        ("治理扬尘", "完成工地扬尘在线监控设备安装，安装率达到100%。", "区住建局、各街道", "2026年10月底前"),
        ("治理河道", "持续推进河道垃圾清理、岸线保洁和巡查。", "区住建局、各街道", "长期坚持"),
        year=2026,
    )
    first, second = plan.measures.order_by("number")
    assert first.continues is not None
    assert second.continues is not None
    assert (first.kind, first.kind_confirmed, first.indicator) == (Kind.TERMINAL, True, "安装率")
    assert first.unasked_part == ""
    assert not first.lead_confirmed
    assert duties_of(plan)[:3] == [(1, "rx", 2, "support"), (1, "xlj", 2, "support"), (1, "zjj", 1, "lead")]
    # 各街道 are all of them: nothing to settle.
    assert parties_of(plan)[3][3:] == (Scope.GROUP, None, "streets", False)


def test_what_the_document_states_counts_more(world: World, last_year: Plan) -> None:
    plan = imported(world.cast.office, (*ROWS[0][:2], "区住建局牵头，区发改局配合", ROWS[0][3]), year=2026)
    measure = plan.measures.get()
    assert measure.continues is not None
    assert duties_of(plan) == [(1, "fgj", 2, "support"), (1, "zjj", 1, "lead")]
    assert measure.lead_confirmed


def test_that_nobody_leads_holds_for_the_same_units_only(world: World, last_year: Plan) -> None:
    office = world.cast.office
    confirm_lead(measure_id=last_year.measures.get(number=1).pk, actor=office, assignment_id=None)
    for cell, confirmed in (("区发改局、区住建局", True), ("区住建局、区发改局、生态环境分局", False)):
        plan = imported(office, (*ROWS[0][:2], cell), year=2026)
        measure = plan.measures.get()
        assert measure.lead_confirmed is confirmed
        assert measure.assignments.filter(role="lead").exists() is not confirmed


def test_units_whose_duty_ended_or_that_are_out_of_use_are_not_named_again(
    world: World, last_year: Plan
) -> None:
    office = world.cast.office
    first, second = world.streets
    duty = Assignment.objects.get(measure__plan=last_year, unit=first)
    set_duty_quarters(assignment_id=duty.pk, actor=office, first_quarter=2, last_quarter=3)
    plan = imported(office, *ROWS, year=2026)
    assert [row[1] for row in duties_of(plan) if row[0] == 2] == ["rx", "zjj"]
    Unit.objects.filter(pk=second.pk).update(is_active=False)
    plan = imported(office, *ROWS, ("新", "一项新的工作措施。", "区住建局"), year=2027)
    # Nobody is left of those that were named: it is open again.
    assert [row[1] for row in duties_of(plan) if row[0] == 2] == ["zjj"]
    assert parties_of(plan)[3][6] is True


def test_other_members_stay_settled_while_there_are_any(world: World) -> None:
    office = world.cast.office
    row = ("乙", "治理河道，清理岸线。", "香炉礁街道、其他街道")
    plan = imported(office, row, choices={"其他街道": Choice("group", code="streets")})
    party = plan.measures.get().responsibilities.get(scope=Scope.OTHERS)
    assert party.is_open
    settle_group_party(responsibility_id=party.pk, actor=office, first_quarter=1)
    following = imported(office, row, year=2026)
    assert duties_of(following) == [(1, "rx", 2, "support"), (1, "xlj", 1, "lead")]
    world.street_group.memberships.update(ends="2026-12-31")
    last = imported(office, row, year=2027)
    assert duties_of(last) == [(1, "xlj", 1, "lead")]
    assert parties_of(last)[1][6] is True


def test_units_of_a_note_are_named_again(world: World) -> None:
    office = world.cast.office
    row = ("乙", "治理河道，清理岸线。", "区住建局等单位按职责分工负责")
    plan = imported(office, row)
    note = plan.measures.get().responsibilities.get(scope=Scope.NOTE)
    settle_party(responsibility_id=note.pk, actor=office, unit_ids=[world.fgj.pk], first_quarter=1)
    assert duties_of(imported(office, row, year=2026)) == [(1, "fgj", 2, "support"), (1, "zjj", 1, "lead")]


def test_a_new_measure_takes_nothing_over(world: World, last_year: Plan) -> None:
    plan = imported(
        world.cast.office,
        ("监测", "建设入海排污口自动监测站，接入市级平台。", "区住建局、区发改局"),
        year=2026,
    )
    measure = plan.measures.get()
    assert (measure.continues, measure.kind_confirmed, measure.indicator) == (None, False, "")
    draft = draft_of(plan.imported_from)
    assert draft.comparison is not None
    assert (draft.comparison.added, len(draft.comparison.dropped)) == (1, 2)


def test_of_several_plans_the_one_that_fits_best_or_that_a_person_picks(
    world: World, last_year: Plan
) -> None:
    office = world.cast.office
    other = imported(office, ("别的", "与本计划完全无关的一项内容。", "区发改局"))
    record = brought(office, *ROWS, year=2026)
    draft = draft_of(record)
    assert (draft.compared, draft.comparison and draft.comparison.same) == (last_year, 2)
    assert draft.comparable == (last_year, other, world.plan)
    record = compare_with(import_id=record.pk, actor=office, plan_id=other.pk)
    draft = draft_of(record)
    assert (draft.compared, draft.comparison and draft.comparison.added) == (other, 2)
    record = compare_with(import_id=record.pk, actor=office, plan_id=None)
    assert draft_of(record).compared == last_year
    later = PlanFactory(code="2027", year=2027)
    with pytest.raises(WorkflowError, match="更早年度"):
        compare_with(import_id=record.pk, actor=office, plan_id=later.pk)
    assert confirm_import(import_id=record.pk, actor=office).imported_from.compared_with == last_year


def test_the_first_plan_is_compared_with_nothing(world: World) -> None:
    draft = draft_of(brought(world.cast.office, *ROWS, year=2020))
    assert (draft.compared, draft.comparison, draft.comparable) == (None, None, ())
