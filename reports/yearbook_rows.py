"""A plan's year as the database holds it: its quarters with what they are told from, its measures some at a time."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reports.figures import judge_of
from reports.figures_rows import Rows
from reports.figures_values import Judge
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
from tasks.readings import MENDING, evidence_of_many, readings_of
from tasks.rules import PeriodState, Status
from tasks.standing import as_issued
from units.models import User


@dataclass(frozen=True)
class Quarter:
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


def quarters_of(plan: Plan, now: datetime) -> list[Quarter]:
    """The plan's quarters; of the issued ones, the edition that counts is read."""
    periods = list(ReportingPeriod.objects.filter(plan=plan).order_by("quarter"))
    bulletins: dict[int, Bulletin] = {}
    if any(period.is_issued for period in periods):
        current = Bulletin.objects.current().filter(period__plan=plan).only("data", "edition", "period")
        bulletins = {bulletin.period_id: bulletin for bulletin in current}
    return [_quarter(period, judge_of(plan, period, now), bulletins.get(period.pk)) for period in periods]


def _quarter(period: ReportingPeriod, judge: Judge, bulletin: Bulletin | None) -> Quarter:
    if bulletin is None or not period.is_issued:
        return Quarter(period, judge)
    data: dict[str, Any] = bulletin.data or {}
    # Quarters issued before texts were kept have figures only.
    texts = data.get("texts")
    return Quarter(
        period=period,
        judge=judge,
        edition=bulletin.edition,
        frozen={row["number"]: row for row in data["figures"]["measures"]},
        overall=None if texts is None else {row["assignment_id"]: row["overall"] for row in texts["filings"]},
        summaries=None if texts is None else dict(texts["summaries"]),
    )


@dataclass
class Batch:
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


def load_batch(
    plan: Plan, user: User, quarters: Mapping[int, int], *, after: int, count: int
) -> Batch | None:
    """The next `count` measures behind the one numbered `after`, None where there are none, as `user`, of the office, reads them.

    `quarters`: period → quarter. By as many queries whatever their number; two more while filings are being amended.
    """
    measures = list(
        Measure.objects.filter(plan=plan, number__gt=after).select_related("task").order_by("number")[:count]
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
        ProgressUpdate.objects.visible_to(user)
        .filter(assignment__measure__in=measures)
        .annotate_amending()
        .defer("first_submitted_at", "written_at", "written_by", "version")
    )
    as_issued(found)
    found = [update for update in found if update.status != Status.DRAFT]
    for update in found:
        # By whose text is being mended, the readings ask for the unit.
        if update.status in MENDING:
            update.assignment = by_duty[update.assignment_id]
    _as_decided([update for update in found if update.reopening])
    updates: dict[int, dict[int, ProgressUpdate]] = defaultdict(dict)
    for update in found:
        updates[update.assignment_id][quarters[update.period_id]] = update
    return Batch(
        measures=measures,
        parties=parties,
        duties=duties,
        updates=updates,
        by_pk={update.pk: update for update in found},
        readings=readings_of(found, user),
        evidence=evidence_of_many(found, user),
        summaries={
            (measure, quarters[period]): text
            for measure, period, text in MeasureSummary.objects.filter(measure__in=measures).values_list(
                "measure", "period", "text"
            )
        },
    )


def _as_decided(reopened: list[ProgressUpdate]) -> None:
    """Who handed in and who decided before an amendment reopened it: what came since is on its way to the next edition."""
    if not reopened:
        return
    until = {update.pk: update.reopening.pk for update in reopened if update.reopening}
    rows = {update.pk: update for update in reopened}
    approvals: dict[int, StatusChange] = {}
    for change in StatusChange.objects.filter(update__in=rows).order_by("pk"):
        if change.pk >= until[change.update_id]:
            continue
        update = rows[change.update_id]
        decision: StatusChange | None = change
        if change.to_status == Status.SUBMITTED:
            update.submitted_by_id, update.submitted_at, decision = change.actor_id, change.at, None
        elif change.to_status == Status.APPROVED:
            # An amendment that was cancelled put the approval back.
            if change.from_status == Status.SUBMITTED:
                approvals[update.pk] = change
            decision = approvals.get(update.pk)
        elif change.to_status != Status.RETURNED:
            # What is recorded when a quarter is issued decides nothing, nor does taking back.
            if change.to_status == Status.UNMENDED:
                continue
            decision = None
        update.decided_by_id = decision.actor_id if decision else None
        update.decided_at = decision.at if decision else None
