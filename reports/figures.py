"""What a quarter adds up to: one computation that the dashboard, the ledger and the bulletin all read.

Means are taken of unrounded values; what is shown, the lights and the differences use the rounded ones. How a missing
filing, an open party or 本季度无相关工作 counts is said where it is decided: below for the duties, in figures_sums.py for
what is above them.
"""

from datetime import datetime

from reports.figures_rows import Rows, load_rows
from reports.figures_sums import add_up, add_up_measure, unjudged, value_for
from reports.figures_types import (
    DutyFigures,
    MeasureFigures,
    PartyFigures,
    PlanFigures,
    TaskFigures,
    UnitFigures,
)
from reports.figures_values import Judge
from tasks.models import (
    Assignment,
    AssignmentRole,
    Measure,
    Plan,
    ProgressUpdate,
    ReportingPeriod,
    Responsibility,
    Scope,
)
from tasks.rules import FILED, ZERO, Status, counted_percent
from units.models import Unit


def plan_figures(plan: Plan, period: ReportingPeriod, now: datetime, *, issuing: bool = False) -> PlanFigures:
    """All figures of `plan` at `period`, from as many queries whatever its size.

    `issuing`: as the quarter will stand once it is issued, with 待审核 as 已报未审 and 退回 as 退回未改.
    """
    judge = judge_of(plan, period, now, issuing=issuing)
    rows = load_rows(plan, period.quarter)
    units: dict[str, Unit] = {}
    measures = tuple(_measure(judge, period.quarter, measure, rows, units) for measure in rows.measures)
    titles = {measure.task.number: measure.task.title for measure in rows.measures}
    return add_up(
        PlanFigures(
            plan_code=plan.code,
            plan_title=plan.title,
            year=plan.year,
            quarter=period.quarter,
            as_of=period.moment(now).isoformat(),
            past_due=judge.past_due,
            figure=unjudged(),
            filings={},
            due=0,
            filed=0,
            late=0,
            lights={},
            tasks=tuple(_task(number, title) for number, title in sorted(titles.items())),
            measures=measures,
            units=tuple(_unit(unit) for unit in sorted(units.values(), key=_official_order)),
            yellow_from=plan.yellow_from,
            red_from=plan.red_from,
        )
    )


def judge_of(plan: Plan, period: ReportingPeriod, now: datetime, *, issuing: bool = False) -> Judge:
    """By what a quarter of the plan is judged."""
    return Judge(period.is_past_due(now), plan.yellow_from, plan.red_from, issuing)


def measure_figures(judge: Judge, quarter: int, measure: Measure, rows: Rows) -> MeasureFigures:
    """One measure as `plan_figures` has it, from rows that need hold no other: for what goes through a plan in pieces."""
    return add_up_measure(judge, _measure(judge, quarter, measure, rows, {}))


def _measure(
    judge: Judge, quarter: int, measure: Measure, rows: Rows, units: dict[str, Unit]
) -> MeasureFigures:
    """The measure with its duties; `units` gathers whose they are."""
    expected = measure.expected(quarter)
    parties: list[PartyFigures] = []
    for party in rows.parties[measure.pk]:
        is_open = _is_open(party, quarter)
        # An open party asks nobody for anything, whoever had a duty under it before.
        duties = [] if is_open else rows.duties[party.pk]
        units |= {duty.unit.code: duty.unit for duty in duties}
        parties.append(
            PartyFigures(
                printed=party.printed,
                scope=party.scope,
                open=is_open,
                figure=unjudged(expected),
                duties=tuple(
                    _duty(judge, quarter, measure, duty, rows.updates.get(duty.pk, {})) for duty in duties
                ),
            )
        )
    return MeasureFigures(
        number=measure.number,
        task_number=measure.task.number,
        kind=measure.kind,
        text=measure.text,
        units_text=measure.units_text,
        lead_confirmed=measure.lead_confirmed,
        figure=unjudged(expected),
        done=False,
        filed=0,
        due=0,
        lagging=0,
        parties=tuple(parties),
    )


def _duty(
    judge: Judge, quarter: int, measure: Measure, duty: Assignment, updates: dict[int, ProgressUpdate]
) -> DutyFigures:
    """One unit on one measure: the latest approved filing counts; what was never filed counts as 0."""
    current = updates.get(quarter)
    approved = [q for q, update in updates.items() if update.status == Status.APPROVED and not update.no_work]
    latest = updates[max(approved)] if approved else None
    status, percent = "", ZERO
    if latest:
        status = latest.final_status
        percent = counted_percent(measure.kind, status, latest.final_percent, measure.expected(max(approved)))
    no_work = bool(current and current.status == Status.APPROVED and current.no_work)
    filing = judge.filing(current.status if current else None)
    shown = current if current and filing in FILED else None
    return DutyFigures(
        assignment_id=duty.pk,
        unit_code=duty.unit.code,
        unit_name=duty.unit.name,
        lead=duty.role == AssignmentRole.LEAD,
        figure=judge.figure(
            value_for(status, percent, no_work=no_work),
            measure.expected(quarter),
            filed=shown is not None,
        ),
        filing=filing,
        status=status,
        no_work=no_work,
        late=bool(shown and shown.is_late),
        proxy=bool(shown and shown.is_proxy),
        returns=shown.returns if shown else 0,
        update_id=shown.pk if shown else None,
    )


def _task(number: int, title: str) -> TaskFigures:
    return TaskFigures(
        number=number, title=title, figure=unjudged(), measures=0, red_measures=0, filed=0, due=0
    )


def _unit(unit: Unit) -> UnitFigures:
    return UnitFigures(
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        kind_label=unit.get_kind_display(),
        figure=unjudged(),
        due=0,
        filed=0,
        late=0,
        filings={},
    )


def _is_open(party: Responsibility, quarter: int) -> bool:
    """待确认 in a quarter: also before the one from which the office settled it."""
    settled_later = party.scope not in (Scope.UNIT, Scope.NOTE) and quarter < party.first_quarter
    return party.is_open or settled_later


def _official_order(unit: Unit) -> tuple[int, int, int]:
    return unit.kind, unit.order, unit.pk
