"""目标任务: the list of them, and one with its measures and who answers for them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from reports import charts
from reports.reading import course_of, data_key, dues_for, readable_updates
from reports.summaries import task_lines
from tasks.models import ReportingPeriod, TargetTask
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, current_user, roles_allowed


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def tasks(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    now = timezone.now()
    course = course_of(period, now, key=data_key(period, now))
    context = {
        "figures": course.current,
        "task_lines": task_lines(course),
        "tasks_chart": charts.tasks_chart(course.current),
        "tasks_height": charts.chart_height(len(course.current.tasks), charts.TASK_ROW),
    }
    return render(request, "reports/tasks.html", context)


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def task(request: HttpRequest, period: ReportingPeriod, number: int) -> HttpResponse:
    now = timezone.now()
    key = data_key(period, now)
    course = course_of(period, now, key=key)
    figures = course.current
    own = figures.task(number)
    if own is None:
        raise Http404
    place = figures.tasks.index(own)
    context = {
        "task": own,
        "categories": TargetTask.objects.filter(plan=period.plan_id, number=number)
        .values_list("categories", flat=True)
        .first(),
        "dues": dues_for(period, now, key=key),
        "change": course.task_change(number),
        "measures": [row for row in figures.measures if row.task_number == number],
        "readable": readable_updates(period, current_user(request)),
        "before": figures.tasks[place - 1] if place else None,
        "after": figures.tasks[place + 1] if place + 1 < len(figures.tasks) else None,
    }
    return render(request, "reports/task.html", context)
