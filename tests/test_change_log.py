"""The change log: who changed what, when and from where, with before and after, in words people read."""

import re
from datetime import timedelta

import pytest
from auditlog.context import set_actor
from auditlog.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tasks.services.plans import confirm_lead, set_thresholds
from tests.test_units import given, page_of
from units import changelog
from units.models import UnitKind
from units.querysets import changes_visible_to
from units.services import accounts, names, units

LOG = reverse("units:change_log")


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
        alias = names.add_alias(owner=world.fgj, actor=cast.office, name="发改委")
        assert latest(cast.office) == ["发改委 新建 名称：发改委；单位：区发改局"]
        names.delete_alias(alias_id=alias.pk, actor=cast.office)
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
    names.add_alias(owner=world.fgj, actor=cast.office, name="第0")
    few = count()
    for number in range(60):
        names.add_alias(owner=world.fgj, actor=cast.office, name=f"第{number + 1}")
    assert count() == few
    assert len(client.get(LOG).context["changes"]) == 50
    assert len(client.get(LOG, {"page": 2}).context["changes"]) == 11
    for odd in ("0", "x", "99", "-1"):
        assert client.get(LOG, {"page": odd}).status_code == 200
