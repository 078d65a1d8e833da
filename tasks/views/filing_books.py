"""季度填报表: a unit's filings of a quarter as a workbook to fill in offline."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from tasks.filenames import file_name
from tasks.filingbook.book import filing_book_xlsx
from tasks.filingbook.content import filing_book
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from tasks.rules import PeriodState
from units.access import FILERS, current_user, roles_allowed
from units.models import Unit
from xigang_eco.sheets import CONTENT_TYPE


@require_safe
@roles_allowed(*FILERS)
@plan_page
def download(request: HttpRequest, period: ReportingPeriod, code: str) -> HttpResponse:
    """The unit's own people get their unit's, the office any unit's (代填). Where the quarter has not begun: none."""
    user = current_user(request)
    unit = get_object_or_404(Unit, code=code)
    if not user.is_office and unit.pk != user.unit_id:
        raise Http404
    book = None if period.state == PeriodState.UPCOMING else filing_book(period, unit, user, timezone.now())
    if book is None:
        raise Http404
    name = file_name(period, f"{unit.name}填报表", "xlsx")
    return HttpResponse(
        filing_book_xlsx(book),
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "no-store"},
    )
