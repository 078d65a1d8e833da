"""A plan as a workbook: to keep, and to import again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from tasks.filenames import plan_file_name
from tasks.models import ReportingPeriod
from tasks.planbook.contents import contents_of
from tasks.planbook.writing import TooLongForCell, plan_xlsx
from tasks.planpage import plan_page
from units.access import roles_allowed
from units.models import Role
from xigang_eco.sheets import CONTENT_TYPE


@require_safe
@roles_allowed(Role.OFFICE)
@plan_page
def plan_book(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """The plan's workbook. The office's alone: it shows what nobody has confirmed yet."""
    plan = period.plan
    try:
        content = plan_xlsx(contents_of(plan))
    except TooLongForCell as error:
        messages.error(request, str(error))
        return redirect("tasks:plan_manage", plan.code, period.quarter)
    disposition = content_disposition_header(True, plan_file_name(plan, "xlsx"))
    return HttpResponse(
        content,
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )
