"""Small parts of a plan, as tests need them. What a test does not name is plausible and harmless."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone

from tasks.models import (
    Assignment,
    AssignmentRole,
    Measure,
    Plan,
    ReportingPeriod,
    Responsibility,
    Scope,
    TargetTask,
)
from tasks.rules import Kind, PeriodState, default_dates
from units.models import GroupMembership, Role, Unit, UnitAlias, UnitGroup, UnitKind, User

PASSWORD = "Suyuan-2024-xigang"


class UnitFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Unit
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"unit-{n}")
    name = factory.Sequence(lambda n: f"区第{n}局")
    kind = UnitKind.GOVERNMENT
    order = factory.Sequence(lambda n: n + 1)

    @factory.post_generation
    def alias(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        UnitAlias.objects.create(name=self.name, unit=self)


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    name = factory.Sequence(lambda n: f"人员{n}")
    role = Role.REPORTER
    must_change_password = False
    password = factory.django.Password(PASSWORD)


class PlanFactory(factory.django.DjangoModelFactory):
    """A plan with its four quarters, none of them begun."""

    class Meta:
        model = Plan
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: str(2100 + n))
    year = factory.Sequence(lambda n: 2100 + n)
    title = factory.LazyAttribute(lambda plan: f"西岗区{plan.year}年生态环境保护工作计划及措施清单")
    issuer = "西岗区生态文明建设和生态环境保护委员会办公室"

    @factory.post_generation
    def quarters(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        for quarter in (1, 2, 3, 4):
            opens, due = default_dates(self.year, quarter)
            ReportingPeriod.objects.create(plan=self, quarter=quarter, opens_on=opens, due_on=due)


class TaskFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TargetTask

    plan = factory.SubFactory(PlanFactory)
    number = factory.Sequence(lambda n: n + 1)
    title = factory.LazyAttribute(lambda task: f"目标任务之{task.number}")


class MeasureFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Measure

    task = factory.SubFactory(TaskFactory)
    plan = factory.SelfAttribute("task.plan")
    number = factory.Sequence(lambda n: n + 1)
    text = factory.LazyAttribute(lambda measure: f"持续推进第{measure.number}项工作措施。")
    units_text = "区第一局"
    kind = Kind.ONGOING


def unit_party(measure: Measure, unit: Unit, *, lead: bool = False) -> Assignment:
    """A printed single unit with its duty, after the parties there are."""
    party = Responsibility.objects.create(
        measure=measure,
        order=measure.responsibilities.count() + 1,
        printed=unit.name,
        scope=Scope.UNIT,
        unit=unit,
    )
    return Assignment.objects.create(
        measure=measure,
        unit=unit,
        responsibility=party,
        role=AssignmentRole.LEAD if lead else AssignmentRole.SUPPORT,
    )


def group_party(measure: Measure, group: UnitGroup, *, is_open: bool = False) -> list[Assignment]:
    """A printed group with a duty for each member; none while it is open."""
    party = Responsibility.objects.create(
        measure=measure,
        order=measure.responsibilities.count() + 1,
        printed=group.name,
        scope=Scope.SUBSET if is_open else Scope.GROUP,
        group=group,
        is_open=is_open,
    )
    if is_open:
        return []
    return [
        Assignment.objects.create(measure=measure, unit=unit, responsibility=party)
        for unit in group.units.order_by("kind", "order")
    ]


def group_of(name: str, code: str, units: list[Unit]) -> UnitGroup:
    """A confirmed group of these units."""
    group = UnitGroup.objects.create(name=name, code=code, confirmed=True)
    UnitAlias.objects.create(name=name, group=group)
    for unit in units:
        GroupMembership.objects.create(group=group, unit=unit)
    return group


def open_quarter(plan: Plan, quarter: int, *, days_left: int = 10) -> ReportingPeriod:
    """A quarter in which units file; negative `days_left`: its due day is past."""
    period = plan.periods.get(quarter=quarter)
    today = timezone.localdate()
    period.state = PeriodState.OPEN
    period.opens_on, period.due_on = today - timedelta(days=30), today + timedelta(days=days_left)
    period.save()
    return period
