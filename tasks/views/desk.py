"""待办: the office's first page, and the way from a paper form to its filing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tasks.desk import desk_of
from tasks.formcode import find_filing
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import current_user, roles_allowed
from units.models import Role
from xigang_eco.http import BAD_QUERY


@require_safe
@roles_allowed(Role.OFFICE)
@plan_page
def desk(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Where the quarter stands, who is to be urged, what waits for the office."""
    page = desk_of(period, current_user(request), timezone.now())
    return render(request, "tasks/desk.html", {"desk": page})


@require_safe
@roles_allowed(Role.OFFICE)
def paper_form(request: HttpRequest) -> HttpResponse:
    """From the code on a signed paper form to the filing that it is to be typed into; without `code`, a page to type it."""
    code = request.GET.get("code", "").strip()
    found = find_filing(code) if code else None
    if found:
        assignment, period = found
        return redirect("tasks:filing", assignment_id=assignment.pk, period_id=period.pk)
    return render(request, "tasks/paper_form.html", {"code": code}, status=BAD_QUERY if code else 200)
