"""总览: everybody sees all figures, nobody sees a text that is not theirs, and every figure leads to its rows."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.figures import plan_figures
from reports.frozen import to_json
from reports.matrix import debtors_of, debtors_text, matrix_of
from reports.models import Bulletin
from tasks.models import Plan, ProgressUpdate, ReportingPeriod
from tasks.rules import PeriodState, Progress, Status
from tasks.services.common import touch_plan
from tests.conftest import Cast, World
from tests.factories import MeasureFactory, PlanFactory, TaskFactory, UnitFactory, open_quarter, unit_party
from tests.test_figures import put
from units.models import User

Login = Callable[[User | None], Client]
SECRET = "绝密内部情况说明"
UPDATE_LINK = re.compile(r'href="/updates/(\d+)/"')


def url(quarter: int = 1, plan: str = "2024") -> str:
    return reverse("reports:overview", args=[plan, quarter])


def page(login: Login, user: User, address: str) -> str:
    response = login(user).get(address)
    assert response.status_code == 200
    return response.content.decode()


def text_of(html: str) -> str:
    """What a reader sees, blanks collapsed."""
    html = re.sub(r"<(script|head)\b.*?</\1>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


@pytest.fixture
def filed(world: World) -> dict[str, ProgressUpdate]:
    """区发改局: approved on 1, a draft on 2. 生态环境分局: submitted. 香炉礁街道: returned; 日新街道: nothing."""
    rows = {
        "approved": world.approve(world.file(world.support, progress_text=SECRET)),
        "submitted": world.file(world.lead, progress_text=SECRET),
        "draft": put(world.terminal, 1, 77, status=Status.DRAFT, progress_text=SECRET),
        "returned": put(
            world.street_duties[0], 1, 20, status=Status.RETURNED, returns=1, progress_text=SECRET
        ),
    }
    touch_plan(world.plan.pk)
    return rows


# --- who --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["reporter", "approver", "lead", "other", "office", "leader", "admin"])
def test_everybody_reads_all_figures(cast: Cast, filed: Any, login: Login, role: str) -> None:
    text = text_of(page(login, getattr(cast, role), url()))
    assert "2024年第一季度总览" in text
    assert "3 /5 项" in text
    assert "2 项未报" in text


def test_a_stranger_must_log_in_and_nothing_is_changed_here(cast: Cast, login: Login) -> None:
    response = login(None).get(url())
    assert response.status_code == 302
    assert "/login/" in response["Location"]
    assert login(cast.office).post(url()).status_code == 405
    assert login(cast.office).head(url()).status_code == 200


@pytest.mark.parametrize("address", ["/2024/q5/overview/", "/2099/q1/overview/", "/2024/q0/overview/"])
def test_no_such_quarter(cast: Cast, login: Login, address: str) -> None:
    assert login(cast.leader).get(address).status_code == 404


@pytest.mark.parametrize(
    ("role", "opens"),
    [
        ("office", {"approved", "submitted", "returned"}),
        ("admin", {"approved", "submitted", "returned"}),
        ("leader", {"approved"}),
        ("reporter", {"approved"}),
        # Confirmed lead of measure 1: its own filing and its supporter's.
        ("lead", {"approved", "submitted"}),
        ("street", {"returned"}),
        ("other", set()),
    ],
)
def test_links_open_only_what_the_person_may_read(
    cast: Cast, filed: dict[str, ProgressUpdate], login: Login, role: str, opens: set[str]
) -> None:
    """The parts of the page are shared between readers: whoever may read most came first here."""
    page(login, cast.office, url())
    html = page(login, getattr(cast, role), url())
    assert {int(pk) for pk in UPDATE_LINK.findall(html)} == {filed[name].pk for name in opens}
    assert SECRET not in html


def test_a_draft_looks_like_nothing(world: World, filed: Any, login: Login) -> None:
    for user in (world.cast.office, world.cast.leader, world.cast.reporter):
        html = page(login, user, url())
        assert "区发改局 · 措施2：未报" in html
        assert "77%" not in html


def test_a_unit_finds_its_own_way(world: World, filed: Any, login: Login) -> None:
    html = page(login, world.cast.reporter, url())
    assert f'href="/filing/{world.terminal.pk}/{world.q1.pk}/"' in html
    assert "本单位进展" in html
    assert '<tr class="own">' in html
    assert "本单位进展" not in page(login, world.cast.leader, url())
    # No duty in this quarter: no figure of its own.
    assert "本单位进展" not in page(login, world.cast.other, url())


# --- what -------------------------------------------------------------------------------------------


def test_the_list_of_who_has_not_reported(world: World, filed: Any, login: Login) -> None:
    expected = (
        "2024年第一季度生态环境保护任务进展未报单位名单（共2个单位、2项措施）\n"
        "1. 区发改局：措施2\n"
        "2. 日新街道：措施2"
    )
    for role in ("office", "leader"):
        html = page(login, getattr(world.cast, role), url())
        assert expected in html
        assert 'data-copy="#debtors"' in html
    for role in ("reporter", "other", "admin"):
        assert "debtors" not in page(login, getattr(world.cast, role), url())
    open_quarter(world.plan, 1, days_left=-1)
    touch_plan(world.plan.pk)
    assert "进展逾期未报单位名单（共2个单位" in page(login, world.cast.leader, url())


def test_the_list_names_each_unit_once_in_official_order(world: World) -> None:
    figures = plan_figures(world.plan, world.q1, timezone.now())
    assert [(row.unit.name, row.measures) for row in debtors_of(figures)] == [
        ("区发改局", (1, 2)),
        ("生态环境分局", (1,)),
        ("香炉礁街道", (2,)),
        ("日新街道", (2,)),
    ]
    assert debtors_text(figures).splitlines()[1] == "1. 区发改局：措施1、2"


def test_no_list_once_all_have_reported(world: World, login: Login) -> None:
    for duty in (world.lead, world.support, world.terminal, *world.street_duties):
        world.file(duty)
    html = page(login, world.cast.office, url())
    assert "debtors" not in html
    assert "已全部报送" in html


def test_the_matrix_says_who_where_and_what(world: World, filed: Any) -> None:
    figures = plan_figures(world.plan, world.q1, timezone.now())
    matrix = matrix_of(figures, frozenset())
    assert [row.unit.name for row in matrix.rows] == ["区发改局", "生态环境分局", "香炉礁街道", "日新街道"]
    shown = [[cell and (cell.glyph, cell.words) for cell in row.cells] for row in matrix.rows]
    assert shown == [
        [("✓", "通过"), ("未", "未报"), None],
        [("审", "待审核"), None, None],
        [None, ("退", "退回"), None],
        [None, ("未", "未报"), None],
    ]
    assert [(glyph, words) for glyph, words, _ in matrix.legend] == [
        ("✓", "通过"),
        ("审", "待审核"),
        ("退", "退回"),
        ("未", "未报"),
    ]
    assert [(task.number, len(rows)) for task, rows in matrix.tasks] == [(1, 2), (2, 1)]


def test_marks_in_the_matrix(world: World, login: Login) -> None:
    put(world.support, 1, no_work=True, is_late=True)
    open_quarter(world.plan, 1, days_left=-1)
    touch_plan(world.plan.pk)
    html = page(login, world.cast.leader, url())
    assert "区发改局 · 措施1：通过（无相关工作），逾期报送" in html
    assert "区发改局 · 措施2：逾期未报" in html
    assert "通过（无相关工作）</span>" in html


def test_change_against_last_quarter(world: World, login: Login) -> None:
    for duty in (world.lead, world.support):
        put(duty, 1, state=Progress.ON_SCHEDULE)
        put(duty, 2, state=Progress.ON_SCHEDULE)
    open_quarter(world.plan, 2)
    touch_plan(world.plan.pk)
    text = text_of(page(login, world.cast.leader, url(2)))
    assert "较上季度 +12.5 个百分点" in text
    assert "第一季度 12.5% 25% — 部分完成 2/5 第二季度 25% 50% +12.5 部分完成 2/5" in text
    assert "本年度首个季度" in text_of(page(login, world.cast.leader, url(1)))


def test_a_change_shows_at_once(world: World, login: Login) -> None:
    client = login(world.cast.leader)
    assert "0 /5 项" in text_of(client.get(url()).content.decode())
    update = world.file(world.support)
    assert "1 /5 项" in text_of(client.get(url()).content.decode())
    assert UPDATE_LINK.findall(client.get(url()).content.decode()) == []
    world.approve(update)
    assert UPDATE_LINK.findall(client.get(url()).content.decode()) == [str(update.pk)]
    world.fgj.name = "区发展<和>改革局"
    world.fgj.save()
    assert "区发展&lt;和&gt;改革局" in client.get(url()).content.decode()


def test_an_issued_quarter_is_read_from_its_bulletin(world: World, filed: Any, login: Login) -> None:
    figures = plan_figures(world.plan, world.q1, timezone.now(), issuing=True)
    Bulletin.objects.create(
        period=world.q1, status="issued", title="通报", data={"figures": to_json(figures)}
    )
    ReportingPeriod.objects.filter(pk=world.q1.pk).update(state=PeriodState.ISSUED, closed_at=timezone.now())
    ProgressUpdate.objects.all().update(status=Status.APPROVED, self_status=Progress.LAGGING)
    world.fgj.name = "改名后的局"
    world.fgj.save()
    world.plan.yellow_from, world.plan.red_from = 7, 29
    world.plan.save()
    touch_plan(world.plan.pk)
    html = page(login, world.cast.office, url())
    text = text_of(html)
    assert "改名后的局" not in text
    assert "区发改局" in text
    assert "已报未审 1 项 1 项退回未改" in text
    assert "以印发时为准" in text
    assert "不足 10 为按序时推进，10 至 30 为部分完成，超过 30 为滞后" in text
    assert f"{reverse('reports:measures', args=['2024', 1])}?filing=unreviewed" in html
    # Not filed then, and now too late: no way to the form.
    own = page(login, world.cast.reporter, url())
    assert "/filing/" not in own
    assert "去填报" not in own


@pytest.mark.parametrize(
    ("state", "days", "words"),
    [
        (PeriodState.UPCOMING, -5, "尚未开放填报"),
        (PeriodState.OPEN, 3, "还有 3 天截止"),
        (PeriodState.OPEN, 0, "今日截止"),
        (PeriodState.OPEN, -1, "截止"),
        (PeriodState.CLOSED, -1, "已截止"),
    ],
)
def test_where_the_quarter_stands(world: World, login: Login, state: str, days: int, words: str) -> None:
    open_quarter(world.plan, 1, days_left=days)
    ReportingPeriod.objects.filter(pk=world.q1.pk).update(state=state, closed_at=timezone.now())
    touch_plan(world.plan.pk)
    assert words in text_of(page(login, world.cast.leader, url()))


def test_tomorrow_it_is_overdue(world: World, login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written when the due day passes: the day in the key makes the page anew."""
    open_quarter(world.plan, 1, days_left=0)
    assert "逾期未报 0 项" in text_of(page(login, world.cast.leader, url()))
    later = timezone.now() + timedelta(days=1)
    monkeypatch.setattr("reports.views.overview.timezone.now", lambda: later)
    assert "逾期未报 5 项" in text_of(page(login, world.cast.leader, url()))


def test_a_plan_without_tasks_or_units_says_so(cast: Cast, login: Login) -> None:
    plan = PlanFactory(code="2030", year=2030)
    assert "还没有录入目标任务" in page(login, cast.leader, url(plan="2030"))
    MeasureFactory(task=TaskFactory(plan=plan, number=1), number=1)
    touch_plan(plan.pk)
    assert "责任主体均待区生态办确认" in page(login, cast.leader, url(plan="2030"))


def test_every_chart_has_its_data_and_its_table(world: World, filed: Any, login: Login) -> None:
    html = page(login, world.cast.leader, url())
    charts = re.findall(r'data-option="([\w-]+)"', html)
    assert charts == ["chart-tasks", "chart-course", "chart-lights", "chart-units"]
    for name in charts:
        assert f'<script id="{name}" type="application/json">' in html
    assert html.count('class="table-wrap chart-table"') == len(charts)
    # No script in the page itself, no handlers: the policy would stop them.
    assert not re.search(r"<script(?![^>]*(src=|application/json))", html)
    assert not re.search(r"\son\w+=", html)


def test_figures_lead_to_the_rows_behind_them(world: World, filed: Any, login: Login) -> None:
    put(world.street_duties[1], 1, 10, is_late=True)
    touch_plan(world.plan.pk)
    measures = reverse("reports:measures", args=["2024", 1])
    html = page(login, world.cast.leader, url())
    found = {
        unescape(link).removeprefix(measures): text_of(inner).strip()
        for link, inner in re.findall(rf'<a\b[^>]*href="({measures}[^"]*)"[^>]*>(.*?)</a>', html, re.S)
    }
    expected = {
        "?filing=missing": "1 项未报",
        "?filing=submitted": "1",
        "?filing=returned": "1 项退回待改",
        "?filing=approved": "2 项已通过",
        "?late=1": "另有 1 项逾期报送",
        "?light=grey": "1",
        "?task=1&filing=missing": "4/5",
        "?unit=fgj&filing=missing": "1",
        "?unit=rx&late=1": "1",
    }
    assert {link: found.get(link) for link in expected} == expected
    # The office's 待审核 is its queue.
    queue = reverse("tasks:review_queue", args=["2024", 1])
    assert f'<a href="{queue}">1</a>' in page(login, world.cast.office, url())


@pytest.mark.parametrize("role", ["leader", "office", "reporter", "admin"])
def test_every_link_answers(world: World, filed: Any, login: Login, role: str) -> None:
    client = login(getattr(world.cast, role))
    html = client.get(url()).content.decode()
    links = {unescape(link) for link in re.findall(r'<a\b[^>]*\shref="([^"#]+)"', html)}
    assert len(links) > 25
    wrong = {
        link: status for link in sorted(links) if (status := client.get(link, follow=True).status_code) != 200
    }
    assert wrong == {}


# --- cost -------------------------------------------------------------------------------------------


def populated(measures: int, units: int) -> Plan:
    plan = PlanFactory()
    task = TaskFactory(plan=plan, number=1)
    people = [UnitFactory() for _ in range(units)]
    for number in range(1, measures + 1):
        measure = MeasureFactory(task=task, number=number)
        for unit in people:
            put(unit_party(measure, unit), 1, state=Progress.ON_SCHEDULE)
    for quarter in (1, 2):
        open_quarter(plan, quarter)
    return plan


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def cost(client: Client, address: str) -> tuple[int, int]:
    """Queries of a first and of a second call."""
    cache.clear()
    queries(client, address)
    cache.clear()
    return queries(client, address), queries(client, address)


# Session, user, quarter, units' stamp; in the head the plans and the quarters.
WARM = 6
# Two quarters of four queries, which quarters there are, and what the person may read.
COLD = WARM + 2 * 4 + 2


@pytest.mark.django_db
def test_the_same_queries_for_few_and_for_many(login: Login, cast: Cast) -> None:
    client = login(cast.leader)
    small = populated(1, 3)
    assert cost(client, url(2, small.code)) == (COLD, WARM)
    big = populated(10, 30)
    for _ in range(50):
        PlanFactory()
    assert cost(client, url(2, big.code)) == (COLD, WARM)


def test_while_filings_come_in_the_lights_are_said_to_be_provisional(world: World, login: Login) -> None:
    warning = "本季度填报尚未截止，已报 1/5 项"
    client = login(world.cast.leader)
    assert "填报尚未截止" not in client.get("/2024/q1/overview/").content.decode(), (
        "nothing is filed: all is 未到期"
    )
    world.file(world.support)
    assert warning in client.get("/2024/q1/overview/").content.decode()
    open_quarter(world.plan, 1, days_left=-1)
    cache.clear()
    assert "填报尚未截止" not in client.get("/2024/q1/overview/").content.decode()
