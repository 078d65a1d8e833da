"""Pages that belong to a plan and a quarter: they carry both in their address, and the switch in the head changes them.

A view marked `@plan_page` is called with the loaded ReportingPeriod (its plan beside it) instead of the two parts of
the address. Views that reach their quarter another way (a filing's form) call `remember_period`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from tasks.models import ReportingPeriod
from tasks.rules import PeriodState
from units.models import User


def current_period() -> ReportingPeriod | None:
    """The quarter a person most likely means: the last that has begun, of the latest year that has begun.

    Of several plans in a year the first by code. Next year's plan may be loaded long before its first quarter opens,
    and must not draw people away from this year's last; where nothing has begun, it is the first quarter of the
    latest plan. None where there is no plan.
    """
    periods = ReportingPeriod.objects.select_related("plan")
    begun = periods.exclude(state=PeriodState.UPCOMING)
    return (
        begun.order_by("-plan__year", "plan__code", "-quarter").first()
        or periods.order_by("-plan__year", "plan__code", "quarter").first()
    )


def first_page(user: User) -> str:
    """The view of a quarter that a person starts at: units their workbench, the office its desk, others the overview."""
    return "tasks:workbench" if user.is_unit_user else "tasks:desk" if user.is_office else "reports:overview"


def remember_period(request: HttpRequest, period: ReportingPeriod) -> None:
    """Tell the page's head which plan and quarter it is about."""
    request.period = period  # type: ignore[attr-defined]


def plan_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Resolve `plan_code` and `quarter` of the address; 404 where there is none."""

    @wraps(view)
    def loaded(
        request: HttpRequest, *args: Any, plan_code: str, quarter: int, **kwargs: Any
    ) -> HttpResponseBase:
        period = (
            ReportingPeriod.objects.select_related("plan")
            .filter(plan__code=plan_code, quarter=quarter)
            .first()
        )
        if period is None:
            raise Http404
        remember_period(request, period)
        return view(request, period, *args, **kwargs)

    return loaded


def no_plan(request: HttpRequest) -> HttpResponse:
    """The page of a system without any plan."""
    return render(request, "no_plan.html")
