"""The quarterly bulletin: everybody reads what is issued; drafts are the office's and for others do not exist."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reports.blocks import text_from_blocks
from reports.draftpage import DraftPage
from reports.editionpage import correction_under_way, editions_of
from reports.forms import BulletinForm, RewriteForm
from reports.models import Bulletin, BulletinFile, BulletinStatus
from reports.services.drafts import StaleBulletin, rewrite_draft, save_draft, start_draft
from reports.services.renderings import STARTING
from reports.views.drafting import bulletin_of, draft_of, require_office
from reports.views.renderings import told
from tasks.errors import WorkflowError
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, current_user, roles_allowed
from xigang_eco.http import CONFLICT, INVALID

PER_PAGE = 20


@require_safe
@roles_allowed(*EVERY_ROLE)
def bulletins(request: HttpRequest) -> HttpResponse:
    """All bulletins, the latest first; drafts are listed for the office only."""
    rows = Bulletin.objects.select_related("period__plan", "issued_by").defer("data", "body", "generated")
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


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(*EVERY_ROLE)
@plan_page
def draft(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Write the draft. Two people of the office: the second is told, and sees both texts."""
    found = bulletin_of(request, period)
    if found is None or not found.is_draft:
        return redirect("reports:bulletin", plan_code=period.plan.code, quarter=period.quarter)
    if request.method != "POST":
        return _draft_page(request, found, period, BulletinForm.of(found))
    form = BulletinForm(request.POST)
    if not form.is_valid():
        return _draft_page(request, found, period, form, status=INVALID)
    try:
        save_draft(
            period_id=period.pk,
            actor=current_user(request),
            base_version=form.cleaned_data["version"],
            values=form.values,
        )
    except StaleBulletin as error:
        return _conflict(request, error, period)
    except WorkflowError as error:
        form.add_error(None, str(error))
        return _draft_page(request, found, period, form, status=CONFLICT)
    messages.success(request, "草稿已保存，预览已更新。")
    # The fragment tells the page that what it kept in the browser is saved.
    return redirect(reverse("reports:bulletin_draft", args=[period.plan.code, period.quarter]) + "#saved")


@require_POST
@roles_allowed(*EVERY_ROLE)
@plan_page
def start(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Make the quarter's draft from its figures."""
    require_office(request)
    try:
        start_draft(period_id=period.pk, actor=current_user(request))
    except WorkflowError as error:
        messages.error(request, str(error))
        return redirect("reports:bulletin", plan_code=period.plan.code, quarter=period.quarter)
    return redirect("reports:bulletin_draft", plan_code=period.plan.code, quarter=period.quarter)


@require_POST
@roles_allowed(*EVERY_ROLE)
@plan_page
def rewrite(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Write the text of the draft anew from the figures; the page has asked whether the office's words may go."""
    draft_of(request, period)
    form = RewriteForm(request.POST)
    if not form.is_valid():
        messages.error(request, "页面已过期，正文没有重写。请核对后再操作。")
    else:
        try:
            rewrite_draft(
                period_id=period.pk, actor=current_user(request), base_version=form.cleaned_data["version"]
            )
            messages.success(request, "已按最新数据重写正文。")
        except WorkflowError as error:
            messages.error(request, str(error))
    return redirect("reports:bulletin_draft", plan_code=period.plan.code, quarter=period.quarter)


def _draft_page(
    request: HttpRequest, found: Bulletin, period: ReportingPeriod, form: BulletinForm, *, status: int = 200
) -> HttpResponse:
    page = DraftPage(found, period, timezone.now())
    return render(request, "reports/bulletin_draft.html", {"draft": page, "form": form}, status=status)


def _conflict(request: HttpRequest, error: StaleBulletin, period: ReportingPeriod) -> HttpResponse:
    """Both texts: what was typed stays in the form, now based on the other one, which stands beside it."""
    current = error.current
    typed = request.POST.copy()
    typed["version"] = str(current.version)
    page = DraftPage(current, period, timezone.now())
    context = {
        "draft": page,
        "form": BulletinForm(typed),
        "conflict": str(error),
        "their_text": text_from_blocks(current.body),
    }
    return render(request, "reports/bulletin_draft.html", context, status=CONFLICT)
