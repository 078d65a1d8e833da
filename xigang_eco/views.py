"""The two pages that belong to no app: the way to everybody's own first page, and the health check."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from tasks.planpage import current_period, no_plan
from units.access import current_user


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everybody's first page: units to their workbench, the office to its desk, the others to the overview."""
    user = current_user(request)
    if user.is_administrator:
        return redirect("units:accounts")
    period = current_period()
    if period is None:
        return no_plan(request)
    page = "tasks:workbench" if user.is_unit_user else "tasks:desk" if user.is_office else "reports:overview"
    return redirect(page, plan_code=period.plan.code, quarter=period.quarter)


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers; for the service manager, without login."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
