"""What is issued stays as it was issued, whatever is done to the plan, the units and the accounts afterwards."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import ProtectedError
from django.test import Client
from django.utils import timezone

from reports.models import Bulletin, BulletinFile
from reports.reading import course_of, figures_for
from tasks.models import Measure, MeasureSummary, ReportingPeriod, Responsibility, StatusChange
from tasks.rules import Kind
from tasks.services.duties import set_duty_quarters
from tasks.services.groups import add_member, remove_membership
from tasks.services.plans import confirm_lead, set_measure, set_thresholds
from tests.archive_parts import issue, quick_files
from tests.conftest import World
from tests.factories import UnitFactory, open_quarter
from units.models import GroupMembership, User
from units.services.accounts import set_account_active

Login = Callable[[User | None], Client]


@pytest.fixture
def issued(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    quick_files(monkeypatch)
    world.approve(world.file(world.support, progress_text="发改局核算碳排放12家。"))
    world.approve(world.file(world.terminal, percent=Decimal(25), progress_text="改造管网2公里。"))
    world.approve(world.file(world.lead, overall_text="总体进展良好。"))
    world.file(world.street_duties[0])
    issue(world)
    open_quarter(world.plan, 2)
    return world


def save(row: Any, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def rename_units(world: World) -> None:
    for place, unit in enumerate([world.fgj, world.sthj, *world.streets]):
        save(unit, name=f"改名单位{place}", confirmed=True)


def move_units(world: World) -> None:
    for place, unit in enumerate([world.fgj, world.sthj, *world.streets]):
        save(unit, order=90 - place)


def close_units(world: World) -> None:
    for unit in [world.fgj, *world.streets]:
        save(unit, is_active=False)


def switch_accounts_off(world: World) -> None:
    for user in (world.cast.reporter, world.cast.street):
        set_account_active(account_id=user.pk, actor=world.cast.office, active=False)
    set_account_active(account_id=world.cast.office.pk, actor=world.cast.admin, active=False)


def rename_people(world: World) -> None:
    for user in User.objects.all():
        save(user, name=f"改名人员{user.pk}")


def change_wording(world: World) -> None:
    for measure in Measure.objects.all():
        save(measure, text="改过的措施。", units_text="改过的责任单位")
    for task in world.tasks:
        save(task, title="改过的任务")
    save(world.plan, title="改过的计划", issuer="改过的机关")
    for party in Responsibility.objects.all():
        save(party, printed="改过的主体")


def change_thresholds(world: World) -> None:
    set_thresholds(plan_id=world.plan.pk, actor=world.cast.office, yellow_from=1, red_from=2)


def change_expected(world: World) -> None:
    for measure in Measure.objects.all():
        set_measure(
            measure_id=measure.pk,
            actor=world.cast.office,
            kind=measure.kind,
            kind_confirmed=True,
            expected=(90, 95, 98, 100),
        )


def change_kinds(world: World) -> None:
    for measure in Measure.objects.all():
        other = Kind.ONGOING if measure.kind == Kind.TERMINAL else Kind.TERMINAL
        set_measure(
            measure_id=measure.pk,
            actor=world.cast.office,
            kind=other,
            kind_confirmed=True,
            expected=(None, None, None, None),
        )


def change_parties(world: World) -> None:
    set_duty_quarters(
        assignment_id=world.support.pk, actor=world.cast.office, first_quarter=1, last_quarter=1
    )
    confirm_lead(measure_id=world.measures[1].pk, actor=world.cast.office, assignment_id=world.terminal.pk)
    confirm_lead(measure_id=world.measures[0].pk, actor=world.cast.office, assignment_id=None)


def change_members(world: World) -> None:
    add_member(
        group=world.street_group,
        unit=UnitFactory(name="新设街道"),
        actor=world.cast.office,
        starts=date(2024, 1, 1),
    )
    member = GroupMembership.objects.get(group=world.street_group, unit=world.streets[1])
    remove_membership(membership_id=member.pk, actor=world.cast.office)


def file_the_next_quarter(world: World) -> None:
    world.q2.refresh_from_db()
    world.approve(
        world.file(world.terminal, period=world.q2, percent=Decimal(90), progress_text="改造管网9公里。")
    )
    MeasureSummary.objects.create(
        measure=world.measures[1],
        period=world.q2,
        text="二季度总体进展。",
        written_by=world.cast.office,
        written_at=timezone.now(),
    )


CHANGES = [
    rename_units,
    move_units,
    close_units,
    switch_accounts_off,
    rename_people,
    change_wording,
    change_thresholds,
    change_expected,
    change_kinds,
    change_parties,
    change_members,
    file_the_next_quarter,
]


def archive() -> list[Any]:
    """Everything stored of editions."""
    rows = Bulletin.objects.order_by("pk").values("pk", "title", "body", "data", "data_sha256", "issued_at")
    files = BulletinFile.objects.order_by("pk").values("pk", "content", "size", "sha256")
    return [*rows, *[file | {"content": bytes(file["content"])} for file in files]]


def figures(world: World) -> Any:
    period = ReportingPeriod.objects.select_related("plan").get(pk=world.q1.pk)
    return figures_for(period, timezone.now()), course_of(period, timezone.now())


def pages(world: World, login: Login) -> dict[str, str]:
    """What a leader reads of the quarter, without what stands on every page."""
    client = login(world.cast.leader)
    base = f"/{world.plan.code}/q1"
    texts = {}
    for path in ("bulletin/", "bulletin/e1/", "overview/", "measures/", "tasks/", "units/"):
        html = client.get(f"{base}/{path}").content.decode()
        main = html.split("<main", 1)[1]
        # The head names the plan as it is called today, and the list of units to choose from is today's.
        main = re.sub(
            r'<p class="sub.*?</p>|<div class="subheading.*?</div>|<form.*?</form>', "", main, flags=re.S
        )
        texts[path] = " ".join(re.sub(r"<[^>]+>", " ", main).split())
    return texts


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_no_change_afterwards_reaches_what_is_issued(
    issued: World, login: Login, change: Callable[[World], None]
) -> None:
    before = archive(), figures(issued), pages(issued, login)
    assert "区发改局" in before[2]["units/"]
    assert "持续推进碳排放核算" in before[2]["measures/"]
    change(issued)
    issued.plan.refresh_from_db()
    assert archive() == before[0]
    assert figures(issued) == before[1]
    assert pages(issued, login) == before[2]


def test_all_of_it_together(issued: World, login: Login) -> None:
    before = archive(), figures(issued)
    for change in CHANGES:
        if change is not file_the_next_quarter:
            change(issued)
    assert (archive(), figures(issued)) == before


def test_who_issued_filed_or_reviewed_cannot_be_deleted_nor_units_that_are_named(issued: World) -> None:
    for row in (issued.cast.office, issued.cast.reporter, issued.fgj, issued.plan, issued.q1):
        with pytest.raises((ProtectedError, TypeError)):
            row.delete()
    assert StatusChange.objects.exists()
