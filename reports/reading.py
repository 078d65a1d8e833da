"""The figures a page shows: frozen ones for an issued quarter, otherwise computed once for each change of the data."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from reports.figures import plan_figures
from reports.figures_types import Figure, PlanFigures
from reports.frozen import figures_from_json
from reports.models import Bulletin
from tasks.deadlines import Due, dues_of
from tasks.models import ProgressUpdate, ReportingPeriod
from tasks.rules import PeriodState
from units.models import Unit, User


def data_key(period: ReportingPeriod, now: datetime) -> str:
    """A text that changes whenever what a page shows of this quarter may have changed.

    `period.plan` must be fresh from the database: its revision counts the changes. The day is in it for the due
    dates, the units' stamp for their names and order.
    """
    units = Unit.objects.aggregate(changed=Max("changed_at"), count=Count("pk"))
    stamp = units["changed"].timestamp() if units["changed"] else 0
    day = timezone.localdate(now).toordinal()
    return f"{period.plan_id}:{period.plan.revision}:{period.quarter}:{day}:{stamp}:{units['count']}"


def figures_for(period: ReportingPeriod, now: datetime, *, key: str | None = None) -> PlanFigures:
    """The figures of a quarter, `period.plan` loaded. Issued ones come from the bulletin and never drift."""
    cache_key = "figures:" + (key or data_key(period, now))
    figures = cache.get(cache_key)
    if figures is None:
        figures = _load(period, now)
        cache.set(cache_key, figures)
    return figures


def _load(period: ReportingPeriod, now: datetime) -> PlanFigures:
    if period.is_issued:
        data: Any = Bulletin.objects.current().values_list("data", flat=True).get(period=period)
        return figures_from_json(data["figures"])
    return plan_figures(period.plan, period, now)


def dues_for(period: ReportingPeriod, now: datetime, *, key: str | None = None) -> dict[int, Due]:
    """The deadlines of the quarter's plan by number of the measure, as printed today; none where the plan prints none."""
    cache_key = "dues:" + (key or data_key(period, now))
    dues: dict[int, Due] | None = cache.get(cache_key)
    if dues is None:
        dues = dues_of(period.plan_id)
        cache.set(cache_key, dues)
    return dues


def begun_before(period: ReportingPeriod) -> QuerySet[ReportingPeriod]:
    """The quarters of the plan before `period`, oldest first; one that was never opened has no figures to compare with."""
    earlier = ReportingPeriod.objects.filter(plan_id=period.plan_id, quarter__lt=period.quarter)
    return earlier.exclude(state=PeriodState.UPCOMING).select_related("plan").order_by("quarter")


def reader_of(user: User) -> str:
    """What a fragment's key says of a person where links depend on who may read what: the unit, or else the role."""
    return f"unit:{user.unit_id}" if user.is_unit_user else user.role


def readable_updates(period: ReportingPeriod, user: User) -> frozenset[int]:
    """Ids of the quarter's filings whose text `user` may open."""
    updates = ProgressUpdate.objects.visible_to(user).filter(period=period)
    return frozenset(updates.values_list("pk", flat=True))


def _difference(now: Figure | None, then: Figure | None) -> Decimal | None:
    """Percentage points between two rounded figures; None where one has no value."""
    if now is None or then is None or now.percent is None or then.percent is None:
        return None
    return now.percent - then.percent


@dataclass(frozen=True)
class Course:
    """A plan's quarters up to one: `figures` of those that have begun, oldest first; the last is the one asked about."""

    figures: tuple[PlanFigures, ...]

    @property
    def current(self) -> PlanFigures:
        return self.figures[-1]

    @property
    def previous(self) -> PlanFigures | None:
        return self.figures[-2] if len(self.figures) > 1 else None

    @property
    def change(self) -> Decimal | None:
        """Percentage points of the plan's figure against last quarter; None without one."""
        return _difference(self.current.figure, self.previous.figure if self.previous else None)

    def task_change(self, number: int) -> Decimal | None:
        """The same for a task."""
        then = self.previous.task(number) if self.previous else None
        now = self.current.task(number)
        return _difference(now.figure if now else None, then.figure if then else None)

    def unit_change(self, code: str) -> Decimal | None:
        """The same for a unit."""
        then = self.previous.unit(code) if self.previous else None
        now = self.current.unit(code)
        return _difference(now.figure if now else None, then.figure if then else None)


def course_of(period: ReportingPeriod, now: datetime, *, key: str | None = None) -> Course:
    """The quarters of the plan up to `period`, computed once for each change of the data."""
    cache_key = "course:" + (key or data_key(period, now))
    course = cache.get(cache_key)
    if course is None:
        earlier = (_load(row, now) for row in begun_before(period))
        course = Course((*earlier, figures_for(period, now, key=key)))
        cache.set(cache_key, course)
    return course
