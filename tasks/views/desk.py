"""待办: the office's first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tasks.desk import desk_of
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import current_user, roles_allowed
from units.models import Role


@require_safe
@roles_allowed(Role.OFFICE)
@plan_page
def desk(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Where the quarter stands, who is to be urged, what waits for the office."""
    page = desk_of(period, current_user(request), timezone.now())
    return render(request, "tasks/desk.html", {"desk": page})
