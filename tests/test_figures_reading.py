"""Where figures are read from: the bulletin once a quarter is issued, otherwise one computation for each change."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reports.figures import plan_figures
from reports.figures_types import PlanFigures
from reports.frozen import _build, figures_from_json, to_json
from reports.models import Bulletin
from reports.reading import course_of, data_key, figures_for
from reports.services.drafts import course_to_issue, start_draft
from reports.services.issuing import issue_bulletin
from tasks.errors import WorkflowError
from tasks.models import Measure, Plan, ProgressUpdate, ReportingPeriod, Responsibility
from tasks.rules import PeriodState, Progress
from tasks.services.common import touch_plan
from tests.conftest import World
from tests.drafting import save_draft
from tests.factories import (
    MeasureFactory,
    PlanFactory,
    TaskFactory,
    UnitFactory,
    open_quarter,
    unit_party,
)
from tests.test_figures import NOW, ONGOING, TERMINAL, figures, put
from units.models import Unit, UnitKind


def issue(period: ReportingPeriod) -> PlanFigures:
    """Freeze the quarter's figures as a bulletin does."""
    result = plan_figures(period.plan, period, NOW)
    Bulletin.objects.create(period=period, status="issued", title="通报", data={"figures": to_json(result)})
    period.state, period.closed_at = PeriodState.ISSUED, NOW
    period.save()
    touch_plan(period.plan_id)
    period.refresh_from_db()
    return result


@pytest.mark.django_db
def test_an_issued_quarter_never_drifts(world: World) -> None:
    put(world.terminal, 1, 60)
    put(world.support, 1, state=Progress.PARTIAL)
    frozen = issue(world.q1)
    Unit.objects.filter(code="fgj").update(name="区发展和改革局", order=99, kind=UnitKind.STREET)
    Measure.objects.filter(plan=world.plan).update(text="改", expected_q1=90, kind=ONGOING)
    world.plan.title, world.plan.red_from = "改", 11
    world.plan.save()
    ProgressUpdate.objects.update(percent=1, self_status=Progress.LAGGING)
    touch_plan(world.plan.pk)
    period = ReportingPeriod.objects.select_related("plan").get(pk=world.q1.pk)
    later = NOW + timedelta(days=400)
    assert figures_for(period, later) == frozen
    # The quarter after it is computed, and its course starts from what was issued.
    open_quarter(world.plan, 2)
    q2 = ReportingPeriod.objects.select_related("plan").get(pk=world.q2.pk)
    course = course_of(q2, NOW)
    assert course.previous == frozen
    assert course.current == plan_figures(q2.plan, q2, NOW)
    assert course.change == course.current.figure.percent - frozen.figure.percent  # type: ignore[operator]


@pytest.mark.django_db
def test_the_course_has_no_change_without_two_figures(world: World) -> None:
    assert course_of(world.q1, NOW).change is None
    assert course_of(world.q1, NOW).previous is None
    ReportingPeriod.objects.filter(pk=world.q2.pk).update(state=PeriodState.OPEN)
    Responsibility.objects.update(is_open=True)
    touch_plan(world.plan.pk)
    q2 = ReportingPeriod.objects.select_related("plan").get(pk=world.q2.pk)
    assert [row.figure.percent for row in course_of(q2, NOW).figures] == [None, None]
    assert course_of(q2, NOW).change is None


@dataclass(frozen=True)
class Later:
    """What a later version of a dataclass looks like: the new field has a default."""

    old: Decimal
    new: int = 0


@pytest.mark.django_db
def test_frozen_figures_without_a_later_field_still_load(world: World) -> None:
    data = to_json(figures(world.plan))
    data["unknown"] = "of a version to come"
    assert figures_from_json(data) == figures(world.plan)
    assert _build(Later, {"old": "1.5"}) == Later(Decimal("1.5"), new=0)
    del data["tasks"][0]["title"]
    with pytest.raises(KeyError):
        figures_from_json(data)


@pytest.mark.django_db
def test_figures_are_computed_once_for_each_change(world: World) -> None:
    world.q1.plan.refresh_from_db()
    key = data_key(world.q1, NOW)
    figures_for(world.q1, NOW, key=key)
    with CaptureQueriesContext(connection) as queries:
        figures_for(world.q1, NOW, key=key)
    assert len(queries) == 0
    for change in (
        lambda: world.file(world.support),
        lambda: world.zjj.save(),
        lambda: UnitFactory(),
    ):
        change()
        world.q1.plan.refresh_from_db()
        assert data_key(world.q1, NOW) != key
        key = data_key(world.q1, NOW)
    assert data_key(world.q1, NOW + timedelta(days=1)) != key


def big_plan(measures: int, units: list[Unit]) -> Plan:
    plan = PlanFactory()
    task = TaskFactory(plan=plan, number=1)
    for number in range(1, measures + 1):
        measure = MeasureFactory(task=task, number=number, kind=TERMINAL)
        for unit in units:
            put(unit_party(measure, unit), 1, 20)
    open_quarter(plan, 2)
    return plan


@pytest.mark.django_db
def test_four_queries_whatever_there_is(django_assert_num_queries: Any) -> None:
    small = big_plan(1, [UnitFactory() for _ in range(3)])
    period = small.periods.get(quarter=2)
    with django_assert_num_queries(4):
        plan_figures(small, period, NOW)
    big = big_plan(10, [UnitFactory() for _ in range(30)])
    for _ in range(50):
        PlanFactory()
    period = big.periods.get(quarter=2)
    with django_assert_num_queries(4):
        assert plan_figures(big, period, NOW).due == 300


@pytest.mark.django_db
def test_an_issue_that_is_refused_leaves_no_figures_behind_for_the_next_change(world: World) -> None:
    """What it counted was rolled back: the next change is given the same revision and must not find its figures."""
    update = world.file(world.support)
    open_quarter(world.plan, 2)
    start_draft(period_id=world.q2.pk, actor=world.cast.office)
    save_draft(period_id=world.q2.pk, actor=world.cast.office, base_version=0, values={"title": "标题\ue000"})
    with pytest.raises(WorkflowError, match="无法印刷"):
        issue_bulletin(period_id=world.q2.pk, actor=world.cast.office)
    world.approve(update)
    period = ReportingPeriod.objects.select_related("plan").get(pk=world.q1.pk)
    assert figures_for(period, timezone.now()).filings["approved"] == 1


@pytest.mark.django_db
def test_a_quarter_that_was_never_opened_is_no_quarter_to_compare_with(world: World) -> None:
    """A plan may begin within the year: pages and bulletin then start at its first quarter."""
    world.plan.periods.filter(quarter=1).update(state=PeriodState.UPCOMING)
    open_quarter(world.plan, 2)
    q2 = ReportingPeriod.objects.select_related("plan").get(pk=world.q2.pk)
    assert [row.quarter for row in course_of(q2, NOW).figures] == [2]
    assert course_of(q2, NOW).change is None
    assert [row.quarter for row in course_to_issue(q2, NOW).figures] == [2]
