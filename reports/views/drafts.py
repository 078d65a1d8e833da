"""Writing a bulletin's draft: by sections, two people at once, and sentence by sentence from the data."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from reports.draftforms import BulletinForm
from reports.draftpage import DraftPage
from reports.forms import RewriteForm
from reports.models import Bulletin
from reports.services.drafts import rewrite_draft, start_draft
from reports.services.editing import BothChanged, Saved, adopt_sentences, save_edit
from reports.views.drafting import bulletin_of, draft_of, require_office
from tasks.errors import WorkflowError
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, current_user, roles_allowed
from xigang_eco.http import CONFLICT, INVALID

# What the buttons of the page send as `do`, besides the order of the sections (see BulletinForm.reordered).
ADOPT, ADOPT_ALL = "adopt:", "adopt-all"


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(*EVERY_ROLE)
@plan_page
def draft(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Write the draft. What two people change in different places is kept of both; where they meet, both texts are shown."""
    found = bulletin_of(request, period)
    if found is None or not found.is_draft:
        return redirect("reports:bulletin", plan_code=period.plan.code, quarter=period.quarter)
    if request.method != "POST":
        return _draft_page(request, found, period, BulletinForm.of(found))
    do = request.POST.get("do", "")
    reordered = BulletinForm.reordered(request.POST, do)
    if reordered:
        # Without script a section is moved by the server: on the page only, until it is saved.
        return _draft_page(request, found, period, reordered, unsaved=True)
    form = BulletinForm(request.POST)
    if not form.is_valid():
        return _draft_page(request, found, period, form, status=INVALID)
    try:
        if do == ADOPT_ALL or do.startswith(ADOPT):
            saved = adopt_sentences(
                period_id=period.pk,
                actor=current_user(request),
                base_version=form.edit.version,
                keys=None if do == ADOPT_ALL else [do.removeprefix(ADOPT)],
                seen=request.POST.get("seen", ""),
                edit=form.edit,
            )
        else:
            saved = save_edit(period_id=period.pk, actor=current_user(request), edit=form.edit)
    except BothChanged as error:
        current = error.current
        form = BulletinForm.merged(form, current, error.merged)
        return _draft_page(request, current, period, form, conflict=str(error), status=CONFLICT)
    except WorkflowError as error:
        form.add_error(None, str(error))
        return _draft_page(request, found, period, form, status=CONFLICT)
    told = "已按最新数据更新，草稿已保存。" if do.startswith("adopt") else "草稿已保存，预览已更新。"
    messages.success(request, told)
    _tell_taken(request, saved)
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
    request: HttpRequest,
    found: Bulletin,
    period: ReportingPeriod,
    form: BulletinForm,
    *,
    conflict: str = "",
    unsaved: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "draft": DraftPage(found, period, timezone.now()),
        "form": form,
        "conflict": conflict,
        "unsaved": unsaved,
    }
    return render(request, "reports/bulletin_draft.html", context, status=status)


def _tell_taken(request: HttpRequest, saved: Saved) -> None:
    """Say what came from a colleague who saved meanwhile."""
    taken = [BulletinForm.label_of(name) for name in saved.taken_values]
    taken += [heading or "开头" for heading in saved.taken_sections]
    if taken:
        named = "、".join(f"“{name}”" for name in taken)
        messages.info(request, f"您编辑期间{saved.who}也保存了草稿，您没有改动的{named}已采用其内容。")
