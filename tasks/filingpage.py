"""What the page of one filing is made of: who may write now, what stands there, what stood before."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from tasks.completeness import CONTENT_FIELDS
from tasks.fingerprints import fingerprints
from tasks.forms.filing import FilingForm
from tasks.models import Assignment, Evidence, ProgressUpdate, ReportingPeriod, StatusChange, UpdateDraft
from tasks.numbers import number_text, percent_text
from tasks.planpage import remember_period
from tasks.readings import content_of, evidence_of, reading_of, snapshot_content
from tasks.rules import PeriodState, Progress, Status, is_past_due
from tasks.services.filing import last_approved_percent, unit_is_writing
from tasks.standing import as_issued, takes_changes
from units.access import current_user
from units.models import User

# How recent an autosave must be for its writer to count as still at it.
_AT_IT = timedelta(minutes=30)
# Kept texts that one person's tabs may leave behind for a filing, and how many of them a page offers.
_KEPT_READ, _KEPT_SHOWN = 30, 5

BLANK: dict[str, Any] = {
    name: None if name in ("percent", "indicator_value") else False if name == "no_work" else ""
    for name in CONTENT_FIELDS
}


@dataclass(frozen=True)
class KeptText:
    """What one tab kept; `rows`: (label, text) of the fields that say something else than the filing."""

    draft: UpdateDraft
    rows: tuple[tuple[str, str], ...]


@dataclass
class FilingPage:
    """One duty in one quarter before one person (its unit's, or the office's)."""

    assignment: Assignment
    period: ReportingPeriod
    user: User

    @cached_property
    def update(self) -> ProgressUpdate | None:
        """The filing; None where nothing was begun. Whether its text may be shown, `is_hidden` says."""
        update = (
            ProgressUpdate.objects.select_related("written_by", "submitted_by", "decided_by")
            .filter(assignment=self.assignment, period=self.period)
            .first()
        )
        if update:
            update.assignment, update.period = self.assignment, self.period
        return update

    @property
    def is_proxy(self) -> bool:
        """Whether this is the office's page (代填)."""
        return self.user.is_office

    @cached_property
    def is_hidden(self) -> bool:
        """Whether the unit is writing, so that the office may neither read nor write."""
        return self.user.is_office and self.update is not None and unit_is_writing(self.update)

    @property
    def is_duty(self) -> bool:
        """Whether the duty stands in this quarter."""
        return self.assignment.covers(self.period.quarter) and not self.assignment.responsibility.is_open

    @cached_property
    def is_writable(self) -> bool:
        """Whether the quarter takes this filing now: also one of an issued quarter that is being corrected."""
        return takes_changes(self.update, self.period)

    @cached_property
    def can_write(self) -> bool:
        editable = self.update is None or self.update.is_editable
        return self.is_writable and self.is_duty and editable and not self.is_hidden

    @property
    def can_withdraw(self) -> bool:
        return (
            self.user.is_unit_user
            and self.is_writable
            and self.update is not None
            and self.update.status == Status.SUBMITTED
        )

    @property
    def is_upcoming(self) -> bool:
        return self.period.state == PeriodState.UPCOMING

    @property
    def days_left(self) -> int:
        """Days until the last day to file; negative when it is past."""
        return (self.period.due_on - timezone.localdate()).days

    @property
    def days_over(self) -> int:
        return -self.days_left

    @property
    def is_past_due(self) -> bool:
        return is_past_due(self.period.due_on, timezone.now())

    @cached_property
    def next_period(self) -> ReportingPeriod | None:
        """The next quarter, where this one is over and the text can be taken along."""
        if self.is_writable or self.is_upcoming:
            return None
        following = ReportingPeriod.objects.filter(
            plan=self.period.plan_id, quarter=self.period.quarter + 1
        ).first()
        return following if following and self.assignment.covers(following.quarter) else None

    @cached_property
    def colleagues(self) -> list[UpdateDraft]:
        """Who else of the person's own side (the unit, or the office) is typing here: name and time, never the text."""
        return list(
            UpdateDraft.objects.filter(
                assignment=self.assignment,
                period=self.period,
                # The office's people have no unit.
                user__unit=self.user.unit_id,
                saved_at__gt=timezone.now() - _AT_IT,
            )
            .exclude(user=self.user)
            .select_related("user")
            .defer("payload")
            .order_by("-saved_at")[:1]
        )

    @cached_property
    def content(self) -> dict[str, Any]:
        """What stands in the filing."""
        return dict(BLANK) if self.update is None or self.is_hidden else content_of(self.update)

    @property
    def version(self) -> int:
        return self.update.version if self.update else 0

    @cached_property
    def evidence(self) -> list[Evidence]:
        return [] if self.update is None or self.is_hidden else evidence_of(self.update, self.user)

    @cached_property
    def changes(self) -> list[StatusChange]:
        """The thread, oldest first."""
        if self.update is None:
            return []
        return list(self.update.changes.select_related("actor").order_by("pk"))

    @cached_property
    def returned(self) -> StatusChange | None:
        """The last return, with its reason."""
        return next((row for row in reversed(self.changes) if row.to_status == Status.RETURNED), None)

    @cached_property
    def earlier_round(self) -> dict[str, Any] | None:
        """The text as last handed in, while a returned one is mended. One that was withdrawn is the unit's alone."""
        if self.returned is None or self.is_hidden:
            return None
        handed_in = [row for row in self.changes if row.to_status == Status.SUBMITTED]
        return snapshot_content(handed_in[-1].snapshot) if handed_in else None

    @cached_property
    def previous(self) -> ProgressUpdate | None:
        """The latest earlier quarter's filing that was handed in; one that is being amended as it was issued."""
        found = (
            ProgressUpdate.objects.visible_to(self.user)
            .earlier(self.assignment.pk, self.period)
            .annotate_amending()
            .select_related("period__plan", "assignment__measure")
            .first()
        )
        as_issued([found] if found else [])
        return found

    @cached_property
    def previous_content(self) -> dict[str, Any] | None:
        return reading_of(self.previous, self.user) if self.previous else None

    @cached_property
    def last_percent(self) -> Decimal | None:
        return last_approved_percent(self.assignment, self.period)

    @cached_property
    def expected(self) -> Decimal:
        return self.assignment.measure.expected(self.period.quarter)

    @cached_property
    def kept(self) -> list[KeptText]:
        """What this person's tabs kept and what is not in the filing, newest first."""
        drafts = UpdateDraft.objects.filter(
            assignment=self.assignment, period=self.period, user=self.user
        ).order_by("-saved_at")[:_KEPT_READ]
        if not drafts:
            return []
        form = self.form()
        found = []
        for draft in drafts:
            names = differing(draft.payload, self.content, form.content_names)
            rows = tuple(
                (str(form[name].label), shown(name, draft.payload[name]) or "（空）") for name in names
            )
            if rows:
                found.append(KeptText(draft, rows))
        return found[:_KEPT_SHOWN]

    def form(self, data: Mapping[str, Any] | None = None, **initial: Any) -> FilingForm:
        """The form on what stands now, or on `data`."""
        form = FilingForm(
            data,
            assignment=self.assignment,
            period=self.period,
            content=self.content,
            asks_decrease=self.last_percent is not None,
            initial={"base_version": self.version, "typist": self.user.pk, **initial},
        )
        form.initial.setdefault("base", self.base_marks(form))
        return form

    def base_marks(self, form: FilingForm) -> str:
        """What the form started from, as marks that come back with it."""
        return json.dumps(fingerprints(self.content, form.content_names))


def filing_page(request: HttpRequest, assignment_id: int, period_id: int) -> FilingPage:
    """The page of a duty and a quarter; 404 outside the person's scope or where the two do not belong together."""
    user = current_user(request)
    duties = Assignment.objects.select_related("measure__task", "measure__plan", "unit", "responsibility")
    if not user.is_office:
        duties = duties.filter(unit=user.unit_id)
    assignment = get_object_or_404(duties, pk=assignment_id)
    period = get_object_or_404(ReportingPeriod.objects.select_related("plan"), pk=period_id)
    if assignment.measure.plan_id != period.plan_id:
        raise Http404
    page = FilingPage(assignment, period, user)
    if not page.is_duty and page.update is None:
        raise Http404
    remember_period(request, period)
    return page


def differing(payload: Mapping[str, Any], content: Mapping[str, Any], names: list[str]) -> list[str]:
    """The fields in which what a tab kept reads otherwise than `content`. Line ends and outer blanks say nothing."""
    return [name for name in names if name in payload and _plain(payload[name]) != _plain(content.get(name))]


def raw(value: Any) -> str:
    """A value as the form carries it."""
    return value if isinstance(value, str) else number_text(value)


def shown(name: str, value: Any) -> str:
    """A value, typed or cleaned, as a person reads it."""
    if name == "self_status" and value in Progress.values:
        return str(Progress(value).label)
    if name == "percent" and isinstance(value, Decimal):
        return percent_text(value)
    return raw(value)


def _plain(value: Any) -> str:
    text = number_text(value) if isinstance(value, Decimal) else str(value or "")
    return text.replace("\r\n", "\n").strip()
