"""What a unit does with its filing (the office too, when it files for a unit: 代填)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from tasks.completeness import CONTENT_FIELDS, submission_problems
from tasks.errors import IncompleteFiling, StaleUpdate, WorkflowError
from tasks.models import Assignment, ProgressUpdate, ReportingPeriod, UpdateDraft
from tasks.rules import EDITABLE, Kind, Status, is_past_due
from tasks.services.common import lock_period, lock_update, move, require_writable, write
from tasks.standing import as_issued
from units.models import UNIT_ROLES, User

# Raw text that one tab may keep on the server; the form's own limits are far below.
DRAFT_MAX_CHARS = 60_000


def last_approved_percent(assignment: Assignment, period: ReportingPeriod) -> Decimal | None:
    """The percent approved last in an earlier quarter of the plan's year; None where there is none."""
    return last_approved_percents([assignment.pk], period)[assignment.pk]


def last_approved_percents(
    assignments: Collection[int], period: ReportingPeriod
) -> dict[int, Decimal | None]:
    """`last_approved_percent` for several duties of the plan, by their ids, in at most two queries."""
    earlier = list(
        ProgressUpdate.objects.filter(assignment__in=assignments).before(period).annotate_amending()
    )
    as_issued(earlier)
    found: dict[int, Decimal | None] = dict.fromkeys(assignments)
    # The latest first, so that the earliest is read first and the latest stands.
    for row in reversed(earlier):
        if row.status == Status.APPROVED and not row.no_work:
            found[row.assignment_id] = row.final_percent
    return found


@transaction.atomic
def ensure_update(*, assignment: Assignment, period: ReportingPeriod, actor: User) -> ProgressUpdate:
    """The update of a duty in a quarter, locked and open to the actor's changes; an empty draft is made where
    there is none."""
    locked = lock_period(period.pk)
    require_writable(locked, assignment=assignment)
    assignment = _as_it_stands(assignment)
    _require_duty(assignment, locked, actor)
    update, created = ProgressUpdate.objects.select_for_update(of=("self",)).get_or_create(
        assignment=assignment, period=locked, defaults={"is_proxy": actor.is_office}
    )
    update.assignment, update.period = assignment, locked
    if not created and actor.is_office and not update.is_proxy:
        if unit_is_writing(update):
            raise WorkflowError("该单位正在填写本季度内容，不能代填。请与单位联系，或等其提交后审核。")
        if update.status == Status.DRAFT:
            update.is_proxy = True
            update.save(update_fields=["is_proxy"])
    return update


def unit_is_writing(update: ProgressUpdate) -> bool:
    """Whether the unit has begun a draft, or to mend what was returned: then the office neither reads nor writes it.

    Of many filings at once: with `evidence__uploaded_by` prefetched.
    """
    if update.is_proxy:
        return False
    if update.status == Status.DRAFT:
        return update.version > 0 or bool(update.evidence.all())
    if update.status == Status.RETURNED and update.decided_at:
        if update.written_at and update.written_at > update.decided_at:
            return True
        return any(
            file.uploaded_at > update.decided_at and file.uploaded_by.role in UNIT_ROLES
            for file in update.evidence.all()
        )
    return False


@transaction.atomic
def save_draft(
    *,
    assignment: Assignment,
    period: ReportingPeriod,
    actor: User,
    values: Mapping[str, Any],
    base_version: int,
    tab: str = "",
    at: datetime | None = None,
) -> ProgressUpdate:
    """Save what was typed without submitting it. `values`: some of CONTENT_FIELDS.

    Raises StaleUpdate when the filing was written after `base_version`; a second click on the
    same text is no such case.
    """
    update = ensure_update(assignment=assignment, period=period, actor=actor)
    _write_content(update, actor=actor, values=values, base_version=base_version, at=at or timezone.now())
    _drop_drafts(update, actor, tab)
    return update


@transaction.atomic
def submit_update(
    *,
    assignment: Assignment,
    period: ReportingPeriod,
    actor: User,
    values: Mapping[str, Any],
    base_version: int,
    tab: str = "",
    at: datetime | None = None,
) -> ProgressUpdate:
    """Save and hand in for review. A second click with the same content changes nothing.

    Raises IncompleteFiling, StaleUpdate.
    """
    moment = at or timezone.now()
    update = ensure_update(assignment=assignment, period=period, actor=actor)
    if update.status == Status.SUBMITTED and update.submitted_by_id == actor.pk and _same(update, values):
        return update
    _write_content(update, actor=actor, values=values, base_version=base_version, at=moment)
    problems = problems_of(update)
    if problems:
        raise IncompleteFiling(problems)
    update.submitted_by, update.submitted_at = actor, moment
    update.first_submitted_at = update.first_submitted_at or moment
    update.is_late = is_past_due(update.period.due_on, update.first_submitted_at)
    # What an earlier review found belongs to the earlier round; the StatusChange keeps it.
    update.approved_percent, update.approved_status, update.approval_note = None, "", ""
    update.decided_by = update.decided_at = None
    move(
        update,
        Status.SUBMITTED,
        actor=actor,
        at=moment,
        fields=(
            "submitted_by",
            "submitted_at",
            "first_submitted_at",
            "is_late",
            "approved_percent",
            "approved_status",
            "approval_note",
            "decided_by",
            "decided_at",
        ),
    )
    _drop_drafts(update, actor, tab)
    return update


@transaction.atomic
def withdraw_update(*, update_id: int, actor: User, at: datetime | None = None) -> ProgressUpdate:
    """Take a filing back before it is reviewed: it is a draft again, and the unit's alone."""
    update = lock_update(update_id)
    _require_duty(update.assignment, update.period, actor)
    if not update.returns and not update.period.is_issued:
        # Nobody has looked at it: it was not handed in. One that came back from review was, at its time; so was one
        # that an issued bulletin counts and an amendment names.
        update.first_submitted_at, update.is_late = None, False
    update.is_proxy = False
    move(
        update,
        Status.DRAFT,
        actor=actor,
        at=at or timezone.now(),
        fields=("first_submitted_at", "is_late", "is_proxy"),
    )
    return update


@transaction.atomic
def autosave(
    *,
    assignment: Assignment,
    period: ReportingPeriod,
    actor: User,
    tab: str,
    payload: dict[str, str],
    base_version: int,
) -> UpdateDraft:
    """Keep what stands in one tab, as typed. Never touches the update."""
    locked = lock_period(period.pk)
    require_writable(locked, assignment=assignment)
    _require_duty(_as_it_stands(assignment), locked, actor)
    if sum(len(value) for value in payload.values()) > DRAFT_MAX_CHARS:
        raise WorkflowError("内容过长，无法自动保存。请精简后点击“保存草稿”。")
    draft, _ = UpdateDraft.objects.update_or_create(
        assignment=assignment,
        period=locked,
        user=actor,
        tab=tab,
        defaults={"payload": payload, "base_version": base_version},
    )
    return draft


@transaction.atomic
def discard_drafts(
    *, assignment: Assignment, period: ReportingPeriod, actor: User, draft_id: int | None = None
) -> None:
    """Forget what the actor's tabs kept for this filing, or what one of them kept."""
    drafts = UpdateDraft.objects.filter(assignment=assignment, period=period, user=actor)
    if draft_id is not None:
        drafts = drafts.filter(pk=draft_id)
    drafts.delete()


def problems_of(update: ProgressUpdate) -> dict[str, str]:
    """What keeps a saved filing from being submitted; see completeness.submission_problems."""
    measure = update.assignment.measure
    return submission_problems(
        {name: getattr(update, name) for name in CONTENT_FIELDS},
        kind=measure.kind,
        quarter=update.period.quarter,
        confirmed_lead=update.assignment.is_confirmed_lead,
        evidence_count=update.evidence.attached().count(),
        last_percent=last_approved_percent(update.assignment, update.period),
        indicator=measure.indicator,
    )


def _as_it_stands(assignment: Assignment) -> Assignment:
    """The duty now that its quarter is locked: the office may have changed it since the page was loaded."""
    current = (
        Assignment.objects.select_related("measure__plan", "unit", "responsibility")
        .filter(pk=assignment.pk)
        .first()
    )
    if current is None:
        raise WorkflowError("区生态办刚刚调整了本措施的责任单位，该单位已无此项责任，无需填报。")
    return current


def _require_duty(assignment: Assignment, period: ReportingPeriod, actor: User) -> None:
    """Only the unit itself files, or the office for it, on a duty that stands in the quarter."""
    if not (actor.is_office or (actor.is_unit_user and actor.unit_id == assignment.unit_id)):
        raise WorkflowError("只有责任单位本单位或区生态办可以填报。")
    stands = assignment.covers(period.quarter) and not assignment.responsibility.is_open
    if assignment.measure.plan_id != period.plan_id or not stands:
        raise WorkflowError(f"该单位在{period}没有此项责任，无需填报。")


def _write_content(
    update: ProgressUpdate, *, actor: User, values: Mapping[str, Any], base_version: int, at: datetime
) -> None:
    if update.version != base_version and not _is_second_click(update, actor, values, base_version):
        raise StaleUpdate(update)
    if update.status not in EDITABLE:
        raise WorkflowError(f"本填报当前为“{update.get_status_display()}”，不能修改。")
    unknown = set(values) - set(CONTENT_FIELDS)
    if unknown:
        raise ValueError(f"not content of a filing: {sorted(unknown)}")
    for name, value in values.items():
        setattr(update, name, value)
    if update.assignment.measure.kind == Kind.ONGOING:
        update.percent = None
    update.written_by, update.written_at, update.is_proxy = actor, at, actor.is_office
    write(update, (*CONTENT_FIELDS, "written_by", "written_at", "is_proxy"))
    update.authors.add(actor)


def _is_second_click(
    update: ProgressUpdate, actor: User, values: Mapping[str, Any], base_version: int
) -> bool:
    """Whether the one write since `base_version` was the actor's own, of these very values: no conflict with anyone."""
    own = update.version == base_version + 1 and update.written_by_id == actor.pk
    return own and update.is_editable and _same(update, values)


def _same(update: ProgressUpdate, values: Mapping[str, Any]) -> bool:
    """Whether `values` are what was submitted (an ongoing measure keeps no percent)."""
    skip = {"percent"} if update.assignment.measure.kind == Kind.ONGOING else set()
    return all(getattr(update, name) == value for name, value in values.items() if name not in skip)


def _drop_drafts(update: ProgressUpdate, actor: User, tab: str) -> None:
    """The tab's own autosave is in the update now; other tabs keep theirs."""
    if tab:
        UpdateDraft.objects.filter(
            assignment=update.assignment, period=update.period, user=actor, tab=tab
        ).delete()
