"""The office's desk: figures that agree with the figures everywhere else, whom to urge, what to do next."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.figures import plan_figures
from tasks.desk import PENDING_SHOWN, Desk, desk_of
from tasks.models import Assignment, Responsibility, Scope
from tasks.rules import Filing, PeriodState
from tasks.services.filing import save_draft
from tasks.services.periods import begin_issuing, close_period, finish_issuing
from tasks.services.review import return_update
from tests.conftest import World
from tests.factories import MeasureFactory, UnitFactory, UserFactory, open_quarter, unit_party
from units.models import Unit, User

Login = Callable[[User | None], Client]


def desk(world: World, user: User | None = None, now: datetime | None = None) -> Desk:
    world.q1.refresh_from_db()
    return desk_of(world.q1, user or world.cast.office, now or timezone.now())


def send_back(world: World, update: Any) -> Any:
    return return_update(
        update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充数据。"
    )


def address(quarter: int = 1) -> str:
    return reverse("tasks:desk", args=["2024", quarter])


def test_it_counts_every_duty_once(world: World) -> None:
    world.approve(world.file(world.support))
    world.file(world.terminal)
    send_back(world, world.file(world.street_duties[0]))
    page = desk(world)
    assert (page.due, page.filed, page.approved, page.waiting, page.in_mending, page.unfiled) == (
        5,
        3,
        1,
        1,
        1,
        2,
    )
    assert page.days_left == 10


def test_its_figures_are_those_of_the_overview(world: World) -> None:
    world.approve(world.file(world.support))
    world.file(world.terminal)
    send_back(world, world.file(world.street_duties[0]))
    for now in (timezone.now(), timezone.now() + timedelta(days=30)):
        page, figures = desk(world, now=now), plan_figures(world.plan, world.q1, now)
        assert page.counts == figures.filings
        assert (page.due, page.filed) == (figures.due, figures.filed)


def test_a_draft_counts_as_not_filed_and_shows_nowhere(world: World, login: Login) -> None:
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="草稿里的话"),
        base_version=0,
    )
    page = desk(world)
    assert page.counts == {Filing.MISSING: 5}
    assert "草稿里的话" not in login(world.cast.office).get(address()).content.decode()


def test_the_queue_is_oldest_first_and_marks_what_matters(world: World, login: Login) -> None:
    returned = send_back(world, world.file(world.terminal))
    own = world.file(world.street_duties[0], actor=world.cast.office)
    late = world.file(world.support)
    again = world.file(world.terminal)
    assert again.pk == returned.pk
    page = desk(world)
    assert [update.pk for update in page.pending] == [own.pk, late.pk, again.pk]
    assert [update.has_part for update in page.pending] == [True, False, False]
    assert page.again == 1
    text = login(world.cast.office).get(address()).content.decode()
    for word in ("重报", "代填", "须他人审核"):
        assert word in text
    assert [update.has_part for update in desk(world, world.cast.colleague).pending] == [False] * 3
    assert "逾期" not in text
    world.q1.due_on = timezone.localdate() - timedelta(days=1)
    world.q1.save()
    world.file(world.lead)
    assert (
        '<span class="tag tag-late">逾期</span>' in login(world.cast.office).get(address()).content.decode()
    )


def test_a_long_queue_shows_its_oldest(world: World, login: Login) -> None:
    for number in range(10, 10 + PENDING_SHOWN + 5):
        world.file(unit_party(MeasureFactory(task=world.tasks[0], number=number), world.fgj))
    page = desk(world)
    assert (len(page.pending), page.waiting) == (PENDING_SHOWN, PENDING_SHOWN + 5)
    assert f"全部 {PENDING_SHOWN + 5} 件" in login(world.cast.office).get(address()).content.decode()


def test_the_list_for_urging_is_in_official_order_with_measures_and_contacts(world: World) -> None:
    Unit.objects.filter(pk=world.fgj.pk).update(contact="张敏 83630001")
    world.cast.lead.phone = "83630002"
    world.cast.lead.save()
    UserFactory(unit=world.sthj, name="已离任", is_active=False)
    page = desk(world)
    assert [(row.unit.code, [duty.measure.number for duty in row.duties]) for row in page.missing] == [
        ("fgj", [1, 2]),
        ("sthj", [1]),
        ("xlj", [2]),
        ("rx", [2]),
    ]
    assert [row.contact for row in page.missing] == ["张敏 83630001", "王海波 83630002", "孙丽", ""]


def test_the_text_for_urging(world: World) -> None:
    world.q1.opens_on, world.q1.due_on = date(2024, 3, 20), date(2024, 4, 10)
    world.q1.save()
    world.file(world.terminal)
    now = timezone.make_aware(datetime(2024, 4, 8, 9))
    text = desk(world, now=now).urge_text
    assert text == (
        "关于《西岗区2024年生态环境保护工作计划及措施清单》第一季度进展填报，截至4月8日尚未报送的单位（4个）："
        "区发改局（措施1）、生态环境分局（措施1）、香炉礁街道（措施2）、日新街道（措施2）。请于4月10日前报送。"
    )
    late = desk(world, now=timezone.make_aware(datetime(2025, 1, 2, 9))).urge_text
    assert "截至1月2日" in late
    assert "报送期限（2024年4月10日）已过，请尽快报送。" in late


def test_who_has_to_mend_is_listed_apart(world: World) -> None:
    send_back(world, world.file(world.terminal))
    page = desk(world)
    assert [(row.unit.code, len(row.duties)) for row in page.returned] == [("fgj", 1)]
    assert "退回后尚未重新报送的单位（1个）：区发改局（措施2）。" in page.mend_text
    assert "区发改局（措施1）" in page.urge_text
    for duty in (world.support, world.lead, *world.street_duties):
        world.file(duty)
    assert desk(world).urge_text == ""


def test_an_open_party_asks_nobody_and_is_a_to_do(world: World) -> None:
    party = Responsibility.objects.get(measure=world.measures[2])
    assert desk(world).todo.parties == (party,)
    Responsibility.objects.create(
        measure=world.measures[2], order=2, printed="等成员单位按照职责分工负责", scope=Scope.NOTE
    )
    # Left of a settling that was taken back.
    Assignment.objects.create(measure=party.measure, unit=world.zjj, responsibility=party)
    page = desk(world)
    assert page.due == 5
    assert page.todo.parties == (party,)


def test_quarters_to_open_and_to_close(world: World, login: Login) -> None:
    today = timezone.localdate()
    world.plan.periods.filter(quarter__gt=1).update(
        opens_on=today + timedelta(days=1), due_on=today + timedelta(days=9)
    )
    page = desk(world)
    assert (page.to_open, page.to_close) == (None, ())
    world.plan.periods.filter(quarter__gt=1).update(opens_on=today)
    world.plan.periods.filter(quarter=1).update(due_on=today)
    page = desk(world)
    # They open one after the other; the due day itself still counts.
    assert page.to_open is not None
    assert (page.to_open.quarter, page.to_close) == (2, ())
    world.plan.periods.filter(quarter=1).update(due_on=today - timedelta(days=1))
    page = desk(world)
    assert [quarter.quarter for quarter in page.to_close] == [1]
    assert (page.past_due, page.days_over) == (True, 1)
    text = login(world.cast.office).get(address()).content.decode()
    assert "尚未开放" in text
    assert "尚未截止" in text
    assert "逾期未报" in text


def test_a_quarter_that_has_not_begun_owes_nothing_late(world: World, login: Login) -> None:
    assert world.q2.due_on < timezone.localdate()
    page = desk_of(world.q2, world.cast.office, timezone.now())
    assert page.counts == {Filing.MISSING: 5}
    text = login(world.cast.office).get(address(2)).content.decode()
    assert "本季度尚未开放填报" in text
    assert "复制催报名单" not in text


def test_what_the_bulletin_needs_next(world: World, login: Login) -> None:
    client, office = login(world.cast.office), world.cast.office
    world.file(world.terminal)
    close_period(period_id=world.q1.pk, actor=office)
    assert "编制并印发通报" not in client.get(address()).content.decode()
    world.approve(desk(world).pending[0])
    assert "编制并印发通报" in client.get(address()).content.decode()
    world.file(world.support)
    begin_issuing(period_id=world.q1.pk, actor=office)
    assert "通报正在生成" in client.get(address()).content.decode()
    finish_issuing(period_id=world.q1.pk, actor=office)
    page = desk(world)
    assert (page.waiting, page.undecided) == (0, 1)
    text = client.get(address()).content.decode()
    assert "印发时未审结" in text
    assert "复制催报名单" not in text


def test_what_waits_in_another_quarter_is_not_forgotten(world: World, login: Login) -> None:
    world.file(world.terminal)
    send_back(world, world.file(world.street_duties[0]))
    page = desk(world)
    assert page.elsewhere == ()
    world.q2 = open_quarter(world.plan, 2)
    page = desk_of(world.q2, world.cast.office, timezone.now())
    assert [(row.period.quarter, row.waiting, row.in_mending) for row in page.elsewhere] == [(1, 1, 1)]
    answer = login(world.cast.office).get(address(2)).content.decode()
    assert "第一季度尚未印发，另有 1 件待审核、1 件退回待改" in answer
    assert f'href="{address(1)}">去办理' in answer
    world.plan.periods.filter(quarter=1).update(state=PeriodState.ISSUED)
    assert desk_of(world.q2, world.cast.office, timezone.now()).elsewhere == ()


@pytest.mark.parametrize("role", ["reporter", "approver", "lead", "leader", "admin"])
def test_the_desk_is_the_offices(world: World, login: Login, role: str) -> None:
    assert login(getattr(world.cast, role)).get(address()).status_code == 403


def test_no_desk_for_a_quarter_that_is_none(world: World, login: Login) -> None:
    client = login(world.cast.office)
    for path in ("/2024/q5/desk/", "/2099/q1/desk/", f"/2024/q{10**30}/desk/"):
        assert client.get(path).status_code == 404
    assert client.post(address()).status_code == 405


def test_as_many_queries_for_sixty_measures_as_for_three(world: World, login: Login) -> None:
    client = login(world.cast.office)
    world.file(world.terminal)
    send_back(world, world.file(world.street_duties[0]))

    def count() -> int:
        client.get(address())
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address()).status_code == 200
        return len(queries)

    before = count()
    for number in range(4, 61):
        measure = MeasureFactory(task=world.tasks[0], number=number)
        world.file(unit_party(measure, world.fgj))
        unit_party(measure, UnitFactory())
        returned = unit_party(measure, world.zjj)
        send_back(world, world.file(returned))
    assert count() == before
    world.plan.periods.filter(quarter=3).update(state=PeriodState.OPEN)
    assert count() == before
