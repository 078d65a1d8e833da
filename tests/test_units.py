"""Units: official order, names and aliases."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.reading import data_key
from tasks.errors import WorkflowError
from tests.factories import UnitFactory, UserFactory
from units.errors import Refused
from units.models import Role, Unit, UnitAlias, UnitKind
from units.services import names, units

LIST = reverse("units:unit_list")
NEW = reverse("units:unit_new")


def page_of(unit: Unit, name: str = "unit_edit") -> str:
    return reverse(f"units:{name}", args=[unit.pk])


def given(unit: Unit | None = None, **changes):
    values = {
        "name": "区水务局",
        "full_name": "",
        "kind": UnitKind.GOVERNMENT,
        "contact": "",
        "is_active": "on",
    }
    if unit is not None:
        values |= {"name": unit.name, "full_name": unit.full_name, "kind": unit.kind, "contact": unit.contact}
    return {name: value for name, value in {**values, **changes}.items() if value is not None}


def names_of(unit: Unit) -> set[str]:
    unit.refresh_from_db()
    return {unit.name, *unit.aliases.values_list("name", flat=True)}


def row(kind: int = UnitKind.GOVERNMENT) -> list[tuple[str, int]]:
    return [(unit.name, unit.order) for unit in Unit.objects.filter(kind=kind)]


# --- who ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["reporter", "approver", "leader", "admin"])
def test_only_the_office_keeps_units(cast, login, world, who):
    client = login(getattr(cast, who))
    alias = world.fgj.aliases.get()
    for url in (LIST, NEW, page_of(world.fgj)):
        assert client.get(url).status_code == 403
    for url in (
        NEW,
        page_of(world.fgj),
        page_of(world.fgj, "unit_move"),
        page_of(world.fgj, "alias_add"),
        reverse("units:alias_delete", args=[alias.pk]),
    ):
        assert client.post(url, given(direction="down")).status_code == 403
    for call in (
        lambda actor: units.create_unit(actor=actor, name="新局", kind=2),
        lambda actor: units.update_unit(unit_id=world.fgj.pk, actor=actor, name="新局", kind=2),
        lambda actor: units.move_unit(unit_id=world.fgj.pk, actor=actor, up=False),
        lambda actor: names.add_alias(owner=world.fgj, actor=actor, name="发改"),
        lambda actor: names.delete_alias(alias_id=alias.pk, actor=actor),
    ):
        with pytest.raises(Refused):
            call(getattr(cast, who))


def test_a_workflow_error_is_such_a_refusal():
    assert issubclass(WorkflowError, Refused)


# --- order ----------------------------------------------------------------------------------------
def test_the_list_is_in_official_order_whatever_the_rows_hold(cast, login, world):
    UnitFactory(name="区委宣传部", kind=UnitKind.PARTY, order=3)
    UnitFactory(name="区委办", kind=UnitKind.PARTY, order=1)
    page = login(cast.office).get(LIST).content.decode()
    shown = re.findall(r'<a href="/manage/units/\d+/">([^<]+)</a>', page)
    assert shown == ["区委办", "区委宣传部", "区发改局", "区住建局", "生态环境分局", "香炉礁街道", "日新街道"]


def test_moves_one_place_within_the_kind(cast, login, world):
    UnitFactory(name="区科工局", order=3)
    client = login(cast.office)
    response = client.post(page_of(world.fgj, "unit_move"), {"direction": "down"})
    assert response["Location"] == f"{LIST}#unit-{world.fgj.pk}"
    assert row() == [("区住建局", 1), ("区发改局", 2), ("区科工局", 3)]
    client.post(page_of(world.fgj, "unit_move"), {"direction": "down"})
    client.post(page_of(world.fgj, "unit_move"), {"direction": "down"})
    assert row() == [("区住建局", 1), ("区科工局", 2), ("区发改局", 3)]
    client.post(page_of(world.zjj, "unit_move"), {"direction": "up"})
    assert row()[0] == ("区住建局", 1)
    # The streets have an order of their own.
    assert row(UnitKind.STREET) == [("香炉礁街道", 1), ("日新街道", 2)]


def test_gaps_and_ties_in_the_order_are_closed_by_a_move(cast, world):
    Unit.objects.filter(pk__in=[world.fgj.pk, world.zjj.pk]).update(order=100)
    third = UnitFactory(name="区科工局", order=40)
    units.move_unit(unit_id=third.pk, actor=cast.office, up=False)
    assert row() == [("区发改局", 1), ("区科工局", 2), ("区住建局", 3)]


@pytest.mark.parametrize("direction", ["", "sideways", "UP"])
def test_a_move_without_direction_is_no_move(cast, login, world, direction):
    assert (
        login(cast.office).post(page_of(world.fgj, "unit_move"), {"direction": direction}).status_code == 400
    )
    assert row() == [("区发改局", 1), ("区住建局", 2)]


def test_every_change_of_a_unit_lets_figures_be_computed_anew(cast, world):
    office, now = cast.office, timezone.now()
    keys = [data_key(world.q1, now)]
    for change in (
        lambda: units.move_unit(unit_id=world.fgj.pk, actor=office, up=False),
        lambda: units.update_unit(unit_id=world.fgj.pk, actor=office, name="区发展改革局", kind=2),
        lambda: units.update_unit(unit_id=world.fgj.pk, actor=office, name="区发展改革局", kind=4),
        lambda: units.create_unit(actor=office, name="区水务局", kind=2),
    ):
        change()
        keys.append(data_key(world.q1, now))
    assert len(set(keys)) == len(keys)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_whoever_moves_or_names_second_waits_and_finds_what_the_first_left():
    """Without the lock both would count from the same order, and the same name would break a constraint."""
    office = UserFactory(role=Role.OFFICE)
    one, _two, three = (UnitFactory(name=name, order=place) for place, name in enumerate("甲乙丙", start=1))

    def second() -> None:
        try:
            units.move_unit(unit_id=one.pk, actor=office, up=False)
            units.create_unit(actor=office, name="丁", kind=one.kind)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            units.move_unit(unit_id=three.pk, actor=office, up=True)
            units.create_unit(actor=office, name="丁", kind=one.kind)
            waiting = pool.submit(second)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1)
        with pytest.raises(Refused, match="“丁”已是丁的名称"):
            waiting.result(timeout=20)
    assert row() == [("丙", 1), ("甲", 2), ("乙", 3), ("丁", 4)]


def test_a_name_registered_at_the_same_moment_is_a_refusal_not_a_fault(cast, world, monkeypatch):
    monkeypatch.setattr(units, "refuse_taken", lambda *_: None)
    with pytest.raises(Refused, match="刚刚被登记"):
        units.create_unit(actor=cast.office, name="区住建局", kind=2)
    assert Unit.objects.filter(name="区住建局").count() == 1
    # A group's name is no unit's: only the table of names tells.
    with pytest.raises(Refused, match="刚刚被登记"):
        units.update_unit(unit_id=world.fgj.pk, actor=cast.office, name="各街道", kind=2)
    assert names_of(world.fgj) == {"区发改局"}


# --- making and editing ---------------------------------------------------------------------------
def test_a_new_unit_stands_last_in_its_kind_and_is_known_by_its_name(cast, login, world):
    Unit.objects.filter(pk=world.zjj.pk).update(order=70)
    response = login(cast.office).post(
        NEW, given(name=" 区 水务局（ 筹 ） ", contact="孙工", confirmed="on"), follow=True
    )
    assert "排在政府部门末位" in response.content.decode()
    unit = Unit.objects.get(name="区水务局（筹）")
    assert row() == [("区发改局", 1), ("区住建局", 2), ("区水务局（筹）", 3)]
    assert [alias.name for alias in unit.aliases.all()] == ["区水务局（筹）"]
    assert unit.confirmed
    assert unit.code
    assert units.create_unit(actor=cast.office, name="区林业局", kind=2).code != unit.code


def test_a_renamed_unit_keeps_its_old_name_as_alias(cast, login, world):
    response = login(cast.office).post(
        page_of(world.fgj), given(world.fgj, name="区发展和改革局"), follow=True
    )
    page = response.content.decode()
    assert "原名称“区发改局”已保留为别名" in page
    world.fgj.refresh_from_db()
    assert world.fgj.name == "区发展和改革局"
    assert {alias.name for alias in world.fgj.aliases.all()} == {"区发改局", "区发展和改革局"}
    # And back again: nothing is taken twice. A name that was not registered before is now.
    UnitAlias.objects.filter(name="区发展和改革局").delete()
    units.update_unit(unit_id=world.fgj.pk, actor=cast.office, name="区发改局", kind=2)
    assert world.fgj.aliases.count() == 2


def test_another_kind_means_the_last_place_there_and_no_gap_here(cast, world):
    units.update_unit(unit_id=world.fgj.pk, actor=cast.office, name="区发改局", kind=UnitKind.STREET)
    assert row() == [("区住建局", 1)]
    assert row(UnitKind.STREET) == [("香炉礁街道", 1), ("日新街道", 2), ("区发改局", 3)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "必填"),
        ({"name": " 　 "}, "必填"),
        ({"name": "区住建局"}, "“区住建局”已是区住建局的名称"),
        ({"name": "住建委"}, "“住建委”已是区住建局的名称"),
        ({"name": "各街道"}, "“各街道”已是各街道的名称"),
        ({"name": "局" * 61}, "60"),
        # Compatible spelling may be longer than what was typed.
        ({"name": "㍿" * 20}, "60"),
        ({"name": "区\0局"}, "无法印刷的字符（U+0000）"),
        ({"name": "区😀局"}, "无法印刷的字符（😀）"),
        ({"kind": "9"}, "有效的选项"),
        ({"kind": ""}, "必填"),
        ({"kind": "x"}, "有效的选项"),
        ({"full_name": "全" * 121}, "120"),
        ({"contact": "1" * 121}, "120"),
    ],
)
def test_refused_input_is_explained_and_kept(cast, login, world, changes, message):
    UnitAlias.objects.create(name="住建委", unit=world.zjj)
    client, before = login(cast.office), list(Unit.objects.values())
    for url, values in ((NEW, given(**changes)), (page_of(world.fgj), given(world.fgj, **changes))):
        response = client.post(
            url, {"contact": "电话 8360", **values} if "contact" not in changes else values
        )
        assert response.status_code == 422, url
        assert message in response.content.decode(), url
    assert list(Unit.objects.values()) == before


def test_a_duty_that_was_ended_is_not_left_over(cast, login, world):
    world.fgj.assignments.filter(measure__number=1).update(last_quarter=0)
    response = login(cast.office).post(page_of(world.fgj), given(world.fgj, is_active=None), follow=True)
    assert "2 个启用的账号、1 项措施的责任" in response.content.decode()


def test_a_unit_out_of_use_names_what_it_still_has(cast, login, world):
    response = login(cast.office).post(page_of(world.fgj), given(world.fgj, is_active=None), follow=True)
    page = response.content.decode()
    world.fgj.refresh_from_db()
    assert not world.fgj.is_active
    assert "仍有 2 个启用的账号、2 项措施的责任" in page
    # Its accounts are not switched off behind their backs.
    assert world.fgj.accounts.filter(is_active=True).count() == 2
    assert "单位已停用" in login(cast.office).get(reverse("units:accounts")).content.decode()


@pytest.mark.parametrize("pk", [0, 999999, 10**30])
def test_an_unknown_unit_or_alias_is_not_found(cast, login, pk):
    client = login(cast.office)
    assert client.get(f"/manage/units/{pk}/").status_code == 404
    assert client.post(f"/manage/units/{pk}/move/", {"direction": "up"}).status_code == 404
    assert client.post(f"/manage/units/{pk}/aliases/", {"name": "x"}).status_code == 404
    assert client.post(f"/manage/aliases/{pk}/delete/").status_code == 404


# --- aliases --------------------------------------------------------------------------------------
def test_an_alias_comes_and_goes(cast, login, world):
    client = login(cast.office)
    client.post(page_of(world.fgj, "alias_add"), {"name": " 发改 委 "})
    alias = world.fgj.aliases.get(name="发改委")
    assert alias.normal == "发改委"
    assert reverse("units:alias_delete", args=[alias.pk]) in client.get(page_of(world.fgj)).content.decode()
    response = client.post(reverse("units:alias_delete", args=[alias.pk]), follow=True)
    assert "已删除名称“发改委”" in response.content.decode()
    assert not world.fgj.aliases.filter(name="发改委").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("区发改局", "“区发改局”已是区发改局的名称，无需重复登记"),
        ("区住建局", "“区住建局”已是区住建局的名称"),
        ("各街道", "“各街道”已是各街道的名称"),
        ("", "必填"),
        ("名" * 81, "80"),
        ("\0", "无法印刷的字符"),
    ],
)
def test_a_taken_or_odd_alias_is_refused_by_name(cast, login, world, name, message):
    response = login(cast.office).post(page_of(world.fgj, "alias_add"), {"name": name})
    assert response.status_code == 422
    assert message in response.content.decode()
    assert world.fgj.aliases.count() == 1


def test_the_units_own_name_and_printed_names_stay(cast, login, world):
    units.update_unit(unit_id=world.fgj.pk, actor=cast.office, name="区发展和改革局", kind=2)
    client = login(cast.office)
    own = world.fgj.aliases.get(name="区发展和改革局")
    printed = world.fgj.aliases.get(name="区发改局")
    page = client.get(page_of(world.fgj)).content.decode()
    for alias, mark in ((own, "现用名称"), (printed, "印发名称")):
        assert mark in page
        assert reverse("units:alias_delete", args=[alias.pk]) not in page
    response = client.post(reverse("units:alias_delete", args=[own.pk]), follow=True)
    assert "现用的名称，不能删除" in response.content.decode()
    response = client.post(reverse("units:alias_delete", args=[printed.pk]), follow=True)
    assert f"《{world.plan.title}》第1项措施印发的责任单位名称，不能删除" in response.content.decode()
    assert world.fgj.aliases.count() == 2


def test_names_of_groups_are_not_deleted_among_those_of_units(cast, login, world):
    alias = world.street_group.aliases.get()
    assert login(cast.office).post(reverse("units:alias_delete", args=[alias.pk])).status_code == 404
    with pytest.raises(Refused):
        names.delete_alias(alias_id=alias.pk, actor=cast.office)


def test_pages_take_the_same_queries_for_few_and_for_many_units(cast, login, world):
    client = login(cast.office)

    def count(url: str) -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    few = count(LIST), count(page_of(world.fgj))
    for unit in UnitFactory.create_batch(20):
        UserFactory(unit=unit)
        UserFactory(unit=world.fgj)
        UnitAlias.objects.create(name=f"{unit.name}别名", unit=unit)
        UnitAlias.objects.create(name=f"{unit.name}又名", unit=world.fgj)
    assert (count(LIST), count(page_of(world.fgj))) == few
