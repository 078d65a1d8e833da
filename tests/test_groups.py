"""Groups and their members from day to day: the duties follow, what is filed or issued stays."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.urls import reverse

from tasks.errors import WorkflowError
from tasks.models import Plan, Responsibility, Scope
from tasks.rules import PeriodState, quarter_days
from tasks.services.duties import member_quarters, set_duty_quarters, settle_group_party
from tasks.services.groups import add_member, confirm_group, end_membership, remove_membership
from tests.conftest import World
from tests.factories import MeasureFactory, PlanFactory, TaskFactory, UnitFactory, group_of, group_party
from units.models import GroupMembership, UnitGroup, UnitKind, User
from xigang_eco.http import INVALID

Login = Callable[[User | None], Client]
YEAR = 2024


def duties(party: Responsibility) -> dict[str, tuple[int, int]]:
    return {row.unit.code: row.span for row in party.assignments.select_related("unit")}


def revision(world: World) -> int:
    return Plan.objects.values_list("revision", flat=True).get(pk=world.plan.pk)


def freeze(world: World, *quarters: int) -> None:
    world.plan.periods.filter(quarter__in=quarters).update(state=PeriodState.ISSUED)


def logged(instance: Any) -> dict[str, list[str]]:
    """Field → [before, after] of the last logged change."""
    changes = LogEntry.objects.get_for_object(instance).latest("pk").changes_dict
    return {field: [str(value) for value in values] for field, values in changes.items()}


def streets(world: World) -> dict[str, tuple[int, int]]:
    return duties(world.street_duties[0].responsibility)


def test_duties_follow_those_who_join_and_leave(world: World) -> None:
    office, group = world.cast.office, world.street_group
    new = UnitFactory(code="new", name="八一路街道", kind=UnitKind.STREET)
    before = revision(world)
    joined = add_member(group=group, unit=new, actor=office, starts=date(YEAR, 5, 20))
    assert streets(world) == {"xlj": (1, 4), "rx": (1, 4), "new": (2, 4)}
    end_membership(membership_id=joined.pk, actor=office, ends=date(YEAR, 8, 1))
    assert streets(world)["new"] == (2, 3)
    # The day is corrected.
    end_membership(membership_id=joined.pk, actor=office, ends=date(YEAR, 12, 1))
    assert streets(world)["new"] == (2, 4)
    remove_membership(membership_id=joined.pk, actor=office)
    assert streets(world) == {"xlj": (1, 4), "rx": (1, 4)}
    assert revision(world) == before + 4
    assert member_quarters(group, YEAR).keys() == {unit.pk for unit in world.streets}


def test_another_member_is_left_as_the_office_dated_it(world: World) -> None:
    set_duty_quarters(
        assignment_id=world.street_duties[1].pk, actor=world.cast.office, first_quarter=2, last_quarter=3
    )
    new = UnitFactory(code="new", kind=UnitKind.STREET)
    add_member(group=world.street_group, unit=new, actor=world.cast.office, starts=None)
    assert streets(world) == {"xlj": (1, 4), "rx": (2, 3), "new": (1, 4)}


def test_leaving_removes_no_filing_and_no_issued_quarter(world: World) -> None:
    office = world.cast.office
    membership = {row.unit.code: row for row in world.street_group.memberships.all()}
    world.file(world.street_duties[0])
    end_membership(membership_id=membership["xlj"].pk, actor=office, ends=date(YEAR - 1, 12, 31))
    end_membership(membership_id=membership["rx"].pk, actor=office, ends=date(YEAR - 1, 12, 31))
    assert streets(world) == {"xlj": (1, 1)}
    freeze(world, 1)
    back = add_member(group=world.street_group, unit=world.streets[1], actor=office, starts=date(YEAR, 1, 1))
    # The first quarter was issued without it.
    assert streets(world) == {"xlj": (1, 1), "rx": (2, 4)}
    freeze(world, 2)
    remove_membership(membership_id=back.pk, actor=office)
    assert streets(world) == {"xlj": (1, 1), "rx": (2, 2)}


def test_a_party_settled_later_takes_its_members_from_then(world: World) -> None:
    office = world.cast.office
    group = group_of("领导小组", "leading", [world.fgj])
    whole = Responsibility.objects.create(
        measure=world.measures[2], order=2, printed="各成员单位", scope=Scope.GROUP, group=group, is_open=True
    )
    settle_group_party(responsibility_id=whole.pk, actor=office, first_quarter=3)
    add_member(group=group, unit=world.zjj, actor=office, starts=None)
    assert duties(whole) == {"fgj": (3, 4), "zjj": (3, 4)}


def test_years_that_are_over_are_left_alone(world: World) -> None:
    """A plan of an earlier year names the same group; who joins now joins there in no quarter."""
    old = MeasureFactory(task=TaskFactory(plan=PlanFactory(code="2023", year=2023)))
    group_party(old, world.street_group)
    new = UnitFactory(code="new", kind=UnitKind.STREET)
    add_member(group=world.street_group, unit=new, actor=world.cast.office, starts=date(YEAR, 4, 1))
    assert old.assignments.count() == 2
    assert "new" in streets(world)
    assert Plan.objects.get(code="2023").revision == 0


@pytest.mark.parametrize("starts", [None, date(2030, 1, 1)])
def test_a_member_joins_once(world: World, starts: date | None) -> None:
    with pytest.raises(WorkflowError, match="已是本组成员"):
        add_member(group=world.street_group, unit=world.streets[0], actor=world.cast.office, starts=starts)


def test_memberships_never_overlap_and_days_are_in_order(world: World) -> None:
    office = world.cast.office
    row = add_member(group=world.street_group, unit=world.zjj, actor=office, starts=date(YEAR, 4, 1))
    with pytest.raises(WorkflowError, match="不能早于加入日期"):
        end_membership(membership_id=row.pk, actor=office, ends=date(YEAR, 3, 31))
    end_membership(membership_id=row.pk, actor=office, ends=date(YEAR, 6, 30))
    for starts in (None, date(YEAR, 1, 1), date(YEAR, 6, 30)):
        with pytest.raises(WorkflowError, match="重叠"):
            add_member(group=world.street_group, unit=world.zjj, actor=office, starts=starts)
    add_member(group=world.street_group, unit=world.zjj, actor=office, starts=date(YEAR, 7, 1))
    with pytest.raises(WorkflowError, match="重叠"):
        end_membership(membership_id=row.pk, actor=office, ends=date(YEAR, 7, 1))
    assert GroupMembership.objects.filter(unit=world.zjj).count() == 2


def test_a_unit_out_of_use_joins_no_group(world: World) -> None:
    with pytest.raises(WorkflowError, match="已停用"):
        add_member(
            group=world.street_group,
            unit=UnitFactory(is_active=False),
            actor=world.cast.office,
            starts=None,
        )


def test_what_somebody_else_has_just_removed_is_a_message(world: World) -> None:
    row = world.street_group.memberships.first()
    remove_membership(membership_id=row.pk, actor=world.cast.office)
    for call in (
        lambda: remove_membership(membership_id=row.pk, actor=world.cast.colleague),
        lambda: end_membership(
            membership_id=row.pk, actor=world.cast.colleague, ends=quarter_days(YEAR, 2)[1]
        ),
    ):
        with pytest.raises(WorkflowError, match="已被删除"):
            call()


def test_a_group_without_members_cannot_be_confirmed(world: World) -> None:
    empty = world.measures[2].responsibilities.get().group
    with pytest.raises(WorkflowError, match="还没有登记成员"):
        confirm_group(group=empty, actor=world.cast.office, confirmed=True)
    assert not confirm_group(group=world.street_group, actor=world.cast.office, confirmed=False).confirmed


def test_members_come_and_go_on_the_groups_page(world: World, login: Login) -> None:
    client, group = login(world.cast.office), world.street_group
    new = UnitFactory(name="八一路街道", kind=UnitKind.STREET)
    page = reverse("tasks:group", args=[group.pk])
    answer = client.post(
        reverse("tasks:member_add", args=[group.pk]), {"units": [new.pk], "starts": "2024-04-01"}
    )
    assert answer["Location"] == page
    assert world.measures[1].assignments.get(unit=new).span == (2, 4)
    row = group.memberships.get(unit=new)
    end = reverse("tasks:member_end", args=[row.pk])
    answer = client.post(end, {"ends": "2024-03-01"})
    assert answer.status_code == INVALID
    assert "退出日期不能早于加入日期" in answer.content.decode()
    assert client.post(end, {"ends": ""}).status_code == INVALID
    client.post(end, {"ends": "2024-09-30"})
    assert world.measures[1].assignments.get(unit=new).span == (2, 3)
    assert logged(row) == {"ends": ["None", "2024-09-30"]}
    assert "已退出" in client.get(page).content.decode()
    client.post(reverse("tasks:member_remove", args=[row.pk]))
    assert not world.measures[1].assignments.filter(unit=new).exists()


def test_members_that_cannot_join_come_back_as_ticked_and_nobody_joins(world: World, login: Login) -> None:
    client, group = login(world.cast.office), world.street_group
    address = reverse("tasks:member_add", args=[group.pk])
    GroupMembership.objects.create(group=group, unit=world.zjj, ends=date(2024, 6, 30))
    before = GroupMembership.objects.count()
    for values, message in (
        ({"units": [], "starts": ""}, "请至少选择一个单位"),
        ({"units": [world.streets[0].pk]}, "已是成员或不在列表中"),
        ({"units": [world.fgj.pk, world.zjj.pk], "starts": "2024-06-01"}, "重叠"),
        ({"units": [world.fgj.pk], "starts": "昨天"}, "有效的日期"),
    ):
        answer = client.post(address, values)
        assert answer.status_code == INVALID
        assert message in answer.content.decode()
    assert GroupMembership.objects.count() == before


def test_a_group_is_marked_as_checked(world: World, login: Login) -> None:
    client, group = login(world.cast.office), world.street_group
    address = reverse("tasks:group_confirm", args=[group.pk])
    client.post(address, {"confirmed": ""})
    group.refresh_from_db()
    assert not group.confirmed
    client.post(address, {"confirmed": "1"})
    group.refresh_from_db()
    assert group.confirmed
    empty = UnitGroup.objects.get(code="steering")
    answer = client.post(reverse("tasks:group_confirm", args=[empty.pk]), {"confirmed": "1"}, follow=True)
    assert "还没有登记成员" in answer.content.decode()
