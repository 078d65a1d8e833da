"""Editions of a bulletin: each has a page for good; the office corrects what was issued by issuing another."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reports.editionpage import choices_of, correction_under_way, editions_of
from reports.forms_editions import CorrectionForm
from reports.models import Bulletin
from reports.services.editions import cancel_correction, start_correction
from tasks.errors import WorkflowError
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, current_user, roles_allowed
from units.models import Role
from xigang_eco.http import CONFLICT, INVALID


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def edition(request: HttpRequest, period: ReportingPeriod, edition: int) -> HttpResponse:
    """An issued edition as it was issued; one that was superseded says so, and by what."""
    rows = editions_of(period)
    row = next((row for row in rows if row.number == edition), None)
    if row is None:
        raise Http404
    document = Bulletin.objects.values_list("data", flat=True).get(pk=row.bulletin.pk)
    context = {"edition": row, "editions": rows, "document": document, "files": row.files}
    return render(request, "reports/edition.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(Role.OFFICE)
@plan_page
def correct(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Say why and choose the filings; then they are open to their units again, and the draft of the next edition stands ready."""
    if not period.is_issued or correction_under_way(period):
        return redirect("reports:bulletin", plan_code=period.plan.code, quarter=period.quarter)
    if request.method != "POST":
        return _correct_page(request, period, CorrectionForm(period=period))
    form = CorrectionForm(request.POST, period=period)
    if not form.is_valid():
        return _correct_page(request, period, form, status=INVALID)
    picked = [update.pk for update in form.cleaned_data["updates"]]
    try:
        start_correction(
            period_id=period.pk,
            actor=current_user(request),
            reason=form.cleaned_data["reason"],
            update_ids=picked,
        )
    except WorkflowError as error:
        form.add_error(None, str(error))
        return _correct_page(request, period, form, status=CONFLICT)
    if picked:
        messages.success(
            request, f"已重新打开 {len(picked)} 件填报，责任单位可以修改重报；更正后通报的草稿已拟出。"
        )
    else:
        messages.success(request, "已拟出更正后通报的草稿，请修改正文后印发。")
    return redirect("reports:bulletin", plan_code=period.plan.code, quarter=period.quarter)


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def cancel(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Give the correction up, as long as nothing has been changed."""
    try:
        cancel_correction(period_id=period.pk, actor=current_user(request))
        messages.success(request, "更正已撤销，填报恢复原状态，更正草稿已删除。")
    except WorkflowError as error:
        messages.error(request, str(error))
    return redirect("reports:bulletin", plan_code=period.plan.code, quarter=period.quarter)


def _correct_page(
    request: HttpRequest, period: ReportingPeriod, form: CorrectionForm, *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "choices": choices_of(period, current_user(request), timezone.now()),
        "current": editions_of(period)[0],
    }
    return render(request, "reports/bulletin_correct.html", context, status=status)
