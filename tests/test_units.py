"""Units: official order, names and aliases, and the change log that tells what was before."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from auditlog.context import set_actor
from auditlog.models import LogEntry
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.reading import data_key
from tasks.errors import WorkflowError
from tasks.services.plans import confirm_lead, set_thresholds
from tests.factories import UnitFactory, UserFactory
from units import changelog
from units.errors import Refused
from units.models import Role, Unit, UnitAlias, UnitKind
from units.querysets import changes_visible_to
from units.services import accounts, units

LIST = reverse("units:unit_list")
NEW = reverse("units:unit_new")
LOG = reverse("units:change_log")


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
        lambda actor: units.add_alias(unit_id=world.fgj.pk, actor=actor, name="发改"),
        lambda actor: units.delete_alias(alias_id=alias.pk, actor=actor),
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
    if connection.vendor != "postgresql":
        pytest.skip("row locks are PostgreSQL's")
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
    monkeypatch.setattr(units, "_refuse_taken", lambda *_: None)
    with pytest.raises(Refused, match="刚刚被登记"):
        units.create_unit(actor=cast.office, name="区住建局", kind=2)
    assert Unit.objects.filter(name="区住建局").count() == 1


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
        ({"name": "区\0局"}, "无法印刷的字符"),
        ({"name": "区😀局"}, "无法印刷的字符"),
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
    response = client.post(reverse("units:alias_delete", args=[own.pk]), follow=True)
    assert "现用的名称，不能删除" in response.content.decode()
    response = client.post(reverse("units:alias_delete", args=[printed.pk]), follow=True)
    assert f"《{world.plan.title}》第1项措施印发的责任单位名称，不能删除" in response.content.decode()
    assert world.fgj.aliases.count() == 2


def test_names_of_groups_are_not_deleted_among_those_of_units(cast, login, world):
    alias = world.street_group.aliases.get()
    assert login(cast.office).post(reverse("units:alias_delete", args=[alias.pk])).status_code == 404
    with pytest.raises(Refused):
        units.delete_alias(alias_id=alias.pk, actor=cast.office)


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


# --- the change log -------------------------------------------------------------------------------
def words(page: str) -> str:
    """A page's text without tags and breaks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.split("<tbody>")[1].split("</tbody>")[0]))


def test_a_change_shows_who_when_from_where_and_before_and_after(cast, login, world):
    client = login(cast.office)
    client.post(
        page_of(world.fgj),
        given(world.fgj, contact="刘处长", kind=UnitKind.INSTITUTION),
        REMOTE_ADDR="10.1.2.3",
    )
    page = words(client.get(LOG).content.decode())
    assert "周启明 office 10.1.2.3" in page
    assert "区发改局 责任单位 修改" in page
    assert "类别：政府部门 → 事业单位" in page
    assert "联系人及电话：（空） → 刘处长" in page
    assert f"{timezone.localtime():%Y-%m-%d}" in page


def test_a_forged_or_nonsensical_forwarded_address_is_not_logged(cast, login, world):
    client = login(cast.office)
    headers = {"X-Forwarded-For": "not-an-address", "X-Forwarded-Port": "99999999999"}
    client.post(page_of(world.fgj, "alias_add"), {"name": "发改委"}, headers=headers, REMOTE_ADDR="10.1.2.3")
    entry = LogEntry.objects.get(object_repr="发改委")
    assert (entry.actor, entry.remote_addr, entry.remote_port) == (cast.office, "10.1.2.3", None)


def latest(user, count: int = 1) -> list[str]:
    """The latest entries in words, the newest first."""
    return [
        f"{change.subject} {change.action} "
        + "；".join(
            f"{field.label}：" + " → ".join(text for text in (field.before, field.after) if text is not None)
            for field in change.fields
        )
        for change in changelog.read(changes_visible_to(user)[:count])
    ]


def test_choices_yes_and_no_names_and_events_read_as_words(cast, world):
    with set_actor(cast.office):
        accounts.update_account(
            account_id=cast.reporter.pk, actor=cast.office, name="张敏", role="approver", unit=world.zjj
        )
        assert latest(cast.office) == [
            "张敏（reporter） 修改 角色：填报员 → 单位负责人；所属单位：区发改局 → 区住建局"
        ]
        accounts.set_account_active(account_id=cast.reporter.pk, actor=cast.office, active=False)
        assert latest(cast.office) == ["张敏（reporter） 修改 启用：是 → 否"]
        accounts.reset_password(account_id=cast.reporter.pk, actor=cast.office)
        assert latest(cast.office) == ["张敏（reporter） 修改 口令：已重置"]
        set_thresholds(plan_id=world.plan.pk, actor=cast.office, yellow_from=5, red_from=20)
        assert latest(cast.office) == [
            f"{world.plan.title} 修改 黄灯起点（百分点）：10 → 5；红灯起点（百分点）：30 → 20"
        ]
        confirm_lead(measure_id=world.measures[1].pk, actor=cast.office, assignment_id=None)
        assert any("角色：牵头 → 配合" in line for line in latest(cast.office, 3))
        units.move_unit(unit_id=world.fgj.pk, actor=cast.office, up=False)
        assert set(latest(cast.office, 2)) == {"区发改局 修改 排序：1 → 2", "区住建局 修改 排序：2 → 1"}
        alias = units.add_alias(unit_id=world.fgj.pk, actor=cast.office, name="发改委")
        assert latest(cast.office) == ["发改委 新建 名称：发改委；单位：区发改局"]
        units.delete_alias(alias_id=alias.pk, actor=cast.office)
        assert latest(cast.office) == ["发改委 删除 名称：发改委；单位：区发改局"]


def test_names_in_the_log_stay_as_they_were(cast, world):
    accounts.update_account(
        account_id=cast.reporter.pk, actor=cast.office, name="张敏", role="reporter", unit=world.zjj
    )
    units.update_unit(unit_id=world.zjj.pk, actor=cast.office, name="区城建局", kind=2)
    assert any("所属单位：区发改局 → 区住建局" in line for line in latest(cast.office, 5))


def test_a_period_and_long_texts_read_as_words(cast, world, login):
    world.measures[0].text = "甲" * 200
    world.measures[0].save()
    page = login(cast.office).get(LOG).content.decode()
    assert "<summary>工作措施</summary>" in page


def test_what_was_not_changed_is_not_logged(cast, world):
    count = LogEntry.objects.count()
    units.update_unit(
        unit_id=world.fgj.pk, actor=cast.office, name="区发改局", kind=2, confirmed=world.fgj.confirmed
    )
    Client().post(reverse("units:login"), {"username": "office", "password": "Suyuan-2024-xigang"})
    assert LogEntry.objects.count() == count


def test_no_hash_of_a_password_is_ever_logged(cast, login, world):
    _, password = accounts.create_account(actor=cast.office, username="x1", name="甲", role="leader")
    accounts.reset_password(account_id=cast.reporter.pk, actor=cast.office)
    accounts.change_own_password(user=cast.reporter, password="Gongxu-2025-chunjie")
    text = str(list(LogEntry.objects.values()))
    assert "md5$" not in text
    assert password not in text
    assert "本人已修改" in text


def test_the_office_reads_units_plan_and_the_accounts_it_keeps_administrators_all(cast, login, world):
    accounts.create_account(actor=cast.admin, username="wu.qian2", name="吴倩二", role="office")
    accounts.create_account(actor=cast.office, username="chen", name="陈磊", role="leader")
    office = login(cast.office).get(LOG).content.decode()
    admin = login(cast.admin).get(LOG).content.decode()
    assert "陈磊" in office
    assert "陈磊" in admin
    assert "吴倩二" in admin
    assert "吴倩二" not in office
    assert (
        "吴倩二"
        not in login(cast.office)
        .get(LOG, {"q": "吴倩二", "kind": "units.user"})
        .content.decode()
        .split("<tbody>")[1]
    )
    for who in ("reporter", "approver", "leader"):
        assert login(getattr(cast, who)).get(LOG).status_code == 403
        assert not changes_visible_to(getattr(cast, who)).exists()


@pytest.fixture
def two_changes(cast, world):
    """A unit changed by the office today, an account by the colleague ten days ago."""
    LogEntry.objects.all().delete()
    with set_actor(cast.office):
        units.update_unit(
            unit_id=world.fgj.pk, actor=cast.office, name="区发改局", kind=2, contact="甲处长 100_"
        )
    with set_actor(cast.colleague):
        accounts.update_account(
            account_id=cast.leader.pk, actor=cast.colleague, name="郑书记", role="leader", phone="1"
        )
    entry = LogEntry.objects.get(object_repr="郑书记")
    LogEntry.objects.filter(pk=entry.pk).update(timestamp=timezone.now() - timedelta(days=10))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["区发改局", "郑书记（leader）"]),
        ({"kind": "units.user"}, ["郑书记（leader）"]),
        ({"kind": "units.unit", "action": "1"}, ["区发改局"]),
        ({"action": "2"}, []),
        ({"q": "发改"}, ["区发改局"]),
        ({"q": "LEADER"}, ["郑书记（leader）"]),
        ({"q": "甲处长"}, ["区发改局"]),
        ({"q": "100%"}, []),
        ({"since": -3}, ["区发改局"]),
        ({"until": -3}, ["郑书记（leader）"]),
        ({"since": 0, "until": 0}, ["区发改局"]),
        ({"actor": "colleague"}, ["郑书记（leader）"]),
    ],
)
def test_filters_the_log(cast, login, two_changes, query, expected):
    today = timezone.localdate()
    query = {
        name: today + timedelta(days=value) if isinstance(value, int) else value
        for name, value in query.items()
    }
    if "actor" in query:
        query["actor"] = getattr(cast, query["actor"]).pk
    response = login(cast.office).get(LOG, query)
    assert response.status_code == 200
    assert [change.subject for change in response.context["changes"]] == expected


@pytest.mark.parametrize(
    "query",
    ["actor=x", "actor=999999", "kind=auth.group", "kind=x", "action=9", "since=gestern", "until=2024-13-40"],
)
def test_a_condition_that_does_not_exist_is_named_and_ignored(cast, login, two_changes, query):
    response = login(cast.office).get(f"{LOG}?{query}")
    assert response.status_code == 400
    assert "条件无效" in response.content.decode()
    assert len(response.context["changes"]) == 2


def test_the_log_is_paged_and_costs_the_same_for_few_and_many(cast, login, world):
    client = login(cast.office)

    def count() -> int:
        client.get(LOG)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(LOG)
        assert response.status_code == 200
        return len(queries)

    LogEntry.objects.all().delete()
    units.add_alias(unit_id=world.fgj.pk, actor=cast.office, name="第0")
    few = count()
    for number in range(60):
        units.add_alias(unit_id=world.fgj.pk, actor=cast.office, name=f"第{number + 1}")
    assert count() == few
    assert len(client.get(LOG).context["changes"]) == 50
    assert len(client.get(LOG, {"page": 2}).context["changes"]) == 11
    for odd in ("0", "x", "99", "-1"):
        assert client.get(LOG, {"page": odd}).status_code == 200
    assert cast.office.role == Role.OFFICE
