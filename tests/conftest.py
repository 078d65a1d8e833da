"""One cast and one small world for all tests.

The world: a plan of 2024 with two tasks. Measure 1 (常态化): 生态环境分局 leads (confirmed), 区发改局 supports. Measure 2
(有终点): 区发改局 (lead, not confirmed) and 各街道 (two streets). Measure 3: an open party only. The first quarter is open.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.storage import storages
from django.db import connection
from django.test import Client

from reports.kept import ALL_KEPT
from reports.models import Rendering
from reports.services import rendering_job, renderings
from tasks.models import Assignment, Evidence, Measure, Plan, ProgressUpdate, ReportingPeriod, TargetTask
from tasks.rules import Kind, Progress
from tasks.services.filing import submit_update
from tasks.services.review import approve_update
from tests.factories import (
    MeasureFactory,
    PlanFactory,
    TaskFactory,
    UnitFactory,
    UserFactory,
    group_of,
    group_party,
    open_quarter,
    unit_party,
)
from units.models import Role, Unit, UnitGroup, UnitKind, User
from xigang_eco.append_only import lifted


@dataclass
class Cast:
    """Everybody a test may need. `lead` is of the unit that leads measure 1, `other` of a unit without duties there."""

    reporter: User
    approver: User
    lead: User
    other: User
    street: User
    office: User
    colleague: User
    leader: User
    admin: User


@dataclass
class World:
    plan: Plan
    q1: ReportingPeriod
    q2: ReportingPeriod
    tasks: list[TargetTask]
    measures: list[Measure]
    fgj: Unit
    sthj: Unit
    zjj: Unit
    streets: list[Unit]
    street_group: UnitGroup
    # Duties: `lead` 生态环境分局 on 1, `support` 区发改局 on 1, `terminal` 区发改局 on 2, `street_duties` the streets on 2.
    lead: Assignment
    support: Assignment
    terminal: Assignment
    street_duties: list[Assignment]
    cast: Cast

    def values(self, **changes: Any) -> dict[str, Any]:
        """The content of a filing that may be submitted on an ongoing measure without confirmed lead."""
        return {
            "no_work": False,
            "percent": None,
            "self_status": Progress.ON_SCHEDULE,
            "progress_text": "按计划开展工作，完成现场检查12次。",
            "problems": "",
            "next_steps": "继续推进。",
            "overall_text": "",
            "decrease_reason": "",
            "indicator_value": None,
            **changes,
        }

    def file(
        self,
        duty: Assignment,
        *,
        actor: User | None = None,
        period: ReportingPeriod | None = None,
        **changes: Any,
    ) -> ProgressUpdate:
        """Submit a filing as the unit would (or `actor`)."""
        if duty.measure.kind == Kind.TERMINAL:
            changes = {"percent": 25, "self_status": Progress.IN_PROGRESS, **changes}
        if duty.is_confirmed_lead:
            changes = {"overall_text": "本措施总体进展正常。", **changes}
        period = period or self.q1
        existing = ProgressUpdate.objects.filter(assignment=duty, period=period).first()
        return submit_update(
            assignment=duty,
            period=period,
            actor=actor or self.user_of(duty.unit),
            values=self.values(**changes),
            base_version=existing.version if existing else 0,
        )

    def approve(self, update: ProgressUpdate, **kwargs: Any) -> ProgressUpdate:
        """Approve as the office."""
        return approve_update(update_id=update.pk, actor=self.cast.office, version=update.version, **kwargs)

    def user_of(self, unit: Unit) -> User:
        """A reporter of the unit, made when there is none."""
        user = User.objects.filter(unit=unit, role=Role.REPORTER, is_active=True).order_by("pk").first()
        return user or UserFactory(unit=unit)


# Before `-m` chooses by markers.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that open the database are marked so, to be run on each kind of it; all others need to run but once.

    Tests of row locks say why they do not run on a database that has none.
    """
    for item in items:
        # What a test asks for, its fixtures included; one for the whole module asks for the setup itself.
        asked = {"db", "transactional_db", "live_server", "django_db_setup"}.intersection(
            getattr(item, "fixturenames", ())
        )
        if asked or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)
        if item.get_closest_marker("postgres") and connection.vendor != "postgresql":
            item.add_marker(pytest.mark.skip(reason="row locks are PostgreSQL's"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Emptying the tables after a test is no tampering: the triggers that keep the archive step aside for it, and only then."""
    # For every connection: beside Playwright's event loop a test has another one than this.
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_unguarded(self: Any, sql_list: list[str]) -> None:
        with lifted(self.connection, ALL_KEPT):
            flush(self, sql_list)

    operations.execute_sql_flush = flush_unguarded  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _private_folders(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence of a test goes into a folder of its own, and cached figures never reach another test."""
    cache.clear()
    evidence = settings.STORAGES["evidence"]
    settings.STORAGES = settings.STORAGES | {
        "evidence": evidence | {"OPTIONS": evidence["OPTIONS"] | {"location": tmp_path / "evidence"}}
    }
    # The fields asked for their storage when the models were loaded.
    for name in ("file", "preview"):
        monkeypatch.setattr(Evidence._meta.get_field(name), "storage", storages["evidence"])


@pytest.fixture(autouse=True)
def _renderings_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is rendered off the request is rendered at once, in this process, but for tests that ask for `detached`.

    A process of its own would not see what a test's transaction has not committed.
    """
    if "detached" in request.fixturenames:
        monkeypatch.setenv("OPEN_TEST_DATABASE", str(connection.settings_dict["NAME"]))
    else:
        monkeypatch.setattr(renderings, "start_process", lambda row: rendering_job.run(row.pk, row.token))


@pytest.fixture
def detached() -> None:
    """Renderings run in processes of their own, as in real use; for tests whose rows are committed."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Rendering]:
    """Nothing is rendered off the request: what would have been started."""
    found: list[Rendering] = []
    monkeypatch.setattr(renderings, "start_process", found.append)
    return found


@pytest.fixture
def world(db: None) -> World:
    return build_world()


@pytest.fixture
def cast(world: World) -> Cast:
    return world.cast


@pytest.fixture
def login() -> Callable[[User | None], Client]:
    """login(user) → a client of that person; None: a stranger."""

    def client_of(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return client_of


@pytest.fixture
def office(world: World, login: Callable[[User | None], Client]) -> Client:
    """A browser in which somebody of the office is logged in."""
    return login(world.cast.office)


@pytest.fixture
def colleague(world: World, login: Callable[[User | None], Client]) -> Client:
    """The same for another of the office."""
    return login(world.cast.colleague)


def build_world() -> World:
    """The world as rows in the database; tests that need committed rows call it themselves."""
    sthj = UnitFactory(code="sthj", name="生态环境分局", kind=UnitKind.BRANCH, order=1)
    fgj = UnitFactory(code="fgj", name="区发改局", order=1)
    zjj = UnitFactory(code="zjj", name="区住建局", order=2)
    streets = [
        UnitFactory(code="xlj", name="香炉礁街道", kind=UnitKind.STREET, order=1),
        UnitFactory(code="rx", name="日新街道", kind=UnitKind.STREET, order=2),
    ]
    street_group = group_of("各街道", "streets", streets)
    open_group = group_of("领导小组成员单位", "steering", [])

    plan = PlanFactory(code="2024", year=2024)
    tasks = [
        TaskFactory(plan=plan, number=1, title="深入实施碳达峰行动"),
        TaskFactory(plan=plan, number=2, title="推动督察整改"),
    ]
    measures = [
        MeasureFactory(
            task=tasks[0],
            number=1,
            text="持续推进碳排放核算。",
            units_text="生态环境分局、区发改局",
            lead_confirmed=True,
        ),
        MeasureFactory(
            task=tasks[0], number=2, text="完成管网改造。", units_text="区发改局、各街道", kind=Kind.TERMINAL
        ),
        MeasureFactory(task=tasks[1], number=3, text="落实督察整改。", units_text="领导小组成员单位"),
    ]
    lead = unit_party(measures[0], sthj, lead=True)
    support = unit_party(measures[0], fgj)
    terminal = unit_party(measures[1], fgj, lead=True)
    street_duties = group_party(measures[1], street_group)
    group_party(measures[2], open_group, is_open=True)

    cast = Cast(
        reporter=UserFactory(username="reporter", name="张敏", unit=fgj),
        approver=UserFactory(username="approver", name="李国强", unit=fgj, role=Role.APPROVER),
        lead=UserFactory(username="lead", name="王海波", unit=sthj),
        other=UserFactory(username="other", name="赵静", unit=zjj),
        street=UserFactory(username="street", name="孙丽", unit=streets[0]),
        office=UserFactory(username="office", name="周启明", role=Role.OFFICE),
        colleague=UserFactory(username="colleague", name="吴倩", role=Role.OFFICE),
        leader=UserFactory(username="leader", name="郑书记", role=Role.LEADER),
        admin=UserFactory(username="admin", name="管理员", role=Role.ADMIN),
    )
    return World(
        plan=plan,
        q1=open_quarter(plan, 1),
        q2=plan.periods.get(quarter=2),
        tasks=tasks,
        measures=measures,
        fgj=fgj,
        sthj=sthj,
        zjj=zjj,
        streets=streets,
        street_group=street_group,
        lead=lead,
        support=support,
        terminal=terminal,
        street_duties=street_duties,
        cast=cast,
    )
