"""措施清单 and the page of one measure."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from reports.measurelist import MeasureList
from reports.reading import data_key, figures_for
from reports.tables import rows_html
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import READERS, roles_allowed

# A condition that does not exist: the page says so and shows what the valid ones leave.
BAD_QUERY = 400


@require_safe
@roles_allowed(*READERS)
@plan_page
def measures(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    key = data_key(period, now := timezone.now())
    return show_list(request, period, MeasureList(request.GET, figures_for(period, now, key=key)), key)


def show_list(request: HttpRequest, period: ReportingPeriod, listed: MeasureList, key: str) -> HttpResponse:
    """The page of 措施清单, and the answer to an address whose conditions are not valid."""
    html = rows_html(period, listed.figures, key)
    context = {
        "listed": listed,
        "rows": [html[row.record.number] for row in listed.page],
        "total": len(listed.figures.measures),
    }
    return render(request, "reports/measures.html", context, status=BAD_QUERY if listed.refused else None)
