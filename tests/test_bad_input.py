"""Wrong and hostile values in every form and query string: a clear word, the right status, nothing lost, never a fault."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve
from django.utils.http import urlencode

from tasks.models import ProgressUpdate, StatusChange
from tasks.rules import Status
from tests.conftest import World
from tests.pages import read
from tests.stage import Stage, build_stage
from tests.test_access import rows
from units.models import User

Login = Callable[[User | None], Client]
HOSTILE = [
    "-1",
    "0",
    "101",
    "99999999999999999999999",
    "1e309",
    "NaN",
    "２０２４",
    "😀",
    "\u202etxt.exe",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=HYPERLINK(1)",
    "' OR 1=1 --",
    "{{ settings.SECRET_KEY }}",
    "../../etc/passwd",
    "2024-13-45",
    "很长的字" * 3000,
]
# For what is not typed: agreements, choices, hidden numbers.
FEW = ["", "\0", "-1", "99999999999999999999999", "😀", "很长的字" * 3000]
# What every list reads, whatever its form offers.
READ_EVERYWHERE = ("page", "sort", "q", "task", "unit", "light", "filing", "status", "restore")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def stage(world: World) -> Stage:
    return build_stage(world)


def readable() -> Iterator[tuple[str, str]]:
    """(address, one actor who may open it) of every page in the access table."""
    for address, method, expected in rows():
        if method == "GET":
            actors = [actor for actor, status in expected.items() if status == "200"]
            for preferred in ("office", "reporter", "admin", "lead", "anonymous"):
                if preferred in actors:
                    yield address, preferred
                    break


PAGES = list(readable())


def page_of(stage: Stage, login: Login, address: str, actor: str) -> tuple[Client, str, str]:
    client = login(stage.actors()[actor])
    url = stage.url(address)
    response = client.get(url)
    assert response.status_code == 200
    is_page = response.headers["Content-Type"].startswith("text/html")
    return client, url, response.content.decode() if is_page else ""


@pytest.mark.parametrize(("address", "actor"), PAGES, ids=[address for address, _ in PAGES])
def test_no_query_string_breaks_a_page(stage: Stage, login: Login, address: str, actor: str) -> None:
    client, url, html = page_of(stage, login, address, actor)
    own = {name for form in read(html)[0] if form.method == "get" for name in (*form.fields, *form.choices)}
    for value in HOSTILE:
        query = urlencode(dict.fromkeys(sorted(own.union(READ_EVERYWHERE)), value))
        response = client.get(f"{url}?{query}")
        assert response.status_code in (200, 302, 400, 404), (value[:30], response.status_code)
    # One by one, so that no condition hides behind another that was refused.
    for name in sorted(own):
        for value in ("99999999999999999999999", "%ff%fe%3Cscript%3E"):
            response = client.get(f"{url}?{name}={value}")
            assert response.status_code in (200, 302, 400, 404), (name, value, response.status_code)
            if response.headers["Content-Type"].startswith("text/html"):
                assert "<script>" not in response.content.decode()
    assert client.get(f"{url}?q=%00").status_code == 400


@pytest.mark.parametrize(("address", "actor"), PAGES, ids=[address for address, _ in PAGES])
def test_no_form_breaks_on_what_is_sent(stage: Stage, login: Login, address: str, actor: str) -> None:
    client, url, html = page_of(stage, login, address, actor)
    # A list has the same form in every row: one of each kind is enough.
    kinds = {}
    for form in read(html)[0]:
        if form.method == "post" and "logout" not in form.action:
            target = (form.action or url).partition("#")[0]
            kinds[resolve(target).view_name, *sorted({*form.fields, *form.choices})] = (target, form)
    for target, form in kinds.values():
        hidden = {name: text for name, text in form.fields.items() if name not in form.free}
        for value in [*HOSTILE, "\0", ""] if form.free else FEW:
            send(client, target, {**hidden, **dict.fromkeys([*form.free, *form.choices], value)})
        if hidden:
            for value in FEW:
                send(client, target, dict.fromkeys([*form.fields, *form.choices], value))


def send(client: Client, url: str, data: dict[str, str]) -> None:
    """Post `data` and take back what it did; the answer is a page in Chinese or the way to one."""
    with transaction.atomic():
        response = client.post(url, data)
        transaction.set_rollback(True)
    told = (url, {name: value[:20] for name, value in data.items()}, response.status_code)
    assert response.status_code in (200, 302, 400, 403, 404, 409, 413, 422), told
    if response.status_code != 302 and not response.headers["Content-Type"].startswith("application/json"):
        assert CHINESE.search(response.content.decode()), told


@pytest.mark.parametrize(
    "body", [b"progress_text=\xff\xfe%FF%FE&base_version=0", b"\x00" * 50, b"a" * 100_000]
)
def test_a_body_that_is_no_form(stage: Stage, login: Login, body: bytes) -> None:
    client = login(stage.cast.street)
    url = stage.url("tasks:filing@returned")
    response = client.post(url, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code in (400, 422)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("percent", "101"),
        ("percent", "-0.1"),
        ("percent", "NaN"),
        ("percent", "1e1"),
        ("percent", "62.55"),
        ("percent", "一半"),
        ("self_status", "finished"),
        ("progress_text", "长" * 3001),
        ("progress_text", "有\0空字符"),
        ("progress_text", "字" * 3_500_000),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_wrong_filing_is_shown_again_with_all_that_was_typed(
    world: World, login: Login, field: str, value: str
) -> None:
    typed = {
        "self_status": "in_progress",
        "percent": "30",
        "progress_text": "已完成勘察设计。",
        "problems": "施工图审查慢。",
        "next_steps": "加快审查。",
        "base_version": "0",
        "typist": str(world.cast.reporter.pk),
        "action": "submit",
        field: value,
    }
    client = login(world.cast.reporter)
    response = client.post(f"/filing/{world.terminal.pk}/{world.q1.pk}/", typed)
    assert response.status_code == 422
    html = response.content.decode()
    assert "施工图审查慢。" in html
    assert "加快审查。" in html
    if "\0" in value:
        assert "无法识别的字符" in html
    elif len(value) < 10_000:
        assert value in html
    assert not ProgressUpdate.objects.filter(assignment=world.terminal, status=Status.SUBMITTED).exists()
    assert not StatusChange.objects.exists()


def test_html_and_formulas_are_text_wherever_they_show(world: World, login: Login) -> None:
    nasty = "<script>alert('1')</script><b>粗</b>"
    update = world.file(world.terminal, progress_text=nasty, problems="=1+1", next_steps="@SUM(A1)")
    for user in (world.cast.reporter, world.cast.office):
        html = login(user).get(f"/updates/{update.pk}/").content.decode()
        assert "&lt;script&gt;alert" in html
        assert "<script>alert" not in html


def test_nothing_is_filed_on_a_quarter_that_has_not_begun(world: World, login: Login) -> None:
    client = login(world.cast.reporter)
    data = {
        "progress_text": "提前填写的内容。",
        "base_version": "0",
        "typist": str(world.cast.reporter.pk),
        "action": "save",
    }
    response = client.post(f"/filing/{world.support.pk}/{world.q2.pk}/", data)
    assert response.status_code == 409
    assert "提前填写的内容。" in response.content.decode()
    assert not ProgressUpdate.objects.exists()


def test_a_deactivated_account_gets_nowhere(world: World, login: Login) -> None:
    client = login(world.cast.reporter)
    assert client.get("/2024/q1/workbench/").status_code == 200
    User.objects.filter(pk=world.cast.reporter.pk).update(is_active=False)
    response = client.get("/2024/q1/workbench/")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/login/")


@pytest.mark.parametrize(
    "path",
    [
        "/2024/q9/overview/",
        "/2099/q1/overview/",
        "/2024/q1/measures/99/",
        "/2024/q1/measures/99999999999999999999/",
        "/2024/q1/units/nobody/",
        "/updates/99999999999999999999999/",
        "/evidence/0/",
        "/filing/99999999999999999999/1/",
        "/2024/q99999999999999999999/overview/",
        "/%E4%B8%8D%E5%AD%98%E5%9C%A8/",
    ],
)
def test_unknown_addresses_are_404_in_chinese(world: World, login: Login, path: str) -> None:
    response = login(world.cast.office).get(path)
    assert response.status_code == 404
    assert "不存在" in response.content.decode()


def test_a_body_over_the_limit_is_413_and_says_so(world: World, login: Login, settings) -> None:
    settings.REQUEST_MAX_BYTES = 1000
    response = login(world.cast.reporter).post(
        f"/filing/{world.support.pk}/{world.q1.pk}/", {"progress_text": "字" * 1000}
    )
    assert response.status_code == 413
    assert "MB" in response.content.decode()


def test_text_over_the_limit_is_413_and_says_so(world: World, login: Login, settings) -> None:
    """Under the limit for files, but more than any form holds."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = login(world.cast.reporter).post(
        f"/filing/{world.support.pk}/{world.q1.pk}/",
        urlencode({"progress_text": "字" * 1000}),
        content_type="application/x-www-form-urlencoded",
    )
    assert response.status_code == 413
    assert "文字过多" in response.content.decode()
