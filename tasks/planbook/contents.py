"""All that makes a plan, without ids: units and groups by their names, so that it holds in another database too.

Not in it is what happens with a plan: its quarters, filings and bulletins.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tasks.models import Assignment, DemandLink, Measure, Plan, PlanDemand, Responsibility, Scope


@dataclass(frozen=True, slots=True)
class DutyEntry:
    """A unit's duty from `first` to `last` quarter; `last` below `first`: it was ended altogether."""

    unit: str
    role: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class PartyEntry:
    """A printed party. `target`: the name of its unit or group, empty for a note without one."""

    printed: str
    scope: str
    target: str
    is_open: bool
    first_quarter: int
    duties: tuple[DutyEntry, ...]


@dataclass(frozen=True, slots=True)
class MeasureEntry:
    """A measure as `tasks.models.Measure`; `continues`: code of the plan and number of the measure."""

    number: int
    text: str
    units_text: str
    deadline_text: str
    deadline_kind: str
    deadline_from: date | None
    deadline_to: date | None
    extras: tuple[tuple[str, str], ...]
    continues: tuple[str, int] | None
    kind: str
    kind_confirmed: bool
    lead_confirmed: bool
    expected: tuple[int | None, int | None, int | None, int | None]
    unasked_part: str
    indicator: str
    indicator_unit: str
    indicator_target: Decimal | None
    parties: tuple[PartyEntry, ...]


@dataclass(frozen=True, slots=True)
class TaskEntry:
    number: int
    title: str
    categories: tuple[str, ...]
    measures: tuple[MeasureEntry, ...]


@dataclass(frozen=True, slots=True)
class DemandEntry:
    """A demand of the text. `links`: numbers of the measures that carry it out, and whether that is confirmed."""

    text: str
    links: tuple[tuple[int, bool], ...]


@dataclass(frozen=True, slots=True)
class SectionEntry:
    number: str
    heading: str
    level: int
    text: str
    demands: tuple[DemandEntry, ...]


@dataclass(frozen=True, slots=True)
class PlanContents:
    code: str
    year: int
    title: str
    issuer: str
    issued_on: date | None
    preamble: str
    attachment_title: str
    yellow_from: int
    red_from: int
    tasks: tuple[TaskEntry, ...]
    sections: tuple[SectionEntry, ...]


def contents_of(plan: Plan) -> PlanContents:
    """The plan as it stands, in seven queries."""
    measures: dict[int, list[MeasureEntry]] = defaultdict(list)
    parties = _parties(plan)
    rows = Measure.objects.filter(plan=plan).select_related("continues__plan").order_by("number")
    for row in rows:
        measures[row.task_id].append(_measure(row, tuple(parties[row.pk])))
    return PlanContents(
        code=plan.code,
        year=plan.year,
        title=plan.title,
        issuer=plan.issuer,
        issued_on=plan.issued_on,
        preamble=plan.preamble,
        attachment_title=plan.attachment_title,
        yellow_from=plan.yellow_from,
        red_from=plan.red_from,
        tasks=tuple(
            TaskEntry(task.number, task.title, tuple(task.categories), tuple(measures[task.pk]))
            for task in plan.tasks.order_by("number")
        ),
        sections=_sections(plan),
    )


def _measure(row: Measure, parties: tuple[PartyEntry, ...]) -> MeasureEntry:
    before = row.continues
    return MeasureEntry(
        number=row.number,
        text=row.text,
        units_text=row.units_text,
        deadline_text=row.deadline_text,
        deadline_kind=row.deadline_kind,
        deadline_from=row.deadline_from,
        deadline_to=row.deadline_to,
        extras=tuple((head, text) for head, text in row.extras),
        continues=(before.plan.code, before.number) if before else None,
        kind=row.kind,
        kind_confirmed=row.kind_confirmed,
        lead_confirmed=row.lead_confirmed,
        expected=(row.expected_q1, row.expected_q2, row.expected_q3, row.expected_q4),
        unasked_part=row.unasked_part,
        indicator=row.indicator,
        indicator_unit=row.indicator_unit,
        indicator_target=row.indicator_target,
        parties=parties,
    )


def _parties(plan: Plan) -> dict[int, list[PartyEntry]]:
    """Measure id → its printed parties in order."""
    duties: dict[int, list[DutyEntry]] = defaultdict(list)
    assignments = Assignment.objects.filter(measure__plan=plan).select_related("unit")
    for duty in assignments.order_by("unit__kind", "unit__order", "unit"):
        duties[duty.responsibility_id].append(
            DutyEntry(duty.unit.name, duty.role, duty.first_quarter, duty.last_quarter)
        )
    found: dict[int, list[PartyEntry]] = defaultdict(list)
    parties = Responsibility.objects.filter(measure__plan=plan).select_related("unit", "group")
    for party in parties.order_by("measure", "order"):
        target = party.unit if party.scope == Scope.UNIT else party.group
        found[party.measure_id].append(
            PartyEntry(
                party.printed,
                party.scope,
                target.name if target else "",
                party.is_open,
                party.first_quarter,
                tuple(duties[party.pk]),
            )
        )
    return found


def _sections(plan: Plan) -> tuple[SectionEntry, ...]:
    links: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    rows = DemandLink.objects.filter(demand__section__plan=plan).order_by("measure__number")
    for demand_id, number, confirmed in rows.values_list("demand", "measure__number", "confirmed"):
        links[demand_id].append((number, confirmed))
    demands: dict[int, list[DemandEntry]] = defaultdict(list)
    for demand in PlanDemand.objects.filter(section__plan=plan).order_by("section", "order"):
        demands[demand.section_id].append(DemandEntry(demand.text, tuple(links[demand.pk])))
    return tuple(
        SectionEntry(row.number, row.heading, row.level, row.text, tuple(demands[row.pk]))
        for row in plan.sections.order_by("order")
    )
