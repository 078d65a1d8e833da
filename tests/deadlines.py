"""A plan that prints deadlines, further columns and categories, as imports bring them."""

from datetime import date

from tasks.models import DeadlineKind, Measure
from tasks.services.common import touch_plan
from tests.conftest import World


def set_deadlines(world: World) -> None:
    """Measure 1 is due in the first quarter, measure 2 goes on; measure 3 says nothing. Measure 1 has a further column, task 1 a category."""
    Measure.objects.filter(plan=world.plan, number=1).update(
        deadline_text="2024年3月底前",
        deadline_kind=DeadlineKind.DATE,
        deadline_to=date(2024, 3, 31),
        extras=[["资金来源", "区级财政资金\n80万元"]],
    )
    Measure.objects.filter(plan=world.plan, number=2).update(
        deadline_text="长期坚持", deadline_kind=DeadlineKind.ONGOING
    )
    world.tasks[0].categories = ["大气污染防治", "碳达峰"]
    world.tasks[0].save()
    touch_plan(world.plan.pk)
