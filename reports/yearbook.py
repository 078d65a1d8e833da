"""全年台账: every measure of a plan through its four quarters, and every filing that was handed in, piece by piece.

It is the office's, which reads all but drafts (design, "Who sees what"). A year may have some 100,000 filings: measures are
loaded a few at a time, and whoever writes them down keeps none. An issued quarter is told from its bulletin; the others
are computed as the dashboards compute them.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone

from reports.figures import judge_of, measure_figures
from reports.figures_rows import Rows
from reports.figures_types import DutyFigures, MeasureFigures
from reports.figures_values import Judge
from reports.frozen import measure_from_json
from reports.models import Bulletin
from tasks.models import (
    Assignment,
    Evidence,
    Measure,
    MeasureSummary,
    Plan,
    ProgressUpdate,
    ReportingPeriod,
    Responsibility,
    StatusChange,
)
from tasks.readings import evidence_of_many, readings_of
from tasks.rules import QUARTER_NAMES, Filing, Kind, Light, PeriodState, Progress, Status
from tasks.standing import as_issued
from units.models import Unit, User
from xigang_eco.dates import day_text

# Measures that are in memory at a time, with all that was filed on them.
BATCH = 40
NO_WORK = "本季度无相关工作"
_PROGRESS = {member.value: str(member.label) for member in Progress}
_FILINGS = {member: str(member.label) for member in Filing}
_KINDS = {member.value: str(member.label) for member in Kind}
# A decision on what was handed in before is none on what waits now.
_DECIDED = frozenset({Status.APPROVED, Status.RETURNED, Status.UNMENDED})


class QuarterState(NamedTuple):
    """Where a measure stands in a quarter. `percent`: 0–100, of a measure with an end; `filed` 5/7."""

    percent: Decimal | None
    light: Light
    word: str
    filed: str


class YearFiling(NamedTuple):
    """What one unit handed in on a measure in a quarter. Moments are those of the wall, without a zone."""

    quarter: str
    number: int
    unit: str
    role: str
    task: str
    text: str
    filing: str
    own_status: str
    own_percent: Decimal | None
    checked_status: str
    checked_percent: Decimal | None
    note: str
    progress: str
    problems: str
    next_steps: str
    overall: str
    indicator: str
    indicator_value: Decimal | None
    decrease_reason: str
    submitted_by: str
    proxy: bool
    submitted_at: datetime | None
    late: bool
    decided_by: str
    decided_at: datetime | None
    returns: int
    evidence: int


class YearMeasure(NamedTuple):
    """`lead` once confirmed; `quarters`: the four, None for one that has not begun; `overall`: the latest there is."""

    number: int
    task: str
    text: str
    units_text: str
    lead: str
    deadline: str
    kind: str
    quarters: tuple[QuarterState | None, ...]
    overall: str
    filings: tuple[YearFiling, ...]


class Unfiled(NamedTuple):
    """A unit that has not handed in all of a quarter. `numbers`: the measures that are missing."""

    quarter: str
    unit: str
    contact: str
    due: int
    filed: int
    overdue: bool
    numbers: tuple[int, ...]


@dataclass
class _Count:
    name: str
    due: int = 0
    overdue: bool = False
    missing: "array[int]" = field(default_factory=lambda: array("H"))


@dataclass(frozen=True)
class _Quarter:
    """A quarter with what it is told from. `frozen`: number of a measure → its figures as issued; None until issued.

    `overall` and `summaries`: 本措施总体进展 as frozen, by assignment and by number; None where it was not kept then.
    """

    period: ReportingPeriod
    judge: Judge
    edition: int = 0
    frozen: Mapping[int, dict[str, Any]] | None = None
    overall: Mapping[int, str] | None = None
    summaries: Mapping[int, str] | None = None

    @property
    def number(self) -> int:
        return self.period.quarter

    @property
    def has_begun(self) -> bool:
        return self.period.state != PeriodState.UPCOMING

    @property
    def basis(self) -> str:
        """What it is told from, in words."""
        if self.frozen is None:
            return f"{self.period.quarter_name}{self.period.get_state_display()}"
        edition = f"（第{self.edition}版）" if self.edition > 1 else ""
        return f"{self.period.quarter_name}以印发的通报{edition}为准"


@dataclass
class _Batch:
    """Some measures with all that belongs to them. `readings`: update → CONTENT_FIELDS as the reader may read them."""

    measures: list[Measure]
    parties: dict[int, list[Responsibility]]
    duties: dict[int, list[Assignment]]
    updates: dict[int, dict[int, ProgressUpdate]]
    by_pk: dict[int, ProgressUpdate]
    readings: dict[int, dict[str, Any]]
    evidence: dict[int, list[Evidence]]
    summaries: dict[tuple[int, int], str]

    def at(self, quarter: int) -> Rows:
        """As `load_rows` has it at the end of a quarter."""
        return Rows(
            self.measures,
            self.parties,
            defaultdict(
                list, {pk: [row for row in rows if row.covers(quarter)] for pk, rows in self.duties.items()}
            ),
            {pk: {at: row for at, row in rows.items() if at <= quarter} for pk, rows in self.updates.items()},
        )


class Yearbook:
    """A plan's year for `user`, of the office. `measures()` goes through it, once; then `unfiled()` knows who is missing."""

    def __init__(self, plan: Plan, user: User, now: datetime) -> None:
        self.plan, self.user, self.now = plan, user, now
        self.quarters = _quarters(plan, now)
        self._numbers = {quarter.period.pk: quarter.number for quarter in self.quarters}
        self._people = dict(User.objects.values_list("pk", "name"))
        self._counts: dict[tuple[int, str], _Count] = {}

    @property
    def title(self) -> str:
        return f"{self.plan.attachment_title or self.plan.title}全年台账"

    @property
    def sample(self) -> str:
        return str(self.plan.get_sample_display()) if self.plan.sample else ""

    @property
    def notes(self) -> str:
        moment = timezone.localtime(self.now)
        bases = "，".join(quarter.basis for quarter in self.quarters)
        return f"数据截至{day_text(moment)}{moment:%H:%M}；{bases}"

    def measures(self) -> Iterator[YearMeasure]:
        """The measures in order, some BATCH of them loaded at a time by as many queries each."""
        after = -1
        while batch := self._load(after):
            after = batch.measures[-1].number
            rows = {
                quarter.number: batch.at(quarter.number)
                for quarter in self.quarters
                if quarter.frozen is None
            }
            for measure in batch.measures:
                yield self._measure(measure, batch, rows)

    def unfiled(self) -> Iterator[Unfiled]:
        """By quarter and in official order, who has not handed in all, of the measures that were gone through."""
        units = {
            code: (place, contact)
            for place, (code, contact) in enumerate(
                Unit.objects.order_by("kind", "order", "pk").values_list("code", "contact")
            )
        }
        last = (len(units), "")
        for quarter, code in sorted(
            self._counts, key=lambda key: (key[0], units.get(key[1], last)[0], key[1])
        ):
            count = self._counts[quarter, code]
            if count.missing:
                yield Unfiled(
                    quarter=QUARTER_NAMES[quarter],
                    unit=count.name,
                    contact=units.get(code, last)[1],
                    due=count.due,
                    filed=count.due - len(count.missing),
                    overdue=count.overdue,
                    numbers=tuple(count.missing),
                )

    # --- loading --------------------------------------------------------------------------------------
    def _load(self, after: int) -> _Batch | None:
        measures = list(
            Measure.objects.filter(plan=self.plan, number__gt=after)
            .select_related("task")
            .order_by("number")[:BATCH]
        )
        if not measures:
            return None
        parties: dict[int, list[Responsibility]] = defaultdict(list)
        for party in Responsibility.objects.filter(measure__in=measures).order_by("measure", "order"):
            parties[party.measure_id].append(party)
        duties: dict[int, list[Assignment]] = defaultdict(list)
        by_duty: dict[int, Assignment] = {}
        for duty in (
            Assignment.objects.filter(measure__in=measures)
            .select_related("unit")
            .order_by("unit__kind", "unit__order", "unit_id")
        ):
            duties[duty.responsibility_id].append(duty)
            by_duty[duty.pk] = duty
        found = list(
            ProgressUpdate.objects.visible_to(self.user)
            .filter(assignment__measure__in=measures)
            .annotate_amending()
            .defer("first_submitted_at", "written_at")
        )
        as_issued(found)
        found = [update for update in found if update.status != Status.DRAFT]
        for update in found:
            update.assignment = by_duty[update.assignment_id]
        self._as_decided([update for update in found if update.reopening])
        updates: dict[int, dict[int, ProgressUpdate]] = defaultdict(dict)
        for update in found:
            updates[update.assignment_id][self._numbers[update.period_id]] = update
        return _Batch(
            measures=measures,
            parties=parties,
            duties=duties,
            updates=updates,
            by_pk={update.pk: update for update in found},
            readings=readings_of(found, self.user),
            evidence=evidence_of_many(found, self.user),
            summaries={
                (measure, self._numbers[period]): text
                for measure, period, text in MeasureSummary.objects.filter(measure__in=measures).values_list(
                    "measure", "period", "text"
                )
            },
        )

    def _as_decided(self, reopened: list[ProgressUpdate]) -> None:
        """Who handed in and who decided before an amendment reopened it: what came since is on its way to the next edition."""
        if not reopened:
            return
        until = {update.pk: update.reopening.pk for update in reopened if update.reopening}
        rows = {update.pk: update for update in reopened}
        for update in reopened:
            update.decided_by_id = update.decided_at = None
        for change in StatusChange.objects.filter(update__in=rows).order_by("pk"):
            if change.pk >= until[change.update_id]:
                continue
            update = rows[change.update_id]
            if change.to_status == Status.SUBMITTED:
                update.submitted_by_id, update.submitted_at = change.actor_id, change.at
            elif change.to_status in (Status.APPROVED, Status.RETURNED):
                update.decided_by_id, update.decided_at = change.actor_id, change.at

    # --- one measure ----------------------------------------------------------------------------------
    def _measure(self, measure: Measure, batch: _Batch, rows: Mapping[int, Rows]) -> YearMeasure:
        states: dict[int, QuarterState] = {}
        filings: list[YearFiling] = []
        overall, lead = "", ""
        for quarter in self.quarters:
            figures = self._figures(quarter, measure, rows)
            if figures is None:
                continue
            if quarter.has_begun:
                states[quarter.number] = _state(figures)
                self._count(quarter.number, figures)
            if quarter.has_begun or not lead:
                lead = figures.lead.unit_name if figures.lead and figures.lead_confirmed else ""
            overall = _overall(quarter, measure, figures, batch) or overall
            filings += self._filings(quarter, measure, figures, batch)
        return YearMeasure(
            number=measure.number,
            task=_task(measure),
            text=measure.text,
            units_text=measure.units_text,
            lead=lead,
            deadline=measure.deadline_text,
            kind=_KINDS[measure.kind],
            quarters=tuple(map(states.get, QUARTER_NAMES)),
            overall=overall,
            filings=tuple(filings),
        )

    def _figures(
        self, quarter: _Quarter, measure: Measure, rows: Mapping[int, Rows]
    ) -> MeasureFigures | None:
        if quarter.frozen is None:
            return measure_figures(quarter.judge, quarter.number, measure, rows[quarter.number])
        issued = quarter.frozen.get(measure.number)
        return measure_from_json(issued) if issued else None

    def _count(self, quarter: int, figures: MeasureFigures) -> None:
        for duty in figures.duties:
            count = self._counts.get((quarter, duty.unit_code))
            if count is None:
                count = self._counts[quarter, duty.unit_code] = _Count(duty.unit_name)
            count.due += 1
            if duty.missing:
                count.missing.append(figures.number)
                count.overdue = duty.filing == Filing.OVERDUE

    def _filings(
        self, quarter: _Quarter, measure: Measure, figures: MeasureFigures, batch: _Batch
    ) -> Iterator[YearFiling]:
        name, task = quarter.period.quarter_name, _task(measure)
        for duty in figures.duties:
            update = batch.by_pk.get(duty.update_id or 0)
            if update is not None:
                yield self._filing(name, task, measure, figures, duty, update, batch)

    def _filing(
        self,
        quarter: str,
        task: str,
        measure: Measure,
        figures: MeasureFigures,
        duty: DutyFigures,
        update: ProgressUpdate,
        batch: _Batch,
    ) -> YearFiling:
        content = batch.readings[update.pk]
        is_approved = update.status == Status.APPROVED
        is_decided = update.status in _DECIDED
        value = content["indicator_value"]
        return YearFiling(
            quarter=quarter,
            number=measure.number,
            unit=duty.unit_name,
            role=("牵头" if duty.lead else "配合") if figures.lead_confirmed else "",
            task=task,
            text=figures.text,
            filing=_FILINGS[duty.filing],
            own_status=NO_WORK if content["no_work"] else _PROGRESS.get(content["self_status"], ""),
            own_percent=content["percent"],
            checked_status=_PROGRESS.get(update.approved_status, "") if is_approved else "",
            checked_percent=update.approved_percent if is_approved else None,
            note=update.approval_note if is_approved else "",
            progress=content["progress_text"],
            problems=content["problems"],
            next_steps=content["next_steps"],
            overall=content["overall_text"],
            indicator=f"{measure.indicator}（{measure.indicator_unit}）" if value is not None else "",
            indicator_value=value,
            decrease_reason=content["decrease_reason"],
            submitted_by=self._people.get(update.submitted_by_id or 0, ""),
            proxy=duty.proxy,
            submitted_at=_wall(update.submitted_at),
            late=duty.late,
            decided_by=self._people.get(update.decided_by_id or 0, "") if is_decided else "",
            decided_at=_wall(update.decided_at) if is_decided else None,
            returns=duty.returns,
            evidence=len(batch.evidence[update.pk]),
        )


def _quarters(plan: Plan, now: datetime) -> list[_Quarter]:
    periods = list(ReportingPeriod.objects.filter(plan=plan).order_by("quarter"))
    bulletins: dict[int, Bulletin] = {}
    if any(period.is_issued for period in periods):
        current = Bulletin.objects.current().filter(period__plan=plan).only("data", "edition", "period")
        bulletins = {bulletin.period_id: bulletin for bulletin in current}
    return [_quarter(period, judge_of(plan, period, now), bulletins.get(period.pk)) for period in periods]


def _quarter(period: ReportingPeriod, judge: Judge, bulletin: Bulletin | None) -> _Quarter:
    if bulletin is None or not period.is_issued:
        return _Quarter(period, judge)
    data: dict[str, Any] = bulletin.data or {}
    # Quarters issued before texts were kept have figures only.
    texts = data.get("texts")
    return _Quarter(
        period=period,
        judge=judge,
        edition=bulletin.edition,
        frozen={row["number"]: row for row in data["figures"]["measures"]},
        overall=None if texts is None else {row["assignment_id"]: row["overall"] for row in texts["filings"]},
        summaries=None if texts is None else dict(texts["summaries"]),
    )


def _state(figures: MeasureFigures) -> QuarterState:
    figure = figures.figure
    return QuarterState(
        percent=figure.percent if figures.kind == Kind.TERMINAL else None,
        light=figure.light,
        word=figure.label,
        filed=f"{figures.filed}/{figures.due}" if figures.due else "—",
    )


def _overall(quarter: _Quarter, measure: Measure, figures: MeasureFigures, batch: _Batch) -> str:
    """本措施总体进展 of a quarter, named by it: the confirmed lead's, else the office's."""
    told = ""
    if figures.lead and figures.lead_confirmed:
        if quarter.overall is not None:
            told = quarter.overall.get(figures.lead.assignment_id, "")
        elif (update := batch.by_pk.get(figures.lead.update_id or 0)) is not None:
            told = batch.readings[update.pk]["overall_text"]
    if not told.strip():
        if quarter.summaries is not None:
            told = quarter.summaries.get(measure.number, "")
        else:
            told = batch.summaries.get((measure.pk, quarter.number), "")
    return f"〔{quarter.period.quarter_name}〕{told.strip()}" if told.strip() else ""


def _task(measure: Measure) -> str:
    return f"{measure.task.number}. {measure.task.title}"


def _wall(moment: datetime | None) -> datetime | None:
    return timezone.localtime(moment).replace(tzinfo=None, microsecond=0) if moment else None
