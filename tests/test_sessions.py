"""Logging in and out: lock-out, idle clock, first password, what the login page explains and what it does not tell."""

import re
import time
from datetime import timedelta
from ipaddress import ip_network

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories import PASSWORD, UserFactory
from units.addresses import client_address
from units.middleware import SEEN, is_activity
from units.models import Role, User

LOGIN = reverse("units:login")
PAGE = reverse("units:password")
SCRIPT = {"headers": {"X-Requested-With": "XMLHttpRequest"}}


def sign_in(client: Client, username: str, password: str = PASSWORD, **more):
    return client.post(LOGIN, {"username": username, "password": password, **more.pop("data", {})}, **more)


def fail(client: Client, username: str, times: int = 5, **more):
    for _ in range(times):
        response = sign_in(client, username, "wrong", **more)
    return response


def back_date(client: Client, minutes: float) -> None:
    session = client.session
    session[SEEN] = int(time.time() - minutes * 60)
    session.save()


# --- login ----------------------------------------------------------------------------------------
def test_logs_in_under_a_new_session_key_and_leads_home(cast):
    client = Client()
    session = client.session
    session["idle"] = True
    session.save()
    before = client.session.session_key
    response = sign_in(client, "office")
    assert response.status_code == 302
    assert response["Location"] == reverse("home")
    assert client.session.session_key != before
    assert "idle" not in client.session


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/accounts/?role=leader", "/accounts/?role=leader"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/logout/", "/"),
        ("/login/", "/"),
        ("/login/?next=/login/", "/"),
        ("", "/"),
    ],
)
def test_next_is_followed_within_this_site_only(cast, target, lands):
    assert sign_in(Client(), "office", data={"next": target})["Location"] == lands


def test_a_person_logged_in_is_sent_on_from_the_login_page(cast, login):
    client = login(cast.office)
    assert client.get(LOGIN)["Location"] == "/"
    # Django's own view would take this for a programming error and answer 500.
    assert client.get(LOGIN, {"next": LOGIN})["Location"] == "/"


def test_wrong_password_unknown_name_and_inactive_account_read_the_same(cast):
    User.objects.filter(pk=cast.leader.pk).update(is_active=False)
    answers = [
        sign_in(Client(), "office", "wrong"),
        sign_in(Client(), "nobody", "wrong"),
        sign_in(Client(), "leader", PASSWORD),
    ]
    notices = {
        re.search(r'role="alert">(.*?)</div>', answer.content.decode(), re.S).group(1) for answer in answers
    }
    assert [answer.status_code for answer in answers] == [422] * 3
    assert len(notices) == 1
    assert "用户名或口令不正确，或账号已停用" in notices.pop()


@pytest.mark.parametrize(
    "name",
    ["", "x" * 200, "a\0b", "😀", "名" * 150, "' OR 1=1 --", "\ud800".encode("utf-8", "surrogatepass")],
)
def test_odd_user_names_are_answered_calmly(db, name):
    assert sign_in(Client(), name, "wrong").status_code == 422


def test_a_password_of_megabytes_is_refused_unhashed(cast):
    response = sign_in(Client(), "office", "x" * 1_000_000)
    assert response.status_code == 422
    assert AccessAttempt.objects.count() == 0


def test_a_page_asked_for_without_login_leads_to_login_and_back(cast):
    client = Client()
    page = client.get("/accounts/", {"q": "张"}, follow=True)
    assert page.request["PATH_INFO"] == LOGIN
    response = sign_in(client, "office", data={"next": page.context["next"]})
    assert response["Location"] == "/accounts/?q=%E5%BC%A0"


def test_a_form_sent_without_login_leads_back_to_the_page_with_the_form(cast):
    client = Client()
    own = {"Referer": "http://testserver/accounts/new/?unit=3"}
    assert client.post("/accounts/new/", headers=own)["Location"] == f"{LOGIN}?next=/accounts/new/%3Funit%3D3"
    foreign = {"Referer": "http://evil.example/accounts/new/"}
    assert client.post("/accounts/1/reset/", headers=foreign)["Location"] == f"{LOGIN}?next=/"


def test_scripts_are_told_with_401(db):
    response = Client().post("/accounts/new/", **SCRIPT)
    assert response.status_code == 401
    assert response.json()["login"] == LOGIN


# --- cookies and tokens ---------------------------------------------------------------------------
def test_says_so_when_the_browser_takes_no_cookie(cast):
    client = Client(enforce_csrf_checks=True)
    response = sign_in(client, "office")
    assert response.status_code == 403
    page = response.content.decode()
    assert "浏览器没有接受本系统的 Cookie" in page
    assert 'value="office"' in page


def test_an_outdated_login_page_asks_again(cast):
    client = Client(enforce_csrf_checks=True)
    client.get(LOGIN)
    response = sign_in(client, "office", data={"csrfmiddlewaretoken": "x" * 32, "next": "/accounts/"})
    assert response.status_code == 403
    page = response.content.decode()
    assert "登录页面已过期" in page
    assert 'name="next" value="/accounts/"' in page


def test_an_unknown_origin_is_named_as_such(cast):
    client = Client(enforce_csrf_checks=True)
    client.get(LOGIN)
    response = sign_in(client, "office", headers={"Origin": "http://other.example"})
    assert response.status_code == 403
    assert "当前访问地址未被系统认可" in response.content.decode()


def test_a_login_page_left_open_while_logging_in_elsewhere_leads_home(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.office, backend="django.contrib.auth.backends.ModelBackend")
    assert sign_in(client, "office")["Location"] == "/"


def test_a_form_without_token_is_refused_elsewhere_too(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.office, backend="django.contrib.auth.backends.ModelBackend")
    response = client.post(reverse("units:account_active", args=[cast.leader.pk]), {"active": "0"})
    assert response.status_code == 403
    assert "页面已过期" in response.content.decode()
    cast.leader.refresh_from_db()
    assert cast.leader.is_active


# --- lock-out -------------------------------------------------------------------------------------
def test_five_failures_lock_the_name_at_the_address(cast):
    client = Client()
    assert fail(client, "office", 4).status_code == 422
    response = fail(client, "office", 1)
    assert response.status_code == 429
    page = response.content.decode()
    assert "15 分钟" in page
    assert "区生态办解锁" in page
    assert "系统管理员解锁" in page
    assert 840 <= int(response["Retry-After"]) <= 900
    # The right password does not help any more.
    assert sign_in(client, "office").status_code == 429


def test_a_lock_touches_neither_others_at_the_address_nor_the_name_elsewhere(cast):
    client = Client()
    fail(client, "office")
    assert sign_in(Client(), "leader").status_code == 302
    assert sign_in(Client(REMOTE_ADDR="10.0.0.9"), "office").status_code == 302
    assert sign_in(client, "office").status_code == 429


def test_a_lock_says_nothing_about_which_accounts_exist(cast):
    strip = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
    pages = [strip.sub("", fail(Client(), name).content.decode()) for name in ("office", "nobody")]
    assert pages[0] == pages[1]


def test_trying_on_does_not_lengthen_the_lock_and_it_ends_by_itself(cast):
    client = Client()
    fail(client, "office")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14))
    response = fail(client, "office", 3)
    assert response.status_code == 429
    assert "<strong>1 分钟</strong>" in response.content.decode()
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert sign_in(client, "office").status_code == 302


def test_changing_the_browser_does_not_help(cast):
    for number in range(5):
        response = sign_in(Client(), "office", "wrong", headers={"User-Agent": f"browser {number}"})
    assert response.status_code == 429


def test_a_success_forgets_the_failures(cast):
    fail(Client(), "office", 4)
    assert sign_in(Client(), "office").status_code == 302
    assert fail(Client(), "office", 4).status_code == 422


def test_a_forged_forwarded_address_gives_no_new_tries(cast):
    for number in range(5):
        response = sign_in(Client(), "office", "wrong", headers={"X-Forwarded-For": f"10.9.9.{number}"})
    assert response.status_code == 429


def test_behind_a_proxy_people_are_told_apart(cast, settings):
    settings.TRUSTED_PROXIES, settings.TRUSTED_PROXY_NETWORKS = ["127.0.0.1"], [ip_network("127.0.0.1")]
    theirs, others = {"X-Forwarded-For": "198.51.100.5"}, {"X-Forwarded-For": "198.51.100.6"}
    assert fail(Client(), "office", headers=theirs).status_code == 429
    assert sign_in(Client(), "office", headers=others).status_code == 302


def test_a_script_is_told_of_the_lock_as_json(cast):
    response = fail(Client(), "office", **SCRIPT)
    assert response.status_code == 429
    assert "15 分钟" in response.json()["error"]


def test_no_password_reaches_the_log_of_attempts(cast):
    sign_in(Client(), "office", "Geheim-12345")
    attempt = AccessAttempt.objects.get()
    assert "Geheim" not in attempt.post_data + attempt.get_data


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "address"),
    [
        # Nobody is a proxy: the header is anybody's invention.
        ([], "203.0.113.7", "10.0.0.1", "203.0.113.7"),
        (["10.0.0.1"], "203.0.113.7", "10.9.9.9", "203.0.113.7"),
        (["10.0.0.1"], "10.0.0.1", "198.51.100.5", "198.51.100.5"),
        # What the client wrote itself stands to the left of what the proxy adds.
        (["10.0.0.1"], "10.0.0.1", "1.2.3.4, 198.51.100.5", "198.51.100.5"),
        (["10.0.0.0/24"], "10.0.0.1", "1.2.3.4, 198.51.100.5, 10.0.0.2", "198.51.100.5"),
        (["10.0.0.1"], "10.0.0.1", "nonsense", "10.0.0.1"),
        (["10.0.0.1"], "10.0.0.1", "1.2.3.4, nonsense", "10.0.0.1"),
        (["10.0.0.1"], "10.0.0.1", "", "10.0.0.1"),
        (["10.0.0.1"], "::ffff:10.0.0.1", "2001:db8::5", "2001:db8::5"),
        ([], "fe80::1%eth0", "", "fe80::1"),
        (["unix"], "", "198.51.100.5", "198.51.100.5"),
        (["unix"], "", "", None),
        ([], "", "198.51.100.5", None),
    ],
)
def test_the_forwarded_address_is_believed_from_a_proxy_only(settings, proxies, remote, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    settings.TRUSTED_PROXY_NETWORKS = [ip_network(item) for item in proxies if item != "unix"]
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers)
    assert client_address(request) == address


# --- the idle clock -------------------------------------------------------------------------------
def test_logs_out_after_half_an_hour_and_says_why(cast, login):
    client = login(cast.office)
    client.get(PAGE)
    back_date(client, 30.1)
    response = client.get("/accounts/", follow=True)
    assert response.request["PATH_INFO"] == LOGIN
    assert "因超过 30 分钟未操作，已自动退出" in response.content.decode()
    # Said once: after the next login the page knows nothing of it.
    sign_in(client, "office")
    client.post(reverse("units:logout"))
    assert "已自动退出" not in client.get(LOGIN).content.decode()


def test_reading_and_autosaving_renew_the_login_and_polling_does_not(cast, login):
    client = login(cast.office)
    client.get(PAGE)
    back_date(client, 29)
    client.get(PAGE, **SCRIPT)
    assert time.time() - client.session[SEEN] > 28 * 60
    client.post(PAGE, {}, **SCRIPT)
    assert time.time() - client.session[SEEN] < 60
    back_date(client, 29)
    client.get(PAGE)
    assert time.time() - client.session[SEEN] < 60


def test_a_page_that_polls_is_logged_out_all_the_same(cast, login):
    client = login(cast.office)
    client.get(PAGE, **SCRIPT)
    for minutes in (10, 20, 29):
        back_date(client, minutes)
        assert client.get(PAGE, **SCRIPT).status_code == 200
    back_date(client, 31)
    assert client.get(PAGE, **SCRIPT).status_code == 401


def test_reading_on_costs_no_write(cast, login):
    client = login(cast.office)
    client.get(PAGE)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(PAGE)
    assert not [query for query in queries if query["sql"].startswith(("UPDATE", "INSERT"))]


@pytest.mark.parametrize(
    ("method", "headers", "activity"),
    [
        ("GET", {}, True),
        ("POST", {}, True),
        ("GET", SCRIPT["headers"], False),
        ("HEAD", SCRIPT["headers"], False),
        ("POST", SCRIPT["headers"], True),
    ],
)
def test_what_counts_as_activity(method, headers, activity):
    assert is_activity(RequestFactory().generic(method, "/", headers=headers)) is activity


# --- logging out ----------------------------------------------------------------------------------
def test_logs_out_by_post_only(cast, login):
    client = login(cast.office)
    assert client.get(reverse("units:logout")).status_code == 405
    assert client.get("/accounts/").status_code == 200
    assert client.post(reverse("units:logout"))["Location"] == LOGIN
    assert client.get("/accounts/").status_code == 302
    # Once more from a second tab: no error page.
    assert client.post(reverse("units:logout"))["Location"] == LOGIN


# --- the own password -----------------------------------------------------------------------------
NEW = "Gongxu-2025-chunjie"


def change(client: Client, new: str = NEW, again: str | None = None, old: str = PASSWORD, **more):
    return client.post(
        PAGE,
        {"old_password": old, "new_password1": new, "new_password2": new if again is None else again},
        **more,
    )


def test_the_first_password_has_to_be_changed_before_anything_opens(db):
    user = UserFactory(username="fresh", role=Role.OFFICE, must_change_password=True)
    client = Client()
    response = sign_in(client, "fresh", data={"next": "/accounts/"})
    for url in ("/", "/accounts/", "/manage/units/", "/django-admin/", "/nowhere/"):
        assert client.get(url)["Location"] == PAGE, url
    assert client.post("/manage/units/new/", {"name": "新局", "kind": 2})["Location"] == PAGE
    assert client.get("/accounts/", **SCRIPT).status_code == 403
    page = client.get(PAGE).content.decode()
    assert "请先修改初始口令" in page
    assert "口令至少应有 10 个字符" in page
    response = change(client)
    assert response["Location"] == "/"
    user.refresh_from_db()
    assert not user.must_change_password
    assert user.check_password(NEW)
    assert client.get("/accounts/").status_code == 200


def test_this_session_goes_on_and_the_others_end(cast, login):
    here, there = login(cast.office), login(cast.office)
    key = here.session.session_key
    assert change(here)["Location"] == "/"
    assert here.get("/accounts/").status_code == 200
    assert here.session.session_key != key
    assert there.get("/accounts/")["Location"].startswith(LOGIN)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"old": "wrong"}, "原口令不正确"),
        ({"again": "Gongxu-2025-yuandan"}, "两次输入的新口令不一致"),
        ({"new": "Kurz-1"}, "口令过短，至少应有 10 个字符"),
        ({"new": "nurkleinebuchstaben"}, "至少包含大写字母、小写字母、数字、符号中的两类"),
        ({"new": "password123"}, "口令过于常见"),
        ({"new": "reporter-1"}, "口令与用户名过于相近"),
        ({"new": "Reporter-reporter-1"}, "口令与用户名过于相近"),
        ({"new": PASSWORD}, "新口令不能与原口令相同"),
        ({"new": "x1" * 100}, "128"),
        ({"new": "abc-12345\0xyz"}, "空"),
        ({"new": ""}, "必填"),
    ],
)
def test_a_refused_password_is_explained_in_chinese(cast, login, given, message):
    response = change(login(cast.reporter), **given)
    assert response.status_code == 422
    assert message in response.content.decode()
    cast.reporter.refresh_from_db()
    assert cast.reporter.check_password(PASSWORD)
