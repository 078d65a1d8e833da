"""The office's first page: where the filings of a quarter stand, and what the office itself has to do next."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from tasks.models import (
    Amendment,
    Assignment,
    AssignmentRole,
    DemandLink,
    Measure,
    Plan,
    ProgressUpdate,
    ReportingPeriod,
    Responsibility,
)
from tasks.querysets import UpdateQuerySet
from tasks.rules import FILED, NOT_FILED, Filing, PeriodState, Status, filing_for
from units.models import UNIT_ROLES, Unit, UnitGroup, User

# Rows of the queue that the desk shows; the rest is in the queue itself.
PENDING_SHOWN = 20


@dataclass(frozen=True)
class PlanTodo:
    """What of a plan waits for the office's word. `leads`: proposed and not confirmed."""

    parties: tuple[Responsibility, ...]
    kinds: int
    leads: int
    links: int
    units: int
    groups: int

    @property
    def is_empty(self) -> bool:
        return not (self.parties or self.kinds or self.leads or self.links or self.units or self.groups)


@dataclass(frozen=True)
class Owing:
    """A unit that owes filings, with its duties in the plan's order. `contact`: whom to ask, empty where unknown."""

    unit: Unit
    duties: tuple[Assignment, ...]
    contact: str


@dataclass(frozen=True)
class Elsewhere:
    """What waits in another quarter that is not issued yet, or is being corrected: how many to review, how many being mended by their units."""

    period: ReportingPeriod
    waiting: int
    in_mending: int


@dataclass(frozen=True)
class Desk:
    """`counts`: how many duties stand where, by Filing. `pending`: the oldest of those that wait for a decision."""

    period: ReportingPeriod
    past_due: bool
    days_left: int
    counts: dict[str, int]
    again: int
    pending: tuple[ProgressUpdate, ...]
    missing: tuple[Owing, ...]
    returned: tuple[Owing, ...]
    to_open: ReportingPeriod | None
    to_close: tuple[ReportingPeriod, ...]
    elsewhere: tuple[Elsewhere, ...]
    corrections: tuple[ReportingPeriod, ...]
    todo: PlanTodo
    urge_text: str
    mend_text: str

    @property
    def due(self) -> int:
        return sum(self.counts.values())

    @property
    def filed(self) -> int:
        return sum(n for state, n in self.counts.items() if state in FILED)

    @property
    def waiting(self) -> int:
        return self.counts.get(Filing.SUBMITTED, 0)

    @property
    def unfiled(self) -> int:
        return sum(n for state, n in self.counts.items() if state in NOT_FILED)

    @property
    def in_mending(self) -> int:
        return self.counts.get(Filing.RETURNED, 0)

    @property
    def approved(self) -> int:
        return self.counts.get(Filing.APPROVED, 0)

    @property
    def undecided(self) -> int:
        """Left undecided when the quarter was issued."""
        return self.counts.get(Filing.UNREVIEWED, 0) + self.counts.get(Filing.UNMENDED, 0)

    @property
    def days_over(self) -> int:
        return -self.days_left


def desk_of(period: ReportingPeriod, user: User, now: datetime) -> Desk:
    """The desk for `period` as of `now`, from as many queries whatever there is."""
    today = timezone.localdate(now)
    past_due = period.is_past_due(now)
    duties = list(
        Assignment.objects.select_related("unit", "measure")
        .filter(
            measure__plan=period.plan_id,
            first_quarter__lte=period.quarter,
            last_quarter__gte=period.quarter,
            responsibility__is_open=False,
        )
        .only("measure__number", "unit__code", "unit__name", "unit__kind", "unit__order", "unit__contact")
        .order_by("unit__kind", "unit__order", "unit", "measure__number")
    )
    in_sight = ProgressUpdate.objects.visible_to(user)
    visible = in_sight.filter(period=period)
    statuses = dict(visible.values_list("assignment_id", "status"))
    standing = {duty.pk: filing_for(statuses.get(duty.pk), past_due=past_due) for duty in duties}
    pending = (
        visible.awaiting_review()
        .select_related("assignment__measure", "assignment__unit")
        .annotate(has_part=Exists(ProgressUpdate.objects.filter(pk=OuterRef("pk")).touched_by(user)))
    )
    missing = [duty for duty in duties if standing[duty.pk] in NOT_FILED]
    returned = [duty for duty in duties if standing[duty.pk] == Filing.RETURNED]
    contacts = contacts_of({duty.unit for duty in (*missing, *returned)})
    missing_units, returned_units = _by_unit(missing, contacts), _by_unit(returned, contacts)
    quarters = list(ReportingPeriod.objects.filter(plan=period.plan_id).order_by("quarter"))
    for quarter in quarters:
        quarter.plan = period.plan
    return Desk(
        period=period,
        past_due=past_due,
        days_left=(period.due_on - today).days,
        counts=dict(Counter(standing.values())),
        again=visible.filter(status=Status.SUBMITTED, returns__gt=0).count(),
        pending=tuple(pending[:PENDING_SHOWN]),
        missing=missing_units,
        returned=returned_units,
        # They open one after the other.
        to_open=next(
            (row for row in quarters if row.state == PeriodState.UPCOMING and row.opens_on <= today), None
        ),
        to_close=tuple(row for row in quarters if row.state == PeriodState.OPEN and row.due_on < today),
        # The first page is that of the quarter being filed; an earlier one may still be under review.
        elsewhere=_elsewhere(period, quarters, in_sight),
        # Until its new edition is issued a correction is unfinished, whatever waits of its filings.
        corrections=_corrections(period, quarters),
        todo=todo_of(period.plan),
        urge_text=_urge_text(period, missing_units, today, past_due) if missing_units else "",
        mend_text=_mend_text(period, returned_units, today) if returned_units else "",
    )


def todo_of(plan: Plan) -> PlanTodo:
    """What of `plan` (and of units and groups altogether) is open or marked 待核实."""
    proposed = Exists(Assignment.objects.filter(measure=OuterRef("pk"), role=AssignmentRole.LEAD))
    measures = Measure.objects.filter(plan=plan).aggregate(
        kinds=Count("pk", filter=Q(kind_confirmed=False)),
        leads=Count("pk", filter=Q(proposed, lead_confirmed=False)),
    )
    return PlanTodo(
        parties=tuple(
            Responsibility.objects.select_related("measure")
            .filter(measure__plan=plan, is_open=True)
            .order_by("measure__number", "order")
        ),
        kinds=measures["kinds"],
        leads=measures["leads"],
        links=DemandLink.objects.filter(demand__section__plan=plan, confirmed=False).count(),
        units=Unit.objects.filter(is_active=True, confirmed=False).count(),
        groups=UnitGroup.objects.filter(confirmed=False).count(),
    )


def _elsewhere(
    period: ReportingPeriod, quarters: list[ReportingPeriod], in_sight: UpdateQuerySet
) -> tuple[Elsewhere, ...]:
    """The other quarters of the plan with something waiting. What was left when a quarter was issued waits no more,
    but for what a correction has reopened."""
    found = (
        in_sight.writable()
        .filter(period__plan=period.plan_id, status__in=(Status.SUBMITTED, Status.RETURNED))
        .exclude(period=period)
        .order_by()
        .values_list("period_id", "status")
        .annotate(Count("pk"))
    )
    counts = {(period_id, status): number for period_id, status, number in found}
    rows = (
        Elsewhere(
            quarter,
            counts.get((quarter.pk, Status.SUBMITTED), 0),
            counts.get((quarter.pk, Status.RETURNED), 0),
        )
        for quarter in quarters
    )
    return tuple(row for row in rows if row.waiting or row.in_mending)


def _corrections(period: ReportingPeriod, quarters: list[ReportingPeriod]) -> tuple[ReportingPeriod, ...]:
    """The quarters of the plan whose bulletin is being corrected."""
    found = set(
        Amendment.objects.open().filter(period__plan=period.plan_id).values_list("period_id", flat=True)
    )
    return tuple(quarter for quarter in quarters if quarter.pk in found)


def _by_unit(duties: list[Assignment], contacts: dict[int, str]) -> tuple[Owing, ...]:
    """Duties in official order, put together by unit."""
    rows = []
    for unit, own in groupby(duties, key=lambda duty: duty.unit):
        rows.append(Owing(unit, tuple(own), contacts.get(unit.pk, "")))
    return tuple(rows)


def contacts_of(units: set[Unit]) -> dict[int, str]:
    """Unit id → 联系人及电话, or where none is entered the names and numbers of its accounts."""
    known = {unit.pk: unit.contact for unit in units if unit.contact}
    people: dict[int, list[str]] = {}
    for account in User.objects.filter(
        unit__in=[unit.pk for unit in units if unit.pk not in known], role__in=UNIT_ROLES, is_active=True
    ).order_by("-role", "username"):
        people.setdefault(account.unit_id or 0, []).append(f"{account.name} {account.phone}".strip())
    return known | {unit_id: "、".join(names) for unit_id, names in people.items()}


def _urge_text(period: ReportingPeriod, missing: tuple[Owing, ...], today: date, past_due: bool) -> str:
    """催报名单 as it is pasted into a chat or a notice."""
    due = _day(period.due_on, today)
    last = f"报送期限（{due}）已过，请尽快报送。" if past_due else f"请于{due}前报送。"
    return (
        f"关于《{period.plan.title}》{period.quarter_name}进展填报，截至{_day(today, today)}尚未报送的单位"
        f"（{len(missing)}个）：{_names(missing)}。{last}"
    )


def _mend_text(period: ReportingPeriod, returned: tuple[Owing, ...], today: date) -> str:
    return (
        f"关于《{period.plan.title}》{period.quarter_name}进展填报，截至{_day(today, today)}退回后尚未重新报送的单位"
        f"（{len(returned)}个）：{_names(returned)}。请按退回意见修改后尽快重新提交。"
    )


def _names(rows: tuple[Owing, ...]) -> str:
    """区发改局（措施3、4）、区住建局（措施6）"""
    return "、".join(
        f"{row.unit.name}（措施{'、'.join(str(duty.measure.number) for duty in row.duties)}）" for row in rows
    )


def _day(day: date, today: date) -> str:
    """4月10日; with the year where it is another one."""
    text = f"{day.month}月{day.day}日"
    return text if day.year == today.year else f"{day.year}年{text}"
