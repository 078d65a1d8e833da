"""Paper forms of a filing: the fields of the screen's form, blank or prefilled with what the person may read, a page each."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.papers.filing_form import filing_forms
from reports.renderers.process import render_files
from reports.renderers.typeset import GETA
from reports.services.drafts import start_draft
from reports.services.issuing import issue_bulletin
from tasks.filingpage import FilingPage
from tasks.models import Assignment, ReportingPeriod
from tasks.rules import Kind, PeriodState, Progress
from tasks.services.evidence import attach_evidence
from tasks.services.filing import save_draft
from tasks.services.periods import close_period
from tasks.services.review import return_update
from tests.conftest import Cast, World
from tests.factories import MeasureFactory, open_quarter, unit_party
from tests.printed import MM, collisions, is_embedded, lines_of, outside, pages_of, text_of, told, whole_text
from tests.stage import picture
from units.models import Unit, User

Login = Callable[[User | None], Client]


def forms(
    world: World,
    user: User,
    unit: Unit | None = None,
    *,
    blank: bool = False,
    number: int | None = None,
    period: ReportingPeriod | None = None,
) -> dict[str, Any]:
    quarter = ReportingPeriod.objects.select_related("plan").get(pk=(period or world.q1).pk)
    document = filing_forms(quarter, unit or world.fgj, user, timezone.now(), blank=blank, number=number)
    assert document is not None
    return document


def form_of(world: World, duty: Assignment, user: User, **more: Any) -> dict[str, Any]:
    (form,) = forms(world, user, duty.unit, number=duty.measure.number, **more)["forms"]
    return form


def labels(form: dict[str, Any]) -> list[str]:
    """What the form asks for, in the screen's words."""
    numbers = ["完成比例"] * bool(form["percent"])
    indicator = [form["indicator"]["label"]] if form["indicator"] else []
    return sorted(["自评状态", *numbers, *indicator, *(row["label"] for row in form["texts"])])


def on_screen(world: World, duty: Assignment, user: User, period: ReportingPeriod) -> list[str]:
    assignment = Assignment.objects.select_related("measure__task", "unit", "responsibility").get(pk=duty.pk)
    quarter = ReportingPeriod.objects.select_related("plan").get(pk=period.pk)
    form = FilingPage(assignment, quarter, user).form()
    return sorted(str(form.fields[name].label) for name in form.content_names)


def printed(document: dict[str, Any]) -> bytes:
    return render_files(document, ["pdf"])["pdf"]


def url(world: World, number: int | None = None, code: str = "fgj", quarter: int = 1) -> str:
    if number is None:
        return reverse("reports:unit_forms", args=[world.plan.code, quarter, code])
    return reverse("reports:filing_form", args=[world.plan.code, quarter, number, code])


# --- fields -----------------------------------------------------------------------------------------


def test_the_fields_are_those_of_the_screen_by_kind_and_role(world: World, cast: Cast) -> None:
    measured = MeasureFactory(
        task=world.tasks[0],
        plan=world.plan,
        number=4,
        kind=Kind.TERMINAL,
        indicator="安全利用率",
        indicator_unit="%",
        indicator_target=Decimal(100),
    )
    duties = [world.lead, world.support, world.terminal, unit_party(measured, world.fgj)]
    asked = []
    for duty in duties:
        user = world.user_of(duty.unit)
        form = form_of(world, duty, user)
        assert labels(form) == on_screen(world, duty, user, world.q1)
        assert [word for word, _ in form["choices"]] == (
            ["未启动", "推进中", "已完成", "滞后"]
            if duty.measure.kind == Kind.TERMINAL
            else ["按序时推进", "部分完成", "滞后"]
        )
        asked.append(labels(form))
    lead, support, terminal, with_indicator = asked
    assert "本措施总体进展" in lead
    assert "本措施总体进展" not in support
    assert "完成比例" in terminal
    assert "完成比例" not in support
    assert "安全利用率" in with_indicator


def test_a_lower_percent_is_asked_why_only_where_one_was_approved(world: World, cast: Cast) -> None:
    assert "比例下降原因" not in labels(form_of(world, world.terminal, cast.reporter))
    world.approve(world.file(world.terminal, percent=40))
    second = open_quarter(world.plan, 2)
    form = form_of(world, world.terminal, cast.reporter, period=second)
    assert "比例下降原因" in labels(form)
    assert labels(form) == on_screen(world, world.terminal, cast.reporter, second)
    assert form["percent"]["hint"] == "必填，“已完成”填100；序时进度50%；上次通过40%"
    assert form["reference"] == "第一季度审核通过：推进中，完成比例40%。"
    # A blank form shows nobody's figures in its boxes.
    assert form_of(world, world.terminal, cast.reporter, period=second, blank=True)["reference"] == ""


def test_the_code_leads_back_to_the_filing(world: World, cast: Cast) -> None:
    form = form_of(world, world.support, cast.reporter, blank=True)
    assert form["code"] == "2024/Q1/1/fgj"
    text = whole_text(printed(forms(world, cast.reporter, blank=True)))
    due = world.q1.due_on
    assert f"{due.year}年{due.month}月{due.day}日前签字盖章送{world.plan.issuer}" in text
    for words in (
        "编号：2024/Q1/1/fgj",
        "填报人：",
        "审核人：",
        "单位负责人（签字）：",
        "（公章）",
        "本季度无相关工作",
    ):
        assert words in text


@pytest.mark.parametrize("typed", ["2024/Q1/1/fgj", " ２０２４／q1／1／FGJ ", "编号：2024/Q1/1/fgj"])
def test_the_office_opens_the_filing_by_its_code(world: World, cast: Cast, login: Login, typed: str) -> None:
    answer = login(cast.office).get(reverse("tasks:paper_form"), {"code": typed})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("tasks:filing", args=[world.support.pk, world.q1.pk])


@pytest.mark.parametrize(
    "typed",
    ["2024/Q1/1/zjj", "2024/Q5/1/fgj", "2025/Q1/1/fgj", "2024/Q1/3/fgj", "2024Q1", "/" * 500],
)
def test_a_code_that_names_no_filing_is_said_to(world: World, cast: Cast, login: Login, typed: str) -> None:
    answer = login(cast.office).get(reverse("tasks:paper_form"), {"code": typed})
    assert answer.status_code == 400
    assert "请核对编号" in answer.content.decode()


def test_a_duty_that_was_ended_is_not_found_by_an_old_code(world: World, cast: Cast, login: Login) -> None:
    Assignment.objects.filter(pk=world.support.pk).update(last_quarter=0)
    answer = login(cast.office).get(reverse("tasks:paper_form"), {"code": "2024/Q1/1/fgj"})
    assert answer.status_code == 400


# --- what stands in them ----------------------------------------------------------------------------


def test_the_unit_gets_its_own_draft_and_the_office_does_not(world: World, cast: Cast) -> None:
    values = world.values(progress_text="草稿文字。", self_status=Progress.PARTIAL)
    save_draft(assignment=world.support, period=world.q1, actor=cast.reporter, values=values, base_version=0)
    attach_evidence(
        assignment=world.support, period=world.q1, actor=cast.reporter, upload=picture("检查现场.png")
    )
    own = form_of(world, world.support, cast.approver)
    assert own["state"] == "草稿，未提交"
    assert ["部分完成", True] in own["choices"]
    assert own["texts"][0]["text"] == "草稿文字。"
    assert own["evidence"] == ["检查现场.png"]
    for form in (
        form_of(world, world.support, cast.office),
        form_of(world, world.support, cast.reporter, blank=True),
    ):
        assert (form["state"], form["evidence"]) == ("", [])
        assert "草稿文字" not in str(form)
        assert not any(chosen for _, chosen in form["choices"])


def test_the_office_gets_what_was_handed_in(world: World, cast: Cast) -> None:
    update = world.file(world.support, progress_text="提交的文字。")
    assert form_of(world, world.support, cast.office)["state"] == "待审核"
    update = return_update(update_id=update.pk, actor=cast.office, version=update.version, reason="请补。")
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=cast.reporter,
        values=world.values(progress_text="改到一半。"),
        base_version=update.version,
    )
    assert form_of(world, world.support, cast.office)["texts"][0]["text"] == "提交的文字。"
    assert form_of(world, world.support, cast.reporter)["texts"][0]["text"] == "改到一半。"


def test_no_work_is_ticked(world: World, cast: Cast) -> None:
    world.file(world.support, no_work=True, progress_text="", next_steps="")
    assert form_of(world, world.support, cast.reporter)["no_work"] is True
    text = whole_text(printed(forms(world, cast.reporter, number=1)))
    assert "√" in text
    assert "√" not in whole_text(printed(forms(world, cast.reporter, number=1, blank=True)))


# --- who --------------------------------------------------------------------------------------------


def test_another_units_forms_do_not_exist_and_leaders_file_nothing(
    world: World, cast: Cast, login: Login
) -> None:
    for address in (url(world), url(world, 1), url(world) + "?blank"):
        for user, status in (
            (cast.reporter, 200),
            (cast.office, 200),
            (cast.lead, 404),
            (cast.other, 404),
            (cast.leader, 403),
            (cast.admin, 403),
        ):
            assert login(user).get(address).status_code == status
    # Measure 3 asks nobody; 区住建局 has no duty at all.
    assert login(cast.reporter).get(url(world, 3)).status_code == 404
    assert login(cast.other).get(url(world, code="zjj")).status_code == 404


def test_a_quarter_that_takes_no_filing_has_no_forms(world: World, cast: Cast, login: Login) -> None:
    client = login(cast.reporter)
    # Ahead of time they can be printed.
    assert client.get(url(world, quarter=2)).status_code == 200
    close_period(period_id=world.q1.pk, actor=cast.office)
    assert client.get(url(world)).status_code == 200
    start_draft(period_id=world.q1.pk, actor=cast.office)
    issue_bulletin(period_id=world.q1.pk, actor=cast.office)
    assert client.get(url(world)).status_code == 404
    assert client.get(url(world, 1)).status_code == 404


def test_links_stand_where_the_forms_can_be_had(world: World, cast: Cast, login: Login) -> None:
    filing = reverse("tasks:filing", args=[world.support.pk, world.q1.pk])
    bench = reverse("tasks:workbench", args=[world.plan.code, 1])
    assert url(world, 1) in login(cast.reporter).get(filing).content.decode()
    assert url(world) in login(cast.reporter).get(bench).content.decode()
    assert url(world, code="zjj") not in login(cast.other).get(bench).content.decode()
    world.file(world.support)
    assert url(world, 1) not in login(cast.reporter).get(filing).content.decode()
    world.plan.periods.filter(pk=world.q1.pk).update(state=PeriodState.ISSUING)
    assert url(world) not in login(cast.reporter).get(bench).content.decode()


# --- on paper ---------------------------------------------------------------------------------------


def test_blank_forms_are_a_page_each_with_room_to_write(world: World, cast: Cast) -> None:
    lead = MeasureFactory(
        task=world.tasks[0],
        plan=world.plan,
        number=4,
        text="会同有关部门开展现场检查督促企业落实污染防治措施并建立问题台账逐项销号。" * 60,
        units_text="区发改局、各街道、" * 40,
        kind=Kind.TERMINAL,
        lead_confirmed=True,
        indicator="安全利用率",
        indicator_unit="%",
    )
    unit_party(lead, world.fgj, lead=True)
    world.approve(world.file(world.terminal, percent=40))
    second = open_quarter(world.plan, 2)
    pages = pages_of(printed(forms(world, cast.reporter, blank=True, period=second)))
    assert len(pages) == 3
    for place, (page, number) in enumerate(zip(pages, (1, 2, 4), strict=True), 1):
        text = text_of(page)
        assert f"2024/Q2/{number}/fgj" in text
        assert f"第{place}页共3页" in text
        assert "空白表" in text
        assert "填写说明" in text
        assert outside(page, left=25, right=18, top=10, bottom=8) == []
        assert collisions(page) == []
        # Lines to write on: as wide as the cell, 7.5 mm high.
        ruled = [
            box
            for box in page.rects
            if box["x1"] - box["x0"] > 130 * MM and round(box["height"] / MM, 1) == 7.5
        ]
        assert 8 <= len({round(box["top"]) for box in ruled}) <= 30


def test_long_typed_texts_go_over_to_another_page_with_the_signatures_at_the_end(
    world: World, cast: Cast
) -> None:
    text = "会同有关部门开展现场检查督促企业落实污染防治措施并建立问题台账逐项销号。" * 40
    world.file(world.support, progress_text=text, problems=text, next_steps=text)
    pages = pages_of(printed(forms(world, cast.reporter, number=1)))
    assert len(pages) > 1
    assert "单位负责人" in text_of(pages[-1])
    for page in pages:
        assert "编号2024/Q1/1/fgj" in text_of(page)
        assert outside(page, left=25, right=18, top=10, bottom=8) == []
        assert collisions(page) == []
    assert "".join(text_of(page) for page in pages).count("逐项销号") == 120
    # No page begins or ends with a single line of a text.
    assert sum("会同" in line or "检查" in line or "企业" in line for line in lines_of(pages[-1])) != 1


def test_the_file_says_what_it_is(world: World, cast: Cast) -> None:
    content = printed(forms(world, cast.reporter, number=1, blank=True))
    assert told(content) == ("区发改局2024年第一季度第1项措施进展填报表（空白表）", "zh-CN")
    assert is_embedded(content)
    assert printed(forms(world, cast.reporter, number=1, blank=True)) == content


def test_what_no_font_prints_is_a_geta(world: World, cast: Cast) -> None:
    document = forms(world, cast.reporter, number=1)
    document["forms"][0]["texts"][0]["text"] = "推进\U0001f600治理。"
    assert f"推进{GETA}治理" in whole_text(printed(document))


@pytest.mark.parametrize("blank", [True, False])
def test_more_duties_need_no_more_queries(world: World, cast: Cast, blank: bool) -> None:
    def queries() -> int:
        period = ReportingPeriod.objects.select_related("plan").get(pk=world.q1.pk)
        with CaptureQueriesContext(connection) as captured:
            filing_forms(period, world.fgj, cast.reporter, timezone.now(), blank=blank)
        return len(captured)

    world.file(world.support)
    few = queries()
    assert few <= 7
    for number in range(4, 12):
        measure = MeasureFactory(task=world.tasks[0], plan=world.plan, number=number)
        world.file(unit_party(measure, world.fgj))
    assert queries() == few
