"""全年台账: every measure of a plan through its four quarters, and every filing that was handed in, piece by piece.

It is the office's, which reads all but drafts (design, "Who sees what"). A year may have some 100,000 filings: measures are
loaded a few at a time, and whoever writes them down keeps none. An issued quarter is told from its bulletin; the others
are computed as the dashboards compute them.
"""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from django.utils import timezone

from reports.figures import measure_figures
from reports.figures_rows import Rows
from reports.figures_types import DutyFigures, MeasureFigures
from reports.frozen import measure_from_json
from reports.yearbook_rows import Batch, Quarter, load_batch, quarters_of
from reports.yearbook_types import QuarterState, Unfiled, YearFiling, YearMeasure
from tasks.desk import contacts_of
from tasks.models import Measure, Plan, ProgressUpdate
from tasks.rules import QUARTER_NAMES, Filing, Kind, Progress, Status
from units.models import Unit, User
from xigang_eco.dates import day_text

# Measures that are in memory at a time, with all that was filed on them.
BATCH = 40
NO_WORK = "本季度无相关工作"
_PROGRESS = {member.value: str(member.label) for member in Progress}
_FILINGS = {member: str(member.label) for member in Filing}
_KINDS = {member.value: str(member.label) for member in Kind}


@dataclass
class _Count:
    name: str
    due: int = 0
    overdue: bool = False
    missing: "array[int]" = field(default_factory=lambda: array("H"))


class Yearbook:
    """A plan's year for `user`, of the office. `measures()` goes through it, once; then `unfiled()` knows who is missing."""

    def __init__(self, plan: Plan, user: User, now: datetime) -> None:
        self.plan, self.user, self.now = plan, user, now
        self.quarters = quarters_of(plan, now)
        self._numbers = {quarter.period.pk: quarter.number for quarter in self.quarters}
        self._zone = timezone.get_current_timezone()
        self._people = dict(User.objects.values_list("pk", "name"))
        # In official order.
        self._units = {unit.code: unit for unit in Unit.objects.order_by("kind", "order", "pk")}
        self._ranks = {code: rank for rank, code in enumerate(self._units)}
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
        while batch := load_batch(self.plan, self.user, self._numbers, after=after, count=BATCH):
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
        contacts = contacts_of(set(self._units.values()))
        for quarter, code in sorted(self._counts, key=lambda key: (key[0], self._rank(key[1]))):
            count = self._counts[quarter, code]
            if count.missing:
                yield Unfiled(
                    quarter=QUARTER_NAMES[quarter],
                    unit=count.name,
                    contact=contacts.get(self._units[code].pk, "") if code in self._units else "",
                    due=count.due,
                    filed=count.due - len(count.missing),
                    overdue=count.overdue,
                    numbers=tuple(count.missing),
                )

    def _rank(self, code: str) -> int:
        return self._ranks.get(code, len(self._ranks))

    # --- one measure ----------------------------------------------------------------------------------
    def _measure(self, measure: Measure, batch: Batch, rows: Mapping[int, Rows]) -> YearMeasure:
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

    def _figures(self, quarter: Quarter, measure: Measure, rows: Mapping[int, Rows]) -> MeasureFigures | None:
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
        self, quarter: Quarter, measure: Measure, figures: MeasureFigures, batch: Batch
    ) -> Iterator[YearFiling]:
        name, task = quarter.period.quarter_name, _task(measure)
        for duty in sorted(figures.duties, key=lambda duty: self._rank(duty.unit_code)):
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
        batch: Batch,
    ) -> YearFiling:
        content = batch.readings[update.pk]
        is_approved = update.status == Status.APPROVED
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
            submitted_at=_wall(update.submitted_at, self._zone),
            late=duty.late,
            decided_by=self._people.get(update.decided_by_id or 0, ""),
            decided_at=_wall(update.decided_at, self._zone),
            returns=duty.returns,
            evidence=len(batch.evidence[update.pk]),
        )


def _state(figures: MeasureFigures) -> QuarterState:
    figure = figures.figure
    return QuarterState(
        percent=figure.percent if figures.kind == Kind.TERMINAL else None,
        light=figure.light,
        word=figure.label,
        filed=f"{figures.filed}/{figures.due}" if figures.due else "—",
    )


def _overall(quarter: Quarter, measure: Measure, figures: MeasureFigures, batch: Batch) -> str:
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


def _wall(moment: datetime | None, zone: tzinfo) -> datetime | None:
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0) if moment else None
