"""A reviewer who comes too late is told who did what and keeps what was typed; approvals are taken back with a reason."""

import re

import pytest
from django.test import Client

from tasks.rules import Status
from tasks.services.filing import withdraw_update
from tasks.services.periods import begin_issuing
from tests.conftest import World
from tests.test_review_decision import address, decide, plain, shown

# --- two reviewers, and the unit, at once ---------------------------------------------------------------------


def test_the_second_reviewer_is_told_and_keeps_the_reason(world: World, office: Client, colleague: Client):
    update = world.file(world.support)
    assert decide(colleague, update, "approve").status_code == 302
    answer = decide(office, update, "return", reason="请补充检查数量。")
    assert answer.status_code == 409
    text = plain(answer)
    assert re.search(r"本填报已由吴倩于\d+月\d+日\d\d:\d\d审核通过，您的操作没有执行", text)
    assert "请补充检查数量。" in text
    update.refresh_from_db()
    assert (update.status, update.changes.count()) == (Status.APPROVED, 2)


def test_a_second_click_is_told_that_it_was_oneself(world: World, office: Client):
    update = world.file(world.support)
    assert decide(office, update, "return", reason="请补充。").status_code == 302
    answer = decide(office, update, "return", reason="请补充。")
    assert answer.status_code == 409
    assert "已由您本人" in plain(answer)
    assert update.changes.filter(to_status=Status.RETURNED).count() == 1


def test_withdrawn_meanwhile_the_text_is_the_unit_s_again_and_the_reason_stays(world: World, office: Client):
    update = world.file(world.support, progress_text="交过的文字。")
    withdraw_update(update_id=update.pk, actor=world.cast.reporter)
    answer = decide(office, update, "return", reason="请补充检查数量。")
    assert answer.status_code == 409
    text = plain(answer)
    assert "填报单位已撤回" in text
    assert "请补充检查数量。" in text
    assert "交过的文字" not in text
    assert office.get(address(update)).status_code == 404


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("decide/", {"decision": "return", "reason": ""}),
        ("decide/", {"decision": "approve", "note": "只写了说明"}),
        ("reopen/", {"reason": ""}),
    ],
)
def test_withdrawn_meanwhile_no_mistake_of_a_reviewer_shows_the_draft(
    world: World, office: Client, action: str, data: dict[str, str]
):
    update = world.file(world.support, progress_text="交过的文字。")
    withdraw_update(update_id=update.pk, actor=world.cast.reporter)
    answer = office.post(address(update, action), {"version": update.version, **data})
    assert answer.status_code == 409
    text = plain(answer)
    assert "填报单位已撤回" in text
    assert "交过的文字" not in text


def test_handed_in_anew_meanwhile_one_decides_on_the_new_text(world: World, office: Client):
    update = world.file(world.support, progress_text="旧文字。")
    seen = update.version
    withdraw_update(update_id=update.pk, actor=world.cast.reporter)
    world.file(world.support, progress_text="新文字。")
    data = {"version": seen, "decision": "return", "reason": "请补充检查数量。"}
    answer = office.post(address(update, "decide/"), data)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "重新提交" in html
    assert "新文字。" in html
    assert "请补充检查数量。</textarea>" in html
    update.refresh_from_db()
    assert f'name="version" value="{update.version}"' in html


def test_a_quarter_that_is_being_issued_meanwhile(world: World, office: Client):
    update = world.file(world.support)
    begin_issuing(period_id=world.q1.pk, actor=world.cast.colleague)
    answer = decide(office, update, "return", reason="请补充检查数量。")
    assert answer.status_code == 409
    text = plain(answer)
    assert "印发中，不能填报或审核" in text
    assert "请补充检查数量。" in text


# --- reopening -----------------------------------------------------------------------------------------------


def test_an_approval_is_taken_back_with_a_reason(world: World, office: Client):
    update = world.approve(world.file(world.support))
    assert "重新打开" in shown(office, update)
    answer = office.post(address(update, "reopen/"), {"version": update.version, "reason": " "})
    assert answer.status_code == 422
    assert "请填写重新打开的原因" in plain(answer)
    answer = office.post(
        address(update, "reopen/") + "?status=approved", {"version": update.version, "reason": "口径不一致。"}
    )
    assert answer["Location"] == address(update) + "?status=approved"
    update.refresh_from_db()
    assert update.status == Status.RETURNED
    assert "口径不一致。" in shown(office, update)


def test_not_after_issue(world: World, office: Client):
    update = world.approve(world.file(world.support))
    begin_issuing(period_id=world.q1.pk, actor=world.cast.office)
    assert 'id="reopen"' not in office.get(address(update)).content.decode()
    answer = office.post(address(update, "reopen/"), {"version": update.version, "reason": "口径不一致。"})
    assert answer.status_code == 409
    assert "口径不一致。" in plain(answer)
    update.refresh_from_db()
    assert update.status == Status.APPROVED


def test_two_reopen_at_once(world: World, office: Client, colleague: Client):
    update = world.approve(world.file(world.support))
    data = {"version": update.version, "reason": "口径不一致。"}
    assert colleague.post(address(update, "reopen/"), data).status_code == 302
    answer = office.post(address(update, "reopen/"), data)
    assert answer.status_code == 409
    assert "已由吴倩" in plain(answer)
    assert update.changes.filter(to_status=Status.RETURNED).count() == 1


def test_who_filed_it_does_not_reopen_it(world: World, office: Client, colleague: Client):
    update = world.file(world.support, actor=world.cast.office)
    decide(colleague, update, "approve")
    update.refresh_from_db()
    assert "不能重新打开" in shown(office, update)
    answer = office.post(address(update, "reopen/"), {"version": update.version, "reason": "改"})
    assert answer.status_code == 409
