"""The figures a page shows: frozen ones for an issued quarter, otherwise computed once for each change of the data."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max
from django.utils import timezone

from reports.figures import plan_figures
from reports.figures_types import PlanFigures
from reports.frozen import figures_from_json
from reports.models import Bulletin
from tasks.models import ReportingPeriod
from units.models import Unit


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
        data: Any = Bulletin.objects.values_list("data", flat=True).get(period=period)
        return figures_from_json(data["figures"])
    return plan_figures(period.plan, period, now)


@dataclass(frozen=True)
class Course:
    """A plan's quarters up to one: `figures` of each, oldest first; the last is the quarter asked about."""

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
        if (
            self.previous is None
            or self.current.figure.percent is None
            or self.previous.figure.percent is None
        ):
            return None
        return self.current.figure.percent - self.previous.figure.percent


def course_of(period: ReportingPeriod, now: datetime, *, key: str | None = None) -> Course:
    """The quarters of the plan up to `period`, computed once for each change of the data."""
    cache_key = "course:" + (key or data_key(period, now))
    course = cache.get(cache_key)
    if course is None:
        earlier = (
            ReportingPeriod.objects.select_related("plan")
            .filter(plan_id=period.plan_id, quarter__lt=period.quarter)
            .order_by("quarter")
        )
        course = Course((*(_load(row, now) for row in earlier), figures_for(period, now, key=key)))
        cache.set(cache_key, course)
    return course
