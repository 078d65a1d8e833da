"""总览: what a quarter adds up to, at a glance, with the way to the rows behind every figure."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from reports import charts
from reports.fragments import fragment
from reports.matrix import debtors_text, matrix_of
from reports.reading import course_of, data_key, figures_for, readable_updates, reader_of
from reports.summaries import filing_states, light_lines, quarter_lines, task_lines, unit_lines
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, current_user, roles_allowed
from units.models import Role, User

# Who is asked to urge the units that have not reported.
URGING = frozenset({Role.OFFICE, Role.LEADER})


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def overview(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    user, now = current_user(request), timezone.now()
    key = data_key(period, now)
    body = fragment(
        "overview",
        f"{key}:{reader_of(user)}",
        lambda: render_to_string("reports/overview/body.html", _body(period, user, now, key)),
    )
    # An issued quarter has the plan's title, too, as it was issued.
    title = figures_for(period, now, key=key).plan_title if period.is_issued else period.plan.title
    return render(request, "reports/overview.html", {"body": body, "plan_title": title})


def _body(period: ReportingPeriod, user: User, now: datetime, key: str) -> dict[str, Any]:
    course = course_of(period, now, key=key)
    figures = course.current
    return {
        "period": period,
        "course": course,
        "figures": figures,
        "own": figures.unit(user.unit.code) if user.unit else None,
        "is_office": user.is_office,
        "days_left": (period.due_on - timezone.localdate(now)).days,
        "task_lines": task_lines(course),
        "unit_lines": unit_lines(course),
        "states": filing_states(figures),
        "quarters": quarter_lines(course),
        "lights": light_lines(figures),
        "matrix": matrix_of(figures, readable_updates(period, user)),
        "debtors": debtors_text(figures) if figures.missing and user.role in URGING else "",
        "tasks_chart": charts.tasks_chart(figures),
        "tasks_height": charts.chart_height(len(figures.tasks), charts.TASK_ROW),
        "course_chart": charts.course_chart(course),
        "lights_chart": charts.lights_chart(figures),
        "units_chart": charts.units_chart(figures),
        "units_height": charts.chart_height(len(figures.units), charts.UNIT_ROW),
    }
