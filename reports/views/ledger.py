"""The ledger of what the filter of 措施清单 shows, as an Excel workbook."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from reports.ledger import ledger_of
from reports.measurelist import MeasureList
from reports.reading import data_key, dues_for, figures_for
from reports.renderers.xlsx import ledger_xlsx
from reports.views.measures import show_list
from tasks.filenames import file_name
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, current_user, roles_allowed
from xigang_eco.sheets import CONTENT_TYPE


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def ledger(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    key = data_key(period, now := timezone.now())
    listed = MeasureList(request.GET, figures_for(period, now, key=key), dues_for(period, now, key=key))
    if listed.refused:
        # A workbook of something else than what was asked for would not say so: the list does.
        return show_list(request, period, listed, key)
    content = ledger_xlsx(ledger_of(period, listed, current_user(request)))
    disposition = content_disposition_header(True, file_name(period, "台账", "xlsx"))
    return HttpResponse(
        content,
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )
