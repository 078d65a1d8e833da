"""The quarterly bulletin: everybody reads what is issued; drafts are the office's and for others do not exist."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.editionpage import correction_under_way, editions_of
from reports.models import Bulletin, BulletinFile, BulletinStatus
from reports.services.renderings import STARTING
from reports.views.renderings import told
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, current_user, roles_allowed

PER_PAGE = 20


@require_safe
@roles_allowed(*EVERY_ROLE)
def bulletins(request: HttpRequest) -> HttpResponse:
    """All bulletins, the latest first; drafts are listed for the office only."""
    # Of what is issued the plan's title, too, is the one it was issued with.
    rows = (
        Bulletin.objects.select_related("period__plan", "issued_by")
        .defer("data", "body", "generated")
        .annotate(plan_title=KT("data__plan__title"))
    )
    if not current_user(request).is_office:
        rows = rows.issued()
    rows = rows.order_by("-period__plan__year", "period__plan__code", "-period__quarter", "-edition")
    files = Prefetch("files", BulletinFile.objects.in_order(), to_attr="stored")
    page = Paginator(rows.prefetch_related(files).annotate_superseded(), PER_PAGE)
    return render(request, "reports/bulletins.html", {"page": page.get_page(request.GET.get("page"))})


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def bulletin(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """A quarter's bulletin: text and files of the edition that counts, otherwise when it will come; for the office, drafts."""
    context: dict[str, Any] = {}
    issued = Bulletin.objects.current().filter(period=period).first()
    if issued:
        context |= {
            "issued": issued,
            "document": issued.data,
            "files": issued.files.in_order(),
            "editions": editions_of(period),
        }
    if current_user(request).is_office:
        context["correction"] = correction_under_way(period)
        drafts = Bulletin.objects.unissued().select_related("updated_by")
        context["unissued"] = found = drafts.filter(period=period).first()
        if found and found.status == BulletinStatus.RENDERING:
            context["step"] = told(found.last_rendering) if found.last_rendering else STARTING
    return render(request, "reports/bulletin.html", context)
