"""Who is locked out after repeated failures: what django-axes has counted, read and reset."""

from datetime import datetime

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, Sum
from django.utils import timezone


def locks(username: str | None = None, address: str | None = None) -> dict[str, datetime]:
    """User name as typed → until when it is locked out. One query: of one name or of all, at one address or at any."""
    cool_off = get_cool_off()
    rows = AccessAttempt.objects.filter(attempt_time__gte=timezone.now() - cool_off)
    if username is not None:
        rows = rows.filter(username=username)
    if address is not None:
        rows = rows.filter(ip_address=address)
    found: dict[str, datetime] = {}
    for row in (
        rows.order_by()
        .values("username", "ip_address")
        .annotate(failures=Sum("failures_since_start"), last=Max("attempt_time"))
        .filter(failures__gte=settings.AXES_FAILURE_LIMIT)
    ):
        until = row["last"] + cool_off
        found[row["username"]] = max(until, found.get(row["username"], until))
    return found


def minutes_left(until: datetime | None) -> int:
    """Whole minutes to wait, at least one."""
    whole = get_cool_off().total_seconds()
    seconds = (until - timezone.now()).total_seconds() if until else whole
    return max(1, -(-int(min(seconds, whole)) // 60))


def unlock(username: str) -> bool:
    """Forget the failures of a user name at every address; whether there were any."""
    return AxesProxyHandler.reset_attempts(username=username) > 0
