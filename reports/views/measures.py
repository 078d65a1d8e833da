"""措施清单 and the page of one measure."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from reports.fragments import fragment
from reports.measurelist import MeasureList
from reports.measurepage import MeasurePage, before_of, load_measure
from reports.reading import course_of, data_key, dues_for, figures_for
from reports.tables import rows_html
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, current_user, roles_allowed
from xigang_eco.http import BAD_QUERY


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def measures(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    key = data_key(period, now := timezone.now())
    listed = MeasureList(request.GET, figures_for(period, now, key=key), dues_for(period, now, key=key))
    return show_list(request, period, listed, key)


def show_list(request: HttpRequest, period: ReportingPeriod, listed: MeasureList, key: str) -> HttpResponse:
    """The page of 措施清单, and the answer to an address whose conditions are not valid."""
    html = rows_html(period, listed.figures, listed.dues, key)
    form = listed.filters.form
    context = {
        "listed": listed,
        # The form without conditions is what nearly every visit begins with, and costs as much as all the rows.
        "form": form if request.GET else fragment("measure-filters", key, form.render),
        "rows": [html[row.number] for row in listed.page_rows],
        "total": len(listed.figures.measures),
    }
    return render(request, "reports/measures.html", context, status=BAD_QUERY if listed.refused else None)


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def measure(request: HttpRequest, period: ReportingPeriod, number: int) -> HttpResponse:
    row = load_measure(period, number)
    key = data_key(period, now := timezone.now())
    course = course_of(period, now, key=key)
    # An issued quarter does not know a measure that came later.
    if row is None or all(number != figures.number for figures in course.current.measures):
        raise Http404
    page = MeasurePage(period, row, course, current_user(request), before_of(row, now))
    context = {"page": page, "period": period}
    # Figures only, the same to everybody: texts and what may be done about them are read afresh.
    quarters = fragment(
        "measure-quarters",
        f"{key}:{number}",
        lambda: render_to_string("reports/measure/quarters.html", context),
    )
    return render(request, "reports/measure.html", {**context, "quarters": quarters})
