"""Issuing a quarter's bulletin: what the person who does it looks at and agrees to, and how far it is."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from reports.draftpage import DraftPage
from reports.forms import IssueForm
from reports.models import BulletinStatus
from reports.services.drafts import StaleBulletin
from reports.services.issuing import begin_issue, is_stalled, release_stalled
from reports.services.renderings import start_waiting
from reports.views.drafting import bulletin_of, draft_of
from reports.views.renderings import told
from tasks.errors import WorkflowError
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, current_user, roles_allowed
from units.middleware import is_background
from units.models import Role
from xigang_eco.http import INVALID


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(Role.OFFICE)
@plan_page
def issue(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Look at what would be left undecided, agree, and issue. The files are made off the request."""
    found = bulletin_of(request, period)
    if found is None or not found.is_draft:
        if request.method == "POST" and found:
            release_stalled(period_id=period.pk, actor=current_user(request))
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
        begin_issue(
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
    return redirect("reports:bulletin", plan_code=period.plan.code, quarter=period.quarter)


@require_POST
@roles_allowed(*EVERY_ROLE)
@plan_page
def progress(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """How far the issue is. Whoever of the office asks also gives back what died, and starts what waits."""
    found = draft_of(request, period)
    actor = current_user(request)
    if is_stalled(found, timezone.now()):
        release_stalled(period_id=period.pk, actor=actor)
    start_waiting()
    found = draft_of(request, period)
    row = found.last_rendering
    at_work = found.status == BulletinStatus.RENDERING and row is not None
    if not at_work and row and row.asked_by_id == actor.pk and found.is_issued:
        messages.success(request, f"{period}通报已印发。")
    if is_background(request):
        answer = JsonResponse(
            {"state": row.state, "step": told(row)} if row and at_work else {"state": "ended"}
        )
        answer["Cache-Control"] = "no-store"
        return answer
    return redirect("reports:bulletin", plan_code=period.plan.code, quarter=period.quarter)
