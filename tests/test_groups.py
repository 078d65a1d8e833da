"""Groups, their names, and their members from day to day: the duties follow, what is filed or issued stays."""

from collections.abc import Callable
from datetime import date

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reports.reading import data_key, figures_for
from tasks.errors import WorkflowError
from tasks.models import Plan, Responsibility, Scope
from tasks.rules import quarter_days
from tasks.services.duties import member_quarters, set_duty_quarters, settle_group_party
from tasks.services.groups import add_member, confirm_group, end_membership, remove_membership
from tests.conftest import World
from tests.factories import MeasureFactory, PlanFactory, TaskFactory, UnitFactory, group_of, group_party
from tests.lookups import duties, freeze, logged, revision
from units.errors import Refused
from units.models import GroupMembership, UnitAlias, UnitGroup, UnitKind, User
from units.services.groups import create_group, delete_group, update_group
from units.services.names import add_alias, delete_alias
from xigang_eco.http import INVALID

Login = Callable[[User | None], Client]
YEAR = 2024


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
    assert answer["Location"] == page + "#top"
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


# --- groups themselves, and what they are called ----------------------------------------------------
NEW = "/manage/groups/new/"


def address(name: str, pk: int) -> str:
    return reverse(f"tasks:{name}", args=[pk])


def names(group: UnitGroup) -> set[str]:
    return set(group.aliases.values_list("name", flat=True))


@pytest.mark.parametrize("who", ["reporter", "approver", "leader", "admin"])
def test_only_the_office_makes_and_names_groups(world: World, who: str) -> None:
    actor, group = getattr(world.cast, who), world.street_group
    alias = UnitAlias.objects.create(name="街道办", group=group)
    for call in (
        lambda: create_group(actor=actor, name="专班成员单位"),
        lambda: update_group(group_id=group.pk, actor=actor, name="全部街道"),
        lambda: delete_group(group_id=group.pk, actor=actor),
        lambda: add_alias(owner=group, actor=actor, name="街办"),
        lambda: delete_alias(alias_id=alias.pk, actor=actor),
    ):
        with pytest.raises(Refused, match="只有区生态办"):
            call()


def test_a_group_is_made_and_used(world: World, login: Login) -> None:
    client = login(world.cast.office)
    assert NEW in client.get(reverse("tasks:groups")).content.decode()
    answer = client.post(NEW, {"name": " 大气 专班（ 筹 ） ", "note": "区政办〔2024〕3号"}, follow=True)
    page = answer.content.decode()
    group = UnitGroup.objects.get(name="大气专班（筹）")
    assert answer.redirect_chain == [(address("group", group.pk) + "#top", 302)]
    assert "已新建单位组“大气专班（筹）”" in page
    assert "区政办〔2024〕3号" in page
    assert names(group) == {"大气专班（筹）"}
    assert not group.confirmed
    assert group.code != create_group(actor=world.cast.office, name="水专班").code
    assert logged(group)["name"] == ["None", "大气专班（筹）"]
    client.post(address("member_add", group.pk), {"units": [world.fgj.pk]})
    assert list(group.units.all()) == [world.fgj]


def test_a_renamed_group_keeps_its_old_name_and_the_plan_what_it_printed(world: World, login: Login) -> None:
    client, group, now = login(world.cast.office), world.street_group, timezone.now()
    key, before = data_key(world.q1, now), figures_for(world.q1, now)
    values = {"name": "全区街道", "note": "共 2 个街道"}
    page = client.post(address("group", group.pk), values, follow=True).content.decode()
    assert "原名称“各街道”已保留为别名" in page
    assert "<h1>全区街道</h1>" in page
    group.refresh_from_db()
    assert (group.name, group.note) == ("全区街道", "共 2 个街道")
    assert names(group) == {"各街道", "全区街道"}
    assert logged(group) == {"name": ["各街道", "全区街道"], "note": ["", "共 2 个街道"]}
    # The printed name stands in the figures, so that they need not be computed anew.
    world.q1.refresh_from_db()
    assert data_key(world.q1, now) == key
    figures = figures_for(world.q1, now, key="not-cached")
    assert figures == before
    assert "各街道" in {party.printed for row in figures.measures for party in row.parties}
    # And back again: no name is taken twice. One that was not registered before is now.
    UnitAlias.objects.filter(name="全区街道").delete()
    update_group(group_id=group.pk, actor=world.cast.office, name="各街道")
    assert names(group) == {"各街道", "全区街道"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "必填"),
        (" 　 ", "必填"),
        ("区住建局", "“区住建局”已是区住建局的名称"),
        ("住建委", "“住建委”已是区住建局的名称"),
        ("领导小组成员单位", "“领导小组成员单位”已是领导小组成员单位的名称"),
        ("组" * 81, "80"),
        ("各\0组", "无法印刷的字符"),
        ("各😀组", "无法印刷的字符"),
    ],
)
def test_a_taken_or_odd_name_is_refused_and_kept_in_the_form(
    world: World, login: Login, name: str, message: str
) -> None:
    UnitAlias.objects.create(name="住建委", unit=world.zjj)
    client, group = login(world.cast.office), world.street_group
    before = list(UnitGroup.objects.values()), list(UnitAlias.objects.values())
    for url, values in (
        (NEW, {"name": name, "note": "会议纪要第 8 号"}),
        (address("group", group.pk), {"name": name, "note": "会议纪要第 8 号"}),
        (address("group_alias_add", group.pk), {"name": name}),
    ):
        answer = client.post(url, values)
        page = answer.content.decode()
        assert answer.status_code == INVALID, url
        assert message in page, url
        assert "note" not in values or "会议纪要第 8 号" in page
    # The heading is what the group is called, whatever was asked for.
    assert "<h1>各街道</h1>" in page
    assert (list(UnitGroup.objects.values()), list(UnitAlias.objects.values())) == before


def test_too_long_a_note_is_refused(world: World, login: Login) -> None:
    url = address("group", world.street_group.pk)
    answer = login(world.cast.office).post(url, {"name": "各街道", "note": "注" * 201})
    assert answer.status_code == INVALID
    assert "200" in answer.content.decode()


def test_a_name_of_a_group_comes_and_goes(world: World, login: Login) -> None:
    client, group = login(world.cast.office), world.street_group
    client.post(address("group_alias_add", group.pk), {"name": " 街道 办事处 "})
    alias = group.aliases.get(name="街道办事处")
    remove = address("group_alias_delete", alias.pk)
    assert remove in client.get(address("group", group.pk)).content.decode()
    answer = client.post(remove, follow=True)
    assert "已删除名称“街道办事处”" in answer.content.decode()
    assert names(group) == {"各街道"}
    # Deleted in the meantime by somebody else: not found here, a refusal below.
    assert client.post(remove).status_code == 404
    with pytest.raises(Refused, match="已被删除"):
        delete_alias(alias_id=alias.pk, actor=world.cast.office)
    with pytest.raises(Refused, match="无需重复登记"):
        add_alias(owner=group, actor=world.cast.office, name="各街道")


def test_the_groups_own_name_and_what_a_plan_prints_stay(world: World, login: Login) -> None:
    client, group = login(world.cast.office), world.street_group
    update_group(group_id=group.pk, actor=world.cast.office, name="全区街道")
    page = client.get(address("group", group.pk)).content.decode()
    for name, message in (("全区街道", "现用的名称，不能删除"), ("各街道", "第2项措施印发的责任单位名称")):
        url = address("group_alias_delete", group.aliases.get(name=name).pk)
        assert url not in page
        assert message in client.post(url, follow=True).content.decode()
    assert names(group) == {"各街道", "全区街道"}


def test_names_of_units_are_not_deleted_among_those_of_groups(world: World, login: Login) -> None:
    alias = UnitAlias.objects.create(name="发改委", unit=world.fgj)
    assert login(world.cast.office).post(address("group_alias_delete", alias.pk)).status_code == 404
    assert UnitAlias.objects.filter(pk=alias.pk).exists()


def test_a_group_made_by_mistake_is_deleted_with_its_names(world: World, login: Login) -> None:
    client, office = login(world.cast.office), world.cast.office
    group = create_group(actor=office, name="误建的组")
    url = address("group_delete", group.pk)
    row = add_member(group=group, unit=world.fgj, actor=office, starts=None)
    assert url not in client.get(address("group", group.pk)).content.decode()
    assert "登记有成员，不能删除" in client.post(url, follow=True).content.decode()
    remove_membership(membership_id=row.pk, actor=office)
    assert url in client.get(address("group", group.pk)).content.decode()
    answer = client.post(url, follow=True)
    assert answer.redirect_chain == [(reverse("tasks:groups"), 302)]
    assert "已删除单位组“误建的组”" in answer.content.decode()
    assert not UnitGroup.objects.filter(pk=group.pk).exists()
    assert not UnitAlias.objects.filter(name="误建的组").exists()
    actions = LogEntry.objects.filter(object_repr="误建的组", action=LogEntry.Action.DELETE)
    assert {entry.content_type.model for entry in actions} == {"unitgroup", "unitalias"}
    assert client.post(url).status_code == 404


def test_a_group_that_a_plan_prints_is_not_deleted(world: World, login: Login) -> None:
    empty = UnitGroup.objects.get(code="steering")
    answer = login(world.cast.office).post(address("group_delete", empty.pk), follow=True)
    assert "是计划中的责任单位，不能删除" in answer.content.decode()
    assert UnitGroup.objects.filter(pk=empty.pk).exists()


def test_a_group_deleted_meanwhile_is_a_message(world: World) -> None:
    group, office = create_group(actor=world.cast.office, name="误建的组"), world.cast.office
    delete_group(group_id=group.pk, actor=office)
    for call in (
        lambda: update_group(group_id=group.pk, actor=office, name="另一组"),
        lambda: delete_group(group_id=group.pk, actor=office),
        lambda: add_alias(owner=group, actor=office, name="又名"),
        lambda: add_member(group=group, unit=world.fgj, actor=office, starts=None),
    ):
        with pytest.raises(Refused, match="已被删除"):
            call()


@pytest.mark.parametrize("pk", [0, 999999, 10**30])
def test_an_unknown_group_or_name_is_not_found(world: World, login: Login, pk: int) -> None:
    client = login(world.cast.office)
    assert client.get(f"/manage/groups/{pk}/").status_code == 404
    for url in (
        f"/manage/groups/{pk}/",
        f"/manage/groups/{pk}/delete/",
        f"/manage/groups/{pk}/aliases/",
        f"/manage/group-aliases/{pk}/delete/",
    ):
        assert client.post(url, {"name": "某组"}).status_code == 404
