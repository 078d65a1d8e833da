"""Groups of units and their members from day to day; the duties under a group's printed names follow."""

from collections.abc import Callable, Iterable
from datetime import date

from django.db import transaction

from tasks.errors import WorkflowError
from tasks.models import Plan, Responsibility
from tasks.services.common import lock_quarters, require_office, touch_plan
from tasks.services.duties import GROUPED, MeasureDuties
from tasks.spans import Span, member_span
from units.models import GroupMembership, Unit, UnitGroup, User


@transaction.atomic
def add_member(*, group: UnitGroup, unit: Unit, actor: User, starts: date | None) -> GroupMembership:
    """Make a unit a member from a day on (None: ever since)."""
    require_office(actor)
    group = _lock_group(group.pk)
    if not unit.is_active:
        raise WorkflowError(f"{unit}已停用，不能加入单位组。")
    membership = GroupMembership(group=group, unit=unit, starts=starts)
    _require_apart(membership)
    _follow(group, unit, membership.save)
    return membership


@transaction.atomic
def add_members(
    *, group: UnitGroup, units: Iterable[Unit], actor: User, starts: date | None
) -> list[GroupMembership]:
    """Make several units members from a day on: all of them or none."""
    return [add_member(group=group, unit=unit, actor=actor, starts=starts) for unit in units]


@transaction.atomic
def end_membership(*, membership_id: int, actor: User, ends: date) -> GroupMembership:
    """End a membership with a day (or correct that day); the quarter of that day still has the member."""
    require_office(actor)
    membership = _lock_membership(membership_id)
    if membership.starts and ends < membership.starts:
        raise WorkflowError("退出日期不能早于加入日期。")
    membership.ends = ends
    _require_apart(membership)
    _follow(membership.group, membership.unit, lambda: membership.save(update_fields=["ends"]))
    return membership


@transaction.atomic
def remove_membership(*, membership_id: int, actor: User) -> UnitGroup:
    """Take back a membership that was entered by mistake. Duties that were filed on, or issued, stay as they were."""
    require_office(actor)
    membership = _lock_membership(membership_id)
    _follow(membership.group, membership.unit, membership.delete)
    return membership.group


@transaction.atomic
def confirm_group(*, group: UnitGroup, actor: User, confirmed: bool) -> UnitGroup:
    """Mark a group's members as checked, or not."""
    require_office(actor)
    group = _lock_group(group.pk)
    if confirmed and not group.memberships.exists():
        raise WorkflowError(f"“{group}”还没有登记成员，不能标为已核实。")
    group.confirmed = confirmed
    group.save(update_fields=["confirmed"])
    for plan_id in group.responsibilities.order_by().values_list("measure__plan", flat=True).distinct():
        touch_plan(plan_id)
    return group


def _lock_group(group_id: int) -> UnitGroup:
    group = UnitGroup.objects.select_for_update().filter(pk=group_id).first()
    if group is None:
        raise WorkflowError("该单位组刚刚已被删除，请返回单位组列表。")
    return group


def _lock_membership(membership_id: int) -> GroupMembership:
    """The membership, read after its group is locked; refuses when somebody has just removed it."""
    group_id = GroupMembership.objects.values_list("group", flat=True).filter(pk=membership_id).first()
    if group_id is not None:
        group = _lock_group(group_id)
        membership = group.memberships.select_related("unit").filter(pk=membership_id).first()
        if membership is not None:
            membership.group = group
            return membership
    raise WorkflowError("该成员记录刚刚已被删除，请刷新页面。")


def _require_apart(membership: GroupMembership) -> None:
    """Two memberships of a unit in a group never overlap."""
    starts, ends = membership.starts or date.min, membership.ends or date.max
    for other in membership.group.memberships.filter(unit=membership.unit).exclude(pk=membership.pk):
        if other.ends is None and membership.ends is None:
            raise WorkflowError(f"{membership.unit}已是本组成员。")
        if starts <= (other.ends or date.max) and (other.starts or date.min) <= ends:
            raise WorkflowError(f"{membership.unit}在本组的另一段任期与所填日期重叠，请核对日期。")


def _follow(group: UnitGroup, unit: Unit, change: Callable[[], object]) -> None:
    """Make the change, and let the duties of `unit` follow in every settled party that means the group's members."""
    years = set(
        Plan.objects.filter(measures__responsibilities__group=group).values_list("year", flat=True).distinct()
    )

    def spans() -> dict[int, Span | None]:
        dates = list(group.memberships.filter(unit=unit).values_list("starts", "ends"))
        return {year: member_span(dates, year) for year in years}

    before = spans()
    change()
    after = spans()
    moved = [year for year in years if before[year] != after[year]]
    parties = (
        Responsibility.objects.select_related("group")
        .filter(group=group, scope__in=GROUPED, is_open=False, measure__plan__year__in=moved)
        .order_by("measure__plan", "measure", "order")
    )
    plans = sorted(set(parties.order_by().values_list("measure__plan", flat=True)))
    frozen = {plan_id: lock_quarters(plan_id) for plan_id in plans}
    for party in parties.select_related("group", "measure"):
        plan_id = party.measure.plan_id
        duties = MeasureDuties.lock(party.measure_id, frozen[plan_id])
        year = duties.measure.plan.year
        duties.follow(party, unit.pk, before[year], after[year])
        duties.fill_others()
    for plan_id in plans:
        touch_plan(plan_id)
