"""What the views of a draft share: drafts are nobody else's business than the office's."""

from django.http import Http404, HttpRequest

from reports.models import Bulletin
from tasks.models import ReportingPeriod
from units.access import current_user


def require_office(request: HttpRequest) -> None:
    """Drafts are nobody else's business: for others there are none."""
    if not current_user(request).is_office:
        raise Http404


def bulletin_of(request: HttpRequest, period: ReportingPeriod) -> Bulletin | None:
    """The quarter's bulletin, whatever its state, for the office; 404 for everybody else.

    None where there is none: the quarter switch leads from one draft to a quarter that has not got one.
    """
    require_office(request)
    return Bulletin.objects.select_related("updated_by").filter(period=period).first()


def draft_of(request: HttpRequest, period: ReportingPeriod) -> Bulletin:
    """The same where a bulletin must be: 404 without one."""
    found = bulletin_of(request, period)
    if found is None:
        raise Http404
    return found
