"""What a unit has to do: its duties in a quarter with what became of each, and what other open quarters still lack."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from tasks.models import Assignment, ProgressUpdate, ReportingPeriod, StatusChange
from tasks.rules import WRITABLE_PERIODS, Filing, Status, filing_for
from units.models import Unit

# Quarters beside the one at hand that are looked through for what is unfinished.
_OTHER_PERIODS = 8
_UNFINISHED = frozenset({Status.DRAFT, Status.RETURNED})


@dataclass(frozen=True)
class Duty:
    """One assignment in one quarter; `update` None: nothing was written yet.

    `filing` is judged as everywhere else, in a closed quarter at its closing time; `days_left` counts from today, since
    what is handed in now is late by today's date.
    """

    assignment: Assignment
    period: ReportingPeriod
    update: ProgressUpdate | None
    returned: StatusChange | None
    filing: Filing
    days_left: int

    @property
    def is_draft(self) -> bool:
        return self.update is not None and self.update.status == Status.DRAFT

    @property
    def days_over(self) -> int:
        return -self.days_left

    @property
    def is_untouched(self) -> bool:
        """Whether nobody has written anything: only then may it be handed in without a look at the form."""
        return self.update is None

    @property
    def is_unfinished(self) -> bool:
        return self.update is None or self.update.status in _UNFINISHED


@dataclass(frozen=True)
class Workbench:
    """A unit's duties of one quarter by state, in the plan's order, and the unfinished ones of `others`.

    `corrections`: filings of issued quarters, of whichever, that a correction (更正) has reopened; they stand in no other list.
    """

    period: ReportingPeriod
    returned: tuple[Duty, ...]
    due: tuple[Duty, ...]
    waiting: tuple[Duty, ...]
    done: tuple[Duty, ...]
    others: tuple[Duty, ...]
    corrections: tuple[Duty, ...]
    days_left: int

    @property
    def total(self) -> int:
        here = sum(duty.period.pk == self.period.pk for duty in self.corrections)
        return len(self.returned) + len(self.due) + len(self.waiting) + len(self.done) + here

    @property
    def is_corrected(self) -> bool:
        """Whether a correction of this very quarter waits for the unit."""
        return any(duty.period.pk == self.period.pk for duty in self.corrections)

    @property
    def open_count(self) -> int:
        """How many duties the unit itself still has to act on."""
        return len(self.returned) + len(self.due)

    @property
    def is_overdue(self) -> bool:
        """Whether what is handed in now is marked 逾期报送."""
        return self.days_left < 0

    @property
    def days_over(self) -> int:
        return -self.days_left


def workbench_of(unit: Unit, period: ReportingPeriod, now: datetime) -> Workbench:
    """The unit's workbench in `period` as of `now`, in five queries whatever there is."""
    others = list(
        ReportingPeriod.objects.select_related("plan")
        .filter(state__in=WRITABLE_PERIODS)
        .exclude(pk=period.pk)
        .order_by("-plan__year", "plan__code", "-quarter")[:_OTHER_PERIODS]
    )
    periods = [period, *others]
    assignments = list(
        Assignment.objects.select_related("measure__task", "unit", "responsibility")
        .filter(unit=unit, measure__plan__in={row.plan_id for row in periods}, responsibility__is_open=False)
        .order_by("measure__plan", "measure__number")
    )
    corrected = list(
        ProgressUpdate.objects.being_amended()
        .filter(assignment__unit=unit)
        .select_related(
            "assignment__measure__task", "assignment__unit", "assignment__responsibility", "period__plan"
        )
        .order_by("period__plan", "period", "assignment__measure__number")
    )
    reopened = {update.pk for update in corrected}
    updates = {
        (update.assignment_id, update.period_id): update
        for update in ProgressUpdate.objects.select_related(
            "written_by", "submitted_by", "decided_by"
        ).filter(period__in=periods, assignment__unit=unit)
    }
    returns = {
        change.update_id: change
        for change in StatusChange.objects.filter(
            Q(update__period__in=periods) | Q(update__in=reopened),
            to_status=Status.RETURNED,
            update__assignment__unit=unit,
        ).order_by("pk")
    }

    def duties(quarter: ReportingPeriod) -> list[Duty]:
        return [
            _duty(row, quarter, updates.get((row.pk, quarter.pk)), returns, now)
            for row in assignments
            if row.measure.plan_id == quarter.plan_id and row.covers(quarter.quarter)
        ]

    own = [row for row in duties(period) if row.update is None or row.update.pk not in reopened]
    return Workbench(
        period=period,
        returned=tuple(row for row in own if row.filing == Filing.RETURNED),
        due=tuple(row for row in own if row.filing in (Filing.MISSING, Filing.OVERDUE)),
        waiting=tuple(row for row in own if row.filing == Filing.SUBMITTED),
        done=tuple(row for row in own if row.filing in (Filing.APPROVED, Filing.UNREVIEWED, Filing.UNMENDED)),
        others=tuple(row for quarter in others for row in duties(quarter) if row.is_unfinished),
        corrections=tuple(
            _duty(update.assignment, update.period, update, returns, now) for update in corrected
        ),
        days_left=(period.due_on - timezone.localdate(now)).days,
    )


def _duty(
    assignment: Assignment,
    period: ReportingPeriod,
    update: ProgressUpdate | None,
    returns: dict[int, StatusChange],
    now: datetime,
) -> Duty:
    filing = filing_for(update.status if update else None, past_due=period.is_past_due(now))
    returned = returns.get(update.pk) if update else None
    days_left = (period.due_on - timezone.localdate(now)).days
    return Duty(assignment, period, update, returned, filing, days_left)
