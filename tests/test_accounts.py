"""Accounts: who keeps whose, what is handed out, and that nobody locks everybody out."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from auditlog.models import LogEntry
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import PASSWORD, UnitFactory, UserFactory
from units.errors import Refused
from units.models import Role, User
from units.passwords import ALPHABET, new_password
from units.services import accounts as services

LIST = reverse("units:accounts")
NEW = reverse("units:account_new")


def page_of(user: User, name: str = "account") -> str:
    return reverse(f"units:{name}", args=[user.pk])


def given(**changes):
    return {
        "username": "chen.lei",
        "name": "陈磊",
        "role": "reporter",
        "unit": "",
        "phone": "0411-8360",
        **changes,
    }


def shown_password(response) -> str:
    return re.search(r'id="password">([^<]+)<', response.content.decode()).group(1)


# --- making and handing out -----------------------------------------------------------------------
def test_the_office_makes_an_account_and_the_password_is_shown_once(cast, login, world):
    client = login(cast.office)
    response = client.post(NEW, given(unit=world.zjj.pk))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    password = shown_password(response)
    account = User.objects.get(username="chen.lei")
    assert (account.name, account.role, account.unit, account.phone) == (
        "陈磊",
        "reporter",
        world.zjj,
        "0411-8360",
    )
    assert account.must_change_password
    assert account.check_password(password)
    # Neither the account's page nor the session nor a cookie holds it.
    assert password not in client.get(page_of(account)).content.decode()
    assert password not in str(dict(client.session))
    assert password not in str(client.cookies)
    assert password not in str(list(LogEntry.objects.values()))
    # Sending the form again (a reload) makes nothing and shows nothing.
    again = client.post(NEW, given(unit=world.zjj.pk))
    assert again.status_code == 422
    assert "用户名“chen.lei”已被使用" in again.content.decode()

    newcomer = Client()
    newcomer.post(reverse("units:login"), {"username": "chen.lei", "password": password})
    assert newcomer.get("/")["Location"] == reverse("units:password")


def test_handed_out_passwords_are_random_readable_and_pass_the_rules():
    passwords = {new_password() for _ in range(200)}
    assert len(passwords) == 200
    assert not set("0Oo1lIi") & set(ALPHABET)
    assert all(re.fullmatch(rf"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{2}}", one) for one in passwords)


def test_the_form_starts_with_the_unit_that_the_link_names(cast, login, world):
    page = login(cast.office).get(NEW, {"unit": world.zjj.pk}).content.decode()
    assert f'<option value="{world.zjj.pk}" selected>' in page
    for odd in ("abc", "99999999999999999999", "-1"):
        assert login(cast.office).get(NEW, {"unit": odd}).status_code == 200


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"username": "Reporter"}, "用户名“Reporter”已被使用"),
        ({"username": "陈磊"}, "用户名只能包含英文字母、数字、点、下划线和短横线"),
        ({"username": "a b"}, "用户名只能包含"),
        ({"username": "abc\n"}, None),
        ({"username": "x"}, "2"),
        ({"username": "x" * 31}, "30"),
        ({"username": ""}, "必填"),
        ({"username": "a\0b"}, "空"),
        ({"name": ""}, "必填"),
        ({"name": "名" * 41}, "40"),
        ({"role": ""}, "必填"),
        ({"role": "office"}, "office"),
        ({"role": "admin"}, "admin"),
        ({"role": "emperor"}, "emperor"),
        ({"unit": ""}, "须选择所属单位"),
        ({"unit": "999999"}, "有效的选项"),
        ({"unit": "9" * 40}, "有效的选项"),
        ({"unit": "abc"}, "有效的选项"),
        ({"role": "leader"}, "其他角色请勿选择单位"),
        ({"phone": "1" * 41}, "40"),
    ],
)
def test_refused_input_is_explained_and_kept(cast, login, world, changes, message):
    count = User.objects.count()
    values = given(**{"unit": world.zjj.pk, **changes})
    response = login(cast.office).post(NEW, values)
    if message is None:
        # A blank at the end is dropped, as everywhere.
        assert User.objects.filter(username="abc").exists()
        return
    assert response.status_code == 422
    page = response.content.decode()
    assert message in page
    assert 'value="chen.lei"' in page or "username" in changes
    assert User.objects.count() == count


def test_an_inactive_unit_takes_no_accounts(cast, login, world):
    world.zjj.is_active = False
    world.zjj.save()
    assert login(cast.office).post(NEW, given(unit=world.zjj.pk)).status_code == 422
    with pytest.raises(Refused, match="已停用"):
        services.create_account(actor=cast.office, username="x1", name="甲", role="reporter", unit=world.zjj)
    # Who is there already may still be edited, but not be switched on again.
    services.update_account(
        account_id=cast.other.pk, actor=cast.office, name="赵静", role="reporter", unit=world.zjj
    )
    services.set_account_active(account_id=cast.other.pk, actor=cast.office, active=False)
    with pytest.raises(Refused, match="已停用"):
        services.set_account_active(account_id=cast.other.pk, actor=cast.office, active=True)


# --- who keeps whose ------------------------------------------------------------------------------
def test_the_office_sees_units_and_leaders_administrators_see_all(cast, login):
    office = login(cast.office).get(LIST).content.decode()
    assert "张敏" in office
    assert "郑书记" in office
    assert "吴倩" not in office
    assert "管理员</a>" not in office
    admin = login(cast.admin).get(LIST).content.decode()
    assert "张敏" in admin
    assert "吴倩" in admin


ACTIONS = ["account", "account_reset", "account_unlock", "account_active"]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("target", ["admin", "colleague", "office"])
def test_accounts_that_administrators_keep_do_not_exist_for_the_office(cast, login, action, target):
    account = getattr(cast, target)
    client = login(cast.office)
    before = User.objects.filter(pk=account.pk).values().get()
    if action == "account":
        assert client.get(page_of(account)).status_code == 404
    data = {"name": "改名", "role": "leader", "active": "0"}
    assert client.post(page_of(account, action), data).status_code == 404
    assert User.objects.filter(pk=account.pk).values().get() == before


@pytest.mark.parametrize("action", ACTIONS)
def test_administrators_look_at_the_accounts_of_units_and_change_none(cast, login, action):
    before = User.objects.filter(pk=cast.reporter.pk).values().get()
    client = login(cast.admin)
    page = client.get(page_of(cast.reporter))
    assert page.status_code == 200
    assert "只供查阅" in page.content.decode()
    data = {"name": "改名", "role": "admin", "active": "0"}
    assert client.post(page_of(cast.reporter, action), data).status_code == 403
    assert User.objects.filter(pk=cast.reporter.pk).values().get() == before


@pytest.mark.parametrize("role", ["reporter", "approver", "leader"])
def test_administrators_make_no_accounts_of_units_or_leaders(cast, login, world, role):
    assert login(cast.admin).post(NEW, given(role=role, unit=world.zjj.pk)).status_code == 422
    with pytest.raises(Refused):
        services.create_account(actor=cast.admin, username="x1", name="甲", role=role, unit=world.zjj)


def test_administrators_make_office_accounts_without_a_unit(cast, login, world):
    response = login(cast.admin).post(NEW, given(role="office", unit=world.zjj.pk))
    assert response.status_code == 200
    account = User.objects.get(username="chen.lei")
    assert account.role == Role.OFFICE
    assert account.unit is None


@pytest.mark.parametrize("who", ["reporter", "approver", "leader"])
def test_nobody_else_comes_near(cast, login, who):
    client = login(getattr(cast, who))
    assert client.get(LIST).status_code == 403
    assert client.get(NEW).status_code == 403
    assert client.get(page_of(getattr(cast, who))).status_code == 403
    assert client.post(page_of(cast.other, "account_reset")).status_code == 403


@pytest.mark.parametrize(
    ("actor", "target"),
    [("office", "admin"), ("office", "colleague"), ("admin", "reporter"), ("leader", "reporter")],
)
def test_the_services_refuse_too(cast, actor, target):
    actor, account = getattr(cast, actor), getattr(cast, target)
    calls = [
        lambda: services.reset_password(account_id=account.pk, actor=actor),
        lambda: services.unlock_account(account_id=account.pk, actor=actor),
        lambda: services.set_account_active(account_id=account.pk, actor=actor, active=False),
        lambda: services.update_account(account_id=account.pk, actor=actor, name="x", role=account.role),
    ]
    for call in calls:
        with pytest.raises(Refused):
            call()


@pytest.mark.parametrize("pk", [0, 999999, 10**30])
def test_an_unknown_account_is_not_found(cast, login, pk):
    client = login(cast.admin)
    assert client.get(f"/accounts/{pk}/").status_code == 404
    assert client.post(f"/accounts/{pk}/reset/").status_code == 404


# --- editing --------------------------------------------------------------------------------------
def test_edits_person_unit_and_role_but_not_the_user_name(cast, login, world):
    client = login(cast.office)
    values = {
        "username": "other2",
        "name": "张敏慧",
        "role": "approver",
        "unit": world.zjj.pk,
        "phone": "8360",
    }
    assert client.post(page_of(cast.reporter), values).status_code == 302
    cast.reporter.refresh_from_db()
    assert cast.reporter.username == "reporter"
    assert (cast.reporter.name, cast.reporter.role, cast.reporter.unit) == ("张敏慧", "approver", world.zjj)
    # What is refused is shown again as typed, and nothing of it is kept.
    response = client.post(page_of(cast.reporter), {**values, "role": "leader", "name": "别名"})
    assert response.status_code == 422
    assert 'value="别名"' in response.content.decode()
    cast.reporter.refresh_from_db()
    assert cast.reporter.name == "张敏慧"


def test_the_role_of_administrator_opens_djangos_admin_and_losing_it_closes_it(cast):
    services.update_account(account_id=cast.colleague.pk, actor=cast.admin, name="吴倩", role="admin")
    cast.colleague.refresh_from_db()
    assert cast.colleague.is_staff
    services.update_account(account_id=cast.colleague.pk, actor=cast.admin, name="吴倩", role="office")
    cast.colleague.refresh_from_db()
    assert not cast.colleague.is_staff


# --- switching off --------------------------------------------------------------------------------
def test_switching_off_ends_the_session_at_once_and_on_again_lets_in(cast, login):
    theirs, office = login(cast.reporter), login(cast.office)
    assert theirs.get(reverse("units:password")).status_code == 200
    assert office.post(page_of(cast.reporter, "account_active"), {"active": "0"}).status_code == 302
    assert theirs.get(reverse("units:password"))["Location"].startswith(reverse("units:login"))
    credentials = {"username": "reporter", "password": PASSWORD}
    assert Client().post(reverse("units:login"), credentials).status_code == 422
    office.post(page_of(cast.reporter, "account_active"), {"active": "1"})
    assert Client().post(reverse("units:login"), credentials).status_code == 302


def test_a_reset_ends_sessions_and_lock_and_shows_a_new_password(cast, login):
    theirs, stranger = login(cast.reporter), Client()
    for _ in range(5):
        stranger.post(reverse("units:login"), {"username": "reporter", "password": "wrong"})
    response = login(cast.office).post(page_of(cast.reporter, "account_reset"))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert theirs.get(reverse("units:password"))["Location"].startswith(reverse("units:login"))
    credentials = {"username": "reporter", "password": shown_password(response)}
    assert stranger.post(reverse("units:login"), credentials).status_code == 302
    assert stranger.get("/")["Location"] == reverse("units:password")


def test_unlocking_lets_try_again_at_once(cast, login):
    client, office = Client(), login(cast.office)
    for _ in range(5):
        response = client.post(reverse("units:login"), {"username": "reporter", "password": "wrong"})
    assert response.status_code == 429
    page = office.get(page_of(cast.reporter)).content.decode()
    assert "15 分钟后自动解除" in page
    assert "登录锁定" in office.get(LIST).content.decode()
    assert office.post(page_of(cast.reporter, "account_unlock"), follow=True).status_code == 200
    credentials = {"username": "reporter", "password": PASSWORD}
    assert client.post(reverse("units:login"), credentials).status_code == 302
    again = office.post(page_of(cast.reporter, "account_unlock"), follow=True)
    assert "未被锁定" in again.content.decode()


def test_nobody_switches_off_demotes_or_resets_themselves(cast, login):
    UserFactory(username="admin2", role=Role.ADMIN)
    client = login(cast.admin)
    response = client.post(page_of(cast.admin, "account_active"), {"active": "0"}, follow=True)
    assert "不能停用自己的账号" in response.content.decode()
    response = client.post(page_of(cast.admin, "account_reset"), follow=True)
    assert "修改自己的口令" in response.content.decode()
    client.post(page_of(cast.admin), {"name": "管理员", "role": "office"})
    cast.admin.refresh_from_db()
    assert cast.admin.role == Role.ADMIN
    assert cast.admin.is_active
    with pytest.raises(Refused, match="自己的角色"):
        services.update_account(account_id=cast.admin.pk, actor=cast.admin, name="管理员", role="office")


def test_the_last_administrator_stays(cast):
    """Two administrators who switch each other off at the same moment: the second meets this guard."""
    second = UserFactory(username="admin2", role=Role.ADMIN)
    services.set_account_active(account_id=second.pk, actor=cast.admin, active=False)
    with pytest.raises(Refused, match="最后一个"):
        services.set_account_active(account_id=cast.admin.pk, actor=second, active=False)
    with pytest.raises(Refused, match="最后一个"):
        services.update_account(account_id=cast.admin.pk, actor=second, name="管理员", role="office")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_administrators_do_not_switch_each_other_off():
    """Without the lock on both rows each would still see the other and nobody would be left."""
    first, second = (UserFactory(username=name, role=Role.ADMIN) for name in ("admin1", "admin2"))

    def other() -> User:
        try:
            return services.set_account_active(account_id=first.pk, actor=second, active=False)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            services.set_account_active(account_id=second.pk, actor=first, active=False)
            waiting = pool.submit(other)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1)
        with pytest.raises(Refused, match="最后一个"):
            waiting.result(timeout=20)


# --- the list -------------------------------------------------------------------------------------
def names(response) -> list[str]:
    return re.findall(r'<a href="/accounts/\d+/">([^<]+)</a>', response.content.decode())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("role=leader", ["郑书记"]),
        ("role=approver", ["李国强"]),
        ("q=张", ["张敏"]),
        ("q=OTHER", ["赵静"]),
        ("q=8361", ["孙丽"]),
        ("state=inactive", ["王海波"]),
        ("state=first", ["孙丽"]),
        ("state=locked", ["赵静"]),
        ("q=张&role=leader", []),
    ],
)
def test_filters(cast, login, query, expected):
    User.objects.filter(pk=cast.street.pk).update(phone="8361-1", must_change_password=True)
    User.objects.filter(pk=cast.lead.pk).update(is_active=False, must_change_password=True)
    for _ in range(5):
        Client().post(reverse("units:login"), {"username": "other", "password": "wrong"})
    assert names(login(cast.office).get(f"{LIST}?{query}")) == expected


def test_filters_by_unit_in_official_order(cast, login, world):
    client = login(cast.office)
    assert names(client.get(LIST, {"unit": world.fgj.pk})) == ["李国强", "张敏"]
    assert names(client.get(LIST)) == ["李国强", "张敏", "赵静", "王海波", "孙丽", "郑书记"]


@pytest.mark.parametrize(
    "query", ["role=office", "role=x", "unit=x", "unit=" + "9" * 30, "state=x", "q=" + "长" * 41]
)
def test_a_condition_that_does_not_exist_is_named_and_ignored(cast, login, query):
    response = login(cast.office).get(f"{LIST}?{query}")
    assert response.status_code == 400
    page = response.content.decode()
    assert "条件无效" in page
    assert len(names(response)) == 6


def test_sorts_every_column_both_ways_and_pages_calmly(cast, login):
    client = login(cast.admin)
    every = sorted(names(client.get(LIST)))
    for column in ("name", "username", "role", "unit", "phone", "is_active", "last_login"):
        for sign in ("", "-"):
            assert sorted(names(client.get(LIST, {"sort": sign + column}))) == every, column
    assert names(client.get(LIST, {"sort": "role"}))[-1] == "管理员"
    assert names(client.get(LIST, {"sort": "-role"}))[0] == "管理员"
    for odd in ("page=0", "page=x", "page=99", "per_page=0", "per_page=-1", "sort=password", "sort=x"):
        assert sorted(names(client.get(f"{LIST}?{odd}"))) == every, odd


def test_takes_the_same_queries_for_one_account_and_for_many(cast, login):
    def count(client):
        client.get(LIST)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(LIST)
        return len(queries)

    client = login(cast.office)
    few = count(client)
    for unit in UnitFactory.create_batch(20):
        UserFactory.create_batch(2, unit=unit)
    assert count(client) == few
