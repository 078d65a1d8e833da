"""What a 季度填报表 holds: the unit's duties of a quarter, each with what stands in its filing and what may be filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from tasks.completeness import TEXT_FIELDS
from tasks.filingbook.layout import FilingKey, marks_of
from tasks.filingpage import BLANK
from tasks.formcode import form_code
from tasks.forms.filing import FilingForm
from tasks.models import Assignment, Measure, ProgressUpdate, ReportingPeriod, StatusChange
from tasks.numbers import number_text, percent_text
from tasks.readings import evidence_of_many, readings_of
from tasks.rules import Kind, PeriodState, Progress, Status, filing_for, is_past_due, progress_choices
from tasks.services.filing import last_approved_percents, unit_is_writing
from tasks.standing import as_issued
from units.models import Unit, User
from xigang_eco.dates import day_text

_WITH_REASON = frozenset({Status.RETURNED, Status.UNMENDED})


@dataclass(frozen=True)
class BookRow:
    """One measure. `asked`: the fields of CONTENT_FIELDS that it has; `writable`: whether they may be filled in now.

    `content`: CONTENT_FIELDS → value, as the cells show it; blank where the unit is writing and the office looks.
    `last_percent` (0–100): what a lower percent is measured against. `role`, `deadline`, `previous`, `returned`, `indicator`
    are empty where there is nothing to say.
    """

    key: FilingKey
    task: str
    measure: str
    units: str
    deadline: str
    role: str
    kind: str
    previous: str
    last_percent: Decimal | None
    indicator: str
    indicator_name: str
    indicator_in_percent: bool
    asked: frozenset[str]
    content: Mapping[str, Any]
    writable: bool
    status: str
    returned: str
    evidence: str

    @property
    def number(self) -> int:
        return self.key.code.number


@dataclass(frozen=True)
class FilingBook:
    """All that a workbook says. `choices`: label of a kind of measure → 自评状态 that it offers in this quarter.

    `sample`: the mark of made-up data, empty for real ones. `locked`: why the quarter takes no filings, else empty; those that
    a correction has reopened are writable all the same. `evidence_mb`: what one file of evidence may have.
    """

    title: str
    unit: str
    plan: str
    sample: str
    issuer: str
    due: str
    is_past_due: bool
    made: str
    locked: str
    evidence_mb: int
    rows: tuple[BookRow, ...]
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def open_count(self) -> int:
        return sum(row.writable for row in self.rows)


def filing_book(period: ReportingPeriod, unit: Unit, user: User, now: datetime) -> FilingBook | None:
    """The unit's workbook as `user` (of the unit, or the office) may have it; None where it has no duty in the quarter.

    Whether the person may have this unit's at all is the caller's to decide. `period.plan` loaded. In a dozen queries,
    whatever the number of measures.
    """
    duties = _duties(period, unit)
    if not duties:
        return None
    standing = _Standing(period, unit, user, duties)
    plan = period.plan
    return FilingBook(
        title=f"{unit.name}{period}填报表",
        unit=unit.name,
        plan=plan.title,
        sample=str(plan.get_sample_display()) if plan.sample else "",
        issuer=plan.issuer,
        due=day_text(period.due_on),
        is_past_due=is_past_due(period.due_on, now),
        made=f"{day_text(timezone.localtime(now))}{timezone.localtime(now):%H:%M}",
        locked=_why_locked(period),
        evidence_mb=settings.EVIDENCE_MAX_MB,
        rows=tuple(standing.row(duty, now) for duty in duties),
        choices={
            str(kind.label): tuple(label for _, label in progress_choices(kind, period.quarter))
            for kind in Kind
        },
    )


def _duties(period: ReportingPeriod, unit: Unit) -> list[Assignment]:
    rows = (
        Assignment.objects.select_related("measure__task", "unit", "responsibility")
        .filter(unit=unit, measure__plan=period.plan_id, responsibility__is_open=False)
        .order_by("measure__number")
    )
    return [row for row in rows if row.covers(period.quarter)]


def _why_locked(period: ReportingPeriod) -> str:
    if period.is_writable:
        return ""
    if period.state == PeriodState.ISSUED:
        return f"{period}通报已印发"
    return f"{period}{period.get_state_display()}"


class _Standing:
    """The filings of the duties, and what stands behind them, read at once."""

    def __init__(self, period: ReportingPeriod, unit: Unit, user: User, duties: list[Assignment]) -> None:
        self.period, self.user = period, user
        self.choices = {kind: dict(progress_choices(kind, period.quarter)) for kind in Kind.values}
        ids = [duty.pk for duty in duties]
        filings = ProgressUpdate.objects.filter(period=period, assignment__in=ids).select_related(
            "assignment"
        )
        if user.is_office:
            # `unit_is_writing` looks at them.
            filings = filings.prefetch_related("evidence__uploaded_by")
        self.updates = {update.assignment_id: update for update in filings}
        updates = list(self.updates.values())
        self.hidden = {row.pk for row in updates if user.is_office and unit_is_writing(row)}
        readable = [row for row in updates if row.pk not in self.hidden]
        self.contents = readings_of(readable, user)
        self.files = evidence_of_many(readable, user)
        self.writable = _writable(period, updates)
        self.reasons = dict(
            StatusChange.objects.filter(
                update__in=[row for row in updates if row.status in _WITH_REASON], to_status=Status.RETURNED
            )
            .order_by("pk")
            .values_list("update_id", "comment")
        )
        self.last_percents = last_approved_percents(ids, period)
        self.previous = _previous(period, unit, user, duties)

    def row(self, duty: Assignment, now: datetime) -> BookRow:
        measure, update = duty.measure, self.updates.get(duty.pk)
        is_hidden = update is not None and update.pk in self.hidden
        writable = self._takes_changes(update) and not is_hidden
        last_percent = self.last_percents[duty.pk]
        asked = _asked(duty, self.period, last_percent)
        content = BLANK if update is None or is_hidden else self.contents[update.pk]
        if writable and content["self_status"] not in self.choices[measure.kind]:
            # The kind of the measure was changed after this was written: the old word is gone.
            content = {**content, "self_status": ""}
        roles = {"lead": "牵头", "support": "配合"} if measure.lead_confirmed else {}
        return BookRow(
            key=FilingKey(form_code(duty, self.period), update.version if update else 0, marks_of(content)),
            task=f"{measure.task.number}.{measure.task.title}",
            measure=measure.text,
            units=measure.units_text,
            deadline=measure.deadline_text,
            role=roles.get(duty.role, ""),
            kind=str(measure.get_kind_display()),
            previous=self.previous.get(duty.pk, ""),
            last_percent=last_percent if "decrease_reason" in asked else None,
            indicator=_indicator(measure),
            indicator_name=measure.indicator,
            indicator_in_percent=measure.indicator_unit.strip() in ("%", "％"),
            asked=asked,
            content=content,
            writable=writable,
            status="单位正在填写" if is_hidden else self._status(update, now),
            returned=self.reasons.get(update.pk, "") if update else "",
            evidence="" if is_hidden else f"{len(self.files[update.pk]) if update else 0}份",
        )

    def _takes_changes(self, update: ProgressUpdate | None) -> bool:
        if update is None:
            return self.period.is_writable
        return update.is_editable and update.pk in self.writable

    def _status(self, update: ProgressUpdate | None, now: datetime) -> str:
        if update is None:
            past_due = self.period.is_past_due(now)
            return str(filing_for(None, past_due=past_due).label)
        words = [str(update.get_status_display())]
        if update.is_late:
            words.append("逾期报送")
        if update.is_corrected and update.status == Status.APPROVED:
            words.append(f"核定：{_figures(update.final_status, update.final_percent)}")
        return "，".join(words)


def _writable(period: ReportingPeriod, updates: list[ProgressUpdate]) -> set[int]:
    """Those of the filings whose quarter takes changes, or that an open amendment of the issued quarter names."""
    if period.is_writable:
        return {row.pk for row in updates}
    if not period.is_issued or not updates:
        return set()
    return set(
        ProgressUpdate.objects.writable()
        .filter(pk__in=[row.pk for row in updates])
        .values_list("pk", flat=True)
    )


def _asked(duty: Assignment, period: ReportingPeriod, last_percent: Decimal | None) -> frozenset[str]:
    """The fields that the form on the screen has for this measure, role and quarter."""
    form = FilingForm(assignment=duty, period=period, content=BLANK, asks_decrease=last_percent is not None)
    return frozenset({"no_work", *form.content_names})


def _indicator(measure: Measure) -> str:
    if not measure.indicator:
        return ""
    unit = f"（{measure.indicator_unit}）" if measure.indicator_unit else ""
    target = measure.indicator_target
    aim = "" if target is None else f"\n目标值{number_text(target)}{measure.indicator_unit}"
    return f"{measure.indicator}{unit}{aim}"


# --- the quarter before ---------------------------------------------------------------------------
def _previous(period: ReportingPeriod, unit: Unit, user: User, duties: list[Assignment]) -> dict[int, str]:
    """Duty → what the unit handed in last before this quarter, in words; in the first quarter, in the last of the year before on
    the measure that this one continues."""
    found: dict[int, ProgressUpdate] = {}
    filings = ProgressUpdate.objects.visible_to(user).annotate_amending()
    filings = filings.select_related("period__plan", "assignment__measure")
    if period.quarter > 1:
        rows = list(filings.filter(assignment__in=duties).before(period))
        # The latest first.
        for row in rows:
            found.setdefault(row.assignment_id, row)
    else:
        by_measure = {duty.measure.continues_id: duty.pk for duty in duties if duty.measure.continues_id}
        last_year = Q(assignment__measure__in=by_measure, assignment__unit=unit, period__quarter=4)
        rows = list(filings.filter(last_year).exclude(status=Status.DRAFT)) if by_measure else []
        found = {by_measure[row.assignment.measure_id]: row for row in rows}
    latest = list(found.values())
    as_issued(latest)
    contents = readings_of(latest, user)
    return {
        duty: _told(row, contents[row.pk], same_plan=row.period.plan_id == period.plan_id)
        for duty, row in found.items()
    }


def _told(update: ProgressUpdate, content: Mapping[str, Any], *, same_plan: bool) -> str:
    """Quarter, state, figures and texts as they were handed in."""
    quarter = update.period.quarter_name if same_plan else str(update.period)
    lines = [f"{quarter}（{update.get_status_display()}）"]
    if content["no_work"]:
        return f"{lines[0]}：本季度无相关工作"
    own = _figures(content["self_status"], content["percent"])
    if own:
        lines.append(f"自评：{own}")
    if update.is_corrected and update.status == Status.APPROVED:
        lines.append(f"核定：{_figures(update.final_status, update.final_percent)}")
    if content["indicator_value"] is not None:
        measure = update.assignment.measure
        value = number_text(content["indicator_value"])
        lines.append(f"{measure.indicator or '指标'}：{value}{measure.indicator_unit}")
    lines += [
        f"{label}：{text}" for name, label in TEXT_FIELDS.items() if (text := str(content[name]).strip())
    ]
    return "\n".join(lines)


def _figures(status: str, percent: Decimal | None) -> str:
    words = [str(Progress(status).label)] if status else []
    if percent is not None:
        words.append(percent_text(percent))
    return "，".join(words)
