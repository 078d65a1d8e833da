"""What still counts of filings that an amendment (更正) has reopened: until the new edition is issued, what was issued does.

Their text and state are already on the way to something else. So pages of the quarter, whatever looks from a later quarter
for the last approved filing, and everyone who does not work on the filing read these as the issued edition has them, from the
StatusChange by which they were reopened. Only the unit and the office see, where they write and review, what is to come.
"""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import F

from tasks.models import ProgressUpdate, ReportingPeriod, StatusChange
from tasks.readings import snapshot_content
from tasks.rules import Status
from units.models import User


def takes_changes(update: ProgressUpdate | None, period: ReportingPeriod) -> bool:
    """Whether the filing may be written, taken back and reviewed now: its quarter takes filings, or an open amendment of
    the issued quarter names it."""
    if period.is_writable or update is None or not period.is_issued:
        return period.is_writable
    return ProgressUpdate.objects.writable().filter(pk=update.pk).exists()


def as_issued_for(update: ProgressUpdate, user: User) -> None:
    """`as_issued` for who does not work on the filing. What its unit took back is the unit's alone, also towards the office."""
    own = user.is_unit_user and user.unit_id == update.assignment.unit_id
    if not own and not (user.is_office and update.status != Status.DRAFT):
        as_issued([update])


def as_issued(updates: Iterable[ProgressUpdate]) -> None:
    """Give those that are being amended back, in memory, the state, content, files and 核定 figures that were issued.

    `updates` come with `amending` (UpdateQuerySet.annotate_amending) and must not be saved afterwards. One query where
    there are any, otherwise none.
    """
    rows = {update.pk: update for update in updates if update.amending}  # type: ignore[attr-defined]
    if not rows:
        return
    changes = StatusChange.objects.filter(
        update__in=rows,
        to_status=Status.RETURNED,
        update__amendments__closed_at__isnull=True,
        update__amendments__opened_at=F("at"),
    )
    for change in changes.order_by("pk"):
        update, snapshot = rows[change.update_id], change.snapshot
        update.status, update.reopening = change.from_status, change
        for name, value in snapshot_content(snapshot).items():
            setattr(update, name, value)
        percent = snapshot.get("approved_percent")
        update.approved_percent = None if percent is None else Decimal(percent)
        update.approved_status = snapshot.get("approved_status") or ""
        update.approval_note = snapshot.get("approval_note") or ""
