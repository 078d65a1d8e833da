"""What tests of the plan's keeping look up in the database, and the one thing that they set there directly."""

from typing import Any

from auditlog.models import LogEntry

from tasks.models import Plan, PlanDemand, PlanSection, Responsibility
from tasks.rules import PeriodState
from tests.conftest import World


def duties(party: Responsibility) -> dict[str, tuple[int, int]]:
    """Unit code → (first, last) quarter."""
    return {row.unit.code: row.span for row in party.assignments.select_related("unit")}


def revision(world: World) -> int:
    return Plan.objects.values_list("revision", flat=True).get(pk=world.plan.pk)


def logged(instance: Any) -> dict[str, list[str]]:
    """Field → [before, after] of the last logged change."""
    changes = LogEntry.objects.get_for_object(instance).latest("pk").changes_dict
    return {field: [str(value) for value in values] for field, values in changes.items()}


def freeze(world: World, *quarters: int) -> None:
    """Issued, as far as the plan's keeping asks; without a bulletin."""
    world.plan.periods.filter(quarter__in=quarters).update(state=PeriodState.ISSUED)


def make_demand(world: World) -> PlanDemand:
    """A demand in a section of its own, linked to nothing."""
    section = PlanSection.objects.create(
        plan=world.plan, order=1, number="一", heading="推动绿色低碳转型发展", text="深入实施碳达峰行动。"
    )
    return PlanDemand.objects.create(section=section, order=1, text="深入实施碳达峰行动。")
