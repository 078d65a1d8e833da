"""What one types is kept as typed, by tab and person, apart from the filing itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tasks.models import ProgressUpdate, UpdateDraft
from tasks.rules import PeriodState
from tasks.services.filing import DRAFT_MAX_CHARS
from tests.conftest import World
from tests.test_filing_form import page, typed, value_of
from units.models import User

Login = Callable[[User | None], Client]
XHR = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}


def keep(client: Client, world: World, user: User, **changes: str) -> Any:
    return client.post(page(world.support, world.q1) + "autosave/", typed(user, **changes), **XHR)


def test_autosave_keeps_the_text_as_typed_and_never_touches_the_filing(world: World, login: Login):
    client = login(world.cast.reporter)
    response = keep(client, world, world.cast.reporter, progress_text=" 写到一\r\n半\0", percent="六十")
    assert response.status_code == 200
    assert response.json()["saved_at"].count(":") == 2
    assert response.json()["notice"] == ""
    draft = UpdateDraft.objects.get()
    assert draft.payload["progress_text"] == " 写到一\r\n半"
    assert "percent" not in draft.payload, "not a field of this measure"
    assert (draft.user, draft.tab, draft.base_version) == (world.cast.reporter, "tab1", 0)
    assert not ProgressUpdate.objects.exists()
    keep(client, world, world.cast.reporter, progress_text="写完")
    assert UpdateDraft.objects.get().payload["progress_text"] == "写完"


def test_kept_text_is_offered_restored_and_gone_once_saved(world: World, login: Login):
    client = login(world.cast.reporter)
    keep(client, world, world.cast.reporter, progress_text="昨晚写的内容。")
    draft = UpdateDraft.objects.get()
    html = client.get(page(world.support, world.q1)).content.decode()
    assert value_of(html, "progress_text") == ""
    assert f"?restore={draft.pk}" in html
    assert "昨晚写的内容。" in html, "to be read before it is restored"
    html = client.get(page(world.support, world.q1) + f"?restore={draft.pk}").content.decode()
    assert value_of(html, "progress_text") == "昨晚写的内容。"
    assert 'value="on_schedule"' in html
    data = typed(world.cast.reporter, progress_text="昨晚写的内容。", tab="newer", restored=str(draft.pk))
    assert client.post(page(world.support, world.q1), data).status_code == 302
    assert not UpdateDraft.objects.exists()
    assert "尚未存入填报" not in client.get(page(world.support, world.q1)).content.decode()


def test_text_that_is_in_the_filing_already_is_not_offered(world: World, login: Login):
    client = login(world.cast.reporter)
    client.post(page(world.support, world.q1), typed(world.cast.reporter, progress_text="一\n二", tab="a"))
    keep(client, world, world.cast.reporter, progress_text="一\r\n二 ", tab="b", base_version="1")
    assert UpdateDraft.objects.count() == 1
    assert "尚未存入填报" not in client.get(page(world.support, world.q1)).content.decode()


def test_kept_text_is_the_typists_alone(world: World, login: Login):
    keep(login(world.cast.reporter), world, world.cast.reporter, progress_text="只有我看。")
    draft = UpdateDraft.objects.get()
    colleague = login(world.cast.approver)
    for path in (page(world.support, world.q1), page(world.support, world.q1) + f"?restore={draft.pk}"):
        assert "只有我看。" not in colleague.get(path).content.decode()
    colleague.post(page(world.support, world.q1) + "discard/", {"draft": str(draft.pk)})
    assert UpdateDraft.objects.filter(pk=draft.pk).exists()


@pytest.mark.parametrize("wanted", ["", "0", "-1", "abc", "99999999999999999999999", "１"])
def test_a_restore_that_leads_nowhere_is_the_plain_form(world: World, login: Login, wanted: str):
    keep(login(world.cast.reporter), world, world.cast.reporter, progress_text="写到一半。")
    response = login(world.cast.reporter).get(page(world.support, world.q1), {"restore": wanted})
    assert response.status_code == 200
    assert value_of(response.content.decode(), "progress_text") == ""


def test_discarding_one_or_all(world: World, login: Login):
    client = login(world.cast.reporter)
    for tab in ("one", "two", "three"):
        keep(client, world, world.cast.reporter, progress_text=f"标签页 {tab}", tab=tab)
    path = page(world.support, world.q1) + "discard/"
    first = UpdateDraft.objects.get(tab="one")
    assert client.post(path, {"draft": str(first.pk)}).status_code == 302
    assert set(UpdateDraft.objects.values_list("tab", flat=True)) == {"two", "three"}
    assert client.post(path, {"draft": "1 OR 1=1"}).status_code == 400
    assert client.get(path).status_code == 405
    assert client.post(path, **XHR).json() == {}
    assert not UpdateDraft.objects.exists()


def test_an_open_page_is_told_when_a_colleague_saved(world: World, login: Login):
    first, second = login(world.cast.reporter), login(world.cast.approver)
    keep(second, world, world.cast.approver, progress_text="李国强在写。")
    first.post(page(world.support, world.q1), typed(world.cast.reporter, action="save"))
    answer = keep(second, world, world.cast.approver, progress_text="李国强还在写。").json()
    assert answer["notice"] == "张敏已保存新的内容，您保存时将请您对照两份内容。"
    assert answer["saved_at"]
    first.post(page(world.support, world.q1), typed(world.cast.reporter, action="submit", base_version="1"))
    answer = keep(second, world, world.cast.approver, progress_text="李国强还在写。").json()
    assert "本填报已变为“待审核”" in answer["notice"]


def test_text_kept_before_somebody_handed_it_in_is_still_shown(world: World, login: Login):
    client = login(world.cast.approver)
    keep(client, world, world.cast.approver, progress_text="还没来得及保存的话。")
    world.file(world.support)
    html = client.get(page(world.support, world.q1)).content.decode()
    assert "<textarea" not in html
    assert "还没来得及保存的话。" in html


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"tab": ""}, 400),
        ({"tab": "a b"}, 400),
        ({"tab": "x" * 41}, 400),
        ({"base_version": "-1"}, 400),
        ({"base_version": "一"}, 400),
        ({"base_version": "1" * 12}, 400),
        ({"typist": "999"}, 403),
        ({"progress_text": "长" * (DRAFT_MAX_CHARS + 1)}, 409),
    ],
)
def test_what_autosave_refuses(world: World, login: Login, changes: dict[str, str], status: int):
    response = keep(login(world.cast.reporter), world, world.cast.reporter, **changes)
    assert response.status_code == status
    assert response.json()["error"].endswith("。")
    assert not UpdateDraft.objects.exists()


@pytest.mark.parametrize("state", [PeriodState.UPCOMING, PeriodState.ISSUING, PeriodState.ISSUED])
def test_autosave_stops_with_the_quarter(world: World, login: Login, state: str):
    world.q1.state = state
    world.q1.save()
    response = keep(login(world.cast.reporter), world, world.cast.reporter)
    assert response.status_code == 409
    assert "不能填报" in response.json()["error"]


def test_autosave_of_another_account_tells_the_script_that_the_form_may_ask(world: World, login: Login):
    response = keep(login(world.cast.approver), world, world.cast.reporter)
    assert response.status_code == 403
    assert response.json()["code"] == "typist"
    assert "李国强" in response.json()["error"]


def test_only_a_few_of_many_kept_texts_are_offered_and_equal_ones_hide_none(world: World, login: Login):
    client = login(world.cast.reporter)
    client.post(page(world.support, world.q1), typed(world.cast.reporter, progress_text="现有。"))
    keep(client, world, world.cast.reporter, progress_text="最早的不同内容。", tab="old")
    for number in range(8):
        keep(client, world, world.cast.reporter, progress_text="现有。", tab=f"same{number}")
    html = client.get(page(world.support, world.q1)).content.decode()
    assert html.count("尚未存入填报") == 1
    assert "最早的不同内容。" in html
