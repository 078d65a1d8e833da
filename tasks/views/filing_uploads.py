"""季度填报表 on the way back: upload, preview, and what became of each row."""

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tasks.errors import WorkflowError
from tasks.filingbook.compared import ComparedRow, Comparison, State
from tasks.filingbook.comparing import compare
from tasks.filingbook.marks import marks_of_upload
from tasks.filingbook.reading import read_book
from tasks.filingbook.results import results_of
from tasks.importing.errors import ImportFailure, TooLarge
from tasks.importing.limits import FILING, MEGABYTE, too_large
from tasks.importing.marking.marking import mark
from tasks.models import FilingUpload, ReportingPeriod
from tasks.planpage import plan_page, remember_period
from tasks.services.filing import autosave as keep_typed
from tasks.services.filing_uploads import (
    OVERTAKEN,
    REFUSED,
    SKIPPED,
    Entry,
    WrongBook,
    apply_upload,
    discard_upload,
    start_upload,
)
from units.access import FILERS, current_user, roles_allowed
from units.models import Unit, User
from xigang_eco.http import CONFLICT, INVALID
from xigang_eco.sheets import CONTENT_TYPE

TOO_LARGE = 413


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(*FILERS)
@plan_page
def upload(request: HttpRequest, period: ReportingPeriod, code: str) -> HttpResponse:
    """Choose a filled-in workbook (`file`); read, it is shown before anything is written. Own unit, or for the office any."""
    user = current_user(request)
    unit = _unit(user, code)
    if request.method != "POST":
        return _upload_page(request, period, unit)
    sent = request.FILES.get("file")
    if sent is None or not sent.name:
        return _upload_page(
            request, period, unit, error="请先选择填好的填报表（.xlsx 文件）。", status=INVALID
        )
    if (sent.size or 0) > FILING.file:
        return _upload_page(request, period, unit, error=too_large(FILING), status=TOO_LARGE)
    try:
        kept = start_upload(actor=user, period=period, unit=unit, data=sent.read(), name=sent.name)
    except ImportFailure as error:
        status = TOO_LARGE if isinstance(error, TooLarge) else INVALID
        return _upload_page(request, period, unit, error=str(error), name=sent.name, status=status)
    except WrongBook as error:
        return _upload_page(request, period, unit, error=str(error), name=sent.name, status=INVALID)
    except WorkflowError as error:
        return _upload_page(request, period, unit, error=str(error), name=sent.name, status=CONFLICT)
    return redirect("tasks:filing_upload_page", pk=kept.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(*FILERS)
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """What the workbook would change, or, once carried out, what it has. Only who uploaded it knows of it.

    POST: `action` draft or submit with the ticked rows (`row`), or `online` with one row that goes on in the form.
    """
    kept = _own_upload(request, pk)
    if kept.applied_at is not None:
        if request.method == "POST":
            return redirect("tasks:filing_upload_page", pk=pk)
        return render(
            request,
            "tasks/filingbook/result.html",
            {"upload": kept, "unit": kept.unit, "results": results_of(kept)},
        )
    user = current_user(request)
    comparison = compare(kept, user)
    if request.method != "POST":
        return _preview(request, comparison)
    if "online" in request.POST:
        return _go_online(request, comparison, request.POST["online"])
    action = request.POST.get("action", "")
    if action not in ("draft", "submit"):
        return _preview(request, comparison, error="请选择“存为草稿”或“直接提交”。", status=INVALID)
    return _apply(request, comparison, request.POST.getlist("row"), submit=action == "submit")


@require_POST
@roles_allowed(*FILERS)
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a workbook that was not carried out."""
    kept = _own_upload(request, pk)
    try:
        discard_upload(upload_id=pk, actor=current_user(request))
    except WorkflowError as error:
        messages.error(request, str(error))
        return redirect("tasks:filing_upload_page", pk=pk)
    messages.success(request, f"已放弃“{kept.file.name}”，没有写入任何内容。")
    return _home(current_user(request), kept)


@require_safe
@roles_allowed(*FILERS)
def marked(request: HttpRequest, pk: int) -> HttpResponse:
    """The very file that was uploaded, with what is to be mended marked and commented in it."""
    kept = _own_upload(request, pk)
    data = bytes(kept.file.content)
    try:
        marks = marks_of_upload(compare(kept, current_user(request)), read_book(data))
        content, name = mark(data, kept.file.name, marks, limits=FILING)
    except ImportFailure as error:
        messages.error(request, str(error))
        return redirect("tasks:filing_upload_page", pk=pk)
    return HttpResponse(
        content,
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "no-store"},
    )


def _unit(user: User, code: str) -> Unit:
    units = Unit.objects.all() if user.is_office else Unit.objects.filter(pk=user.unit_id or 0)
    return get_object_or_404(units, code=code)


def _own_upload(request: HttpRequest, pk: int) -> FilingUpload:
    user = current_user(request)
    uploads = FilingUpload.objects.visible_to(user).select_related(
        "period__plan", "unit", "file", "uploaded_by"
    )
    kept = get_object_or_404(uploads.defer("file__content"), pk=pk)
    remember_period(request, kept.period)
    return kept


def _home(user: User, kept: FilingUpload) -> HttpResponseRedirect:
    plan, quarter = kept.period.plan.code, kept.period.quarter
    if user.is_office:
        return redirect("tasks:filing_upload", plan_code=plan, quarter=quarter, code=kept.unit.code)
    return redirect("tasks:workbench", plan_code=plan, quarter=quarter)


def _upload_page(
    request: HttpRequest,
    period: ReportingPeriod,
    unit: Unit,
    *,
    error: str = "",
    name: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {"error": error, "name": name, **upload_context(current_user(request), period, unit)}
    return render(request, "tasks/filingbook/upload.html", context, status=status)


def upload_context(user: User, period: ReportingPeriod, unit: Unit) -> dict[str, Any]:
    """What the form to upload needs, with what this person uploaded for the unit and quarter and has not carried out."""
    rows = FilingUpload.objects.visible_to(user).filter(period=period, unit=unit, applied_at__isnull=True)
    return {
        "unit": unit,
        "unfinished": rows.select_related("file")
        .defer("file__content", "rows", "problems", "outcome")
        .first(),
        "file_mb": FILING.file // MEGABYTE,
    }


def _preview(
    request: HttpRequest,
    comparison: Comparison,
    *,
    error: str = "",
    status: int = 200,
    ticked: Collection[str] | None = None,
) -> HttpResponse:
    """`ticked`: marks of the rows that the person had chosen, None for all that change something."""
    chosen = {row.mark for row in comparison.changed} if ticked is None else set(ticked)
    context = {
        "upload": comparison.upload,
        "comparison": comparison,
        "period": comparison.upload.period,
        "unit": comparison.upload.unit,
        "is_proxy": current_user(request).is_office,
        "error": error,
        "ticked": chosen,
        "file_mb": FILING.file // MEGABYTE,
    }
    return render(request, "tasks/filingbook/preview.html", context, status=status)


def _apply(request: HttpRequest, comparison: Comparison, marks: list[str], *, submit: bool) -> HttpResponse:
    user = current_user(request)
    chosen = [row for mark in dict.fromkeys(marks) if (row := comparison.find(mark)) is not None]
    takes = [row for row in chosen if row.state == State.CHANGED or (submit and row.is_ready)]
    taken = {row.row for row in takes}
    if not takes and (comparison.changed or comparison.ready):
        error = "没有勾选可写入的措施，或勾选的措施在预览后已有变化。请核对后重新勾选。"
        return _preview(request, comparison, error=error, status=INVALID, ticked=marks)
    if not takes:
        error = "现在没有可以写入的措施，没有写入任何内容。原因见下方各项。"
        return _preview(request, comparison, error=error, status=CONFLICT, ticked=marks)
    try:
        apply_upload(
            upload_id=comparison.upload.pk,
            actor=user,
            submit=submit,
            entries=[
                Entry(row.row, row.page.assignment, row.values, row.base_version) for row in takes if row.page
            ],
            left={
                row.row: _left(row, marks)
                for row in comparison.rows
                if row.row not in taken and _is_told(row)
            },
        )
    except WorkflowError as error:
        # Something was written in between: what stands now, and the choice as it was where it still holds.
        fresh = compare(_own_upload(request, comparison.upload.pk), user)
        return _preview(request, fresh, error=str(error), status=CONFLICT, ticked=marks)
    return redirect("tasks:filing_upload_page", pk=comparison.upload.pk)


def _is_told(row: ComparedRow) -> bool:
    return row.state != State.UNCHANGED or bool(row.notes)


def _left(row: ComparedRow, marks: list[str]) -> dict[str, Any]:
    """What the result says of a row that does not go."""
    if row.state == State.CHANGED:
        shown_before = any(mark.partition("-")[0] == str(row.row) for mark in marks)
        message = "预览后线上已有变化，未写入。" if shown_before else "未勾选，未写入。"
        return {"number": row.number, "result": OVERTAKEN if shown_before else SKIPPED, "message": message}
    if row.state == State.CONFLICT:
        return {"number": row.number, "result": OVERTAKEN, "message": f"{row.why_conflict}，未写入。"}
    if row.state == State.UNCHANGED:
        return {"number": row.number, "result": SKIPPED, "message": "".join(row.notes)}
    told = [f"{fault.label}：{fault.message}" if fault.label else fault.message for fault in row.faults]
    return {"number": row.number, "result": REFUSED, "message": "".join(told)}


def _go_online(request: HttpRequest, comparison: Comparison, mark: str) -> HttpResponse:
    """Take what the row says along to the form on the screen, which sets both texts beside each other."""
    row = next((row for row in comparison.rows if mark == row.mark), None)
    if row is None or row.page is None or row.key is None or row.state != State.CONFLICT:
        error = "该行已有变化，请核对后再操作。"
        return _preview(request, comparison, error=error, status=CONFLICT)
    duty, period = row.page.assignment, row.page.period
    try:
        draft = keep_typed(
            assignment=duty,
            period=period,
            actor=current_user(request),
            tab=f"workbook-{comparison.upload.pk}-{row.row}",
            payload=row.typed,
            base_version=row.key.version,
        )
    except WorkflowError as error:
        return _preview(request, comparison, error=str(error), status=CONFLICT)
    return redirect(f"{reverse('tasks:filing', args=[duty.pk, period.pk])}?restore={draft.pk}")
