"""How the office resolves and tunes a plan: leads, kinds, open parties, duties, members, 序时进度 and thresholds."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from tasks.errors import WorkflowError
from tasks.models import (
    Assignment,
    AssignmentRole,
    DemandLink,
    Measure,
    Plan,
    PlanDemand,
    Responsibility,
    Scope,
)
from tasks.rules import Kind, quarter_days
from tasks.services.common import touch_plan
from units.models import GroupMembership, Unit, UnitGroup, User


def _require_office(actor: User) -> None:
    if not actor.is_office:
        raise WorkflowError("只有区生态办可以维护计划。")


def _lock_measure(measure_id: int) -> Measure:
    return Measure.objects.select_for_update(of=("self",)).select_related("plan").get(pk=measure_id)


@transaction.atomic
def set_thresholds(*, plan_id: int, actor: User, yellow_from: int, red_from: int) -> Plan:
    """The lights' thresholds in percentage points behind 序时进度, 0 ≤ yellow ≤ red ≤ 100."""
    _require_office(actor)
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
    expected: tuple[int | None, int | None, int | None, int | None],
    indicator: str = "",
    indicator_unit: str = "",
) -> Measure:
    """The measure's kind, its own 序时进度 by quarter (None: the usual one, otherwise not falling) and its indicator."""
    _require_office(actor)
    measure = _lock_measure(measure_id)
    if kind not in Kind.values:
        raise WorkflowError("请选择措施类型。")
    given = [value for value in expected if value is not None]
    if any(not 0 <= value <= 100 for value in given) or given != sorted(given):
        raise WorkflowError("序时进度应在 0 至 100 之间，且后一季度不小于前一季度。")
    measure.kind, measure.kind_confirmed = kind, kind_confirmed
    measure.expected_q1, measure.expected_q2, measure.expected_q3, measure.expected_q4 = expected
    measure.indicator, measure.indicator_unit = indicator, indicator_unit
    measure.save()
    touch_plan(measure.plan_id)
    return measure


@transaction.atomic
def confirm_lead(*, measure_id: int, actor: User, assignment_id: int | None) -> Measure:
    """Confirm who leads: one of the measure's assignments under a printed single unit, or None for nobody."""
    _require_office(actor)
    measure = _lock_measure(measure_id)
    for current in measure.assignments.filter(role=AssignmentRole.LEAD).exclude(pk=assignment_id):
        current.role = AssignmentRole.SUPPORT
        current.save(update_fields=["role"])
    if assignment_id is not None:
        lead = measure.assignments.select_related("responsibility").filter(pk=assignment_id).first()
        if lead is None:
            raise WorkflowError("请从本措施的责任单位中选择牵头单位。")
        if lead.responsibility.scope != Scope.UNIT:
            raise WorkflowError("单位组或待确认的责任主体不能作为牵头单位。")
        if lead.role != AssignmentRole.LEAD:
            lead.role = AssignmentRole.LEAD
            lead.save(update_fields=["role"])
    measure.lead_confirmed = True
    measure.save(update_fields=["lead_confirmed"])
    touch_plan(measure.plan_id)
    return measure


@transaction.atomic
def settle_party(
    *, responsibility_id: int, actor: User, unit_ids: Iterable[int], first_quarter: int
) -> Responsibility:
    """Name the units that an open party (or a note) means, from `first_quarter` on; none: it is open again.

    A unit that another party of the measure already names keeps its duty there. Duties under which something was
    filed are ended, not removed.
    """
    _require_office(actor)
    responsibility = (
        Responsibility.objects.select_related("measure__plan")
        .select_for_update(of=("self",))
        .get(pk=responsibility_id)
    )
    if responsibility.scope == Scope.UNIT:
        raise WorkflowError("该责任主体是单个单位，无需确认。")
    chosen = set(unit_ids)
    if Unit.objects.filter(pk__in=chosen, is_active=True).count() != len(chosen):
        raise WorkflowError("所选单位不存在或已停用，请重新选择。")
    _expand(responsibility, dict.fromkeys(chosen, (first_quarter, 4)))
    responsibility.is_open = responsibility.scope != Scope.NOTE and not chosen
    responsibility.save(update_fields=["is_open"])
    touch_plan(responsibility.measure.plan_id)
    return responsibility


@transaction.atomic
def set_duty_quarters(
    *, assignment_id: int, actor: User, first_quarter: int, last_quarter: int
) -> Assignment:
    """From and to which quarter (1–4, included) a unit has a duty; `last_quarter` 0 ends it altogether."""
    _require_office(actor)
    assignment = (
        Assignment.objects.select_related("measure__plan")
        .select_for_update(of=("self",))
        .get(pk=assignment_id)
    )
    if not (1 <= first_quarter <= 4 and 0 <= last_quarter <= 4):
        raise WorkflowError("季度应在 1 至 4 之间。")
    filed = assignment.updates.filter(period__state__in=("issuing", "issued")).values_list(
        "period__quarter", flat=True
    )
    if any(not first_quarter <= quarter <= last_quarter for quarter in filed):
        raise WorkflowError("已印发季度中有该单位的填报，责任期限不能排除这些季度。")
    assignment.first_quarter, assignment.last_quarter = first_quarter, last_quarter
    assignment.save(update_fields=["first_quarter", "last_quarter"])
    touch_plan(assignment.measure.plan_id)
    return assignment


@transaction.atomic
def add_member(*, group: UnitGroup, unit: Unit, actor: User, starts: date | None) -> GroupMembership:
    """Add a unit to a group from a day on; duties under the group's printed names follow."""
    _require_office(actor)
    if group.memberships.filter(unit=unit, ends__isnull=True).exists():
        raise WorkflowError("该单位已是本组成员。")
    membership = GroupMembership.objects.create(group=group, unit=unit, starts=starts)
    _follow_group(group)
    return membership


@transaction.atomic
def end_membership(*, membership_id: int, actor: User, ends: date) -> GroupMembership:
    """End a membership with a day; quarters before keep the member they had."""
    _require_office(actor)
    membership = GroupMembership.objects.select_related("group", "unit").get(pk=membership_id)
    if membership.starts and ends < membership.starts:
        raise WorkflowError("退出日期不能早于加入日期。")
    membership.ends = ends
    membership.save(update_fields=["ends"])
    _follow_group(membership.group)
    return membership


@transaction.atomic
def confirm_group(*, group: UnitGroup, actor: User, confirmed: bool) -> UnitGroup:
    """Mark a group's members as checked, or not."""
    _require_office(actor)
    group.confirmed = confirmed
    group.save(update_fields=["confirmed"])
    return group


@transaction.atomic
def link_demand(*, demand: PlanDemand, measure: Measure, actor: User) -> DemandLink:
    """Say that a measure carries out a demand of the text; the office's word counts as checked."""
    _require_office(actor)
    if measure.plan_id != demand.section.plan_id:
        raise WorkflowError("该措施不属于同一计划。")
    link, created = DemandLink.objects.get_or_create(
        demand=demand, measure=measure, defaults={"confirmed": True}
    )
    if not created and not link.confirmed:
        link.confirmed = True
        link.save(update_fields=["confirmed"])
    return link


@transaction.atomic
def unlink_demand(*, link: DemandLink, actor: User) -> None:
    """Take a link between demand and measure back."""
    _require_office(actor)
    link.delete()


def member_quarters(group: UnitGroup, year: int) -> dict[int, tuple[int, int]]:
    """Unit id → first and last quarter of `year` in which it was a member on some day. Others are absent."""
    spans: dict[int, tuple[int, int]] = {}
    for membership in group.memberships.all():
        quarters = [
            quarter
            for quarter in (1, 2, 3, 4)
            for first, last in [quarter_days(year, quarter)]
            if (membership.starts is None or membership.starts <= last)
            and (membership.ends is None or membership.ends >= first)
        ]
        if quarters:
            known = spans.get(membership.unit_id, (quarters[0], quarters[-1]))
            spans[membership.unit_id] = (min(known[0], quarters[0]), max(known[1], quarters[-1]))
    return spans


def _follow_group(group: UnitGroup) -> None:
    """Re-expand every settled party that means all members of `group`."""
    for responsibility in (
        group.responsibilities.select_related("measure__plan")
        .filter(scope=Scope.GROUP, is_open=False)
        .select_for_update(of=("self",))
    ):
        plan = responsibility.measure.plan
        _expand(responsibility, member_quarters(group, plan.year))
        touch_plan(plan.pk)


def _expand(responsibility: Responsibility, wanted: dict[int, tuple[int, int]]) -> None:
    """Make the party's assignments those of `wanted` (unit id → first and last quarter).

    A unit belongs to the first printed party that names it: one that another party of the measure has is left
    there. An assignment no longer wanted is removed, or ended after its last filing where something was filed.
    """
    own = {row.unit_id: row for row in responsibility.assignments.all()}
    elsewhere = set(
        Assignment.objects.filter(measure=responsibility.measure)
        .exclude(responsibility=responsibility)
        .values_list("unit_id", flat=True)
    )
    for unit_id, (first, last) in wanted.items():
        row = own.pop(unit_id, None)
        if row is not None:
            if (row.first_quarter, row.last_quarter) != (first, last):
                row.first_quarter, row.last_quarter = min(row.first_quarter, first), last
                row.save(update_fields=["first_quarter", "last_quarter"])
        elif unit_id not in elsewhere:
            Assignment.objects.create(
                measure=responsibility.measure,
                unit_id=unit_id,
                responsibility=responsibility,
                first_quarter=first,
                last_quarter=last,
            )
    for row in own.values():
        last_filed = (
            row.updates.order_by("-period__quarter").values_list("period__quarter", flat=True).first()
        )
        if last_filed is None:
            row.delete()
        else:
            row.last_quarter = last_filed
            row.save(update_fields=["last_quarter"])
