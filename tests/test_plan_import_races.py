"""Importing and two people in the same second, on PostgreSQL: as test_races.py has it of filing and review."""

import threading
from typing import Any

import pytest

from tasks.errors import WorkflowError
from tasks.importing.choices import Choice
from tasks.models import Assignment, Plan, PlanImport
from tasks.services import plan_imports, plan_saving
from tasks.services.groups import add_member
from tasks.services.plan_imports import choose, confirm_import, discard_import
from tests.conftest import World, build_world
from tests.factories import UnitFactory
from tests.plan_papers import brought
from tests.test_races import WAIT, at_once, locks, meet_before
from units.models import UnitAlias, UnitKind
from units.services.names import add_alias

__all__ = ["locks"]
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROW = ("治理河道", "治理。", "水务集团、区住建局、各街道")


@pytest.fixture
def committed() -> World:
    return build_world()


def decided(world: World) -> PlanImport:
    """A plan on its way in which everything is decided."""
    record = brought(world.cast.office, ROW)
    choose(
        import_id=record.pk, actor=world.cast.office, printed="水务集团", choice=Choice("unit", code="fgj")
    )
    return record


def stop_before(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> tuple[threading.Event, threading.Event]:
    """(reached, go on): who enters the function says so and waits to be let on, WAIT seconds at most."""
    reached, go_on = threading.Event(), threading.Event()
    function = getattr(module, name)

    def slowly(*args: Any, **kwargs: Any) -> Any:
        reached.set()
        go_on.wait(WAIT)
        return function(*args, **kwargs)

    monkeypatch.setattr(module, name, slowly)
    return reached, go_on


def test_two_who_confirm_at_once_import_once(
    committed: World, locks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = decided(committed)
    meet_before(monkeypatch, plan_imports, "save_plan")
    results = at_once(
        lambda: confirm_import(import_id=record.pk, actor=committed.cast.office),
        lambda: confirm_import(import_id=record.pk, actor=committed.cast.colleague),
    )
    refused = [result for result in results if isinstance(result, WorkflowError)]
    if locks:
        assert "没有重复导入" in str(refused[0])
        assert [plan.code for plan in Plan.objects.filter(year=2025)] == ["2025"]
    else:
        assert refused == []
        # The code at least is nobody's twice.
        assert {plan.code for plan in Plan.objects.filter(year=2025)} == {"2025", "2025-2"}


def test_one_person_who_clicks_twice_is_told_of_one_plan(
    committed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = decided(committed)
    meet_before(monkeypatch, plan_imports, "save_plan")

    def confirm() -> Plan:
        return confirm_import(import_id=record.pk, actor=committed.cast.office)

    first, second = at_once(confirm, confirm)
    assert first == second == Plan.objects.get(year=2025)


def test_one_file_brought_twice_is_imported_once(
    committed: World, locks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [decided(committed), decided(committed)]
    meet_before(monkeypatch, plan_imports, "save_plan")
    results = at_once(
        lambda: confirm_import(import_id=records[0].pk, actor=committed.cast.office),
        lambda: confirm_import(import_id=records[1].pk, actor=committed.cast.colleague),
    )
    refused = [result for result in results if isinstance(result, WorkflowError)]
    assert len(refused) == (1 if locks else 0)
    assert Plan.objects.filter(year=2025).count() == (1 if locks else 2)


@pytest.mark.parametrize("what", ["choose", "discard"])
def test_who_comes_while_another_confirms_comes_too_late(
    committed: World, locks: bool, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = decided(committed)
    reached, go_on = stop_before(monkeypatch, plan_imports, "save_plan")

    def meanwhile() -> Any:
        assert reached.wait(10)
        try:
            if what == "discard":
                return discard_import(import_id=record.pk, actor=committed.cast.colleague)
            return choose(
                import_id=record.pk,
                actor=committed.cast.colleague,
                printed="水务集团",
                choice=Choice("note"),
            )
        finally:
            go_on.set()

    def confirm() -> Any:
        try:
            return confirm_import(import_id=record.pk, actor=committed.cast.office)
        except Exception as error:
            return error

    plan, answer = at_once(confirm, meanwhile)
    if not locks:
        assert not isinstance(answer, WorkflowError)
        return
    assert isinstance(plan, Plan)
    assert isinstance(answer, WorkflowError)
    assert "已导入" in str(answer)
    record.refresh_from_db()
    assert record.choices["水务集团"] == {"kind": "unit", "code": "fgj"}


def test_two_who_decide_on_different_names_both_count(
    committed: World, locks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = brought(committed.cast.office, ("水", "治理。", "水务集团、环卫所"))
    meet_before(monkeypatch, plan_imports, "conflict_of")
    at_once(
        *[
            lambda printed=printed, who=who: choose(
                import_id=record.pk, actor=who, printed=printed, choice=Choice("unit", code="fgj")
            )
            for printed, who in (("水务集团", committed.cast.office), ("环卫所", committed.cast.colleague))
        ]
    )
    record.refresh_from_db()
    assert len(record.choices) == (2 if locks else 1)


@pytest.mark.parametrize("step", ["_register_names", "keep_names"])
def test_a_name_given_away_in_the_same_second_stops_the_import(
    committed: World, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the names are looked up, and between the look and the write, where only the database knows."""
    record = decided(committed)
    reached, go_on = stop_before(monkeypatch, plan_saving, step)

    def give() -> UnitAlias:
        assert reached.wait(10)
        try:
            # A unit that the plan does not name, so that nothing of it is locked.
            return add_alias(owner=committed.sthj, actor=committed.cast.colleague, name="水务集团")
        finally:
            go_on.set()

    refused, alias = at_once(lambda: confirm_import(import_id=record.pk, actor=committed.cast.office), give)
    assert isinstance(alias, UnitAlias)
    assert isinstance(refused, WorkflowError)
    assert "“水务集团”" in str(refused)
    assert not Plan.objects.filter(year=2025).exists()
    assert not Assignment.objects.filter(measure__plan__year=2025).exists()
    record.refresh_from_db()
    assert not record.is_done
    assert UnitAlias.objects.get(name="水务集团").unit == committed.sthj


def test_a_member_joining_while_its_group_is_imported_locks_nobody_out(
    committed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = decided(committed)
    unit = UnitFactory(kind=UnitKind.STREET)
    meet_before(monkeypatch, plan_saving, "_register_names")
    plan, membership = at_once(
        lambda: confirm_import(import_id=record.pk, actor=committed.cast.office),
        lambda: add_member(
            group=committed.street_group, unit=unit, actor=committed.cast.colleague, starts=None
        ),
    )
    assert isinstance(plan, Plan)
    assert membership.unit == unit
    # Whoever came first: the new member has its duty.
    assert Assignment.objects.filter(measure__plan=plan, unit=unit).exists()
