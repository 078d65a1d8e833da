"""全年台账: all filings of the plan's year and where its measures stood, as one Excel workbook for the office."""

import tempfile

from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.views.decorators.http import require_safe

from reports.renderers.yearbook import write_yearbook
from reports.yearbook import Yearbook
from tasks.filenames import year_file_name
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import current_user, roles_allowed
from units.models import Role
from xigang_eco.sheets import CONTENT_TYPE


@require_safe
@roles_allowed(Role.OFFICE)
@plan_page
def yearbook(request: HttpRequest, period: ReportingPeriod) -> FileResponse:
    # However long the year is, it is never in memory: written to disk and sent from there, gone when it is sent.
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    try:
        write_yearbook(Yearbook(period.plan, current_user(request), timezone.now()), file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=year_file_name(period.plan, "台账", "xlsx"),
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store"},
    )
