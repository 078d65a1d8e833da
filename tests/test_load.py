"""`manage.py generate_load`: synthetic plans in bulk, marked as such, refused beside anybody's work."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.figures import plan_figures
from reports.load import generate
from tasks.completeness import CONTENT_FIELDS, submission_problems
from tasks.models import Assignment, Plan, ProgressUpdate, Sample, StatusChange
from tasks.rules import PeriodState, Status, can_transition
from tests.conftest import World
from units.models import Role, Unit, User

Login = Callable[[User | None], Client]


def load(plans: int = 1, *options: str) -> str:
    """What the command says."""
    out = StringIO()
    call_command("generate_load", "--plans", str(plans), *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def plan(db: None) -> Plan:
    load()
    return Plan.objects.get()


def test_a_plan_is_as_large_as_the_real_one_with_every_duty_filed_in_every_quarter(plan: Plan) -> None:
    assert plan.sample == Sample.LOAD
    assert (plan.tasks.count(), plan.measures.count()) == (13, 21)
    assert not plan.tasks.filter(measures__isnull=True).exists()
    duties = Assignment.objects.filter(measure__plan=plan)
    assert duties.count() == 105
    states = list(plan.periods.order_by("quarter").values_list("quarter", "state"))
    assert states == [(quarter, PeriodState.CLOSED) for quarter in (1, 2, 3)] + [(4, PeriodState.OPEN)]
    filed = set(ProgressUpdate.objects.values_list("assignment", "period__quarter"))
    assert ProgressUpdate.objects.count() == len(filed) == 420
    assert filed == {(duty.pk, quarter) for duty in duties for quarter in (1, 2, 3, 4)}


def test_filings_are_such_as_a_unit_could_hand_in_and_the_office_decide_on(plan: Plan) -> None:
    updates = ProgressUpdate.objects.select_related("assignment__measure", "period").order_by(
        "period__quarter", "pk"
    )
    last: dict[int, Any] = {}
    for update in updates:
        measure, key = update.assignment.measure, update.assignment_id
        problems = submission_problems(
            {name: getattr(update, name) for name in CONTENT_FIELDS},
            kind=measure.kind,
            quarter=update.period.quarter,
            confirmed_lead=measure.lead_confirmed,
            evidence_count=0,
            last_percent=last.get(key),
            indicator=measure.indicator,
        )
        assert problems == {}, update
        if update.status == Status.APPROVED:
            last[key] = update.final_percent
    for update in updates[::20]:
        undecided = ("decided_by", "decided_at") if update.status == Status.SUBMITTED else ()
        update.full_clean(exclude=undecided)
    connection.check_constraints()
    roles = {Status.SUBMITTED: Role.REPORTER, Status.APPROVED: Role.OFFICE}
    changes = StatusChange.objects.values_list("from_status", "to_status", "actor__role").distinct()
    assert {row[1] for row in changes} == set(roles)
    for old, new, role in changes:
        assert role == roles[Status(new)]
        assert can_transition(old, new, role)
    assert not ProgressUpdate.objects.exclude(status__in=roles).exists()
    approved = ProgressUpdate.objects.filter(status=Status.APPROVED).count()
    assert StatusChange.objects.count() == 420 + approved


def test_a_plan_is_written_in_bulk(plan: Plan) -> None:
    with CaptureQueriesContext(connection) as queries:
        load()
    # Some 1,400 rows. SQLite takes fewer of them at a time than PostgreSQL.
    assert len(queries) < 150
    assert sorted(Plan.objects.values_list("code", flat=True)) == ["load-0001", "load-0002"]
    assert ProgressUpdate.objects.count() == 840
    assert Unit.objects.count() == 20
    assert User.objects.count() == 3


def test_a_plan_may_have_more_measures_each_with_its_filings(db: None) -> None:
    load(1, "--measures", "40")
    plan = Plan.objects.get()
    assert (plan.tasks.count(), plan.measures.count()) == (13, 40)
    assert not plan.tasks.filter(measures__isnull=True).exists()
    assert ProgressUpdate.objects.count() == 40 * 5 * 4


@pytest.mark.parametrize("measures", [0, 12, 32_001])
def test_a_plan_has_a_measure_for_each_task_and_no_more_than_numbers_reach(db: None, measures: int) -> None:
    with pytest.raises(CommandError, match="--measures 应在 13 至 32000 之间"):
        load(1, "--measures", str(measures))
    assert not User.objects.exists()


def test_its_figures_take_as_many_queries_as_any_plans(world: World, plan_beside: Plan) -> None:
    now, costs = timezone.now(), []
    for row in (world.plan, plan_beside):
        period = row.periods.get(quarter=1)
        with CaptureQueriesContext(connection) as queries:
            figures = plan_figures(row, period, now)
        costs.append(len(queries))
    assert costs == [4, 4]
    assert (figures.due, figures.filed, len(figures.tasks), len(figures.units)) == (105, 105, 13, 20)
    assert figures.figure.percent is not None
    assert all(row.figure.percent is not None for row in figures.measures)


@pytest.fixture
def plan_beside(world: World) -> Plan:
    load(1, "--force")
    return Plan.objects.get(sample=Sample.LOAD)


@pytest.mark.parametrize("sample", [Sample.NONE, Sample.DEMO])
def test_beside_a_real_plan_or_sample_progress_nothing_is_written_unless_forced(
    world: World, sample: str
) -> None:
    world.plan.sample = sample
    world.plan.save()
    units, users = Unit.objects.count(), User.objects.count()
    with pytest.raises(CommandError, match=r"真实或演示计划，不能写入压力测试数据.*--force"):
        load()
    assert list(Plan.objects.all()) == [world.plan]
    assert (Unit.objects.count(), User.objects.count()) == (units, users)
    load(1, "--force")
    assert Plan.objects.filter(sample=Sample.LOAD).count() == 1
    assert Plan.objects.get(pk=world.plan.pk).sample == sample


@pytest.mark.parametrize("plans", [0, -1])
def test_no_plans_are_no_order(db: None, plans: int) -> None:
    with pytest.raises(CommandError, match="正整数"):
        load(plans)
    assert not User.objects.exists()


def test_its_accounts_have_the_password_that_is_given_or_told(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOAD_PASSWORD", "Probe-1234-xyz")
    assert "Probe-1234-xyz" in load()
    monkeypatch.delenv("LOAD_PASSWORD")
    told = load().strip().rpartition(" ")[2]
    users = User.objects.order_by("username")
    assert [(user.username, user.role) for user in users] == [
        ("load-leader", Role.LEADER),
        ("load-office", Role.OFFICE),
        ("load-unit", Role.REPORTER),
    ]
    for user in users:
        assert user.check_password(told)
        assert not user.check_password("Probe-1234-xyz")
        assert not user.must_change_password


def test_every_page_that_shows_it_says_what_it_is(plan: Plan, login: Login) -> None:
    office = login(User.objects.get(username="load-office"))
    unit = login(User.objects.get(username="load-unit"))
    update = ProgressUpdate.objects.filter(status=Status.SUBMITTED, period__quarter=4).first()
    assert update is not None
    for client, address in (
        (office, reverse("reports:overview", args=[plan.code, 4])),
        (office, reverse("reports:measure", args=[plan.code, 4, 5])),
        (office, reverse("tasks:review", args=[update.pk])),
        (office, reverse("tasks:plans")),
        (unit, reverse("tasks:workbench", args=[plan.code, 4])),
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
        html = answer.content.decode()
        assert '<span class="sample-mark">压力测试数据</span>' in html, address
        assert "【压力测试数据】" in html, "printed as well"


@pytest.mark.django_db(transaction=True)
def test_a_stopped_run_leaves_whole_plans() -> None:
    for _ in generate(3, "Probe-1234-xyz"):
        break
    assert [row.measures.count() for row in Plan.objects.all()] == [21]
