"""The form of one filing: what stands on it, saving, handing in, and why it may not be written."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasks.models import Assignment, ProgressUpdate, ReportingPeriod
from tasks.rules import PeriodState, Progress, Status
from tasks.services.duties import set_duty_quarters
from tasks.services.filing import save_draft
from tasks.services.periods import begin_issuing, finish_issuing
from tasks.services.review import Correction, approve_update, return_update
from tests.conftest import World
from tests.factories import PlanFactory, open_quarter
from units.models import User

Login = Callable[[User | None], Client]


def page(duty: Assignment, period: ReportingPeriod) -> str:
    return f"/filing/{duty.pk}/{period.pk}/"


def typed(user: User, **changes: str) -> dict[str, str]:
    """What a browser sends of a complete form on an ongoing measure."""
    return {
        "base_version": "0",
        "typist": str(user.pk),
        "tab": "tab1",
        "self_status": "on_schedule",
        "progress_text": "开展检查12次。",
        "problems": "",
        "next_steps": "继续推进。",
        **changes,
    }


def value_of(html: str, name: str) -> str:
    """The text in a textarea, or the value of an input."""
    found = re.search(rf'<textarea name="{name}"[^>]*>\n?(.*?)</textarea>', html, re.DOTALL)
    if found is None:
        found = re.search(rf'<input[^>]*name="{name}"[^>]*?value="([^"]*)"', html)
    return found[1] if found else ""


def returned(world: World, duty: Assignment, reason: str = "请补充数据。") -> ProgressUpdate:
    update = world.file(duty)
    return return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason=reason)


# --- what stands there -----------------------------------------------------------------------------
def test_the_page_shows_the_printed_measure_and_only_the_fields_it_asks_for(world: World, login: Login):
    client = login(world.cast.reporter)
    html = client.get(page(world.support, world.q1)).content.decode()
    for text in ("持续推进碳排放核算。", "生态环境分局、区发改局", "1. 深入实施碳达峰行动", "常态化", "配合"):
        assert text in html
    assert 'name="percent"' not in html, "an ongoing measure is asked for no percent"
    assert 'name="overall_text"' not in html, "only the lead writes the overall text"
    html = client.get(page(world.terminal, world.q1)).content.decode()
    assert 'name="percent"' in html
    assert "序时进度 25%" in html
    assert 'name="overall_text"' in html
    assert "牵头（待核实）" in html
    assert 'name="decrease_reason"' not in html, "nothing was approved before"


def test_an_indicator_is_asked_for_with_its_unit_and_target(world: World, login: Login):
    measure = world.measures[1]
    measure.indicator, measure.indicator_unit, measure.indicator_target = "安全利用率", "%", Decimal(100)
    measure.save()
    client = login(world.cast.reporter)
    html = client.get(page(world.terminal, world.q1)).content.decode()
    assert "安全利用率（实际值）" in html
    assert "目标值 100%" in html
    data = typed(world.cast.reporter, self_status="in_progress", percent="10", action="submit")
    response = client.post(page(world.terminal, world.q1), data)
    assert response.status_code == 422
    assert "请填写“安全利用率”的实际值。" in response.content.decode()
    data |= {"indicator_value": "99.75", "base_version": "1"}
    client.post(page(world.terminal, world.q1), data)
    assert ProgressUpdate.objects.get().indicator_value == Decimal("99.75")


def test_last_quarters_text_stands_beside_and_its_percent_is_named(world: World, login: Login):
    update = world.file(world.terminal, percent=30, progress_text="上季度完成管网2公里。")
    approve_update(
        update_id=update.pk,
        actor=world.cast.office,
        version=update.version,
        correction=Correction(percent=Decimal("22.5"), note="按实际进度。"),
    )
    open_quarter(world.plan, 2)
    html = login(world.cast.reporter).get(page(world.terminal, world.q2)).content.decode()
    assert "上季度完成管网2公里。" in html
    assert 'data-fill="progress_text"' in html
    assert "序时进度 50%；上次通过 22.5%" in html
    assert "核定： 22.5%" in html
    assert 'name="decrease_reason"' in html


def test_text_recorded_as_not_reviewed_can_be_taken_along(world: World, login: Login):
    world.file(world.support, progress_text="一季度未审内容。")
    ProgressUpdate.objects.update(status=Status.UNREVIEWED)
    world.q1.state = PeriodState.ISSUED
    world.q1.save()
    open_quarter(world.plan, 2)
    client = login(world.cast.reporter)
    old = client.get(page(world.support, world.q1)).content.decode()
    assert "已报未审" in old
    assert page(world.support, world.q2) in old
    new = client.get(page(world.support, world.q2)).content.decode()
    assert "一季度未审内容。" in new
    assert "复制到填报框" in new


def test_a_returned_filing_shows_the_reason_and_the_round_before(world: World, login: Login):
    returned(world, world.support)
    client = login(world.cast.reporter)
    html = client.get(page(world.support, world.q1)).content.decode()
    assert "周启明（区生态办）" in html
    assert "请补充数据。" in html
    assert "上次提交的内容" in html
    assert "重新提交" in html
    data = typed(world.cast.reporter, progress_text="改后的内容。", base_version="3")
    client.post(page(world.support, world.q1), data)
    html = client.get(page(world.support, world.q1)).content.decode()
    assert value_of(html, "progress_text") == "改后的内容。"
    assert "按计划开展工作，完成现场检查12次。" in html, "the round before"


def test_the_page_costs_the_same_with_a_long_history(
    world: World, login: Login, django_assert_num_queries: Any
):
    returned(world, world.support)
    client = login(world.cast.reporter)
    path = page(world.support, world.q1)
    client.get(path)
    with CaptureQueriesContext(connection) as caught:
        client.get(path)
    for _ in range(4):
        returned(world, world.support)
    with django_assert_num_queries(len(caught)):
        client.get(path)
    assert len(caught) <= 18


# --- saving and handing in ---------------------------------------------------------------------------
def test_a_draft_takes_whatever_there_is_and_says_that_it_is_not_handed_in(world: World, login: Login):
    client = login(world.cast.reporter)
    data = typed(world.cast.reporter, self_status="", progress_text="写到一半", action="save")
    response = client.post(page(world.support, world.q1), data)
    assert response.status_code == 302
    key = f"#saved-{world.cast.reporter.pk}-{world.support.pk}-{world.q1.pk}-tab1"
    assert response.headers["Location"] == page(world.support, world.q1) + key
    html = client.get(page(world.support, world.q1)).content.decode()
    assert "草稿已保存，尚未提交。" in html
    assert value_of(html, "progress_text") == "写到一半"
    assert "上次保存：张敏" in html
    assert ProgressUpdate.objects.get().status == Status.DRAFT


def test_handing_in_leads_back_to_the_workbench(world: World, login: Login):
    client = login(world.cast.reporter)
    data = typed(world.cast.reporter, action="submit")
    response = client.post(page(world.support, world.q1), data, follow=True)
    html = response.content.decode()
    assert "已提交，等待区生态办审核" in html
    assert "逾期报送" not in html
    update = ProgressUpdate.objects.get()
    assert (update.status, update.submitted_by, update.is_late) == (
        Status.SUBMITTED,
        world.cast.reporter,
        False,
    )


def test_what_is_missing_is_listed_with_links_and_nothing_is_lost(world: World, login: Login):
    client = login(world.cast.reporter)
    data = typed(
        world.cast.reporter, self_status="done", percent="80", progress_text="部分建成。", action="submit"
    )
    response = client.post(page(world.terminal, world.q1), data)
    html = response.content.decode()
    assert response.status_code == 422
    assert "尚未提交，已填内容已存为草稿" in html
    assert '<a href="#field-percent">完成比例：“已完成”与完成比例 100% 应当一致' in html
    assert '<a href="#field-evidence">自评为“已完成”须上传佐证材料。' in html
    for anchor in ("field-percent", "field-evidence"):
        assert f'id="{anchor}"' in html
    assert value_of(html, "progress_text") == "部分建成。"
    assert value_of(html, "base_version") == "1", "the page goes on from the draft"
    assert ProgressUpdate.objects.get().progress_text == "部分建成。"


def test_a_mistyped_number_saves_nothing_and_comes_back_as_typed(world: World, login: Login):
    client = login(world.cast.reporter)
    data = typed(world.cast.reporter, self_status="in_progress", percent="一半", action="save")
    response = client.post(page(world.terminal, world.q1), data)
    html = response.content.decode()
    assert response.status_code == 422
    assert "内容没有保存，请更正以下各项" in html
    assert value_of(html, "percent") == "一半"
    assert value_of(html, "progress_text") == "开展检查12次。"
    assert not ProgressUpdate.objects.exists()


def test_too_long_a_text_is_counted_and_kept(world: World, login: Login):
    client = login(world.cast.reporter)
    data = typed(world.cast.reporter, progress_text="长" * 3001, action="save")
    response = client.post(page(world.support, world.q1), data)
    assert response.status_code == 422
    assert "内容共 3001 字，超过 3000 字" in response.content.decode()
    assert value_of(response.content.decode(), "progress_text") == "长" * 3001
    data["progress_text"] = "第一行\r\n" + "长" * 2996
    assert client.post(page(world.support, world.q1), data).status_code == 302, "a line end is one character"


def test_a_lower_percent_wants_a_reason(world: World, login: Login):
    world.approve(world.file(world.terminal, percent=30))
    open_quarter(world.plan, 2)
    client = login(world.cast.reporter)
    data = typed(world.cast.reporter, self_status="in_progress", percent="25", action="submit")
    response = client.post(page(world.terminal, world.q2), data)
    assert response.status_code == 422
    assert "完成比例低于上次通过的 30%，请说明原因。" in response.content.decode()
    data |= {"decrease_reason": "统计口径调整。", "base_version": "1"}
    assert client.post(page(world.terminal, world.q2), data).status_code == 302
    assert ProgressUpdate.objects.get(period=world.q2).status == Status.SUBMITTED


def test_characters_that_cannot_be_printed_are_named_when_it_is_handed_in(world: World, login: Login):
    client = login(world.cast.reporter)
    data = typed(world.cast.reporter, progress_text="成效显著😀", action="submit")
    response = client.post(page(world.support, world.q1), data)
    assert response.status_code == 422
    assert "无法印刷的字符（😀）" in response.content.decode()
    assert (
        client.post(page(world.support, world.q1), data | {"action": "save", "base_version": "1"}).status_code
        == 302
    )


def test_no_related_work_from_the_form_keeps_what_was_typed(world: World, login: Login):
    client = login(world.cast.reporter)
    data = typed(world.cast.reporter, self_status="", progress_text="原以为有工作。")
    response = client.post(page(world.support, world.q1) + "no-work/", data, follow=True)
    assert "“本季度无相关工作”已提交" in response.content.decode()
    update = ProgressUpdate.objects.get()
    assert (update.no_work, update.progress_text) == (True, "原以为有工作。")
    html = client.get(page(world.support, world.q1)).content.decode()
    assert "本季度无相关工作" in html


def test_late_filing_is_marked(world: World, login: Login):
    open_quarter(world.plan, 1, days_left=-1)
    client = login(world.cast.reporter)
    html = client.get(page(world.support, world.q1)).content.decode()
    assert "逾期 1 天" in html
    assert "提交后标记为“逾期报送”" in html
    data = typed(world.cast.reporter, action="submit")
    response = client.post(page(world.support, world.q1), data, follow=True)
    assert "已提交（逾期报送）" in response.content.decode()
    assert ProgressUpdate.objects.get().is_late


# --- when nothing can be written -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PeriodState.UPCOMING, "填报尚未开始"),
        (PeriodState.ISSUING, "正在印发，暂不能填报和修改"),
        (PeriodState.ISSUED, "没有报送，不能再补报"),
    ],
)
def test_a_quarter_that_takes_nothing_says_why_and_keeps_what_was_typed(
    world: World, login: Login, state: str, words: str
):
    world.q1.state = state
    world.q1.save()
    client = login(world.cast.reporter)
    html = client.get(page(world.support, world.q1)).content.decode()
    assert words in html
    assert "<textarea" not in html
    response = client.post(
        page(world.support, world.q1), typed(world.cast.reporter, progress_text="晚了一步的内容。")
    )
    assert response.status_code == 409
    assert "晚了一步的内容。" in response.content.decode()
    assert "<textarea" not in response.content.decode()
    assert not ProgressUpdate.objects.exists()


def test_a_closed_quarter_still_takes_filings(world: World, login: Login):
    world.q1.state = PeriodState.CLOSED
    world.q1.save()
    client = login(world.cast.reporter)
    assert "填报已由区生态办截止" in client.get(page(world.support, world.q1)).content.decode()
    data = typed(world.cast.reporter, action="submit")
    assert client.post(page(world.support, world.q1), data).status_code == 302
    assert ProgressUpdate.objects.get().status == Status.SUBMITTED


def test_what_is_handed_in_is_read_only_with_a_way_back(world: World, login: Login):
    update = world.file(world.support)
    client = login(world.cast.reporter)
    html = client.get(page(world.support, world.q1)).content.decode()
    assert "等待区生态办审核" in html
    assert f"/updates/{update.pk}/withdraw/" in html
    assert "<textarea" not in html
    approve_update(
        update_id=update.pk,
        actor=world.cast.office,
        version=update.version,
        correction=Correction(status=Progress.PARTIAL, note="仅完成部分。"),
    )
    html = client.get(page(world.support, world.q1)).content.decode()
    assert "已审核通过" in html
    assert "withdraw" not in html
    for text in ("区生态办核定", "部分完成", "仅完成部分。", "按序时推进"):
        assert text in html


def test_a_duty_that_ended_keeps_its_old_text_and_takes_no_new(world: World, login: Login):
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="以前写的。"),
        base_version=0,
    )
    set_duty_quarters(
        assignment_id=world.support.pk, actor=world.cast.office, first_quarter=2, last_quarter=4
    )
    client = login(world.cast.reporter)
    html = client.get(page(world.support, world.q1)).content.decode()
    assert "已不承担本措施" in html
    assert "以前写的。" in html
    set_duty_quarters(
        assignment_id=world.terminal.pk, actor=world.cast.office, first_quarter=2, last_quarter=4
    )
    assert client.get(page(world.terminal, world.q1)).status_code == 404, "nothing was ever written"
    response = client.post(page(world.support, world.q1), typed(world.cast.reporter, base_version="1"))
    assert response.status_code == 409
    assert "没有此项责任" in response.content.decode()


def test_a_party_that_is_open_again_owes_nothing(world: World, login: Login):
    """The office took back whom a printed party means: what was begun stays readable, nothing more is taken."""
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="以前写的。"),
        base_version=0,
    )
    for duty in (world.support, world.terminal):
        duty.responsibility.is_open = True
        duty.responsibility.save()
    client = login(world.cast.reporter)
    html = client.get(page(world.support, world.q1)).content.decode()
    assert "以前写的。" in html
    assert "<textarea" not in html
    assert client.get(page(world.terminal, world.q1)).status_code == 404
    response = client.post(page(world.support, world.q1), typed(world.cast.reporter, base_version="1"))
    assert response.status_code == 409
    assert "没有此项责任" in response.content.decode()


def test_a_duty_and_a_quarter_of_different_plans_do_not_meet(world: World, login: Login):
    other = open_quarter(PlanFactory(code="2025", year=2025), 1)
    assert login(world.cast.reporter).get(page(world.support, other)).status_code == 404
    assert login(world.cast.office).get(page(world.support, other)).status_code == 404


# --- who ---------------------------------------------------------------------------------------------
FORBIDDEN = {"lead": 404, "other": 404, "street": 404, "leader": 403, "admin": 403}


@pytest.mark.parametrize("who", FORBIDDEN)
@pytest.mark.parametrize("end", ["", "autosave/", "discard/", "no-work/", "evidence/"])
def test_nobody_else_reaches_a_units_filing(world: World, login: Login, who: str, end: str):
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="本单位草稿。"),
        base_version=0,
    )
    user = getattr(world.cast, who)
    client = login(user)
    path = page(world.support, world.q1) + end
    response = client.post(path, typed(user, progress_text="别人的手。"))
    assert response.status_code == FORBIDDEN[who]
    if not end:
        response = client.get(path)
        assert response.status_code == FORBIDDEN[who]
    assert "本单位草稿。" not in response.content.decode()
    assert ProgressUpdate.objects.get().progress_text == "本单位草稿。"


def test_a_stranger_is_sent_to_the_login_and_a_script_is_told(world: World, login: Login):
    client = login(None)
    response = client.post(page(world.support, world.q1), typed(world.cast.reporter))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/login/")
    response = client.post(
        page(world.support, world.q1) + "autosave/",
        typed(world.cast.reporter),
        HTTP_X_REQUESTED_WITH="XMLHttpRequest",
    )
    assert response.status_code == 401
    assert "登录已失效" in response.json()["error"]


@pytest.mark.parametrize("status", [Status.UNREVIEWED, Status.UNMENDED])
def test_what_was_left_undecided_at_issue_is_one_click_from_the_next_quarters_fields(
    world: World, login: Login, status: Status
):
    update = world.file(world.support, progress_text="一季度检查了三十家企业。")
    if status == Status.UNMENDED:
        return_update(
            update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充整改情况。"
        )
    begin_issuing(period_id=world.q1.pk, actor=world.cast.office)
    finish_issuing(period_id=world.q1.pk, actor=world.cast.office)
    update.refresh_from_db()
    assert update.status == status
    following = open_quarter(world.plan, 2)
    html = login(world.cast.reporter).get(f"/filing/{world.support.pk}/{following.pk}/").content.decode()
    assert status.label in html
    assert "data-fill-all" in html
    assert "一季度检查了三十家企业。" in html
