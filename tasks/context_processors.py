"""What the head of every page shows: the plan and quarter at hand, and the others one could switch to."""

from collections import Counter
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from tasks.models import Plan, ReportingPeriod, Sample
from tasks.planpage import current_period

# The switch lists the plans of the latest years; all of them are on the plans' page.
PLANS_IN_SWITCH = 6


def plan_switch(request: HttpRequest) -> dict[str, Any]:
    """`period` (None where there is none), and `switch`: lazily the plans and quarters to choose from."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    period = getattr(request, "period", None) or current_period()
    return {"period": period, "switch": SimpleLazyObject(lambda: _switch(period))}


def _switch(period: ReportingPeriod | None) -> dict[str, Any]:
    if period is None:
        return {"plans": [], "namesakes": set(), "quarters": [], "sample": Sample.NONE}
    plans = list(Plan.objects.order_by("-year", "code")[: PLANS_IN_SWITCH + 1])
    titles = Counter(plan.title for plan in plans)
    return {
        "plans": plans,
        # Told apart by their codes.
        "namesakes": {plan.pk for plan in plans if titles[plan.title] > 1},
        "quarters": list(ReportingPeriod.objects.filter(plan_id=period.plan_id).order_by("quarter")),
        "sample": period.plan.sample,
    }
