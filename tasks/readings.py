"""What a person may read of a filing that they may open at all.

While a returned filing is being mended, its text is a draft again and the unit's own business: everyone else reads what
was last handed in, as the StatusChange of that moment keeps it.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tasks.completeness import CONTENT_FIELDS
from tasks.models import Evidence, Measure, MeasureSummary, ProgressUpdate, ReportingPeriod, StatusChange
from tasks.querysets import StatusChangeQuerySet
from tasks.rules import Status
from units.models import User

_NUMBERS = frozenset({"percent", "indicator_value"})
# Half-mended text stays half-mended when the quarter is issued over it.
MENDING = frozenset({Status.RETURNED, Status.UNMENDED})


def reads_live(update: ProgressUpdate, user: User) -> bool:
    """Whether `user` reads the filing as it stands, not as last handed in. Needs `update.assignment`.

    Where the office wrote last (代填), the text being mended is the office's own.
    """
    if update.status not in MENDING:
        return True
    if user.is_unit_user:
        return user.unit_id == update.assignment.unit_id
    return user.is_office and update.is_proxy


def content_of(update: ProgressUpdate) -> dict[str, Any]:
    """The content as it stands: CONTENT_FIELDS → value."""
    return {name: getattr(update, name) for name in CONTENT_FIELDS}


def snapshot_content(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The content in a StatusChange's snapshot with its types restored: CONTENT_FIELDS → value."""
    content: dict[str, Any] = {}
    for name in CONTENT_FIELDS:
        value = snapshot.get(name)
        if name in _NUMBERS:
            content[name] = None if value is None else Decimal(value)
        elif name == "no_work":
            content[name] = bool(value)
        else:
            content[name] = value or ""
    return content


def reading_of(update: ProgressUpdate, user: User) -> dict[str, Any]:
    """CONTENT_FIELDS → what `user` may read. The filing must come from `visible_to(user)`."""
    return readings_of([update], user)[update.pk]


def readings_of(updates: Iterable[ProgressUpdate], user: User) -> dict[int, dict[str, Any]]:
    """`reading_of` for several: update id → content, with at most one query (`assignment` loaded beforehand)."""
    rows = list(updates)
    handed_in = handed_in_for(rows, user)
    return {
        row.pk: snapshot_content(handed_in[row.pk].snapshot) if row.pk in handed_in else content_of(row)
        for row in rows
    }


def handed_in_for(updates: Iterable[ProgressUpdate], user: User) -> dict[int, StatusChange]:
    """Update id → the last submission, for those of `updates` that `user` reads as last handed in, not as they stand."""
    return _last_submissions([row for row in updates if not reads_live(row, user)])


def evidence_of(update: ProgressUpdate, user: User) -> list[Evidence]:
    """The files that belong to what `reading_of` gives, in the order they were uploaded."""
    files = update.evidence.select_related("uploaded_by").order_by("pk")
    live = reads_live(update, user)
    if live and update.reopening is None:
        return list(files.attached())
    change = update.reopening if live else _last_submissions([update]).get(update.pk)
    return list(files.filter(pk__in=[row["id"] for row in change.evidence])) if change else []


def evidence_of_many(updates: Iterable[ProgressUpdate], user: User) -> dict[int, list[Evidence]]:
    """`evidence_of` for several: update id → files, in at most two queries (`assignment` loaded beforehand)."""
    rows = list(updates)
    live = {row.pk for row in rows if row.reopening is None and reads_live(row, user)}
    changes = {row.pk: row.reopening for row in rows if row.reopening} | handed_in_for(rows, user)
    handed_in = {pk: {file["id"] for file in change.evidence} for pk, change in changes.items()}
    files: dict[int, list[Evidence]] = {row.pk: [] for row in rows}
    for file in Evidence.objects.filter(update__in=rows).order_by("pk"):
        as_it_stands = file.update_id in live and file.detached_at is None
        if as_it_stands or file.pk in handed_in.get(file.update_id, ()):
            files[file.update_id].append(file)
    return files


def reads_summary(user: User, period: ReportingPeriod) -> bool:
    """Whether `user` reads the office's 本措施总体进展 of a quarter.

    It is the office's own text and may speak of any unit: units read it once the quarter is issued.
    """
    return not user.is_unit_user or period.is_issued


def summary_of(measure: Measure, period: ReportingPeriod) -> MeasureSummary | None:
    """本措施总体进展 as the office wrote it, with who did; None where it wrote none. Who reads it, `reads_summary` says."""
    return MeasureSummary.objects.select_related("written_by").filter(measure=measure, period=period).first()


def may_read_file(file: Evidence, user: User) -> bool:
    """Whether a file of a visible filing is among what `user` may read: also one of an earlier round.

    Files added while a returned filing is being mended are not, until it is handed in again. Leaders read what was
    approved, so nothing that was taken off before.
    """
    if file.update.reopening and reads_live(file.update, user):
        return file.pk in {row["id"] for row in file.update.reopening.evidence}
    if user.is_leader and file.detached_at is not None:
        return False
    if reads_live(file.update, user):
        return True
    # What issuing recorded of a filing being mended was never handed in.
    submissions = StatusChange.objects.filter(update_id=file.update_id, to_status=Status.SUBMITTED)
    if file.update.reopening:
        submissions = submissions.filter(pk__lt=file.update.reopening.pk)
    return file.pk in _recorded_ids(submissions)


def filed_evidence_ids(update_id: int) -> set[int]:
    """Ids of the files that any transition of the filing has recorded: these are never deleted."""
    return _recorded_ids(StatusChange.objects.filter(update_id=update_id))


def _recorded_ids(changes: StatusChangeQuerySet) -> set[int]:
    return {row["id"] for files in changes.values_list("evidence", flat=True) for row in files}


def _last_submissions(updates: list[ProgressUpdate]) -> dict[int, StatusChange]:
    """Update id → the last time it was handed in; of one read as it was issued, the last time before it was reopened."""
    if not updates:
        return {}
    changes = StatusChange.objects.filter(
        update_id__in=[row.pk for row in updates], to_status=Status.SUBMITTED
    ).order_by("pk")
    until = {row.pk: row.reopening.pk for row in updates if row.reopening}
    return {
        change.update_id: change
        for change in changes
        if change.update_id not in until or change.pk < until[change.update_id]
    }
