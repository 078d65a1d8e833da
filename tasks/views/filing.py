"""The unit's side: its workbench, and the form of one filing with everything that keeps typed text from being lost."""

import logging
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tasks.errors import IncompleteFiling, StaleUpdate, WorkflowError
from tasks.filingpage import FilingPage, filing_page
from tasks.forms.filing import FilingForm, is_tab
from tasks.models import ProgressUpdate, ReportingPeriod
from tasks.planpage import plan_page
from tasks.services.evidence import attach_evidence, detach_evidence
from tasks.services.filing import autosave as keep_typed
from tasks.services.filing import discard_drafts, save_draft, submit_update, withdraw_update
from tasks.views.filing_pages import closed_page, conflict_page, form_page, rebound, reread
from tasks.views.filing_uploads import upload_context
from tasks.workbench import workbench_of
from units.access import FILERS, current_user, roles_allowed
from units.middleware import is_background
from units.models import UNIT_ROLES
from xigang_eco.http import CONFLICT, INVALID, whole_number

logger = logging.getLogger(__name__)


@require_safe
@roles_allowed(*UNIT_ROLES)
@plan_page
def workbench(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """工作台: what the person's unit has to do in this quarter, and what other open quarters still lack."""
    unit = current_user(request).unit
    if unit is None:
        raise PermissionDenied
    context = {
        "bench": workbench_of(unit, period, timezone.now()),
        **upload_context(current_user(request), period, unit),
    }
    return render(request, "tasks/workbench.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(*FILERS)
def filing(request: HttpRequest, assignment_id: int, period_id: int) -> HttpResponse:
    """The form of one filing, or its text where it may not be changed now. The office files for a unit here (代填)."""
    page = filing_page(request, assignment_id, period_id)
    if request.method == "POST":
        return _write(request, page, request.POST.get("action", ""))
    if page.can_write:
        return form_page(request, page, page.form(**_restored(request, page)))
    if page.is_proxy and page.update and not page.is_hidden and not page.update.is_editable:
        # What is handed in, the office reads where it reviews.
        return redirect("tasks:update", pk=page.update.pk)
    return closed_page(request, page)


@require_POST
@roles_allowed(*FILERS)
def no_work(request: HttpRequest, assignment_id: int, period_id: int) -> HttpResponse:
    """Hand in 本季度无相关工作. The form comes along, so that text typed before is kept."""
    return _write(request, filing_page(request, assignment_id, period_id), "no_work")


@require_POST
@roles_allowed(*UNIT_ROLES)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a submitted filing back before it is reviewed."""
    user = current_user(request)
    update = get_object_or_404(
        ProgressUpdate.objects.visible_to(user).select_related("assignment", "period"), pk=pk
    )
    if update.assignment.unit_id != user.unit_id:
        raise PermissionDenied
    try:
        withdraw_update(update_id=pk, actor=user)
    except WorkflowError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "已撤回，填报恢复为草稿。修改后请重新提交。")
    return redirect("tasks:filing", assignment_id=update.assignment_id, period_id=update.period_id)


@require_POST
@roles_allowed(*FILERS)
def autosave(request: HttpRequest, assignment_id: int, period_id: int) -> HttpResponse:
    """Keep what stands in one tab, as typed. Answers {"saved_at", "notice"} or {"error"}."""
    page = filing_page(request, assignment_id, period_id)
    user = current_user(request)
    tab = request.POST.get("tab", "")
    base_version = whole_number(request.POST.get("base_version", ""), digits=9)
    if not is_tab(tab) or base_version is None:
        return JsonResponse({"error": "页面信息不完整，无法自动保存。请点击“保存草稿”。"}, status=400)
    if request.POST.get("typist") != str(user.pk):
        # The form itself may go on: its page asks the person to confirm under whose name it goes.
        return JsonResponse({"error": other_account(user.name), "code": "typist"}, status=403)
    names = [*page.form().content_names, "base"]
    # PostgreSQL keeps no NUL in JSON; the form itself refuses it when it is saved.
    payload = {name: request.POST[name].replace("\0", "") for name in names if name in request.POST}
    try:
        keep_typed(
            assignment=page.assignment,
            period=page.period,
            actor=user,
            tab=tab,
            payload=payload,
            base_version=base_version,
        )
    except WorkflowError as error:
        return JsonResponse({"error": str(error)}, status=CONFLICT)
    saved_at = timezone.localtime().strftime("%H:%M:%S")
    return JsonResponse({"saved_at": saved_at, "notice": _overtaken(page, base_version)})


@require_POST
@roles_allowed(*FILERS)
def discard(request: HttpRequest, assignment_id: int, period_id: int) -> HttpResponse:
    """Forget what one tab (or, without `draft`, every tab) of this person kept for the filing."""
    page = filing_page(request, assignment_id, period_id)
    draft = request.POST.get("draft", "")
    draft_id = whole_number(draft)
    if draft and draft_id is None:
        return HttpResponse(status=400)
    discard_drafts(assignment=page.assignment, period=page.period, actor=page.user, draft_id=draft_id)
    if is_background(request):
        return JsonResponse({})
    messages.success(request, "已放弃未保存的内容。")
    return redirect("tasks:filing", assignment_id=assignment_id, period_id=period_id)


def _write(request: HttpRequest, page: FilingPage, action: str) -> HttpResponse:
    """Save (`action` empty or save), submit, or hand in no_work: one service call; on any refusal the text comes back."""
    form = page.form(request.POST)
    valid = form.is_valid()
    if request.POST.get("typist", "") != str(page.user.pk):
        # Somebody else logged in meanwhile in this browser: they shall know under whose name it goes.
        form.add_error(None, other_account(page.user.name))
        lost = [f"“{upload.name}”没有上传，请重新选择" for upload in request.FILES.getlist("files")]
        again = rebound(page, form, typist=page.user.pk)
        return form_page(request, page, again, status=INVALID, bad_files=lost)
    _detach(request, page)
    bad_files = _attach(page, request.FILES.getlist("files"))
    if not valid:
        return form_page(request, page, form, status=INVALID, bad_files=bad_files)
    try:
        if action in ("submit", "no_work") and not bad_files:
            update = _call(submit_update, page, form, no_work=action == "no_work")
        else:
            update = _call(save_draft, page, form)
    except StaleUpdate as error:
        return _conflict(request, page, form, error)
    except IncompleteFiling as error:
        return _incomplete(request, page, form, error.problems)
    except WorkflowError as error:
        form.add_error(None, str(error))
        return form_page(request, reread(page), form, status=CONFLICT, bad_files=bad_files)
    if restored := form.cleaned_data.get("restored"):
        discard_drafts(assignment=page.assignment, period=page.period, actor=page.user, draft_id=restored)
    if bad_files:
        messages.error(request, "文字已存为草稿，但有文件未能上传：" + "；".join(bad_files))
        return _back(page, form, to_form=True)
    if action in ("submit", "no_work"):
        late = "（逾期报送）" if update.is_late else ""
        what = "“本季度无相关工作”" if action == "no_work" else "填报"
        measure = page.assignment.measure
        # Who filed it for the unit neither reviews nor withdraws it.
        after = (
            "须由其他同志审核。审核前责任单位可以撤回修改"
            if page.user.is_office
            else "等待区生态办审核。审核前可以撤回修改"
        )
        messages.success(request, f"措施{measure.number}的{what}已提交{late}，{after}。")
        return _back(page, form, to_form=False)
    messages.success(request, "草稿已保存，尚未提交。")
    return _back(page, form, to_form=True)


def _call(service: Any, page: FilingPage, form: FilingForm, *, no_work: bool = False) -> ProgressUpdate:
    """Call save_draft or submit_update with the form's content."""
    update: ProgressUpdate = service(
        assignment=page.assignment,
        period=page.period,
        actor=page.user,
        values=form.content() | {"no_work": no_work},
        base_version=form.cleaned_data["base_version"],
        tab=form.cleaned_data["tab"],
    )
    return update


def _incomplete(
    request: HttpRequest, page: FilingPage, form: FilingForm, problems: dict[str, str]
) -> HttpResponse:
    """Not ready to be handed in: keep the text as a draft and say what is missing."""
    try:
        _call(save_draft, page, form)
    except StaleUpdate as error:
        return _conflict(request, page, form, error)
    except WorkflowError as error:
        form.add_error(None, str(error))
        return form_page(request, reread(page), form, status=CONFLICT)
    fresh = reread(page)
    again = rebound(fresh, form, base_version=fresh.version)
    for name, text in problems.items():
        if name in again.fields:
            again.add_error(name, text)
    return form_page(request, fresh, again, status=INVALID, problems=problems)


def _conflict(request: HttpRequest, page: FilingPage, form: FilingForm, error: StaleUpdate) -> HttpResponse:
    """Both texts; what this person typed is kept on the server too, so that leaving the page does not lose it."""
    tab = form.cleaned_data["tab"] or "unnamed"
    try:
        keep_typed(
            assignment=page.assignment,
            period=page.period,
            actor=page.user,
            tab=tab,
            payload={
                name: str(form.data[name]) for name in [*form.content_names, "base"] if name in form.data
            },
            base_version=form.cleaned_data["base_version"],
        )
    except WorkflowError as refusal:
        logger.info("what was typed is on the page only: %s", refusal)
    return conflict_page(request, page, form, str(error), tab=tab)


def _back(page: FilingPage, form: FilingForm, *, to_form: bool) -> HttpResponseRedirect:
    """Where one lands after a write. The fragment tells the page's script which kept text is now safe on the server."""
    if to_form:
        target = reverse("tasks:filing", args=[page.assignment.pk, page.period.pk])
    elif page.is_proxy:
        target = reverse("tasks:update", args=[reread(page).update.pk])  # type: ignore[union-attr]
    else:
        target = reverse("tasks:workbench", args=[page.period.plan.code, page.period.quarter])
    tab = form.cleaned_data["tab"]
    return redirect(f"{target}#saved-{page.user.pk}-{page.assignment.pk}-{page.period.pk}-{tab}")


def _restored(request: HttpRequest, page: FilingPage) -> dict[str, Any]:
    """Initial values from a kept draft that the address asks for; empty where there is none (any more)."""
    wanted = request.GET.get("restore", "")
    draft = next((row.draft for row in page.kept if str(row.draft.pk) == wanted), None)
    if draft is None:
        return {}
    typed = {name: value for name, value in draft.payload.items() if isinstance(value, str)}
    return {**typed, "base_version": draft.base_version, "restored": draft.pk}


def _attach(page: FilingPage, uploads: list[UploadedFile]) -> list[str]:
    """Attach files that came with the form (no script ran, or it was overtaken). Returns why some were refused."""
    refused = []
    for upload in uploads:
        try:
            attach_evidence(assignment=page.assignment, period=page.period, actor=page.user, upload=upload)
        except WorkflowError as error:
            refused.append(str(error))
    return refused


def _detach(request: HttpRequest, page: FilingPage) -> None:
    """Take a file off by the form's own button (no script ran); the typed text is saved along with it."""
    wanted = request.POST.get("detach", "")
    file = next((file for file in page.evidence if str(file.pk) == wanted), None)
    if file is None:
        return
    try:
        detach_evidence(evidence_id=file.pk, actor=page.user)
    except WorkflowError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已移除“{file.name}”。")
    del page.evidence


def _overtaken(page: FilingPage, base_version: int) -> str:
    """A note for a page that is open while the filing moved on; empty otherwise, and where it is not theirs to know."""
    update = page.update
    if update is None or page.is_hidden or update.version == base_version:
        return ""
    who = update.written_by.name if update.written_by else "他人"
    if not update.is_editable:
        return f"本填报已变为“{update.get_status_display()}”，请另存您的文字后刷新页面。"
    return f"{who}已保存新的内容，您保存时将请您对照两份内容。"


def other_account(name: str) -> str:
    """What a person is told whose browser was logged in as somebody else when the page was opened."""
    return f"当前登录账号已变为“{name}”，与打开本页时不同。内容未保存；如确认以此账号填报，请再次点击保存。"
