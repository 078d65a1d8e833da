"""The page of one filing: who reads what of it, what they may do there; and 本措施总体进展 as the office writes it."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks.models import Assignment, MeasureSummary, ProgressUpdate
from tasks.rules import Progress, Status
from tasks.services.evidence import attach_evidence, detach_evidence
from tasks.services.filing import save_draft
from tasks.services.periods import begin_issuing, finish_issuing
from tasks.services.review import Correction, reopen_update, return_update
from tests.conftest import World
from tests.factories import open_quarter
from tests.stage import picture
from tests.test_review_decision import plain

EVERYBODY = ("reporter", "approver", "lead", "other", "street", "office", "colleague", "leader", "admin")
UNIT = {"reporter", "approver"}
OFFICE = {"office", "colleague"}


def readers(world: World, login: Any, update: ProgressUpdate) -> set[str]:
    """Who opens the filing; everybody else must get 404."""
    statuses = {
        name: login(getattr(world.cast, name)).get(f"/updates/{update.pk}/").status_code for name in EVERYBODY
    }
    assert set(statuses.values()) <= {200, 404}
    return {name for name, status in statuses.items() if status == 200}


def send_back(world: World, update: ProgressUpdate, reason: str = "请补充检查数量。") -> ProgressUpdate:
    return return_update(
        update_id=update.pk, actor=world.cast.colleague, version=update.version, reason=reason
    )


def mend(world: World, update: ProgressUpdate, **changes: Any) -> ProgressUpdate:
    """The unit saves a half-mended text."""
    return save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(**changes),
        base_version=update.version,
    )


# --- who reads it --------------------------------------------------------------------------------------


def test_each_state_has_its_readers(world: World, login: Any):
    draft = save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(),
        base_version=0,
    )
    assert readers(world, login, draft) == UNIT
    submitted = world.file(world.support)
    beyond = UNIT | OFFICE | {"lead", "admin"}
    assert readers(world, login, submitted) == beyond
    returned = send_back(world, submitted)
    assert readers(world, login, returned) == beyond
    approved = world.approve(world.file(world.support, progress_text="重报。"))
    assert readers(world, login, approved) == beyond | {"leader"}
    reopened = reopen_update(
        update_id=approved.pk, actor=world.cast.office, version=approved.version, reason="改"
    )
    assert readers(world, login, reopened) == beyond


def test_a_lead_that_is_not_confirmed_reads_no_supporter(world: World, login: Any):
    update = world.file(world.street_duties[0])
    assert world.terminal.role == "lead"
    assert readers(world, login, update) == OFFICE | {"street", "admin"}


def test_a_supporter_does_not_read_the_lead(world: World, login: Any):
    assert readers(world, login, world.file(world.lead)) == OFFICE | {"lead", "admin"}


def test_unknown_ids(world: World, login: Any):
    for pk in ("0", "999999", "9" * 30):
        assert login(world.cast.office).get(f"/updates/{pk}/").status_code == 404


# --- what they read of it ---------------------------------------------------------------------------------


def test_the_unit_mends_and_the_others_read_what_was_handed_in(world: World, login: Any):
    update = mend(
        world,
        send_back(world, world.file(world.support, progress_text="已交的文字。")),
        progress_text="改到一半。",
    )
    own = plain(login(world.cast.reporter).get(f"/updates/{update.pk}/"))
    assert "改到一半。" in own
    assert "请补充检查数量。" in own
    for name in ("lead", "office", "admin"):
        text = plain(login(getattr(world.cast, name)).get(f"/updates/{update.pk}/"))
        assert "已交的文字。" in text
        assert "改到一半" not in text
        assert "单位正在修改" in text


def test_what_was_half_mended_when_the_quarter_was_issued_stays_the_unit_s(world: World, login: Any):
    update = send_back(world, world.file(world.support, progress_text="已交的文字。"))
    added = attach_evidence(
        assignment=world.support, period=world.q1, actor=world.cast.reporter, upload=picture("修改中.png")
    )
    mend(world, update, progress_text="改到一半。", self_status=Progress.LAGGING)
    begin_issuing(period_id=world.q1.pk, actor=world.cast.office)
    finish_issuing(period_id=world.q1.pk, actor=world.cast.office)
    update.refresh_from_db()
    assert update.status == Status.UNMENDED
    for name in ("lead", "office", "colleague", "admin"):
        client = login(getattr(world.cast, name))
        html = client.get(f"/updates/{update.pk}/").content.decode()
        assert "已交的文字。" in html
        for hidden in ("改到一半", "修改中.png", "滞后"):
            assert hidden not in html
        assert client.get(f"/evidence/{added.pk}/").status_code == 404
        assert client.get(f"/evidence/{added.pk}/preview/").status_code == 404
    own = login(world.cast.reporter)
    assert "改到一半" in own.get(f"/updates/{update.pk}/").content.decode()
    assert own.get(f"/evidence/{added.pk}/").status_code == 200


def test_files_follow_the_filing_by_id_too(world: World, login: Any):
    file = attach_evidence(
        assignment=world.support, period=world.q1, actor=world.cast.reporter, upload=picture("现场.png")
    )

    def openers() -> set[str]:
        return {
            name
            for name in EVERYBODY
            if login(getattr(world.cast, name)).get(f"/evidence/{file.pk}/").status_code == 200
        }

    assert openers() == UNIT
    update = world.file(world.support)
    assert openers() == UNIT | OFFICE | {"lead", "admin"}
    world.approve(update)
    assert openers() == UNIT | OFFICE | {"lead", "admin", "leader"}


def test_leaders_read_what_was_approved_and_not_how_it_came_about(world: World, login: Any):
    early = attach_evidence(
        assignment=world.support, period=world.q1, actor=world.cast.reporter, upload=picture("第一稿.png")
    )
    send_back(world, world.file(world.support, progress_text="第一稿文字。"), reason="内容太空。")
    detach_evidence(evidence_id=early.pk, actor=world.cast.reporter)
    late = attach_evidence(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        upload=picture("第二稿.png", "blue"),
    )
    update = world.file(world.support, progress_text="第二稿文字。")
    world.approve(
        update,
        correction=Correction(status=Progress.PARTIAL, note="覆盖不全。"),
        comment="内部意见：已电话核实",
    )
    client = login(world.cast.leader)
    html = client.get(f"/updates/{update.pk}/").content.decode()
    for words in ("第二稿文字。", "第二稿.png", "部分完成", "按序时推进", "覆盖不全。", "周启明"):
        assert words in html
    for words in ("第一稿", "内容太空", "内部意见", "流转记录"):
        assert words not in html
    assert client.get(f"/evidence/{late.pk}/").status_code == 200
    assert client.get(f"/evidence/{early.pk}/").status_code == 404
    # The unit, the lead, the office and the administrator follow the whole thread.
    for name in ("reporter", "lead", "office", "admin"):
        html = login(getattr(world.cast, name)).get(f"/updates/{update.pk}/").content.decode()
        for words in ("第一稿文字。", "内容太空。", "内部意见：已电话核实", "第一稿.png", "吴倩"):
            assert words in html


def test_both_figures_stand_side_by_side(world: World, login: Any):
    update = world.file(world.terminal, percent=60)
    update = world.approve(update, correction=Correction(percent=Decimal("45.5"), note="一段未完工。"))
    for name in ("reporter", "leader", "office"):
        text = re.sub(r"\s+", " ", plain(login(getattr(world.cast, name)).get(f"/updates/{update.pk}/")))
        assert "完成比例 60% 45.5%" in text
        assert "核定说明：一段未完工。" in text
    reopen_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="单位有异议。")
    text = plain(login(world.cast.office).get(f"/updates/{update.pk}/"))
    assert "区生态办核定" not in text


# --- what they may do there ---------------------------------------------------------------------------------


def actions(client: Any, update: ProgressUpdate) -> set[str]:
    html = client.get(f"/updates/{update.pk}/").content.decode()
    head = html[html.index('class="page-head"') : html.index('aria-labelledby="h-measure"')]
    return {
        word
        for word in ("撤回", "修改", "审核", "重新打开", "继续代填")
        if re.search(rf">{word}</(a|button)>", head)
    }


def test_everybody_is_offered_what_they_may_do_and_nothing_else(world: World, login: Any):
    update = world.file(world.support)
    offered = {
        name: actions(login(getattr(world.cast, name)), update)
        for name in ("reporter", "lead", "office", "admin")
    }
    assert offered == {"reporter": {"撤回"}, "lead": set(), "office": {"审核"}, "admin": set()}
    send_back(world, update)
    assert actions(login(world.cast.reporter), update) == {"修改"}
    assert actions(login(world.cast.office), update) == set()
    update = world.approve(world.file(world.support, progress_text="重报。"))
    assert actions(login(world.cast.office), update) == {"重新打开"}
    assert actions(login(world.cast.leader), update) == set()
    assert actions(login(world.cast.reporter), update) == set()
    begin_issuing(period_id=world.q1.pk, actor=world.cast.office)
    assert actions(login(world.cast.office), update) == set()


def test_a_filing_costs_the_same_with_one_round_and_with_many(world: World, login: Any):
    client = login(world.cast.office)
    update = world.file(world.support)
    address = f"/updates/{update.pk}/"
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for number in range(6):
        send_back(world, update)
        attach_evidence(
            assignment=world.support,
            period=world.q1,
            actor=world.cast.reporter,
            upload=picture(f"{number}.png", f"#00{number}000"),
        )
        update = world.file(world.support, progress_text=f"第{number}稿。")
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(one)
    assert len(many) <= 14


# --- 本措施总体进展 ---------------------------------------------------------------------------------------------

SUMMARY = "/2024/q1/measures/{}/summary/"


def test_the_office_writes_on_a_measure_without_a_confirmed_lead(world: World, login: Any):
    client = login(world.cast.office)
    world.file(world.street_duties[0], progress_text="街道配合开挖。")
    page = client.get(SUMMARY.format(2)).content.decode()
    assert "街道配合开挖。" in page
    answer = client.post(SUMMARY.format(2), {"text": "管网改造完成三成。\r\n第二段。", "base": ""})
    assert answer.status_code == 302
    summary = MeasureSummary.objects.get()
    assert (summary.text, summary.written_by) == ("管网改造完成三成。\n第二段。", world.cast.office)
    # The browser sends line ends its own way; that is no other text.
    answer = client.post(SUMMARY.format(2), {"text": "改写。", "base": "管网改造完成三成。\r\n第二段。"})
    assert answer.status_code == 302
    client.post(SUMMARY.format(2), {"text": "  ", "base": "改写。"})
    assert not MeasureSummary.objects.exists()


def test_two_writing_at_once_see_both_texts(world: World, login: Any):
    login(world.cast.colleague).post(SUMMARY.format(2), {"text": "吴倩的文字。", "base": ""})
    client = login(world.cast.office)
    answer = client.post(SUMMARY.format(2), {"text": "周启明的文字。", "base": ""})
    assert answer.status_code == 409
    html = answer.content.decode()
    for words in ("由吴倩改写", "吴倩的文字。", "周启明的文字。</textarea>"):
        assert words in html
    assert MeasureSummary.objects.get().text == "吴倩的文字。"
    base = re.search(r'name="base" value="([^"]*)"', html)
    assert base
    assert client.post(SUMMARY.format(2), {"text": "周启明的文字。", "base": base[1]}).status_code == 302


def test_a_confirmed_lead_that_wrote_is_not_written_over(world: World, login: Any):
    client = login(world.cast.office)
    assert client.post(SUMMARY.format(1), {"text": "代拟。", "base": ""}).status_code == 302
    world.file(world.lead, overall_text="牵头单位写的总体进展。")
    page = client.get(SUMMARY.format(1)).content.decode()
    assert "牵头单位写的总体进展。" in page
    assert "<textarea" not in page
    answer = client.post(SUMMARY.format(1), {"text": "再拟一份。", "base": "代拟。"})
    assert answer.status_code == 409
    assert "再拟一份。" in answer.content.decode()
    assert MeasureSummary.objects.get().text == "代拟。"


@pytest.mark.parametrize(
    ("text", "says"),
    [("长" * 3001, "超过 3000 字"), ("笑😀脸", "无法印刷的字符（😀）"), ("坏\0字符", "空字符")],
)
def test_a_text_that_cannot_be_printed_comes_back(world: World, login: Any, text: str, says: str):
    answer = login(world.cast.office).post(SUMMARY.format(2), {"text": text, "base": ""})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not MeasureSummary.objects.exists()


def test_not_in_an_issued_quarter_and_not_on_a_measure_that_is_not_there(world: World, login: Any):
    client = login(world.cast.office)
    assert client.get(SUMMARY.format(99)).status_code == 404
    assert client.post("/2024/q2/measures/2/summary/", {"text": "早了。", "base": ""}).status_code == 409
    begin_issuing(period_id=world.q1.pk, actor=world.cast.office)
    assert client.post(SUMMARY.format(2), {"text": "晚了。", "base": ""}).status_code == 409
    assert not MeasureSummary.objects.exists()
    for name in ("reporter", "lead", "leader", "admin"):
        other = login(getattr(world.cast, name))
        assert other.get(SUMMARY.format(2)).status_code == 403
        assert other.post(SUMMARY.format(2), {"text": "x", "base": ""}).status_code == 403


def test_a_unit_whose_lead_was_ended_reads_no_later_filings_of_its_supporters(world: World) -> None:
    early = world.file(world.support)
    later = world.file(world.support, period=open_quarter(world.plan, 2))
    readable = ProgressUpdate.objects.visible_to(world.cast.lead)
    assert {early, later} <= set(readable)
    Assignment.objects.filter(pk=world.lead.pk).update(last_quarter=1)
    assert early in readable.all()
    assert later not in readable.all()


def test_an_issued_quarters_filing_is_not_judged_by_todays_settings(world: World, login: Any) -> None:
    update = world.approve(world.file(world.terminal))
    addresses = (f"/updates/{update.pk}/", f"/review/{update.pk}/")
    office = login(world.cast.office)
    for address in addresses:
        assert "序时进度" in office.get(address).content.decode()
    begin_issuing(period_id=world.q1.pk, actor=world.cast.office)
    finish_issuing(period_id=world.q1.pk, actor=world.cast.office)
    for address in addresses:
        html = office.get(address).content.decode()
        assert "序时进度" not in html
        assert "（按自评计）" not in html
