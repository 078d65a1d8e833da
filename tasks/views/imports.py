"""计划导入: bringing a document, deciding what is doubtful in it, and making it a plan. The office's people share what is under way."""

import hashlib
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tasks.errors import WorkflowError
from tasks.forms.imports import ChoiceForm, DetailsForm, DocumentForm
from tasks.importing.draft import draft_of
from tasks.importing.errors import ImportFailure
from tasks.importing.marking.marking import mark
from tasks.importmarks import marks_of
from tasks.importpage import IMPORTS_PER_PAGE, ClosedImport, ImportPage, import_rows
from tasks.models import PlanImport, SourceFile
from tasks.services.plan_imports import (
    accept_problems,
    choose,
    compare_with,
    confirm_import,
    discard_import,
    set_details,
    start_import,
)
from units.access import current_user, roles_allowed
from units.models import Role
from units.resolving import Directory
from xigang_eco.http import CONFLICT, INVALID, redirect_to_top, whole_number
from xigang_eco.serving import Stored, parts_of, serve

TOO_LARGE = 413
_CLOSED = "该文件已经导入为计划，不能再改动。如需调整，请在“计划与报告期”中进行。"
# What a change may be refused with: a rule, or a document that this version of the reader finds no plan in any more.
_REFUSED = (WorkflowError, ImportFailure)
# What a stored document may be sent as; whatever else it calls itself is bytes. Never opened in place.
_TYPES = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".txt": "text/plain; charset=utf-8",
    ".tsv": "text/plain; charset=utf-8",
}


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(Role.OFFICE)
def imports(request: HttpRequest) -> HttpResponse:
    """What was brought so far; POST brings another document. One that is under way already is gone on with."""
    if request.method != "POST":
        return _list_page(request, DocumentForm())
    form = DocumentForm(request.POST, request.FILES)
    if form.is_valid():
        answer = _bring(request, form)
        if answer is not None:
            return answer
    return _list_page(request, form, status=TOO_LARGE if form.is_too_large else INVALID)


def _bring(
    request: HttpRequest, form: DocumentForm, replaces: PlanImport | None = None
) -> HttpResponse | None:
    """Store the form's document and go to its preview; None where it was refused, which the form then says."""
    data, name = form.document()
    year = form.cleaned_data.get("year")
    content = data.encode("utf-8", "replace") if isinstance(data, str) else data
    twins = import_rows().filter(file__sha256=hashlib.sha256(content).hexdigest())
    if replaces is not None and twins.filter(pk=replaces.pk).exists():
        form.add_error("file", "与现在的文件完全相同，没有改动。请选择改正后的文件。")
        return None
    under_way = twins.filter(plan=None).first()
    if replaces is None and under_way is not None and year in (None, under_way.year):
        who = under_way.started_by.name if under_way.started_by else "系统"
        messages.info(request, f"同一文件已由{who}上传、尚未导入，已转到该次预览，此前的核对和认定都在。")
        return redirect_to_top("tasks:plan_import", pk=under_way.pk)
    try:
        record = start_import(
            actor=current_user(request),
            data=data,
            name=name,
            year=year,
            replaces=replaces.pk if replaces else None,
        )
    except _REFUSED as failure:
        form.refuse(failure, name)
        return None
    if replaces is not None:
        messages.success(request, "已换用新上传的文件，此前的认定和计划信息予以保留，请核对。")
    return redirect_to_top("tasks:plan_import", pk=record.pk)


@require_safe
@roles_allowed(Role.OFFICE)
def plan_import(request: HttpRequest, pk: int) -> HttpResponse:
    """The document as the plan that would come of it, or what became of it."""
    return _page(request, _record(pk))


@require_POST
@roles_allowed(Role.OFFICE)
def replace(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a mended document in the place of this one; what was decided goes over."""
    record = _record(pk)
    if record.is_done:
        return _closed(request, record)
    form = DocumentForm(request.POST, request.FILES)
    if form.is_valid():
        answer = _bring(request, form, replaces=record)
        if answer is not None:
            return answer
    status = TOO_LARGE if form.is_too_large else INVALID
    return _page(request, record, document=form, status=status)


@require_POST
@roles_allowed(Role.OFFICE)
def details(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the plan is called, by whom and when it was issued."""
    record = _record(pk)
    if record.is_done:
        return _closed(request, record)
    form = DetailsForm(request.POST)
    if form.is_valid():
        try:
            set_details(import_id=pk, actor=current_user(request), **form.cleaned_data)
        except _REFUSED as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "计划信息已保存。")
            return redirect_to_top("tasks:plan_import", pk=pk)
    return _page(request, record, details=form, status=INVALID)


@require_POST
@roles_allowed(Role.OFFICE)
def choose_name(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whom a printed name means, or take that back."""
    record = _record(pk)
    if record.is_done:
        return _closed(request, record)
    form = ChoiceForm(request.POST, directory=Directory.load())
    if form.is_valid():
        printed = form.cleaned_data["printed"]
        try:
            choose(import_id=pk, actor=current_user(request), printed=printed, choice=form.choice)
        except _REFUSED as error:
            form.add_error(None, str(error))
        else:
            return _back(pk)
    return _page(request, record, refused=form, status=INVALID)


@require_POST
@roles_allowed(Role.OFFICE)
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark problems (`key`, one or several) as looked at, or (`accepted` empty) not."""
    record = _record(pk)
    if record.is_done:
        return _closed(request, record)
    accepted = request.POST.get("accepted") == "1"
    keys = request.POST.getlist("key")
    try:
        accept_problems(import_id=pk, actor=current_user(request), keys=keys, accepted=accepted)
    except _REFUSED as error:
        messages.error(request, str(error))
        return _page(request, record, status=INVALID)
    return _back(pk)


@require_POST
@roles_allowed(Role.OFFICE)
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Compare with a certain earlier plan (`plan`); empty: the one that fits best."""
    record = _record(pk)
    if record.is_done:
        return _closed(request, record)
    sent = request.POST.get("plan", "")
    plan_id = whole_number(sent)
    try:
        if sent and plan_id is None:
            raise WorkflowError("没有这份计划，请从列表中选择。")
        compare_with(import_id=pk, actor=current_user(request), plan_id=plan_id)
    except _REFUSED as error:
        messages.error(request, str(error))
        return _page(request, record, status=INVALID)
    return _back(pk)


@require_POST
@roles_allowed(Role.OFFICE)
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a document away that did not become a plan."""
    record = _record(pk)
    try:
        discard_import(import_id=pk, actor=current_user(request))
    except WorkflowError:
        return _closed(request, _record(pk))
    messages.success(request, f"已放弃“{record.file.name}”的导入，没有改动任何数据。")
    return redirect("tasks:imports")


@require_POST
@roles_allowed(Role.OFFICE)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the plan: everything, or nothing and the reasons."""
    record = _record(pk)
    try:
        plan = confirm_import(import_id=pk, actor=current_user(request))
    except _REFUSED as error:
        record = _record(pk)
        if record.is_done:
            return _closed(request, record, str(error))
        messages.error(request, str(error))
        return _page(request, record, status=CONFLICT)
    messages.success(
        request, f"《{plan.title}》已导入，四个季度均未开始。请核对各项措施，再在“报告期”中开放第一季度填报。"
    )
    return redirect_to_top("tasks:plan_manage", plan.code, 1)


@require_safe
@roles_allowed(Role.OFFICE)
def original(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The document as it was brought, always as a download."""
    record = _record(pk)
    stored = Stored(
        sha256=record.file.sha256,
        size=record.file.size,
        content_type=_type_of(record.file.name),
        filename=record.file.name,
        read=parts_of(SourceFile.objects.filter(pk=record.file_id)),
    )
    return _as_bytes(serve(request, stored, inline=False))


@require_safe
@roles_allowed(Role.OFFICE)
def marked(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The document with what is to be mended or decided marked and commented in it."""
    record = _record(pk)
    if record.is_done:
        raise Http404
    content = SourceFile.objects.values_list("content", flat=True).get(pk=record.file_id)
    try:
        data, name = mark(bytes(content), record.file.name, marks_of(draft_of(record)))
    except ImportFailure as failure:
        messages.error(request, str(failure))
        return redirect("tasks:plan_import", pk=pk)
    answer = HttpResponse(data, content_type=_type_of(name))
    answer["Content-Disposition"] = content_disposition_header(True, name) or ""
    answer["Cache-Control"] = "no-store"
    return _as_bytes(answer)


def _as_bytes(answer: HttpResponseBase) -> HttpResponseBase:
    """Nothing in it is run or sniffed, whatever a browser does with it."""
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _type_of(name: str) -> str:
    return _TYPES.get(PurePath(name).suffix.lower(), "application/octet-stream")


def _record(pk: int) -> PlanImport:
    return get_object_or_404(import_rows(), pk=pk)


def _back(pk: int) -> HttpResponse:
    """Back to the preview. The form was sent to the anchor of its row, which a browser keeps through the redirect."""
    return redirect("tasks:plan_import", pk=pk)


def _closed(request: HttpRequest, record: PlanImport, reason: str = _CLOSED) -> HttpResponse:
    """A change that came too late: it is a plan by now."""
    messages.error(request, reason)
    return _done_page(request, record, CONFLICT)


def _done_page(request: HttpRequest, record: PlanImport, status: int = 200) -> HttpResponse:
    context = {"record": record, "page": ClosedImport(record)}
    return render(request, "tasks/imports/done.html", context, status=status)


def _list_page(request: HttpRequest, form: DocumentForm, status: int = 200) -> HttpResponse:
    page = Paginator(import_rows(), IMPORTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "tasks/imports/list.html", {"page": page, "form": form}, status=status)


def _page(
    request: HttpRequest,
    record: PlanImport,
    *,
    document: DocumentForm | None = None,
    details: DetailsForm | None = None,
    refused: ChoiceForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The preview with a refused form in its place; the closed page of what is done; the reason where it cannot be read any more."""
    if status != 200:
        # Why something was refused may be what a colleague did meanwhile.
        record = _record(record.pk)
        if record.is_done:
            return _closed(request, record)
    if record.is_done:
        return _done_page(request, record)
    document = document or DocumentForm()
    try:
        page = ImportPage(record, request.GET.get("page"), refused)
    except ImportFailure as failure:
        context: dict[str, Any] = {"record": record, "reason": str(failure), "document": document}
        return render(request, "tasks/imports/unreadable.html", context, status=status)
    context = {
        "record": record,
        "page": page,
        "document": document,
        "form": details or DetailsForm(initial=page.details_initial),
    }
    return render(request, "tasks/imports/preview.html", context, status=status)
