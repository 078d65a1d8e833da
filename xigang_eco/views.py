"""The two pages that belong to no app: the way to everybody's own first page, and the health check."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from tasks.planpage import current_period, first_page, no_plan
from units.access import current_user


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everybody's first page; administrators keep accounts, with a plan or without."""
    user = current_user(request)
    if user.is_administrator:
        return redirect("units:accounts")
    period = current_period()
    if period is None:
        return no_plan(request)
    return redirect(first_page(user), plan_code=period.plan.code, quarter=period.quarter)


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers; for the service manager, without login."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
