"""Whom the names of a plan mean: what people decide, what the next plan has learnt of it, and who answers and leads."""

import pytest

from tasks.errors import WorkflowError
from tasks.importing.choices import Choice
from tasks.importing.draft import draft_of
from tasks.models import Assignment, Plan, Scope
from tasks.services.plan_imports import choose, confirm_import
from tests.conftest import World
from tests.factories import UnitFactory
from tests.plan_papers import brought, duties_of, imported, parties_of
from units.models import GroupMembership, Unit, UnitAlias, UnitKind
from units.services.names import add_alias

# --- names -------------------------------------------------------------------------------------------


def test_a_choice_teaches_the_next_plan(world: World) -> None:
    office = world.cast.office
    record = brought(office, ("治理河道", "治理。", "水务集团、区发改委、区住建"))
    draft = draft_of(record)
    assert {row.printed: row.state for row in draft.names} == {
        "水务集团": "unknown",
        "区发改委": "suggested",
        "区住建": "normal",
    }
    assert draft.blockers == ("有 2 个责任单位名称尚未认定。",)
    with pytest.raises(WorkflowError, match="尚未认定"):
        confirm_import(import_id=record.pk, actor=office)
    choose(
        import_id=record.pk,
        actor=office,
        printed="水务集团",
        choice=Choice("new_unit", name="区水务集团", unit_kind=UnitKind.INSTITUTION),
    )
    choose(import_id=record.pk, actor=office, printed="区发改委", choice=Choice("unit", code="fgj"))
    record.refresh_from_db()
    draft = draft_of(record)
    assert [row.state for row in draft.names] == ["chosen", "chosen", "normal"]
    # Nothing takes effect before the import itself.
    assert not Unit.objects.filter(name="区水务集团").exists()
    assert not UnitAlias.objects.filter(name="区发改委").exists()
    assert draft.is_ready
    plan = confirm_import(import_id=record.pk, actor=office)
    unit = Unit.objects.get(name="区水务集团")
    assert (unit.kind, unit.confirmed) == (UnitKind.INSTITUTION, False)
    assert [row[4] for row in parties_of(plan)] == [unit.code, "fgj", "zjj"]

    following = brought(office, ("治理河道", "治理。", "水务集团、区发改委、区住建、区水务集团"), year=2026)
    names = draft_of(following).names
    assert {row.state for row in names} == {"known"}
    assert [row.target.code for row in names if row.target] == [unit.code, "fgj", "zjj", unit.code]
    confirm_import(import_id=following.pk, actor=office)
    assert Unit.objects.filter(name="区水务集团").count() == 1


def test_several_names_of_one_new_unit_make_it_once(world: World) -> None:
    new = Choice("new_unit", name="区水务局", unit_kind=UnitKind.GOVERNMENT)
    imported(
        world.cast.office, ("水", "治理。", "区水利局、水务处"), choices={"区水利局": new, "水务处": new}
    )
    unit = Unit.objects.get(name="区水务局")
    assert set(unit.aliases.values_list("name", flat=True)) == {"区水务局", "区水利局", "水务处"}
    # One unit, one duty, under the first printed party that names it.
    assert Assignment.objects.filter(unit=unit).count() == 1


def test_a_note_is_remembered_too(world: World) -> None:
    office = world.cast.office
    row = ("水", "治理。", "区住建局、其余按三定办理")
    plan = imported(office, row, choices={"其余按三定办理": Choice("note")})
    assert parties_of(plan)[1] == (1, 2, "其余按三定办理", Scope.NOTE, None, None, False)
    assert len(duties_of(plan)) == 1
    following = draft_of(brought(office, row, year=2026))
    assert [(name.printed, name.state, name.is_note) for name in following.names] == [
        ("区住建局", "known", False),
        ("其余按三定办理", "known", True),
    ]
    assert following.is_ready


def test_a_choice_may_be_taken_back_and_must_stand_in_the_document(world: World) -> None:
    office = world.cast.office
    record = brought(office, ("水", "治理。", "水务集团"))
    choose(import_id=record.pk, actor=office, printed="水务集团", choice=Choice("note"))
    record = choose(import_id=record.pk, actor=office, printed="水务集团", choice=None)
    assert record.choices == {}
    with pytest.raises(WorkflowError, match="没有“自来水公司”"):
        choose(import_id=record.pk, actor=office, printed="自来水公司", choice=Choice("note"))


@pytest.mark.parametrize(
    ("printed", "choice", "words"),
    [
        ("区发改局", Choice("unit", code="zjj"), "已是区发改局的名称"),
        ("水务集团", Choice("new_unit", name="区住建局", unit_kind=2), "请直接选择区住建局"),
        ("水务集团", Choice("unit", code="nobody"), "已不存在"),
        ("水务集团", Choice("new_group", name="区环卫"), "类别不一致"),
    ],
)
def test_choices_that_cannot_stand_are_refused(
    world: World, printed: str, choice: Choice, words: str
) -> None:
    office = world.cast.office
    record = brought(office, ("水", "治理。", "水务集团、区发改局、环卫所"))
    choose(
        import_id=record.pk,
        actor=office,
        printed="环卫所",
        choice=Choice("new_unit", name="区环卫", unit_kind=UnitKind.INSTITUTION),
    )
    record.refresh_from_db()
    before = record.choices
    with pytest.raises(WorkflowError, match=words):
        choose(import_id=record.pk, actor=office, printed=printed, choice=choice)
    record.refresh_from_db()
    assert record.choices == before


def test_two_spellings_of_one_name_mean_one_unit(world: World) -> None:
    office = world.cast.office
    record = brought(office, ("水", "治理。", "水务（集团）"), ("气", "治理。", "水务(集团)"))
    choose(import_id=record.pk, actor=office, printed="水务（集团）", choice=Choice("unit", code="fgj"))
    with pytest.raises(WorkflowError, match="是同一名称"):
        choose(import_id=record.pk, actor=office, printed="水务(集团)", choice=Choice("unit", code="zjj"))
    choose(import_id=record.pk, actor=office, printed="水务(集团)", choice=Choice("unit", code="fgj"))
    confirm_import(import_id=record.pk, actor=office)
    assert UnitAlias.objects.get(name="水务（集团）").unit == world.fgj


def test_a_name_that_meanwhile_became_anothers_is_said(world: World) -> None:
    office = world.cast.office
    record = brought(office, ("水", "治理。", "水务集团、环卫所"))
    choose(import_id=record.pk, actor=office, printed="水务集团", choice=Choice("unit", code="fgj"))
    choose(
        import_id=record.pk,
        actor=office,
        printed="环卫所",
        choice=Choice("new_unit", name="区环卫所", unit_kind=UnitKind.INSTITUTION),
    )
    add_alias(owner=world.zjj, actor=world.cast.colleague, name="水务集团")
    record.refresh_from_db()
    (row, _other) = draft_of(record).names
    assert row.conflict == "“水务集团”已是区住建局的名称，不能再指其他单位；如有误，请先在“责任单位”中改正。"
    with pytest.raises(WorkflowError, match="“水务集团”已是区住建局的名称"):
        confirm_import(import_id=record.pk, actor=office)
    assert not Plan.objects.filter(year=2025).exists()
    assert not Unit.objects.filter(name="区环卫所").exists()


def test_a_unit_that_went_out_of_use_must_be_chosen_anew(world: World) -> None:
    office = world.cast.office
    record = brought(office, ("水", "治理。", "水务集团"))
    choose(import_id=record.pk, actor=office, printed="水务集团", choice=Choice("unit", code="fgj"))
    Unit.objects.filter(code="fgj").update(is_active=False)
    with pytest.raises(WorkflowError, match="区发改局已停用"):
        confirm_import(import_id=record.pk, actor=office)
    assert not UnitAlias.objects.filter(name="水务集团").exists()


# --- who is meant, and who leads ---------------------------------------------------------------------


def test_parts_of_groups_stay_open(world: World) -> None:
    office = world.cast.office
    plan = imported(
        office,
        ("甲", "治理一。", "相关街道办事处"),
        ("乙", "治理二。", "区住建局、其他街道"),
        ("丙", "治理三。", "领导小组成员单位"),
        ("丁", "治理四。", "河长制各成员单位"),
        choices={
            "相关街道办事处": Choice("group", code="streets"),
            "其他街道": Choice("group", code="streets"),
            "河长制各成员单位": Choice("new_group", name="河长制成员单位"),
        },
    )
    assert [(row[2], row[3], row[6]) for row in parties_of(plan)] == [
        ("相关街道办事处", Scope.SUBSET, True),
        ("区住建局", Scope.UNIT, False),
        ("其他街道", Scope.OTHERS, True),
        # Nobody is in it this year.
        ("领导小组成员单位", Scope.GROUP, True),
        ("河长制各成员单位", Scope.GROUP, True),
    ]
    assert duties_of(plan) == [(2, "zjj", 1, "lead")]


def test_a_groups_members_are_those_of_the_plans_year(world: World) -> None:
    left, joined, never = (UnitFactory(kind=UnitKind.STREET) for _ in range(3))
    group = world.street_group
    GroupMembership.objects.create(group=group, unit=left, ends="2025-05-10")
    GroupMembership.objects.create(group=group, unit=joined, starts="2025-08-01")
    GroupMembership.objects.create(group=group, unit=never, ends="2024-12-31")
    plan = imported(world.cast.office, ("甲", "治理。", "各街道"))
    spans = {duty.unit_id: duty.span for duty in Assignment.objects.filter(measure__plan=plan).order_by("pk")}
    assert spans == {
        world.streets[0].pk: (1, 4),
        world.streets[1].pk: (1, 4),
        left.pk: (1, 2),
        joined.pk: (3, 4),
    }


def test_a_unit_named_beside_its_group_has_its_duty_by_its_own_name(world: World) -> None:
    plan = imported(world.cast.office, ("甲", "治理。", "各街道、香炉礁街道"))
    assert duties_of(plan) == [(1, "rx", 1, "support"), (1, "xlj", 2, "support")]


@pytest.mark.parametrize(
    ("cell", "lead", "confirmed"),
    [
        ("区住建局、区发改局", "zjj", False),
        ("牵头单位：区发改局\n配合单位：区住建局、各街道", "fgj", True),
        ("区住建局、区发改局牵头，各街道配合", "zjj", False),
        ("各街道、区住建局", None, False),
        ("各街道牵头，区住建局配合", None, False),
        ("配合单位：区住建局", None, False),
    ],
)
def test_who_leads(world: World, cell: str, lead: str | None, confirmed: bool) -> None:
    plan = imported(world.cast.office, ("甲", "治理。", f'"{cell}"'))
    measure = plan.measures.get()
    leads = measure.assignments.filter(role="lead").values_list("unit__code", flat=True)
    assert (list(leads), measure.lead_confirmed) == ([lead] if lead else [], confirmed)
