"""Quarters: opened, closed, dated and taken back by the office, in the application and not against each other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from auditlog.models import LogEntry
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tasks.errors import WorkflowError
from tasks.models import ReportingPeriod
from tasks.rules import PeriodState
from tasks.services.filing import autosave, save_draft
from tasks.services.periods import close_period, open_period, recall_period, set_period_dates
from tests.conftest import World, build_world
from units.models import User
from xigang_eco.http import INVALID

Login = Callable[[User | None], Client]


def state(world: World, quarter: int = 1) -> str:
    return world.plan.periods.get(quarter=quarter).state


def revision(world: World) -> int:
    world.plan.refresh_from_db()
    return world.plan.revision


def test_a_quarter_is_opened_closed_and_opened_again(world: World) -> None:
    office, before = world.cast.office, revision(world)
    assert open_period(period_id=world.q2.pk, actor=office).state == PeriodState.OPEN
    closed = close_period(period_id=world.q2.pk, actor=office)
    assert closed.state == PeriodState.CLOSED
    assert closed.closed_at is not None
    again = open_period(period_id=world.q2.pk, actor=office)
    assert (again.state, again.closed_at) == (PeriodState.OPEN, None)
    assert revision(world) == before + 3


@pytest.mark.parametrize(
    ("old", "service"),
    [
        (PeriodState.OPEN, open_period),
        (PeriodState.ISSUING, open_period),
        (PeriodState.ISSUED, open_period),
        (PeriodState.UPCOMING, close_period),
        (PeriodState.CLOSED, close_period),
        (PeriodState.ISSUED, close_period),
        (PeriodState.UPCOMING, recall_period),
        (PeriodState.CLOSED, recall_period),
        (PeriodState.ISSUING, recall_period),
        (PeriodState.ISSUED, recall_period),
    ],
)
def test_a_move_that_does_not_fit_is_refused(
    world: World, old: str, service: Callable[..., ReportingPeriod]
) -> None:
    ReportingPeriod.objects.filter(pk=world.q2.pk).update(state=old)
    with pytest.raises(WorkflowError):
        service(period_id=world.q2.pk, actor=world.cast.office)
    assert state(world, 2) == old


def test_a_second_click_says_that_nothing_changed(world: World) -> None:
    with pytest.raises(WorkflowError, match="已经是“填报中”，本次操作没有作任何改动"):
        open_period(period_id=world.q1.pk, actor=world.cast.colleague)


@pytest.mark.parametrize("role", ["reporter", "approver", "leader", "admin"])
def test_only_the_office_moves_and_dates_quarters(world: World, role: str) -> None:
    actor = getattr(world.cast, role)
    for call in (
        lambda: open_period(period_id=world.q2.pk, actor=actor),
        lambda: close_period(period_id=world.q1.pk, actor=actor),
        lambda: recall_period(period_id=world.q1.pk, actor=actor),
        lambda: set_period_dates(
            period_id=world.q1.pk, actor=actor, opens_on=date(2024, 3, 1), due_on=date(2024, 4, 1)
        ),
    ):
        with pytest.raises(WorkflowError):
            call()
    assert (state(world), state(world, 2)) == (PeriodState.OPEN, PeriodState.UPCOMING)


def test_an_opening_by_mistake_is_taken_back_until_somebody_writes(world: World) -> None:
    office = world.cast.office
    assert recall_period(period_id=world.q1.pk, actor=office).state == PeriodState.UPCOMING
    open_period(period_id=world.q1.pk, actor=office)
    draft = autosave(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        tab="a" * 16,
        payload={"progress_text": "已写"},
        base_version=0,
    )
    with pytest.raises(WorkflowError, match="已有单位开始填报"):
        recall_period(period_id=world.q1.pk, actor=office)
    draft.delete()
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(),
        base_version=0,
    )
    with pytest.raises(WorkflowError, match="已有单位开始填报"):
        recall_period(period_id=world.q1.pk, actor=office)


def test_dates_are_set_and_no_longer_default(world: World) -> None:
    before = revision(world)
    row = set_period_dates(
        period_id=world.q2.pk, actor=world.cast.office, opens_on=date(2024, 6, 1), due_on=date(2024, 6, 1)
    )
    assert (row.opens_on, row.due_on, row.dates_default) == (date(2024, 6, 1), date(2024, 6, 1), False)
    assert revision(world) == before + 1
    entry = LogEntry.objects.get_for_object(row).latest("pk")
    assert entry.changes_dict["opens_on"] == ["2024-06-20", "2024-06-01"]


@pytest.mark.parametrize("old", [PeriodState.ISSUING, PeriodState.ISSUED])
def test_an_issued_quarter_keeps_its_dates(world: World, old: str) -> None:
    ReportingPeriod.objects.filter(pk=world.q2.pk).update(state=old)
    with pytest.raises(WorkflowError, match="日期不能再改"):
        set_period_dates(
            period_id=world.q2.pk, actor=world.cast.office, opens_on=date(2024, 6, 1), due_on=date(2024, 7, 1)
        )


def test_the_due_day_is_not_before_the_first(world: World) -> None:
    with pytest.raises(WorkflowError, match="不能早于开放日期"):
        set_period_dates(
            period_id=world.q2.pk, actor=world.cast.office, opens_on=date(2024, 7, 2), due_on=date(2024, 7, 1)
        )


def test_a_quarter_is_judged_at_its_closing_and_never_before_it_opened(world: World) -> None:
    now = timezone.now()
    world.q1.due_on = timezone.localdate() - timedelta(days=1)
    assert world.q1.is_past_due(now)
    world.q1.state, world.q1.closed_at = PeriodState.CLOSED, now - timedelta(days=3)
    assert world.q1.moment(now) == world.q1.closed_at
    assert not world.q1.is_past_due(now)
    world.q1.state = PeriodState.UPCOMING
    assert world.q1.moment(now) == now
    assert not world.q1.is_past_due(now)


# --- in the application ---------------------------------------------------------------------------
def url(name: str, *extra: int) -> str:
    return reverse(f"tasks:{name}", args=["2024", 1, *extra])


def test_the_office_moves_a_quarter_from_the_page_and_from_the_desk(world: World, login: Login) -> None:
    client = login(world.cast.office)
    answer = client.post(url("period_state", 2), {"action": "open"}, follow=True)
    assert answer.redirect_chain == [(url("plan_manage") + "#top", 302)]
    assert "2024年第二季度已开放填报" in answer.content.decode()
    assert state(world, 2) == PeriodState.OPEN
    answer = client.post(url("period_state", 2), {"action": "close", "next": "desk"})
    assert answer["Location"] == url("desk")
    assert state(world, 2) == PeriodState.CLOSED
    client.post(url("period_state", 2), {"action": "reopen"})
    client.post(url("period_state", 2), {"action": "recall"})
    assert state(world, 2) == PeriodState.UPCOMING


@pytest.mark.parametrize("action", ["", "issue", "开放", "open\0"])
def test_an_unknown_action_is_a_message(world: World, login: Login, action: str) -> None:
    answer = login(world.cast.office).post(url("period_state", 2), {"action": action}, follow=True)
    assert "没有这项操作" in answer.content.decode()
    assert state(world, 2) == PeriodState.UPCOMING


def test_a_second_person_is_told(world: World, login: Login) -> None:
    answer = login(world.cast.colleague).post(url("period_state", 1), {"action": "open"}, follow=True)
    assert "已经是“填报中”" in answer.content.decode()


@pytest.mark.parametrize("quarter", [0, 5, 10**30])
def test_there_is_no_fifth_quarter(world: World, login: Login, quarter: int) -> None:
    client = login(world.cast.office)
    for name in ("period_state", "period_dates"):
        assert client.post(url(name, quarter), {"action": "open"}).status_code == 404


def test_dates_are_typed_as_people_type_them(world: World, login: Login) -> None:
    client = login(world.cast.office)
    answer = client.post(url("period_dates", 2), {"opens_on": "2024年6月1日", "due_on": "2024/7/5"})
    assert answer["Location"] == url("plan_manage") + "#top"
    world.q2.refresh_from_db()
    assert (world.q2.opens_on, world.q2.due_on) == (date(2024, 6, 1), date(2024, 7, 5))


@pytest.mark.parametrize(
    ("opens", "due", "message"),
    [
        ("2024-07-05", "2024-07-01", "截止日期不能早于开放日期"),
        ("", "2024-07-01", "必填"),
        ("2024-02-30", "2024-07-01", "输入一个有效的日期"),
        ("2024-06-01", "20244-07-01", "输入一个有效的日期"),
        ("1024-06-01", "2024-07-01", "请检查年份"),
        ("2024-06-01\0", "2024-07-01", "输入一个有效的日期"),
    ],
)
def test_dates_that_cannot_be_come_back_as_typed(
    world: World, login: Login, opens: str, due: str, message: str
) -> None:
    answer = login(world.cast.office).post(url("period_dates", 2), {"opens_on": opens, "due_on": due})
    page = answer.content.decode()
    assert answer.status_code == INVALID
    assert message in page
    assert f'value="{due}"' in page
    world.q2.refresh_from_db()
    assert world.q2.dates_default


def test_dates_of_a_quarter_that_was_issued_meanwhile_come_back_with_the_reason(
    world: World, login: Login
) -> None:
    ReportingPeriod.objects.filter(pk=world.q1.pk).update(state=PeriodState.ISSUED)
    answer = login(world.cast.office).post(
        url("period_dates", 1), {"opens_on": "2024-03-01", "due_on": "2024-04-01"}
    )
    assert answer.status_code == INVALID
    assert "日期不能再改" in answer.content.decode()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_whoever_is_second_waits_and_is_told() -> None:
    """Without the lock both would read 未开始 and both would open."""
    world = build_world()

    def second() -> ReportingPeriod:
        try:
            return open_period(period_id=world.q2.pk, actor=world.cast.colleague)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            open_period(period_id=world.q2.pk, actor=world.cast.office)
            waiting = pool.submit(second)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1)
        with pytest.raises(WorkflowError, match="没有作任何改动"):
            waiting.result(timeout=20)
