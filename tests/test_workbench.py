"""工作台: what a unit sees of its duties, and that the page costs the same however many there are."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reports.figures import plan_figures
from tasks.models import ProgressUpdate
from tasks.rules import Filing, PeriodState, Status
from tasks.services.filing import save_draft
from tasks.services.review import Correction, approve_update, return_update
from tasks.workbench import Workbench, workbench_of
from tests.conftest import World
from tests.factories import MeasureFactory, PlanFactory, TaskFactory, open_quarter, unit_party
from tests.test_filing_form import value_of
from units.models import Unit, User

Login = Callable[[User | None], Client]
PAGE = "/2024/q1/workbench/"


def bench(world: World, unit: Unit | None = None) -> Workbench:
    return workbench_of(unit or world.fgj, world.q1, timezone.now())


def measures(duties: tuple) -> list[int]:
    return [duty.assignment.measure.number for duty in duties]


def test_a_duty_goes_from_due_to_waiting_to_returned_to_done(world: World):
    assert measures(bench(world).due) == [1, 2]
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(),
        base_version=0,
    )
    assert [duty.is_draft for duty in bench(world).due] == [True, False]
    update = world.file(world.support)
    assert measures(bench(world).waiting) == [1]
    update = return_update(
        update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充数据。"
    )
    (returned,) = bench(world).returned
    assert returned.returned is not None
    assert (returned.returned.comment, returned.returned.actor_name) == ("请补充数据。", "周启明")
    world.approve(world.file(world.support))
    assert measures(bench(world).done) == [1]
    assert measures(bench(world).due) == [2]
    assert (bench(world).total, bench(world).open_count) == (2, 1)


def test_the_page_says_what_was_returned_why_and_by_whom(world: World, login: Login):
    update = world.file(world.support)
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充数据。")
    html = login(world.cast.approver).get(PAGE).content.decode()
    for text in ("退回待改", "请补充数据。", "周启明", f"/filing/{world.support.pk}/{world.q1.pk}/"):
        assert text in html


def test_the_unit_is_told_of_figures_that_the_office_set(world: World, login: Login):
    update = world.file(world.terminal)
    approve_update(
        update_id=update.pk,
        actor=world.cast.office,
        version=update.version,
        correction=Correction(percent=Decimal(20), note="经核实。"),
    )
    html = login(world.cast.reporter).get(PAGE).content.decode()
    assert "区生态办核定" in html
    assert "20%" in html


@pytest.mark.parametrize(("days", "words"), [(5, "还剩 5 天"), (0, "今天截止"), (-3, "逾期 3 天")])
def test_days_left(world: World, login: Login, days: int, words: str):
    open_quarter(world.plan, 1, days_left=days)
    html = login(world.cast.reporter).get(PAGE).content.decode()
    assert words in html
    assert (f'<span class="late">{words}</span>' in html) is (days <= 0)


def test_a_closed_quarter_is_judged_at_its_closing_as_in_the_figures(world: World):
    """Closed ahead of its due day, nothing becomes overdue any more; what is handed in now is late all the same."""
    open_quarter(world.plan, 1, days_left=-1)
    now = timezone.now()
    for state, closed_at, filing in (
        (PeriodState.OPEN, None, Filing.OVERDUE),
        (PeriodState.CLOSED, now, Filing.OVERDUE),
        (PeriodState.CLOSED, now - timedelta(days=3), Filing.MISSING),
    ):
        world.plan.periods.filter(quarter=1).update(state=state, closed_at=closed_at)
        world.q1.refresh_from_db()
        page = bench(world)
        assert {duty.filing for duty in page.due} == {filing}, (state, closed_at)
        figures = plan_figures(world.plan, world.q1, now)
        told = {duty.unit_code: duty.filing for row in figures.measures for duty in row.duties}
        assert told[world.fgj.code] == filing, (state, closed_at)
        assert page.is_overdue
    # The same where it stands among other quarters.
    others = workbench_of(world.fgj, open_quarter(world.plan, 2), now).others
    assert {(duty.period.quarter, duty.filing) for duty in others} == {(1, Filing.MISSING)}
    assert world.file(world.support).is_late


def test_a_quarter_that_has_not_begun_is_never_overdue(world: World):
    open_quarter(world.plan, 1, days_left=-1)
    world.plan.periods.filter(quarter=1).update(state=PeriodState.UPCOMING)
    world.q1.refresh_from_db()
    assert {duty.filing for duty in bench(world).due} == {Filing.MISSING}


def test_nobody_is_urged_once_nothing_is_due(world: World, login: Login):
    open_quarter(world.plan, 1, days_left=-3)
    world.file(world.support)
    world.file(world.terminal)
    html = login(world.cast.reporter).get(PAGE).content.decode()
    assert "逾期 3 天" not in html
    assert "填报已全部提交" in html


@pytest.mark.parametrize(
    ("state", "words", "can_file"),
    [
        (PeriodState.UPCOMING, "填报尚未开始", False),
        (PeriodState.OPEN, "待填报", True),
        (PeriodState.CLOSED, "仍可补报", True),
        (PeriodState.ISSUING, "正在印发", False),
        (PeriodState.ISSUED, "已印发", False),
    ],
)
def test_every_state_of_a_quarter_says_what_can_be_done(
    world: World, login: Login, state: str, words: str, can_file: bool
):
    world.q1.state = state
    world.q1.save()
    html = login(world.cast.reporter).get(PAGE).content.decode()
    assert words in html
    assert ("本季度无相关工作" in html) is can_file
    # Nothing is asked for any more once the bulletin has it.
    assert ("未报送" in html) is (state in (PeriodState.ISSUING, PeriodState.ISSUED))


def test_a_unit_without_duties_is_told_so(world: World, login: Login):
    html = login(world.cast.other).get(PAGE).content.decode()
    assert "区住建局在2024年第一季度没有需要填报的措施" in html


def test_a_duty_that_ended_or_is_open_asks_for_nothing(world: World):
    world.terminal.first_quarter = 2
    world.terminal.save()
    party = world.support.responsibility
    party.is_open = True
    party.save()
    assert bench(world).total == 0


def test_other_open_quarters_and_plans_are_not_forgotten(world: World, login: Login):
    open_quarter(world.plan, 2)
    world.file(world.support, period=world.q2)
    other = PlanFactory(code="2025", year=2025)
    open_quarter(other, 1, days_left=-2)
    unit_party(MeasureFactory(task=TaskFactory(plan=other), number=7), world.fgj)
    found = [
        (duty.period.plan.code, duty.period.quarter, duty.assignment.measure.number)
        for duty in bench(world).others
    ]
    assert found == [("2025", 1, 7), ("2024", 2, 2)]
    html = login(world.cast.reporter).get(PAGE).content.decode()
    assert "其他报告期未完成" in html
    assert "逾期 2 天" in html


def test_no_related_work_is_one_click_where_nothing_was_begun(world: World, login: Login):
    client = login(world.cast.reporter)
    save_draft(
        assignment=world.terminal,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(),
        base_version=0,
    )
    html = client.get(PAGE).content.decode()
    assert f"/filing/{world.support.pk}/{world.q1.pk}/no-work/" in html
    assert f"/filing/{world.terminal.pk}/{world.q1.pk}/no-work/" not in html, "text would be overwritten"
    data = {"base_version": "0", "typist": str(world.cast.reporter.pk)}
    response = client.post(f"/filing/{world.support.pk}/{world.q1.pk}/no-work/", data, follow=True)
    assert "“本季度无相关工作”已提交" in response.content.decode()
    update = ProgressUpdate.objects.get(assignment=world.support)
    assert (update.status, update.no_work) == (Status.SUBMITTED, True)


def test_one_click_on_an_old_page_overwrites_nothing(world: World, login: Login):
    """A colleague began to write after the page was loaded: both are shown, and theirs is not emptied."""
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.approver,
        values=world.values(progress_text="同事写的内容。"),
        base_version=0,
    )
    data = {"base_version": "0", "typist": str(world.cast.reporter.pk)}
    client = login(world.cast.reporter)
    response = client.post(f"/filing/{world.support.pk}/{world.q1.pk}/no-work/", data)
    assert response.status_code == 409
    html = response.content.decode()
    assert "李国强" in html
    # Taken over into the form, so that saving it keeps what the colleague wrote.
    assert value_of(html, "progress_text") == "同事写的内容。"
    assert ProgressUpdate.objects.get().progress_text == "同事写的内容。"


def test_withdraw_and_its_limits(world: World, login: Login):
    update = world.file(world.support)
    path = f"/updates/{update.pk}/withdraw/"
    expected = {"lead": 403, "other": 404, "street": 404, "office": 403, "leader": 403, "admin": 403}
    for who, status in expected.items():
        assert login(getattr(world.cast, who)).post(path).status_code == status, who
    client = login(world.cast.approver)
    assert client.get(path).status_code == 405
    assert path in client.get(PAGE).content.decode()
    response = client.post(path, follow=True)
    assert "已撤回" in response.content.decode()
    update.refresh_from_db()
    assert update.status == Status.DRAFT
    world.approve(world.file(world.support))
    response = client.post(path, follow=True)
    assert "不能改为" in response.content.decode()
    update.refresh_from_db()
    assert update.status == Status.APPROVED


def test_a_first_filing_taken_back_was_not_in_time_but_one_that_came_back_from_review_was(
    world: World, login: Login
):
    update = world.file(world.support)
    client = login(world.cast.reporter)
    client.post(f"/updates/{update.pk}/withdraw/")
    open_quarter(world.plan, 1, days_left=-1)
    assert world.file(world.support).is_late
    other = world.file(world.terminal)
    ProgressUpdate.objects.filter(pk=other.pk).update(
        first_submitted_at=timezone.now() - timedelta(days=3), is_late=False
    )
    return_update(update_id=other.pk, actor=world.cast.office, version=other.version, reason="补。")
    world.file(world.terminal)
    client.post(f"/updates/{other.pk}/withdraw/")
    assert not world.file(world.terminal).is_late


def queries(client: Client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(PAGE).status_code == 200
    return len(caught)


def test_the_page_costs_the_same_for_many_duties_quarters_and_plans(world: World, login: Login):
    client = login(world.cast.reporter)
    client.get(PAGE)
    update = world.file(world.support)
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="补。")
    before = queries(client)
    for number in range(10, 22):
        duty = unit_party(MeasureFactory(task=world.tasks[0], number=number), world.fgj)
        filed = world.file(duty)
        if number % 3 == 0:
            return_update(update_id=filed.pk, actor=world.cast.office, version=filed.version, reason="补。")
        elif number % 3 == 1:
            world.approve(filed)
    for quarter in (2, 3, 4):
        open_quarter(world.plan, quarter)
    for year in (2025, 2026):
        plan = PlanFactory(code=str(year), year=year)
        open_quarter(plan, 1)
        unit_party(MeasureFactory(task=TaskFactory(plan=plan), number=1), world.fgj)
    assert queries(client) == before
    assert before <= 12


def test_others_have_no_workbench(world: World, login: Login):
    for who in ("office", "leader", "admin"):
        assert login(getattr(world.cast, who)).get(PAGE).status_code == 403
    assert login(world.cast.reporter).get("/2024/q5/workbench/").status_code == 404
    assert login(world.cast.reporter).get("/1999/q1/workbench/").status_code == 404
