"""计划正文: the plan's text, each demand beside the measures that carry it out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from reports.reading import figures_for
from reports.textpage import text_page
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, roles_allowed


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def text(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    page = text_page(period.plan, figures_for(period, timezone.now()))
    return render(request, "reports/text.html", {"page": page})
