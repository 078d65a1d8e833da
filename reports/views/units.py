"""责任单位: the list of them, and one with its duties, its figures and its quarters."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from reports import charts
from reports.reading import course_of, data_key, readable_updates
from reports.summaries import duty_lines, filing_states, quarter_lines, unit_lines
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from tasks.rules import PeriodState
from units.access import EVERY_ROLE, current_user, roles_allowed
from units.models import Unit


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def units(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    now = timezone.now()
    course = course_of(period, now, key=data_key(period, now))
    figures = course.current
    context = {
        "figures": figures,
        "unit_lines": unit_lines(course),
        "states": filing_states(figures),
        "units_chart": charts.units_chart(figures),
        "units_height": charts.chart_height(len(figures.units), charts.UNIT_ROW),
    }
    return render(request, "reports/units.html", context)


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def unit(request: HttpRequest, period: ReportingPeriod, code: str) -> HttpResponse:
    """A unit as the quarter has it, an issued one by the name it had then; its contact is for the office."""
    now, user = timezone.now(), current_user(request)
    course = course_of(period, now, key=data_key(period, now))
    figures = course.current.unit(code)
    registered = Unit.objects.filter(code=code).prefetch_related("aliases").first()
    if figures is None and registered is None:
        raise Http404
    order = list(course.current.units)
    place = order.index(figures) if figures else -1
    context = {
        "unit": figures,
        "code": code,
        "takes_forms": period.is_writable or period.state == PeriodState.UPCOMING,
        "registered": registered,
        "name": figures.name if figures else registered,
        "is_own": registered is not None and user.unit_id == registered.pk,
        "past_due": course.current.past_due,
        "duties": duty_lines(course, code),
        "quarters": quarter_lines(course, code),
        "change": course.unit_change(code),
        "readable": readable_updates(period, user),
        "before": order[place - 1] if place > 0 else None,
        "after": order[place + 1] if figures and place + 1 < len(order) else None,
    }
    return render(request, "reports/unit.html", context)
