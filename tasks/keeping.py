"""What the office's keeping pages show of a plan: its quarters and measures, a measure's parties, the text's demands."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, F, Prefetch, Q

from tasks.models import (
    Assignment,
    AssignmentRole,
    DemandLink,
    Measure,
    Plan,
    PlanDemand,
    PlanSection,
    ProgressUpdate,
    ReportingPeriod,
    Responsibility,
    Scope,
)
from tasks.rules import EXPECTED_BY_QUARTER, FROZEN_PERIODS, QUARTER_NAMES, PeriodState, Status
from tasks.services.duties import PICKED, member_quarters
from tasks.spans import Span, quarters_of
from units.models import Unit


@dataclass(frozen=True)
class QuarterRow:
    """A quarter with how many filings are due and how many of them were handed in."""

    period: ReportingPeriod
    due: int
    filed: int


@dataclass(frozen=True)
class MeasureRow:
    """`lead`: confirmed or proposed. `units`: how many have a duty that was not ended altogether. `expected`: the 序时进度 of the four quarters, empty for the usual one."""

    measure: Measure
    lead: Assignment | None
    open_parties: int
    units: int
    expected: str


@dataclass(frozen=True)
class DutyRow:
    """A duty with the quarters that were filed on (by number, drafts not counted)."""

    duty: Assignment
    filed: tuple[int, ...]

    @property
    def is_ended(self) -> bool:
        return not quarters_of(self.duty.span)

    @property
    def span_text(self) -> str:
        """全年, 第二季度起, 至第三季度, 第二至第三季度, 不再承担."""
        return span_text(self.duty.span)

    @property
    def filed_text(self) -> str:
        return "、".join(QUARTER_NAMES[quarter].removeprefix("第") for quarter in self.filed)


@dataclass(frozen=True)
class PartyRow:
    """A printed party with its duties; `members`: those of its group in this year, in official order."""

    party: Responsibility
    duties: tuple[DutyRow, ...]
    members: tuple[tuple[Unit, str], ...]

    @property
    def is_picked(self) -> bool:
        return self.party.scope in PICKED

    @property
    def can_reopen(self) -> bool:
        return not self.party.is_open and self.party.scope != Scope.UNIT and bool(self.duties)


def quarter_rows(plan: Plan) -> list[QuarterRow]:
    """The plan's quarters, from three queries."""
    periods = list(ReportingPeriod.objects.filter(plan=plan).order_by("quarter"))
    duties = Assignment.objects.filter(measure__plan=plan, responsibility__is_open=False)
    due = duties.aggregate(
        **{
            f"q{quarter}": Count("pk", filter=Q(first_quarter__lte=quarter, last_quarter__gte=quarter))
            for quarter in QUARTER_NAMES
        }
    )
    filed = Counter(
        ProgressUpdate.objects.filter(
            period__plan=plan,
            assignment__responsibility__is_open=False,
            assignment__first_quarter__lte=F("period__quarter"),
            assignment__last_quarter__gte=F("period__quarter"),
        )
        .exclude(status=Status.DRAFT)
        .values_list("period__quarter", flat=True)
    )
    rows = []
    for period in periods:
        period.plan = plan
        rows.append(QuarterRow(period, due[f"q{period.quarter}"], filed[period.quarter]))
    return rows


def measure_rows(plan: Plan) -> list[MeasureRow]:
    """The plan's measures, from two queries."""
    leads = {
        duty.measure_id: duty
        for duty in Assignment.objects.select_related("unit").filter(
            measure__plan=plan, role=AssignmentRole.LEAD
        )
    }
    standing = Q(assignments__last_quarter__gte=F("assignments__first_quarter"))
    measures = (
        Measure.objects.filter(plan=plan)
        .select_related("task")
        .annotate(
            open_parties=Count("responsibilities", filter=Q(responsibilities__is_open=True), distinct=True),
            units=Count("assignments", filter=standing, distinct=True),
        )
        .order_by("number")
    )
    return [
        MeasureRow(
            measure, leads.get(measure.pk), measure.open_parties, measure.units, _own_expected(measure)
        )
        for measure in measures
    ]


def party_rows(measure: Measure) -> list[PartyRow]:
    """A measure's printed parties in their order with duties and, where a group is meant, its members."""
    filed: dict[int, list[int]] = defaultdict(list)
    for duty_id, quarter in (
        ProgressUpdate.objects.filter(assignment__measure=measure)
        .exclude(status=Status.DRAFT)
        .order_by("period__quarter")
        .values_list("assignment_id", "period__quarter")
    ):
        filed[duty_id].append(quarter)
    duties: dict[int, list[DutyRow]] = defaultdict(list)
    for duty in measure.assignments.select_related("unit", "responsibility").order_by(
        "unit__kind", "unit__order", "unit"
    ):
        duty.measure = measure
        duties[duty.responsibility_id].append(DutyRow(duty, tuple(filed[duty.pk])))
    units = {
        unit.pk: unit for unit in Unit.objects.filter(groups__responsibilities__measure=measure).distinct()
    }
    parties = (
        measure.responsibilities.select_related("unit", "group")
        .prefetch_related("group__memberships")
        .order_by("order")
    )
    return [
        PartyRow(party, tuple(duties[party.pk]), _members(party, measure.plan.year, units))
        for party in parties
    ]


def _members(party: Responsibility, year: int, units: dict[int, Unit]) -> tuple[tuple[Unit, str], ...]:
    if party.group is None:
        return ()
    spans = member_quarters(party.group, year)
    return tuple((unit, span_text(spans[pk])) for pk, unit in units.items() if pk in spans)


def open_quarters(plan: Plan) -> list[tuple[int, str]]:
    """The quarters from which something new may hold, as choices: those after all that are issued.

    One that is closed says so: a unit that is named for it has not reported, and late, from that moment.
    """
    states = dict(ReportingPeriod.objects.filter(plan=plan).values_list("quarter", "state"))
    return [
        (
            quarter,
            f"{name}起（已截止，随即记为未报）" if states.get(quarter) == PeriodState.CLOSED else f"{name}起",
        )
        for quarter, name in QUARTER_NAMES.items()
        if states.get(quarter) not in FROZEN_PERIODS
    ]


@dataclass(frozen=True)
class Mapping:
    """正文 and 清单 against each other. `uncovered`: demands without a measure; `unasked`: measures without a demand,
    `partly`: those of which only a part has none."""

    sections: tuple[PlanSection, ...]
    uncovered: tuple[PlanDemand, ...]
    unasked: tuple[Measure, ...]
    partly: tuple[Measure, ...]
    measures: dict[int, Measure]
    proposed: int


def mapping_of(plan: Plan) -> Mapping:
    """The plan's sections with demands and links loaded, from four queries."""
    measures = {row.number: row for row in Measure.objects.filter(plan=plan).order_by("number")}
    sections = list(
        PlanSection.objects.filter(plan=plan)
        .order_by("order")
        .prefetch_related(
            Prefetch("demands", PlanDemand.objects.order_by("order")),
            Prefetch(
                "demands__links", DemandLink.objects.select_related("measure").order_by("measure__number")
            ),
        )
    )
    demands = [demand for section in sections for demand in section.demands.all()]
    for section in sections:
        for demand in section.demands.all():
            demand.section = section
    links = [link for demand in demands for link in demand.links.all()]
    linked = {link.measure_id for link in links}
    return Mapping(
        sections=tuple(section for section in sections if section.demands.all()),
        uncovered=tuple(demand for demand in demands if not demand.links.all()),
        unasked=tuple(row for row in measures.values() if row.pk not in linked),
        partly=tuple(row for row in measures.values() if row.pk in linked and row.unasked_part),
        measures=measures,
        proposed=sum(not link.confirmed for link in links),
    )


def span_text(span: Span) -> str:
    """全年, 第二季度起, 至第三季度, 第二至第三季度, 第二季度, 不再承担."""
    first, last = span
    if last < first:
        return "不再承担"
    if span == (1, 4):
        return "全年"
    if first == last:
        return f"仅{QUARTER_NAMES[first]}"
    if last == 4:
        return f"{QUARTER_NAMES[first]}起"
    if first == 1:
        return f"至{QUARTER_NAMES[last]}"
    return f"{QUARTER_NAMES[first].removesuffix('季度')}至{QUARTER_NAMES[last]}"


def _own_expected(measure: Measure) -> str:
    if all(getattr(measure, f"expected_q{quarter}") is None for quarter in EXPECTED_BY_QUARTER):
        return ""
    return " / ".join(f"{measure.expected(quarter)}" for quarter in EXPECTED_BY_QUARTER)
