"""Who has which duty: open parties settled, duties from quarter to quarter, and duties that follow a group's members.

Two things never change here, whatever is asked for: the duties of a quarter that is issued, and that a quarter with a
filing has the duty it was filed on. All writers lock the plan's quarters first, so that neither a filing nor an issue
crosses them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from tasks.errors import WorkflowError
from tasks.models import Assignment, Measure, ProgressUpdate, Responsibility, Scope, UpdateDraft
from tasks.rules import QUARTER_NAMES, Status
from tasks.services.common import lock_quarters, require_office, touch_plan
from tasks.spans import Span, fitted, followed, hull, member_span, quarters_of, since
from units.models import Unit, UnitGroup, User

# Parties whose units the office picks; GROUPED ones mean the members of their group, quarter by quarter.
PICKED = frozenset({Scope.SUBSET, Scope.NOTE})
GROUPED = frozenset({Scope.GROUP, Scope.OTHERS})


@dataclass
class MeasureDuties:
    """The duties of one measure by unit, with what must not change about them. The plan's quarters must be locked.

    `frozen`: quarters being issued or issued. `filed`: duty → quarters with a filing that left the unit. `touched`:
    duties on which somebody began to write.
    """

    measure: Measure
    frozen: frozenset[int]
    rows: dict[int, Assignment]
    filed: dict[int, set[int]]
    touched: set[int]

    @classmethod
    def lock(cls, measure_id: int, frozen: frozenset[int]) -> "MeasureDuties":
        measure = Measure.objects.select_related("plan").select_for_update(of=("self",)).get(pk=measure_id)
        rows = measure.assignments.select_related("responsibility", "unit")
        filed: dict[int, set[int]] = defaultdict(set)
        touched = set(
            UpdateDraft.objects.filter(assignment__measure=measure).values_list("assignment_id", flat=True)
        )
        updates = ProgressUpdate.objects.filter(assignment__measure=measure)
        for duty, quarter, status in updates.values_list("assignment_id", "period__quarter", "status"):
            touched.add(duty)
            if status != Status.DRAFT:
                filed[duty].add(quarter)
        return cls(measure, frozen, {row.unit_id: row for row in rows}, filed, touched)

    def of(self, party: Responsibility) -> list[Assignment]:
        """The duties under a printed party."""
        return [row for row in self.rows.values() if row.responsibility_id == party.pk]

    def fit(self, row: Assignment, wanted: Span | None) -> Span | None:
        """The nearest to `wanted` that the duty may have."""
        return fitted(wanted, row.span, frozen=self.frozen, filed=self.filed[row.pk])

    def change(self, row: Assignment, wanted: Span | None, party: Responsibility | None = None) -> None:
        """Give a duty the span nearest to `wanted` (None: as little as may be), and `party` where one is given.

        A duty that loses every quarter is removed, or only ended where somebody began to write on it.
        """
        span = self.fit(row, wanted)
        if span is None and row.pk not in self.touched:
            del self.rows[row.unit_id]
            row.delete()
            return
        span = span or (row.first_quarter, 0)
        if span == row.span and party is None:
            return
        row.first_quarter, row.last_quarter = span
        row.responsibility = party or row.responsibility
        row.save(update_fields=["first_quarter", "last_quarter", "responsibility"])

    def name(self, party: Responsibility, unit_id: int, wanted: Span) -> None:
        """`party` names a unit that it did not name: a new duty, or the unit's duty under the first printed party.

        A new one begins with the first quarter that is not issued. A unit printed by its own name stays there: it may
        lead; and 其他成员单位 are those that no other party names.
        """
        row = self.rows.get(unit_id)
        if row is None:
            span = fitted(wanted, None, frozen=self.frozen, filed=frozenset())
            if span:
                self.rows[unit_id] = Assignment.objects.create(
                    measure=self.measure,
                    unit_id=unit_id,
                    responsibility=party,
                    first_quarter=span[0],
                    last_quarter=span[1],
                )
            return
        holder = row.responsibility
        if party.scope != Scope.OTHERS and holder.scope != Scope.UNIT and holder.order > party.order:
            self.change(row, hull(quarters_of(row.span) | quarters_of(wanted)), party)

    def follow(self, party: Responsibility, unit_id: int, old: Span | None, new: Span | None) -> None:
        """The unit's membership of the party's group moved from `old` to `new`."""
        old, new = since(old, party.first_quarter), since(new, party.first_quarter)
        row = self.rows.get(unit_id)
        if row is not None and row.responsibility_id == party.pk:
            self.change(row, followed(row.span, old, new) if new else None)
        elif new:
            self.name(party, unit_id, new)

    def fill_others(self) -> None:
        """Members of a group whom no other party of the cell names (any more) have their duty as 其他成员单位."""
        parties = self.measure.responsibilities.select_related("group").order_by("order")
        for party in parties.filter(scope=Scope.OTHERS, is_open=False):
            for unit_id, span in _members(party, self.measure.plan.year).items():
                wanted = since(span, party.first_quarter)
                if wanted and unit_id not in self.rows:
                    self.name(party, unit_id, wanted)


@transaction.atomic
def settle_party(
    *, responsibility_id: int, actor: User, unit_ids: Iterable[int], first_quarter: int
) -> Responsibility:
    """Say which units a part of a group, or a note, means; those not named so far from `first_quarter` on.

    A unit that an earlier party of the measure names keeps its duty there. Duties of units no longer named are
    removed, or ended after the last quarter that is filed or issued. Only a note may be left without units.
    """
    require_office(actor)
    party, duties = _lock_party(responsibility_id)
    if party.scope not in PICKED:
        raise WorkflowError("该责任主体的单位由印发原文或单位组决定，不能逐个选定。")
    _require_open_quarter(first_quarter, duties.frozen)
    chosen, own = set(unit_ids), {row.unit_id: row for row in duties.of(party)}
    if not chosen and party.scope != Scope.NOTE:
        hint = "" if party.is_open else "尚不能确定的，请使用“恢复为待确认”。"
        raise WorkflowError(f"请至少选择一个单位。{hint}")
    added = chosen - own.keys()
    if Unit.objects.filter(pk__in=added, is_active=True).count() != len(added):
        raise WorkflowError("所选单位不存在或已停用，请重新选择。")
    for unit_id, row in own.items():
        if unit_id not in chosen:
            duties.change(row, None)
        elif party.is_open or not quarters_of(row.span):
            # What is left of an earlier settling goes on.
            duties.change(row, hull(quarters_of(row.span) | quarters_of((first_quarter, 4))))
        elif row.first_quarter == party.first_quarter and first_quarter <= row.last_quarter:
            duties.change(row, (first_quarter, row.last_quarter))
    for unit_id in sorted(added):
        duties.name(party, unit_id, (first_quarter, 4))
    return _settled(party, duties, first_quarter)


@transaction.atomic
def settle_group_party(*, responsibility_id: int, actor: User, first_quarter: int) -> Responsibility:
    """Confirm that a party means its group: the members of each quarter from `first_quarter` on (OTHERS: less the
    units that the cell names otherwise). From then on its duties follow the group."""
    require_office(actor)
    scope, group_id = Responsibility.objects.values_list("scope", "group").get(pk=responsibility_id)
    if scope not in GROUPED:
        raise WorkflowError("该责任主体不是整个单位组，请选定具体单位。")
    UnitGroup.objects.select_for_update().get(pk=group_id)
    party, duties = _lock_party(responsibility_id)
    _require_open_quarter(first_quarter, duties.frozen)
    year = duties.measure.plan.year
    spans = _members(party, year)
    wanted = {unit: span for unit in spans if (span := since(spans[unit], first_quarter))}
    if not wanted:
        raise WorkflowError(
            f"“{party.group}”在{year}年{QUARTER_NAMES[first_quarter]}及以后没有成员，请先在“单位组”中登记成员。"
        )
    for row in duties.of(party):
        old, new = since(spans.get(row.unit_id), party.first_quarter), wanted.get(row.unit_id)
        if new and party.is_open:
            duties.change(row, hull(quarters_of(row.span) | quarters_of(new)))
        else:
            duties.change(row, followed(row.span, old, new) if new else None)
    for unit_id in sorted(wanted.keys() - {row.unit_id for row in duties.of(party)}):
        duties.name(party, unit_id, wanted[unit_id])
    return _settled(party, duties, first_quarter)


@transaction.atomic
def reopen_party(*, responsibility_id: int, actor: User) -> Responsibility:
    """Take the settling of a party back: it is 待确认 again (a note: without units), its duties are removed.

    Refused once something was filed on one of them: it would count for nothing.
    """
    require_office(actor)
    party, duties = _lock_party(responsibility_id)
    if party.scope == Scope.UNIT:
        raise WorkflowError("该责任主体是单个单位，无需确认。")
    filed = [row.unit.name for row in duties.of(party) if duties.filed[row.pk]]
    if filed:
        raise WorkflowError(
            f"{'、'.join(filed)}已在该责任主体下填报，不能恢复为待确认；可以调整单位或终止个别单位的责任。"
        )
    for row in duties.of(party):
        duties.change(row, None)
    party.is_open, party.first_quarter = party.scope != Scope.NOTE, 1
    party.save(update_fields=["is_open", "first_quarter"])
    duties.fill_others()
    touch_plan(duties.measure.plan_id)
    return party


@transaction.atomic
def set_duty_quarters(
    *, assignment_id: int, actor: User, first_quarter: int, last_quarter: int
) -> Assignment:
    """From and to which quarter (1–4, included) a unit has a duty; `last_quarter` 0 ends it altogether."""
    require_office(actor)
    gone = WorkflowError("该单位已不是本措施的责任单位，请刷新页面。")
    ids = Assignment.objects.values_list("measure", "measure__plan").filter(pk=assignment_id).first()
    if ids is None:
        raise gone
    measure_id, plan_id = ids
    duties = MeasureDuties.lock(measure_id, lock_quarters(plan_id))
    row = next((row for row in duties.rows.values() if row.pk == assignment_id), None)
    if row is None:
        raise gone
    if not (1 <= first_quarter <= 4 and 0 <= last_quarter <= 4):
        raise WorkflowError("季度应在 1 至 4 之间。")
    if 0 < last_quarter < first_quarter:
        raise WorkflowError("终止季度不能早于起始季度。")
    wanted = hull(quarters_of((first_quarter, last_quarter)))
    if duties.fit(row, wanted) != wanted:
        raise WorkflowError(_why_not(row, wanted, duties))
    row.first_quarter, row.last_quarter = first_quarter, last_quarter
    row.save(update_fields=["first_quarter", "last_quarter"])
    party = row.responsibility
    if wanted and first_quarter < party.first_quarter:
        # A party is open before the quarter it was settled from; now one of its units has a duty there.
        party.first_quarter = first_quarter
        party.save(update_fields=["first_quarter"])
    touch_plan(plan_id)
    return row


def member_quarters(group: UnitGroup, year: int) -> dict[int, Span]:
    """Unit id → first and last quarter of `year` in which it was a member on some day. Others are absent."""
    dates = defaultdict(list)
    for membership in group.memberships.all():
        dates[membership.unit_id].append((membership.starts, membership.ends))
    spans = {unit_id: member_span(rows, year) for unit_id, rows in dates.items()}
    return {unit_id: span for unit_id, span in spans.items() if span}


def _members(party: Responsibility, year: int) -> dict[int, Span]:
    return member_quarters(party.group, year) if party.group else {}


def _lock_party(responsibility_id: int) -> tuple[Responsibility, MeasureDuties]:
    measure_id, plan_id = Responsibility.objects.values_list("measure", "measure__plan").get(
        pk=responsibility_id
    )
    duties = MeasureDuties.lock(measure_id, lock_quarters(plan_id))
    return Responsibility.objects.select_related("group").get(pk=responsibility_id), duties


def _settled(party: Responsibility, duties: MeasureDuties, first_quarter: int) -> Responsibility:
    if not party.is_open:
        # Where a filing or a bulletin keeps an earlier quarter, the party was settled then and stays so.
        held = [row.first_quarter for row in duties.of(party) if quarters_of(row.span)]
        first_quarter = min([first_quarter, *held])
    party.is_open, party.first_quarter = False, first_quarter
    party.save(update_fields=["is_open", "first_quarter"])
    duties.fill_others()
    touch_plan(duties.measure.plan_id)
    return party


def _require_open_quarter(quarter: int, frozen: frozenset[int]) -> None:
    if quarter not in QUARTER_NAMES:
        raise WorkflowError("请选择自哪个季度起。")
    if quarter in frozen:
        raise WorkflowError(f"{QUARTER_NAMES[quarter]}已印发，请选择之后的季度。")


def _why_not(row: Assignment, wanted: Span | None, duties: MeasureDuties) -> str:
    """Which quarters stand in the way of a span, in words."""

    def names(quarters: Iterable[int]) -> str:
        return "、".join(QUARTER_NAMES[quarter] for quarter in sorted(quarters))

    asked = quarters_of(wanted)
    issued = (duties.frozen & quarters_of(row.span)) - asked
    if issued:
        return f"{names(issued)}的通报已列明该单位，责任期限须包含该季度，可以从之后的季度起终止。"
    filed = duties.filed[row.pk] - asked
    if filed:
        return f"{row.unit.name}在{names(filed)}已有填报，责任期限须包含该季度。"
    return f"{names(duties.frozen & asked)}已印发，不能再补入责任，请从之后的季度起。"
