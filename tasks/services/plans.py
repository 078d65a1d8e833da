"""How the office tunes a plan: thresholds, kinds, 序时进度 and indicators, leads, and what carries out the text."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import transaction

from tasks.errors import WorkflowError
from tasks.models import (
    AssignmentRole,
    DeadlineKind,
    DemandLink,
    Measure,
    Plan,
    PlanDemand,
    ProgressUpdate,
    Scope,
)
from tasks.rules import EXPECTED_BY_QUARTER, QUARTER_NAMES, WRITABLE_PERIODS, Kind, Status
from tasks.services.common import lock_quarters, require_office, touch_plan
from tasks.spans import quarters_of
from units.models import User

Expected = tuple[int | None, int | None, int | None, int | None]


def _lock_measure(measure_id: int) -> Measure:
    """The measure, locked after its plan's quarters."""
    lock_quarters(Measure.objects.values_list("plan", flat=True).get(pk=measure_id))
    return Measure.objects.select_for_update(of=("self",)).select_related("plan").get(pk=measure_id)


@transaction.atomic
def set_thresholds(*, plan_id: int, actor: User, yellow_from: int, red_from: int) -> Plan:
    """The lights' thresholds in percentage points behind 序时进度, 0 ≤ yellow ≤ red ≤ 100."""
    require_office(actor)
    lock_quarters(plan_id)
    plan = Plan.objects.select_for_update().get(pk=plan_id)
    if not 0 <= yellow_from <= red_from <= 100:
        raise WorkflowError("黄灯起点不能大于红灯起点，且都应在 0 至 100 之间。")
    plan.yellow_from, plan.red_from = yellow_from, red_from
    plan.save(update_fields=["yellow_from", "red_from"])
    touch_plan(plan.pk)
    return plan


@transaction.atomic
def set_measure(
    *,
    measure_id: int,
    actor: User,
    kind: str,
    kind_confirmed: bool,
    expected: Expected,
    unasked_part: str = "",
    indicator: str = "",
    indicator_unit: str = "",
    indicator_target: Decimal | None = None,
) -> Measure:
    """The measure's kind, its own 序时进度 by quarter (percent; None: the usual one), its indicator, and the part
    of its text, word for word, that no demand asks for.

    序时进度 may not fall from quarter to quarter. The kind stays while filings of the old kind are handed in and not
    issued: they lack what the new kind asks for.
    """
    require_office(actor)
    measure = _lock_measure(measure_id)
    if kind not in Kind.values:
        raise WorkflowError("请选择措施类型。")
    _require_rising(expected)
    if (indicator_unit or indicator_target is not None) and not indicator:
        raise WorkflowError("填写了指标单位或目标值，请同时填写指标名称。")
    if unasked_part not in measure.text:
        raise WorkflowError("“正文未提及的部分”应从本措施印发原文中逐字摘录，请核对后重新填写。")
    if kind != measure.kind:
        _require_nothing_handed_in(measure)
    measure.kind, measure.kind_confirmed = kind, kind_confirmed
    measure.expected_q1, measure.expected_q2, measure.expected_q3, measure.expected_q4 = expected
    measure.unasked_part = unasked_part
    measure.indicator, measure.indicator_unit, measure.indicator_target = (
        indicator,
        indicator_unit,
        indicator_target,
    )
    measure.save()
    touch_plan(measure.plan_id)
    return measure


def _require_rising(expected: Expected) -> None:
    if any(value is not None and not 0 <= value <= 100 for value in expected):
        raise WorkflowError("序时进度应在 0 至 100 之间。")
    values = [
        EXPECTED_BY_QUARTER[quarter] if own is None else own for quarter, own in enumerate(expected, start=1)
    ]
    for quarter in (2, 3, 4):
        if values[quarter - 1] < values[quarter - 2]:
            raise WorkflowError(
                f"序时进度应逐季不减：{QUARTER_NAMES[quarter - 1]}为 {values[quarter - 2]}%，"
                f"{QUARTER_NAMES[quarter]}为 {values[quarter - 1]}%（未填的按通用进度计）。"
            )


def _require_nothing_handed_in(measure: Measure) -> None:
    filings = ProgressUpdate.objects.filter(assignment__measure=measure)
    handed_in = filings.filter(
        period__state__in=WRITABLE_PERIODS, status__in=(Status.SUBMITTED, Status.APPROVED)
    )
    count = (handed_in | filings.being_amended()).count()
    if count:
        raise WorkflowError(
            f"已有 {count} 件填报按“{measure.get_kind_display()}”报送，不能改变类型。"
            "请先退回这些填报，或在该季度印发后再改。"
        )


@transaction.atomic
def set_deadline(
    *, measure_id: int, actor: User, kind: str, starts: date | None = None, ends: date | None = None
) -> Measure:
    """What the printed deadline means, where it was not read or read wrongly. The printed text stays, and no figure depends on it.

    `kind`: a `DeadlineKind`; a date needs `ends`, a range both days, what goes on may have `starts`; others take no day.
    """
    require_office(actor)
    measure = _lock_measure(measure_id)
    if kind not in DeadlineKind.values:
        raise WorkflowError("请选择时限类型。")
    if kind == DeadlineKind.NONE and measure.deadline_text:
        kind = DeadlineKind.UNKNOWN
    if kind == DeadlineKind.UNKNOWN and not measure.deadline_text:
        raise WorkflowError("印发原文没有时限，请选择其他类型。")
    if kind in (DeadlineKind.DATE, DeadlineKind.RANGE) and ends is None:
        raise WorkflowError("请填写完成日期。")
    if kind == DeadlineKind.RANGE and starts is None:
        raise WorkflowError("请填写起始日期。")
    if starts and ends and starts > ends and kind == DeadlineKind.RANGE:
        raise WorkflowError("完成日期不能早于起始日期。")
    measure.deadline_kind = kind
    measure.deadline_from = starts if kind in (DeadlineKind.RANGE, DeadlineKind.ONGOING) else None
    measure.deadline_to = ends if kind in (DeadlineKind.DATE, DeadlineKind.RANGE) else None
    measure.save(update_fields=["deadline_kind", "deadline_from", "deadline_to"])
    touch_plan(measure.plan_id)
    return measure


@transaction.atomic
def confirm_kind(*, measure_id: int, actor: User, kind: str) -> Measure:
    """Confirm the kind that the actor saw; refuses when it is another by now."""
    require_office(actor)
    measure = _lock_measure(measure_id)
    if measure.kind != kind:
        raise WorkflowError(
            f"措施{measure.number}的类型刚刚已改为“{measure.get_kind_display()}”，请核对后再确认。"
        )
    measure.kind_confirmed = True
    measure.save(update_fields=["kind_confirmed"])
    touch_plan(measure.plan_id)
    return measure


@transaction.atomic
def confirm_lead(*, measure_id: int, actor: User, assignment_id: int | None) -> Measure:
    """Confirm who leads: one of the measure's assignments under a printed single unit, or None for nobody."""
    require_office(actor)
    measure = _lock_measure(measure_id)
    lead = None
    if assignment_id is not None:
        lead = measure.assignments.select_related("responsibility", "unit").filter(pk=assignment_id).first()
        if lead is None:
            raise WorkflowError("请从本措施的责任单位中选择牵头单位。")
        if lead.responsibility.scope != Scope.UNIT:
            raise WorkflowError("单位组或待确认的责任主体不能作为牵头单位。")
        if not quarters_of(lead.span):
            raise WorkflowError(f"{lead.unit}在本措施的责任已终止，不能作为牵头单位。")
    for current in measure.assignments.filter(role=AssignmentRole.LEAD):
        if lead is None or current.pk != lead.pk:
            current.role = AssignmentRole.SUPPORT
            current.save(update_fields=["role"])
    if lead and lead.role != AssignmentRole.LEAD:
        lead.role = AssignmentRole.LEAD
        lead.save(update_fields=["role"])
    measure.lead_confirmed = True
    measure.save(update_fields=["lead_confirmed"])
    touch_plan(measure.plan_id)
    return measure


@transaction.atomic
def link_demand(*, demand: PlanDemand, measure: Measure, actor: User) -> DemandLink:
    """Say that a measure carries out a demand of the text; the office's word counts as checked."""
    require_office(actor)
    if measure.plan_id != demand.section.plan_id:
        raise WorkflowError("该措施不属于同一计划。")
    link, created = DemandLink.objects.get_or_create(
        demand=demand, measure=measure, defaults={"confirmed": True}
    )
    if not created and not link.confirmed:
        link.confirmed = True
        link.save(update_fields=["confirmed"])
    touch_plan(measure.plan_id)
    return link


@transaction.atomic
def confirm_links(*, plan: Plan, link_ids: Iterable[int], actor: User) -> int:
    """Mark proposed links of a plan as checked; returns how many were not yet. Those removed meanwhile are passed over."""
    require_office(actor)
    links = DemandLink.objects.filter(pk__in=list(link_ids), demand__section__plan=plan, confirmed=False)
    count = 0
    for link in links.select_for_update(of=("self",)):
        link.confirmed = True
        link.save(update_fields=["confirmed"])
        count += 1
    touch_plan(plan.pk)
    return count


@transaction.atomic
def unlink_demand(*, link: DemandLink, actor: User) -> None:
    """Take a link between demand and measure back."""
    require_office(actor)
    plan_id = link.measure.plan_id
    link.delete()
    touch_plan(plan_id)
