"""The unit's side: its workbench, and the form of one filing with everything that keeps typed text from being lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tasks.errors import IncompleteFiling, StaleUpdate, WorkflowError
from tasks.evidence_types import ACCEPTED_TEXT, TYPES
from tasks.filingpage import FilingPage, filing_page
from tasks.forms.filing import FilingForm, is_tab, number_text
from tasks.models import ProgressUpdate, ReportingPeriod
from tasks.models.filing import TEXT_MAX
from tasks.planpage import plan_page
from tasks.rules import Progress
from tasks.services.evidence import FILES_MAX, attach_evidence
from tasks.services.filing import autosave as keep_typed
from tasks.services.filing import discard_drafts, save_draft, submit_update, withdraw_update
from tasks.workbench import workbench_of
from units.access import FILERS, current_user, roles_allowed
from units.middleware import is_background
from units.models import UNIT_ROLES
from xigang_eco.http import CONFLICT, INVALID


@require_safe
@roles_allowed(*UNIT_ROLES)
@plan_page
def workbench(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """工作台: what the person's unit has to do in this quarter, and what other open quarters still lack."""
    unit = current_user(request).unit
    if unit is None:
        raise PermissionDenied
    bench = workbench_of(unit, period, timezone.now())
    return render(request, "tasks/workbench.html", {"bench": bench, "unit": unit})


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(*FILERS)
def filing(request: HttpRequest, assignment_id: int, period_id: int) -> HttpResponse:
    """The form of one filing, or its text where it may not be changed now. The office files for a unit here (代填)."""
    page = filing_page(request, assignment_id, period_id)
    if request.method == "POST":
        return _write(request, page, request.POST.get("action", ""))
    if page.can_write:
        return _form_page(request, page, page.form(**_restored(request, page)))
    if page.is_proxy and page.update and not page.is_hidden and not page.update.is_editable:
        # What is handed in, the office reads where it reviews.
        return redirect("tasks:update", pk=page.update.pk)
    return render(request, "tasks/filing_closed.html", {"page": page})


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
    base_version = request.POST.get("base_version", "")
    if not is_tab(tab) or not (base_version.isascii() and base_version.isdigit() and len(base_version) < 10):
        return JsonResponse({"error": "页面信息不完整，无法自动保存。请点击“保存草稿”。"}, status=400)
    if request.POST.get("typist") != str(user.pk):
        return JsonResponse({"error": _other_account(user.name)}, status=403)
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
            base_version=int(base_version),
        )
    except WorkflowError as error:
        return JsonResponse({"error": str(error)}, status=CONFLICT)
    saved_at = timezone.localtime().strftime("%H:%M:%S")
    return JsonResponse({"saved_at": saved_at, "notice": _overtaken(page, int(base_version))})


@require_POST
@roles_allowed(*FILERS)
def discard(request: HttpRequest, assignment_id: int, period_id: int) -> HttpResponse:
    """Forget what one tab (or, without `draft`, every tab) of this person kept for the filing."""
    page = filing_page(request, assignment_id, period_id)
    draft = request.POST.get("draft", "")
    if draft and not (draft.isascii() and draft.isdigit() and len(draft) < 19):
        return HttpResponse(status=400)
    discard_drafts(
        assignment=page.assignment,
        period=page.period,
        actor=page.user,
        draft_id=int(draft) if draft else None,
    )
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
        form.add_error(None, _other_account(page.user.name))
        return _form_page(request, page, _rebound(page, form, typist=page.user.pk), status=INVALID)
    bad_files = _attach(page, request.FILES.getlist("files"))
    if not valid:
        return _form_page(request, page, form, status=INVALID, bad_files=bad_files)
    try:
        if action in ("submit", "no_work") and not bad_files:
            update = _call(submit_update, page, form, no_work=action == "no_work")
        else:
            update = _call(save_draft, page, form)
    except StaleUpdate as error:
        return _conflict_page(request, page, form, str(error))
    except IncompleteFiling as error:
        return _incomplete(request, page, form, error.problems)
    except WorkflowError as error:
        form.add_error(None, str(error))
        return _form_page(request, _fresh(page), form, status=CONFLICT, bad_files=bad_files)
    if restored := form.cleaned_data.get("restored"):
        discard_drafts(assignment=page.assignment, period=page.period, actor=page.user, draft_id=restored)
    if bad_files:
        messages.error(request, "文字已存为草稿，但有文件未能上传：" + "；".join(bad_files))
        return _back(page, form, to_form=True)
    if action in ("submit", "no_work"):
        late = "（逾期报送）" if update.is_late else ""
        what = "“本季度无相关工作”" if action == "no_work" else "填报"
        measure = page.assignment.measure
        messages.success(
            request, f"措施{measure.number}的{what}已提交{late}，等待区生态办审核。审核前可以撤回修改。"
        )
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
        return _conflict_page(request, page, form, str(error))
    fresh = _fresh(page)
    again = _rebound(fresh, form, base_version=fresh.version)
    for name, text in problems.items():
        if name in again.fields:
            again.add_error(name, text)
    return _form_page(request, fresh, again, status=INVALID, problems=problems)


def _back(page: FilingPage, form: FilingForm, *, to_form: bool) -> HttpResponseRedirect:
    """Where one lands after a write. The fragment tells the page's script which kept text is now safe on the server."""
    if to_form:
        target = reverse("tasks:filing", args=[page.assignment.pk, page.period.pk])
    elif page.is_proxy:
        target = reverse("tasks:update", args=[_fresh(page).update.pk])  # type: ignore[union-attr]
    else:
        target = reverse("tasks:workbench", args=[page.period.plan.code, page.period.quarter])
    tab = form.cleaned_data["tab"]
    return redirect(f"{target}#saved-{page.user.pk}-{page.assignment.pk}-{page.period.pk}-{tab}")


def _fresh(page: FilingPage) -> FilingPage:
    """The same page read anew, after a write or a refusal."""
    period = ReportingPeriod.objects.select_related("plan").get(pk=page.period.pk)
    return FilingPage(page.assignment, period, page.user)


def _rebound(page: FilingPage, form: FilingForm, **changed: Any) -> FilingForm:
    """The typed text in a new form whose hidden fields say `changed`."""
    data = {name: form.data.get(name, "") for name in form.fields}
    data["base"] = page.base_marks(form)
    again = page.form(data | {name: str(value) for name, value in changed.items()})
    again.is_valid()
    for error in form.non_field_errors():
        again.add_error(None, error)
    return again


def _restored(request: HttpRequest, page: FilingPage) -> dict[str, Any]:
    """Initial values from a kept draft that the address asks for; empty where there is none (any more)."""
    wanted = request.GET.get("restore", "")
    draft = next((row for row in page.drafts if str(row.pk) == wanted), None)
    if draft is None:
        return {}
    typed = {name: value for name, value in draft.payload.items() if isinstance(value, str)}
    return {**typed, "base_version": draft.base_version, "restored": draft.pk}


def _form_page(
    request: HttpRequest,
    page: FilingPage,
    form: FilingForm,
    *,
    status: int = 200,
    problems: Mapping[str, str] | None = None,
    bad_files: list[str] | None = None,
) -> HttpResponse:
    """The form, or, where writing is over, what was typed beside the reason."""
    context = {
        "page": page,
        "form": form,
        "problems": problems or {},
        "summary": _summary(form, problems or {}),
        "bad_files": bad_files or [],
        "drafts": [] if form.is_bound or form.initial.get("restored") else page.drafts,
        "restored": form.initial.get("restored"),
        **_limits(),
    }
    return render(request, "tasks/filing.html", context, status=status)


def _limits() -> dict[str, Any]:
    return {
        "text_max": TEXT_MAX,
        "files_max": FILES_MAX,
        "file_mb": settings.EVIDENCE_MAX_MB,
        "file_bytes": settings.EVIDENCE_MAX_BYTES,
        "accepted": ACCEPTED_TEXT,
        "accept": ",".join(f".{extension}" for extension in TYPES),
    }


def _summary(form: FilingForm, problems: Mapping[str, str]) -> list[tuple[str, str]]:
    """(anchor, text) of everything that is wrong, in the order of the page."""
    rows: list[tuple[str, str]] = []
    if form.is_bound:
        for name in form.content_names:
            rows += [(f"field-{name}", f"{form[name].label}：{text}") for text in form.errors.get(name, [])]
        hidden = set(form.errors) - set(form.content_names) - {"__all__"}
        if hidden:
            rows.append(("filing-form", "页面信息不完整，请复制已填内容后刷新页面重试。"))
    rows += [(f"field-{name}", text) for name, text in problems.items() if name not in form.content_names]
    return rows


@dataclass(frozen=True)
class Difference:
    """A field that reads otherwise in the filing than in the person's form."""

    field: BoundField
    theirs: str
    taken: bool


def _conflict_page(request: HttpRequest, page: FilingPage, form: FilingForm, message: str) -> HttpResponse:
    """409: what stands now beside what was typed, field by field. Saving again is then on the newer base.

    Where the person changed nothing, what the other wrote is taken over and marked so.
    """
    fresh = _fresh(page)
    untouched = form.untouched()
    differing, changed = set(), {"base_version": str(fresh.version)}
    for name in form.content_names:
        if _raw(fresh.content.get(name)) != _raw(form.cleaned_data.get(name)):
            differing.add(name)
            if name in untouched:
                changed[name] = _raw(fresh.content.get(name))
    again = _rebound(fresh, form, **changed)
    again.is_valid()
    differences = [
        Difference(field, _shown(field.name, fresh.content.get(field.name)), field.name in untouched)
        for field in again.content_fields()
        if field.name in differing
    ]
    context = {
        "page": fresh,
        "form": again,
        "message": message,
        "differences": differences,
        "same": [field for field in again.content_fields() if field.name not in differing],
        **_limits(),
    }
    return render(request, "tasks/conflict.html", context, status=CONFLICT)


def _raw(value: Any) -> str:
    """A value as the form carries it."""
    return value if isinstance(value, str) else number_text(value)


def _shown(name: str, value: Any) -> str:
    """A value as a person reads it."""
    if name == "self_status" and value:
        return str(Progress(value).label)
    if name == "percent" and value is not None:
        return f"{number_text(value)}%"
    return _raw(value)


def _attach(page: FilingPage, uploads: list[UploadedFile]) -> list[str]:
    """Attach files that came with the form (no script ran, or it was overtaken). Returns why some were refused."""
    refused = []
    for upload in uploads:
        try:
            attach_evidence(assignment=page.assignment, period=page.period, actor=page.user, upload=upload)
        except WorkflowError as error:
            refused.append(str(error))
    return refused


def _overtaken(page: FilingPage, base_version: int) -> str:
    """A note for a page that is open while the filing moved on; empty otherwise, and where it is not theirs to know."""
    update = page.update
    if update is None or page.is_hidden or update.version == base_version:
        return ""
    who = update.written_by.name if update.written_by else "他人"
    if not update.is_editable:
        return f"本填报已变为“{update.get_status_display()}”，请另存您的文字后刷新页面。"
    return f"{who}已保存新的内容，您保存时将请您对照两份内容。"


def _other_account(name: str) -> str:
    return f"当前登录账号已变为“{name}”，与打开本页时不同。内容未保存；如确认以此账号填报，请再次点击保存。"
