"""Two clicks, two tabs, two people of a unit, and the office filing for it: nobody's text is lost or overwritten."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from tasks.models import ProgressUpdate, StatusChange, UpdateDraft
from tasks.rules import PeriodState, Status
from tasks.services.filing import autosave, save_draft, withdraw_update
from tasks.services.review import return_update
from tests.conftest import World
from tests.test_filing_form import page, typed, value_of
from units.models import User

Login = Callable[[User | None], Client]


def saved_by(world: World, user: User, **values: Any) -> ProgressUpdate:
    existing = ProgressUpdate.objects.filter(assignment=world.support, period=world.q1).first()
    return save_draft(
        assignment=world.support,
        period=world.q1,
        actor=user,
        values=world.values(**values),
        base_version=existing.version if existing else 0,
    )


# --- two clicks ------------------------------------------------------------------------------------
def test_a_double_click_on_save_is_one_save(world: World, login: Login):
    client = login(world.cast.reporter)
    data = typed(world.cast.reporter, action="save")
    for _ in range(2):
        assert client.post(page(world.support, world.q1), data).status_code == 302
    assert client.post(page(world.support, world.q1), data | {"progress_text": "另一份"}).status_code == 409


def test_a_double_click_on_submit_hands_in_once(world: World, login: Login):
    client = login(world.cast.reporter)
    data = typed(world.cast.reporter, action="submit")
    for _ in range(3):
        assert client.post(page(world.support, world.q1), data).status_code == 302
    assert StatusChange.objects.count() == 1


def test_a_double_click_on_an_incomplete_form_says_twice_what_is_missing(world: World, login: Login):
    client = login(world.cast.reporter)
    data = typed(world.cast.reporter, progress_text="", action="submit")
    for _ in range(2):
        response = client.post(page(world.support, world.q1), data)
        assert response.status_code == 422
        assert "请填写工作进展。" in response.content.decode()


def test_a_page_from_before_the_return_hands_nothing_in_unseen(world: World, login: Login):
    """The same text as before the return, sent from a tab that does not know of it."""
    client = login(world.cast.reporter)
    data = typed(world.cast.reporter, action="submit")
    client.post(page(world.support, world.q1), data)
    update = ProgressUpdate.objects.get()
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充。")
    response = client.post(page(world.support, world.q1), data)
    assert response.status_code == 409
    update.refresh_from_db()
    assert update.status == Status.RETURNED


# --- two people, two tabs ----------------------------------------------------------------------------
def test_the_second_of_two_people_is_told_who_wrote_and_sees_both_texts(world: World, login: Login):
    second = login(world.cast.approver)
    second.get(page(world.support, world.q1))
    saved_by(world, world.cast.reporter, progress_text="张敏写的进展。", problems="张敏写的问题。")
    mine = typed(
        world.cast.approver,
        progress_text="李国强写的进展。",
        base=value_of(second.get(page(world.terminal, world.q1)).content.decode(), "base"),
    )
    response = second.post(page(world.support, world.q1), mine)
    html = response.content.decode()
    assert response.status_code == 409
    assert "本填报已由张敏修改，您的内容没有覆盖它" in html
    assert "张敏写的进展。" in html
    assert value_of(html, "progress_text") == "李国强写的进展。"
    assert ProgressUpdate.objects.get().progress_text == "张敏写的进展。", "nothing was overwritten"
    assert value_of(html, "base_version") == "1"
    # What stands on the right is saved on the newer base.
    merged = typed(world.cast.approver, progress_text="张敏写的进展。\n李国强写的进展。", base_version="1")
    assert second.post(page(world.support, world.q1), merged).status_code == 302
    update = ProgressUpdate.objects.get()
    assert update.progress_text == "张敏写的进展。\n李国强写的进展。"
    assert set(update.authors.all()) == {world.cast.reporter, world.cast.approver}
    assert not UpdateDraft.objects.exists(), "what was kept at the conflict is saved now"


def test_a_field_the_second_left_alone_takes_over_what_the_first_wrote(world: World, login: Login):
    second = login(world.cast.approver)
    html = second.get(page(world.support, world.q1)).content.decode()
    base = value_of(html, "base").replace("&quot;", '"')
    saved_by(world, world.cast.reporter, progress_text="张敏写的进展。", problems="张敏写的问题。")
    mine = typed(world.cast.approver, progress_text="李国强写的进展。", problems="", base=base)
    html = second.post(page(world.support, world.q1), mine).content.decode()
    assert value_of(html, "problems") == "张敏写的问题。"
    assert "您未改动，已填入现有内容" in html
    assert value_of(html, "progress_text") == "李国强写的进展。"


def test_what_was_typed_survives_leaving_the_page_of_both_texts(world: World, login: Login):
    saved_by(world, world.cast.reporter, progress_text="张敏写的进展。")
    second = login(world.cast.approver)
    data = typed(world.cast.approver, progress_text="李国强写的进展。", tab="")
    assert second.post(page(world.support, world.q1), data).status_code == 409
    html = second.get(page(world.support, world.q1)).content.decode()
    assert "已自动保存，但尚未存入填报" in html
    assert "李国强写的进展。" in html
    html = second.get(
        page(world.support, world.q1) + f"?restore={UpdateDraft.objects.get().pk}"
    ).content.decode()
    assert value_of(html, "progress_text") == "李国强写的进展。"
    assert value_of(html, "base_version") == "0", "saving it compares the two texts again"


def test_somebody_handed_it_in_meanwhile(world: World, login: Login):
    world.file(world.support, progress_text="张敏提交的进展。")
    second = login(world.cast.approver)
    response = second.post(
        page(world.support, world.q1), typed(world.cast.approver, progress_text="李国强写的进展。")
    )
    html = response.content.decode()
    assert response.status_code == 409
    for text in ("张敏提交的进展。", "李国强写的进展。", "待审核", "如需合并，请先撤回再修改"):
        assert text in html
    assert 'value="submit"' not in html
    second.post(f"/updates/{ProgressUpdate.objects.get().pk}/withdraw/")
    html = second.get(page(world.support, world.q1)).content.decode()
    assert "李国强写的进展。" in html, "offered again after the withdrawal"


def test_two_tabs_of_one_person_do_not_overwrite_each_other(world: World, login: Login):
    client = login(world.cast.reporter)
    one = typed(world.cast.reporter, progress_text="第一个标签页。", tab="one")
    two = typed(world.cast.reporter, progress_text="第二个标签页。", tab="two")
    for data in (one, two):
        assert client.post(page(world.support, world.q1) + "autosave/", data).status_code == 200
    assert UpdateDraft.objects.count() == 2
    assert client.post(page(world.support, world.q1), one).status_code == 302
    assert UpdateDraft.objects.get().tab == "two", "saving one tab keeps the other's text"
    response = client.post(page(world.support, world.q1), two)
    assert response.status_code == 409
    assert "第一个标签页。" in response.content.decode()


def test_another_login_in_the_same_browser_is_asked_under_whose_name(world: World, login: Login):
    client = login(world.cast.approver)
    data = typed(world.cast.reporter, progress_text="张敏打开的页面。", action="submit")
    response = client.post(page(world.support, world.q1), data)
    html = response.content.decode()
    assert response.status_code == 422
    assert "当前登录账号已变为“李国强”" in html
    assert value_of(html, "progress_text") == "张敏打开的页面。"
    assert value_of(html, "typist") == str(world.cast.approver.pk)
    assert not ProgressUpdate.objects.exists()


def test_one_is_told_who_else_is_typing_but_not_what(world: World, login: Login):
    autosave(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        tab="t",
        payload={"progress_text": "张敏还没保存的内容。"},
        base_version=0,
    )
    html = login(world.cast.approver).get(page(world.support, world.q1)).content.decode()
    assert "张敏" in html
    assert "也在填写本项" in html
    assert "张敏还没保存的内容。" not in html
    html = login(world.cast.office).get(page(world.support, world.q1)).content.decode()
    assert "也在填写本项" not in html, "a draft is the unit's own business"
    autosave(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.colleague,
        tab="t",
        payload={"progress_text": "代填到一半。"},
        base_version=0,
    )
    html = login(world.cast.office).get(page(world.support, world.q1)).content.decode()
    assert "吴倩" in html
    assert "张敏" not in html


# --- the office files for a unit (代填) -----------------------------------------------------------------
def test_the_office_files_for_a_unit_and_both_names_are_kept(world: World, login: Login):
    client = login(world.cast.office)
    html = client.get(page(world.support, world.q1)).content.decode()
    assert "您正以区生态办身份为<b>区发改局</b>代填" in html
    data = typed(world.cast.office, progress_text="根据电话汇报代填。", action="submit")
    response = client.post(page(world.support, world.q1), data)
    update = ProgressUpdate.objects.get()
    assert response.status_code == 302
    assert response.headers["Location"].startswith(f"/updates/{update.pk}/#saved-")
    # The office cannot take it back, so it is not told that it could.
    told = client.get(f"/updates/{update.pk}/").content.decode()
    assert "须由其他同志审核。审核前责任单位可以撤回修改。" in told
    assert (update.is_proxy, update.submitted_by) == (True, world.cast.office)
    change = StatusChange.objects.get()
    assert (change.is_proxy, change.actor_name, change.actor_unit) == (True, "周启明", "区生态办")
    own = login(world.cast.reporter).get(page(world.support, world.q1)).content.decode()
    assert "区生态办代填" in own
    assert "周启明" in own
    assert "代填" in login(world.cast.reporter).get("/2024/q1/workbench/").content.decode()
    # What is handed in, the office reads where it reviews.
    response = client.get(page(world.support, world.q1))
    assert response.status_code == 302
    assert response.headers["Location"] == f"/updates/{update.pk}/"


def test_the_office_neither_reads_nor_writes_what_a_unit_is_drafting(world: World, login: Login):
    saved_by(world, world.cast.reporter, progress_text="还没写完的内容。")
    client = login(world.cast.office)
    html = client.get(page(world.support, world.q1)).content.decode()
    assert "正在填写本季度内容" in html
    assert "还没写完的内容。" not in html
    assert "张敏" not in html
    assert "<textarea" not in html
    data = typed(world.cast.office, progress_text="代填内容。", action="submit", base_version="1")
    for end in ("", "no-work/"):
        response = client.post(page(world.support, world.q1) + end, data)
        assert response.status_code == 409
        assert "正在填写本季度内容，不能代填" in response.content.decode()
        assert "还没写完的内容。" not in response.content.decode()
        assert "代填内容。" in response.content.decode(), "what the office typed is not lost"
    answer = client.post(page(world.support, world.q1) + "autosave/", data | {"base_version": "0"})
    assert answer.json()["notice"] == "", "not even that it moved on"
    assert ProgressUpdate.objects.get().progress_text == "还没写完的内容。"


def test_a_round_that_was_withdrawn_is_the_unit_s_alone(world: World, login: Login):
    update = world.file(world.support, progress_text="退回前的文字。")
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充。")
    world.file(world.support, progress_text="撤回了的文字。")
    withdraw_update(update_id=update.pk, actor=world.cast.reporter)
    address = page(world.support, world.q1)
    assert "撤回了的文字。" in login(world.cast.reporter).get(address).content.decode()
    html = login(world.cast.office).get(address).content.decode()
    assert "正在填写本季度内容" in html
    assert "撤回了的文字。" not in html


def test_the_office_may_mend_a_returned_filing_until_the_unit_begins(world: World, login: Login):
    update = world.file(world.support)
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充。")
    client = login(world.cast.office)
    assert "<textarea" in client.get(page(world.support, world.q1)).content.decode()
    update.refresh_from_db()
    saved_by(world, world.cast.reporter, progress_text="正在修改。")
    html = client.get(page(world.support, world.q1)).content.decode()
    assert "正在填写本季度内容" in html
    assert "正在修改。" not in html


def test_a_draft_begun_by_the_office_is_open_to_the_unit(world: World, login: Login):
    saved_by(world, world.cast.office, progress_text="区生态办起草。")
    html = login(world.cast.reporter).get(page(world.support, world.q1)).content.decode()
    assert value_of(html, "progress_text") == "区生态办起草。"
    assert "上次保存：周启明" in html
    assert "区生态办起草。" in login(world.cast.colleague).get(page(world.support, world.q1)).content.decode()


def test_nothing_of_the_office_gets_into_an_issued_quarter(world: World, login: Login):
    world.q1.state = PeriodState.ISSUED
    world.q1.save()
    client = login(world.cast.office)
    assert "没有报送" in client.get(page(world.support, world.q1)).content.decode()
    response = client.post(page(world.support, world.q1), typed(world.cast.office, action="submit"))
    assert response.status_code == 409
    assert not ProgressUpdate.objects.exists()
