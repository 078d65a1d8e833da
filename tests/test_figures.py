"""Adding up: every sentence of the design's section of that name, as tables, and as properties of random plans."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from reports.figures import plan_figures
from reports.figures_types import NO_DUTY, NO_WORK, NOT_DUE, OPEN_PARTY, PlanFigures
from tasks.models import Assignment, Measure, Plan, ProgressUpdate, ReportingPeriod, Responsibility, Scope
from tasks.rules import Filing, Kind, Light, PeriodState, Progress, Status, light_for
from tests.conftest import World
from tests.factories import (
    MeasureFactory,
    PlanFactory,
    TaskFactory,
    UnitFactory,
    group_of,
    group_party,
    open_quarter,
    unit_party,
)
from units.models import Unit, UnitKind

NOW = timezone.now()
TERMINAL, ONGOING = Kind.TERMINAL, Kind.ONGOING


def put(
    duty: Assignment, quarter: int, percent: Any = None, state: str = "", **fields: Any
) -> ProgressUpdate:
    """A filing as it stands in the database, approved unless said otherwise."""
    if not state and percent is not None:
        state = Progress.DONE if Decimal(percent) == 100 else Progress.IN_PROGRESS
    return ProgressUpdate.objects.create(
        assignment=duty,
        period=duty.measure.plan.periods.get(quarter=quarter),
        percent=percent,
        self_status=state,
        **{"status": Status.APPROVED, **fields},
    )


def figures(plan: Plan, quarter: int = 1, now: datetime = NOW, **kwargs: Any) -> PlanFigures:
    return plan_figures(plan, plan.periods.get(quarter=quarter), now, **kwargs)


def one_duty(kind: str = TERMINAL, *, quarter: int = 2, past_due: bool = True) -> Assignment:
    """A plan with one measure of one unit; `quarter` is open."""
    plan = PlanFactory()
    duty = unit_party(
        MeasureFactory(task=TaskFactory(plan=plan, number=1), number=1, kind=kind), UnitFactory()
    )
    open_quarter(plan, quarter, days_left=-1 if past_due else 5)
    return duty


RETURNED = {"status": Status.RETURNED}
SUBMITTED = {"status": Status.SUBMITTED}
DRAFT = {"status": Status.DRAFT}
EMPTY = {"no_work": True}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "past_due", "filed", "percent", "label", "filing"),
    [
        # Never filed: 0. Grey till the due day is over, then what 0 is against 序时进度.
        (TERMINAL, False, {}, "0", NOT_DUE, Filing.MISSING),
        (TERMINAL, True, {}, "0", "滞后", Filing.OVERDUE),
        # The latest approved filing up to the quarter; what comes after it does not count yet.
        (TERMINAL, True, {1: {"percent": 20}, 2: {"percent": 45}}, "45", "按序时推进", Filing.APPROVED),
        (TERMINAL, True, {2: {"percent": 45}, 3: {"percent": 90}}, "45", "按序时推进", Filing.APPROVED),
        (TERMINAL, True, {1: {"percent": 30}}, "30", "部分完成", Filing.OVERDUE),
        (TERMINAL, False, {1: {"percent": 30}}, "30", NOT_DUE, Filing.MISSING),
        (TERMINAL, True, {1: {"percent": 30}, 2: {"percent": 50, **SUBMITTED}}, "30", "部分完成", Filing.SUBMITTED),
        (TERMINAL, False, {2: {"percent": 50, **SUBMITTED}}, "0", "滞后", Filing.SUBMITTED),
        (TERMINAL, True, {1: {"percent": 30}, 2: {"percent": 50, **RETURNED}}, "30", "部分完成", Filing.RETURNED),
        # A draft is the unit's own business.
        (TERMINAL, True, {2: {"percent": 50, **DRAFT}}, "0", "滞后", Filing.OVERDUE),
        (TERMINAL, False, {2: {"percent": 50, **DRAFT}}, "0", NOT_DUE, Filing.MISSING),
        # 核定 figures go before the unit's.
        (
            TERMINAL,
            True,
            {2: {"percent": 50, "approved_percent": 20, "approved_status": Progress.LAGGING}},
            "20",
            "滞后",
            Filing.APPROVED,
        ),
        (ONGOING, True, {2: {"state": Progress.ON_SCHEDULE, "approved_status": Progress.PARTIAL}}, "30", "部分完成", Filing.APPROVED),
        # 常态化: 序时, 序时 − 20, 序时 − 40 (floor 0); a quarter without a filing keeps the last quarter's figure.
        (ONGOING, True, {2: {"state": Progress.ON_SCHEDULE}}, "50", "按序时推进", Filing.APPROVED),
        (ONGOING, True, {2: {"state": Progress.PARTIAL}}, "30", "部分完成", Filing.APPROVED),
        (ONGOING, True, {2: {"state": Progress.LAGGING}}, "10", "滞后", Filing.APPROVED),
        (ONGOING, True, {1: {"state": Progress.LAGGING}}, "0", "滞后", Filing.OVERDUE),
        (ONGOING, True, {1: {"state": Progress.ON_SCHEDULE}}, "25", "部分完成", Filing.OVERDUE),
        # 滞后 is red however small the gap; less than 10 points behind is green, 10 to 30 yellow, more is red.
        (TERMINAL, True, {2: {"percent": 49, "state": Progress.LAGGING}}, "49", "滞后", Filing.APPROVED),
        (TERMINAL, True, {2: {"percent": "40.1"}}, "40.1", "按序时推进", Filing.APPROVED),
        (TERMINAL, True, {2: {"percent": 40}}, "40", "部分完成", Filing.APPROVED),
        (TERMINAL, True, {2: {"percent": 20}}, "20", "部分完成", Filing.APPROVED),
        (TERMINAL, True, {2: {"percent": "19.9"}}, "19.9", "滞后", Filing.APPROVED),
        (TERMINAL, True, {2: {"percent": 90}}, "90", "按序时推进", Filing.APPROVED),
        # 已完成 is blue, and stays so: before the due day, and when the unit has no more work with it.
        (TERMINAL, True, {2: {"percent": 100}}, "100", "已完成", Filing.APPROVED),
        (TERMINAL, False, {1: {"percent": 100}}, "100", "已完成", Filing.MISSING),
        (TERMINAL, True, {1: {"percent": 100}, 2: EMPTY}, "100", "已完成", Filing.APPROVED),
        (TERMINAL, True, {1: {"percent": 100}, 2: {"percent": 80}}, "80", "按序时推进", Filing.APPROVED),
        # 本季度无相关工作 has no value, once approved; in the next quarter the last figure counts again.
        (TERMINAL, True, {1: {"percent": 30}, 2: EMPTY}, None, NO_WORK, Filing.APPROVED),
        (TERMINAL, True, {1: {"percent": 30}, 2: {**EMPTY, **SUBMITTED}}, "30", "部分完成", Filing.SUBMITTED),
        (TERMINAL, True, {1: EMPTY}, "0", "滞后", Filing.OVERDUE),
    ],
)  # fmt: skip
def test_one_unit_on_one_measure(
    kind: str,
    past_due: bool,
    filed: dict[int, dict[str, Any]],
    percent: str | None,
    label: str,
    filing: str,
) -> None:
    duty = one_duty(kind, past_due=past_due)
    for quarter, fields in filed.items():
        put(duty, quarter, **fields)
    result = figures(duty.measure.plan, 2)
    row = result.measure(1).duties[0]
    assert (row.figure.percent, row.figure.label, row.filing) == (
        None if percent is None else Decimal(percent),
        label,
        filing,
    )
    assert row.figure.expected == 50
    # One duty: the measure, the unit, the task and the plan say the same, but 滞后 colours no mean above the measure.
    assert result.measure(1).figure == row.figure
    for above in (result.tasks[0].figure, result.units[0].figure, result.figure):
        assert above.percent == row.figure.percent
        if row.status != Progress.LAGGING:
            assert above == row.figure
        elif row.figure.label == "滞后" and above.percent is not None:
            assert above.light == light_for(above.percent, above.expected)


@pytest.mark.django_db
def test_what_was_not_filed_is_counted_beside_the_figure(world: World) -> None:
    put(world.terminal, 1, 100)
    put(world.street_duties[0], 1, 50, **SUBMITTED)
    row = figures(world.plan).measure(2)
    assert (row.filed, row.due) == (2, 3)
    assert [duty.missing for duty in row.duties] == [False, False, True]
    task = figures(world.plan).task(1)
    assert task is not None
    assert (task.filed, task.due, task.measures) == (2, 5, 2)
    assert (figures(world.plan).filed, figures(world.plan).missing, figures(world.plan).due) == (2, 3, 5)


@pytest.mark.django_db
def test_a_group_weighs_as_much_as_one_named_bureau(world: World) -> None:
    put(world.terminal, 1, 80)
    put(world.street_duties[0], 1, 50)
    row = figures(world.plan).measure(2)
    assert [party.figure.percent for party in row.parties] == [80, 25]
    assert row.figure.percent == Decimal("52.5")  # not (80 + 50 + 0) / 3


@pytest.mark.django_db
def test_tasks_and_plan_are_means_of_measures(world: World) -> None:
    """Measure 3 has nothing but an open party: it is skipped, and its task is 待确认 and never 已完成."""
    put(world.lead, 1, state=Progress.ON_SCHEDULE)
    put(world.support, 1, state=Progress.PARTIAL)
    put(world.terminal, 1, 80)
    for duty in world.street_duties:
        put(duty, 1, 80)
    result = figures(world.plan)
    assert [row.figure.percent for row in result.measures] == [15, 80, None]
    assert [(task.figure.percent, task.figure.label) for task in result.tasks] == [
        (Decimal("47.5"), "按序时推进"),
        (None, OPEN_PARTY),
    ]
    assert result.figure.percent == Decimal("47.5")
    assert result.figure.gap == Decimal("22.5")
    assert result.measure(3).figure.light == Light.GREY
    assert result.measure(3).has_open_party
    assert result.measure(3).done is False
    assert result.lights == {"green": 1, "grey": 1, "yellow": 1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("streets", "open_party", "done"),
    [
        ([{"percent": 100}, {"percent": 100}], False, True),
        ([{"percent": 100}, {"percent": 99}], False, False),
        ([{"percent": 100}, None], False, False),
        ([{"percent": 100}, {"no_work": True}], False, False),
        ([{"percent": 100}, {"percent": 100, **SUBMITTED}], False, False),
        ([{"percent": 100}, {"percent": 100}], True, False),
    ],
)
def test_done_only_when_every_responsibility_is(
    world: World, streets: list[dict[str, Any] | None], open_party: bool, done: bool
) -> None:
    put(world.terminal, 1, 100)
    for duty, fields in zip(world.street_duties, streets, strict=True):
        if fields is not None:
            put(duty, 1, **fields)
    if open_party:
        group_party(world.measures[1], group_of("成员单位", "others", []), is_open=True)
    row = figures(world.plan).measure(2)
    assert row.done is done
    assert (row.figure.light == Light.BLUE) is done
    for duty in (world.lead, world.support):
        put(duty, 1, state=Progress.DONE)
    assert (figures(world.plan).tasks[0].figure.light == Light.BLUE) is done
    # 待确认 in measure 3 keeps the plan from being finished.
    assert figures(world.plan).figure.light != Light.BLUE


@pytest.mark.django_db
def test_an_open_party_asks_nobody_and_counts_for_nothing(world: World) -> None:
    party = Responsibility.objects.get(measure=world.measures[2])
    Assignment.objects.create(measure=world.measures[2], unit=world.zjj, responsibility=party)
    result = figures(world.plan)
    assert result.measure(3).due == 0
    assert result.unit("zjj") is None
    assert result.due == 5
    # Confirmed, it asks and counts.
    Responsibility.objects.filter(pk=party.pk).update(is_open=False)
    result = figures(world.plan)
    assert (result.measure(3).due, result.measure(3).figure.percent, result.due) == (1, 0, 6)
    # Settled from the second quarter on, it was still open in the first.
    Responsibility.objects.filter(pk=party.pk).update(first_quarter=2)
    Assignment.objects.filter(responsibility=party).update(first_quarter=2)
    assert figures(world.plan).measure(3).figure.label == OPEN_PARTY
    assert figures(world.plan, 2).measure(3).due == 1


@pytest.mark.django_db
def test_a_note_has_no_weight_until_units_are_added(world: World) -> None:
    note = Responsibility.objects.create(
        measure=world.measures[0], order=9, printed="等成员单位按照职责分工负责", scope=Scope.NOTE
    )
    for duty in (world.lead, world.support):
        put(duty, 1, state=Progress.DONE)
    row = figures(world.plan).measure(1)
    assert (row.figure.percent, row.done) == (100, True)
    assert (row.parties[2].figure.percent, row.parties[2].figure.label) == (None, NO_DUTY)
    Assignment.objects.create(measure=world.measures[0], unit=world.zjj, responsibility=note)
    row = figures(world.plan).measure(1)
    assert (row.figure.percent, row.done) == (Decimal("66.7"), False)


@pytest.mark.django_db
def test_a_party_whose_duty_ended_or_lies_elsewhere_has_no_weight(world: World) -> None:
    """区发改局 on measure 2 until the first quarter only; 日新街道 named twice belongs to the first party."""
    Assignment.objects.filter(pk=world.terminal.pk).update(last_quarter=1)
    Responsibility.objects.create(
        measure=world.measures[1], order=9, printed="日新街道", scope=Scope.UNIT, unit=world.streets[1]
    )
    open_quarter(world.plan, 2)
    for duty in world.street_duties:
        put(duty, 2, 60)
    row = figures(world.plan, 2).measure(2)
    assert (row.figure.percent, row.due) == (60, 2)
    assert [party.figure.label for party in row.parties] == [NO_DUTY, "按序时推进", NO_DUTY]
    assert figures(world.plan, 1).measure(2).due == 3


@pytest.mark.django_db
def test_no_related_work_is_left_out_of_every_mean(world: World) -> None:
    put(world.terminal, 1, 40)
    put(world.street_duties[0], 1, no_work=True)
    put(world.street_duties[1], 1, 20)
    put(world.lead, 1, no_work=True)
    put(world.support, 1, no_work=True)
    result = figures(world.plan)
    assert [party.figure.percent for party in result.measure(2).parties] == [40, 20]
    assert result.measure(2).figure.percent == 30
    assert (result.measure(1).figure.percent, result.measure(1).figure.label) == (None, NO_WORK)
    assert result.tasks[0].figure.percent == 30
    assert result.figure.percent == 30
    unit = result.unit("sthj")
    assert unit is not None
    assert (unit.figure.percent, unit.figure.label, unit.filed, unit.missing) == (None, NO_WORK, 1, 0)
    # An open party beside it: 待确认 is what the office has to settle.
    group_party(world.measures[0], group_of("成员单位", "others", []), is_open=True)
    assert figures(world.plan).measure(1).figure.label == OPEN_PARTY


@pytest.mark.django_db
def test_a_tasks_light_is_its_means_with_the_red_measures_beside_it() -> None:
    plan = PlanFactory()
    task = TaskFactory(plan=plan, number=1)
    for number, percent in ((1, 10), (2, 90), (3, 60)):
        put(unit_party(MeasureFactory(task=task, number=number, kind=TERMINAL), UnitFactory()), 2, percent)
    open_quarter(plan, 2, days_left=-1)
    row = figures(plan, 2).tasks[0]
    assert (row.figure.percent, row.figure.light, row.red_measures) == (Decimal("53.3"), Light.GREEN, 1)


@pytest.mark.django_db
def test_own_expected_percent_and_thresholds_of_the_plan() -> None:
    duty = one_duty()
    put(duty, 2, 50)
    Measure.objects.filter(pk=duty.measure_id).update(expected_q2=80)
    other = unit_party(MeasureFactory(task=duty.measure.task, number=2, kind=TERMINAL), UnitFactory())
    put(other, 2, 50)
    result = figures(duty.measure.plan, 2)
    assert (result.measure(1).figure.expected, result.measure(1).figure.light) == (80, Light.YELLOW)
    assert (result.figure.expected, result.figure.gap) == (65, -15)
    # 序时进度 is the mean of the same measures that the figure is a mean of.
    empty = MeasureFactory(task=duty.measure.task, number=3, kind=TERMINAL, expected_q2=5)
    group_party(empty, group_of("成员单位", "others", []), is_open=True)
    assert figures(duty.measure.plan, 2).figure.expected == 65
    assert figures(duty.measure.plan, 2).tasks[0].figure.expected == 65
    plan = duty.measure.plan
    plan.yellow_from, plan.red_from = 5, 29
    plan.save()
    assert figures(plan, 2).measure(1).figure.light == Light.RED


@pytest.mark.django_db
def test_rounded_half_up_and_lights_from_the_rounded_figures() -> None:
    """Five streets at 40.04 on average: shown as 40.0, which is 10 points behind 50 and yellow."""
    plan = PlanFactory()
    measure = MeasureFactory(task=TaskFactory(plan=plan, number=1), number=1, kind=TERMINAL)
    units = [UnitFactory() for _ in range(5)]
    duties = group_party(measure, group_of("各街道", "streets", units))
    for duty, percent in zip(duties, ("40", "40", "40", "40.1", "40.1"), strict=True):
        put(duty, 2, percent)
    open_quarter(plan, 2, days_left=-1)
    row = figures(plan, 2).measure(1)
    assert (str(row.figure.percent), row.figure.gap, row.figure.light) == ("40.0", -10, Light.YELLOW)
    Assignment.objects.filter(pk__in=[duty.pk for duty in duties[1:4]]).update(last_quarter=1)
    assert str(figures(plan, 2).measure(1).figure.percent) == "40.1"  # (40 + 40.1) / 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "due", "closed", "filing"),
    [
        (PeriodState.OPEN, 1, None, Filing.MISSING),
        (PeriodState.OPEN, 0, None, Filing.MISSING),
        (PeriodState.OPEN, -1, None, Filing.OVERDUE),
        (PeriodState.UPCOMING, -90, None, Filing.MISSING),
        # Judged at closing time for good: closed in time, nothing becomes overdue afterwards.
        (PeriodState.CLOSED, -5, -6, Filing.MISSING),
        (PeriodState.CLOSED, -5, -4, Filing.OVERDUE),
        (PeriodState.ISSUING, -5, -4, Filing.OVERDUE),
    ],
)
def test_every_rule_takes_the_moment_it_is_asked_about(
    state: str, due: int, closed: int | None, filing: str
) -> None:
    duty = one_duty()
    now = timezone.now()
    ReportingPeriod.objects.filter(plan=duty.measure.plan, quarter=2).update(
        state=state,
        due_on=timezone.localdate(now) + timedelta(days=due),
        opens_on=timezone.localdate(now) - timedelta(days=100),
        closed_at=None if closed is None else now + timedelta(days=closed),
    )
    result = figures(duty.measure.plan, 2, now)
    assert result.measure(1).duties[0].filing == filing
    assert result.figure.label == ("滞后" if filing == Filing.OVERDUE else NOT_DUE)
    assert result.as_of == (now if closed is None else now + timedelta(days=closed)).isoformat()


@pytest.mark.django_db
def test_marks_of_a_filing_and_official_order(world: World) -> None:
    put(world.support, 1, state=Progress.LAGGING, is_late=True, is_proxy=True, returns=2, **SUBMITTED)
    put(world.lead, 1, state=Progress.LAGGING, is_late=True, **DRAFT)
    result = figures(world.plan)
    by_unit = {duty.unit_code: duty for duty in result.measure(1).duties}
    marked, draft = by_unit["fgj"], by_unit["sthj"]
    assert (marked.late, marked.proxy, marked.returns, marked.lead) == (True, True, 2, False)
    assert marked.update_id is not None
    # Nothing of a draft shows.
    assert (draft.late, draft.update_id, draft.status, draft.lead) == (False, None, "", True)
    assert result.late == 1
    # By kind, then by the office's order, whatever the printed order and the names.
    assert [row.code for row in result.units] == ["fgj", "sthj", "xlj", "rx"]
    Unit.objects.filter(code="rx").update(order=0)
    assert [row.code for row in figures(world.plan).units] == ["fgj", "sthj", "rx", "xlj"]
    assert figures(world.plan).units[0].kind_label == UnitKind.GOVERNMENT.label


@pytest.mark.django_db
def test_lagging_measures_are_red_when_all_that_answer_for_them_lag(world: World) -> None:
    put(world.lead, 1, state=Progress.LAGGING)
    put(world.support, 1, state=Progress.DONE)
    row = figures(world.plan).measure(1)
    assert (row.figure.light, row.lagging) == (Light.GREEN, 1)
    ProgressUpdate.objects.filter(assignment=world.support).update(self_status=Progress.LAGGING)
    row = figures(world.plan).measure(1)
    assert (row.figure.light, row.lagging) == (Light.RED, 2)


@pytest.mark.django_db
def test_issuing_records_what_nobody_decided_on(world: World) -> None:
    put(world.support, 1, state=Progress.DONE, **SUBMITTED)
    put(world.lead, 1, state=Progress.DONE, **RETURNED)
    assert figures(world.plan).filings == {"missing": 3, "returned": 1, "submitted": 1}
    issued = figures(world.plan, issuing=True)
    assert issued.filings == {"missing": 3, "unmended": 1, "unreviewed": 1}
    assert (issued.filed, issued.missing) == (2, 3)
    assert issued.measure(1).figure == figures(world.plan).measure(1).figure
