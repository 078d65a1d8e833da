"""The quarterly bulletin: everybody reads what is issued; drafts are the office's and for others do not exist."""

import hashlib
from typing import Any

from csp.decorators import csp_exempt
from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reports.blocks import text_from_blocks
from reports.draftpage import DraftPage
from reports.forms import BulletinForm, IssueForm, RewriteForm
from reports.models import Bulletin, BulletinFile, BulletinStatus
from reports.renderers.process import RenderError, canonical_json, render_pdf
from reports.services.drafts import StaleBulletin, rewrite_draft, save_draft, start_draft
from reports.services.issuing import is_stalled, issue_bulletin, release_stalled
from tasks.errors import WorkflowError
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, current_user, roles_allowed
from units.models import Role
from xigang_eco.http import CONFLICT, INVALID

PER_PAGE = 20
# The frame beside the editor, the window of its own and the look before issuing show the same bytes.
PREVIEW_SECONDS = 600


@require_safe
@roles_allowed(*EVERY_ROLE)
def bulletins(request: HttpRequest) -> HttpResponse:
    """All bulletins, the latest first; drafts are listed for the office only."""
    rows = Bulletin.objects.select_related("period__plan", "issued_by").defer("data", "body", "generated")
    if not current_user(request).is_office:
        rows = rows.filter(status=BulletinStatus.ISSUED)
    files = BulletinFile.objects.filter(bulletin=OuterRef("pk"), format="pdf")
    rows = rows.annotate(size=Subquery(files.values("size")), sha256=Subquery(files.values("sha256")))
    page = Paginator(rows.order_by("-period__plan__year", "period__plan__code", "-period__quarter"), PER_PAGE)
    return render(request, "reports/bulletins.html", {"page": page.get_page(request.GET.get("page"))})


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def bulletin(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """A quarter's bulletin: its text and its file once issued, otherwise when it will come."""
    found = Bulletin.objects.filter(period=period).select_related("issued_by", "updated_by").first()
    context: dict[str, Any] = {"bulletin": found}
    if found and found.is_issued:
        file = BulletinFile.objects.defer("content").get(bulletin=found, format="pdf")
        context |= {"document": found.data, "file": file}
        return render(request, "reports/bulletin.html", context)
    if not current_user(request).is_office:
        return render(request, "reports/bulletin.html", context | {"bulletin": None})
    if found:
        context |= {"stalled": is_stalled(found, timezone.now())}
    return render(request, "reports/bulletin.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(*EVERY_ROLE)
@plan_page
def draft(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Write the draft. Two people of the office: the second is told, and sees both texts."""
    found = _bulletin_of(request, period)
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
    _require_office(request)
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
    _draft_of(request, period)
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


@require_POST
@roles_allowed(*EVERY_ROLE)
@plan_page
def release(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Give a draft back whose rendering died with its process."""
    _draft_of(request, period)
    if release_stalled(period_id=period.pk, actor=current_user(request)):
        messages.success(request, "已恢复为草稿，可以重新印发。")
    else:
        messages.error(request, "通报正在生成或已有结果，不需要恢复。")
    return redirect("reports:bulletin", plan_code=period.plan.code, quarter=period.quarter)


@csp_exempt()  # Chromium's PDF viewer is a plugin, which the policy forbids.
@xframe_options_sameorigin  # The draft's page shows it beside the words.
@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def preview(request: HttpRequest, period: ReportingPeriod) -> HttpResponseBase:
    """The draft as it would print now, marked 草稿. Rendered only when something that prints has changed."""
    found = _draft_of(request, period)
    document = DraftPage(found, period, timezone.now()).document
    printed = {key: value for key, value in document.items() if key != "figures"}
    etag = quote_etag(hashlib.sha256(canonical_json(printed)).hexdigest())
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        content = cache.get(f"preview:{etag}")
        if content is None:
            try:
                content = render_pdf(document)
            except RenderError as error:
                return render(request, "reports/bulletin_unprinted.html", {"reason": str(error)}, status=503)
            cache.set(f"preview:{etag}", content, PREVIEW_SECONDS)
        answer = HttpResponse(content, content_type="application/pdf")
    name = f"{period}通报（草稿）.pdf"
    answer["Content-Disposition"] = content_disposition_header(False, name) or ""
    return _private(answer, etag)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(Role.OFFICE)
@plan_page
def issue(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Look at what would be left undecided, agree, and issue. The answer comes when the file is stored."""
    found = _bulletin_of(request, period)
    if found is None or not found.is_draft:
        return redirect("reports:bulletin", plan_code=period.plan.code, quarter=period.quarter)
    page = DraftPage(found, period, timezone.now())
    asked = {"has_undecided": bool(page.undecided), "has_changes": bool(page.changed)}
    if request.method != "POST":
        seen = {"version": found.version, "undecided": page.undecided_key}
        return render(
            request, "reports/bulletin_issue.html", {"draft": page, "form": IssueForm(initial=seen, **asked)}
        )
    form = IssueForm(request.POST, **asked)
    if not form.is_valid():
        return render(request, "reports/bulletin_issue.html", {"draft": page, "form": form}, status=INVALID)
    try:
        issue_bulletin(
            period_id=period.pk,
            actor=current_user(request),
            version=form.cleaned_data["version"],
            undecided=form.cleaned_data["undecided"],
            accept_old_words=form.cleaned_data.get("agree_words", False),
        )
    except WorkflowError as error:
        told = str(error)
        if isinstance(error, StaleBulletin):
            told = f"通报草稿已由{error.who}修改，没有印发。请核对最新内容后再印发。"
        messages.error(request, told)
        return redirect("reports:bulletin_issue", plan_code=period.plan.code, quarter=period.quarter)
    messages.success(request, f"{period}通报已印发。")
    return redirect("reports:bulletin", plan_code=period.plan.code, quarter=period.quarter)


@csp_exempt()  # Chromium's PDF viewer is a plugin, which the policy forbids.
@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def pdf(request: HttpRequest, period: ReportingPeriod) -> HttpResponseBase:
    """The stored file, byte for byte. `?view` opens it in the browser."""
    files = BulletinFile.objects.filter(
        bulletin__period=period, bulletin__status=BulletinStatus.ISSUED, format="pdf"
    )
    etag = quote_etag(get_object_or_404(files.defer("content")).sha256)
    # The bytes are read only for those who do not have them.
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        content = files.values_list("content", flat=True).get()
        answer = HttpResponse(bytes(content), content_type="application/pdf")
    as_attachment = "view" not in request.GET
    answer["Content-Disposition"] = content_disposition_header(as_attachment, f"{period}通报.pdf") or ""
    return _private(answer, etag)


def _private(answer: HttpResponseBase, etag: str) -> HttpResponseBase:
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _require_office(request: HttpRequest) -> None:
    """Drafts are nobody else's business: for others there are none."""
    if not current_user(request).is_office:
        raise Http404


def _bulletin_of(request: HttpRequest, period: ReportingPeriod) -> Bulletin | None:
    """The quarter's bulletin, whatever its state, for the office; 404 for everybody else.

    None where there is none: the quarter switch leads from one draft to a quarter that has not got one.
    """
    _require_office(request)
    return Bulletin.objects.select_related("updated_by").filter(period=period).first()


def _draft_of(request: HttpRequest, period: ReportingPeriod) -> Bulletin:
    """The same where a bulletin must be: 404 without one."""
    found = _bulletin_of(request, period)
    if found is None:
        raise Http404
    return found


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
