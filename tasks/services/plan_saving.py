"""A plan as it was read, and what people decided on it, become rows: all of them or none.

What goes beyond the printed text comes as `PlanSettings` (tasks/importing/settings.py), whoever supplies it: last year's plan, or the
workbook of a plan that was exported before.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from tasks.errors import WorkflowError
from tasks.importing.choices import Choice, is_new
from tasks.importing.details import Details, code_for
from tasks.importing.proposing import deadline_kind, lead_of, proposed_kind
from tasks.importing.resolve import ResolvedMeasure, ResolvedParty, ResolvedPlan
from tasks.importing.scopes import scope_of
from tasks.importing.settings import (
    NO_SETTINGS,
    NOTHING_SET,
    MeasureSettings,
    PartySettings,
    PlanSettings,
)
from tasks.models import (
    Assignment,
    AssignmentRole,
    DemandLink,
    Measure,
    Plan,
    PlanDemand,
    PlanSection,
    ReportingPeriod,
    Responsibility,
    Scope,
    TargetTask,
)
from tasks.rules import default_dates
from tasks.services.duties import GROUPED, member_quarters
from tasks.spans import Span, quarters_of, since
from units.errors import Refused
from units.models import Unit, UnitAlias, UnitGroup, User
from units.names import clean_name
from units.resolving import Target
from units.services.groups import create_group
from units.services.names import keep_names, names_once, refuse_taken
from units.services.units import create_unit
from xigang_eco.resting import collector_at_rest

BATCH = 500
_NOTHING = PartySettings()
_WHOLE_YEAR: Span = (1, 4)
# A unit's own name comes before a group that it is in, and 其他成员单位 are those whom no other party names.
_STAGES = ((Scope.UNIT,), (Scope.GROUP, Scope.SUBSET, Scope.NOTE), (Scope.OTHERS,))
# Which scopes a party may be given, by whose name it is.
_SCOPES: dict[type, frozenset[str]] = {
    Unit: frozenset({Scope.UNIT}),
    UnitGroup: frozenset({Scope.GROUP, Scope.OTHERS, Scope.SUBSET}),
    type(None): frozenset({Scope.NOTE}),
}
_ATTEMPTS = 5


@dataclass
class _People:
    """Whom the names mean, locked. `members`: group → unit id → the quarters of the plan's year in which it was a member."""

    owners: dict[Target, Unit | UnitGroup] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    members: dict[int, dict[int, Span]] = field(default_factory=dict)
    places: dict[int, tuple[int, int, int]] = field(default_factory=dict)


# Tens of thousands of rows live until they are saved.
@collector_at_rest()
@transaction.atomic
def save_plan(
    *,
    plan: ResolvedPlan,
    details: Details,
    actor: User | None,
    choices: Mapping[str, Choice],
    settings: PlanSettings = NOTHING_SET,
) -> Plan:
    """The plan, its quarters, text, tasks, measures, parties and duties, and what its names have taught.

    `actor` None: the command line, which decides nothing and so makes no unit. Every party must be settled. Raises WorkflowError where
    somebody has meanwhile taken a name or a code, or put a unit out of use.
    """
    if details.year is None:
        raise WorkflowError("未能确定计划年度，请填写年度。")
    people = _people(plan, choices, settings, actor, details.year)
    _register_names(plan, choices, people)
    row = _create(plan, details, settings)
    _save_text(plan, row)
    measures = _save_measures(plan, row, settings)
    _save_demands(row, measures, settings)
    _save_duties(plan, measures, settings, people)
    return row


def _people(
    plan: ResolvedPlan, choices: Mapping[str, Choice], settings: PlanSettings, actor: User | None, year: int
) -> _People:
    """The units and groups that the plan names, made where they are new. Groups are locked before units, as `add_member` has it."""
    people = _People()
    targets = dict.fromkeys(
        target
        for task in plan.tasks
        for measure in task.measures
        for party in measure.parties
        if (target := party.resolution.target) is not None
    )
    for kind in ("group", "unit"):
        for target in targets:
            if target.kind == kind and is_new(target):
                people.owners[target] = _make(target, choices, actor)
        codes = {target.code: target for target in targets if target.kind == kind and not is_new(target)}
        named = set(codes)
        if kind == "unit":
            named |= _units_of(settings)
        people.owners |= {codes[code]: owner for code, owner in _lock(kind, named, people) if code in codes}
        missing = [target for target in codes.values() if target not in people.owners]
        if missing:
            raise WorkflowError(f"“{missing[0].name}”刚刚已被删除，请重新认定该名称。")
    for target, owner in people.owners.items():
        if isinstance(owner, Unit):
            if not owner.is_active:
                raise WorkflowError(f"{owner.name}已停用，请为计划中的该名称重新选择单位。")
            people.units[target.code] = owner
    people.places = {unit.pk: (unit.kind, unit.order, unit.pk) for unit in people.units.values()}
    groups = [owner for owner in people.owners.values() if isinstance(owner, UnitGroup)]
    for group in UnitGroup.objects.filter(pk__in=[group.pk for group in groups]).prefetch_related(
        "memberships__unit"
    ):
        people.members[group.pk] = member_quarters(group, year)
        people.places |= {
            row.unit_id: (row.unit.kind, row.unit.order, row.unit_id) for row in group.memberships.all()
        }
    return people


def _units_of(settings: PlanSettings) -> set[str]:
    """Codes of the units that the settings give duties to."""
    return {
        duty.unit
        for measure in settings.measures.values()
        for party in measure.parties.values()
        for duty in party.duties or ()
    }


def _lock(kind: str, codes: set[str], people: _People) -> Iterator[tuple[str, Unit | UnitGroup]]:
    """What has these codes, so that nobody puts it out of use meanwhile; filings and members may go on referring to it."""
    if kind == "group":
        for group in UnitGroup.objects.select_for_update().filter(code__in=codes).order_by("pk"):
            yield group.code, group
        return
    for unit in Unit.objects.select_for_update(no_key=True).filter(code__in=codes).order_by("pk"):
        people.units[unit.code] = unit
        yield unit.code, unit


def _make(target: Target, choices: Mapping[str, Choice], actor: User | None) -> Unit | UnitGroup:
    if actor is None:
        raise WorkflowError("新建单位或单位组须由区生态办在“计划导入”页面确认。")
    choice = next(choice for choice in choices.values() if choice.is_new and choice.name == target.name)
    try:
        if target.kind == "group":
            return create_group(actor=actor, name=target.name, note="计划导入时新建，成员待登记。")
        return create_unit(actor=actor, name=target.name, kind=choice.unit_kind or 0)
    except Refused as refusal:
        raise WorkflowError(f"{refusal}") from refusal


def _register_names(plan: ResolvedPlan, choices: Mapping[str, Choice], people: _People) -> None:
    """Every name that a person decided on, or that only its normal form told, means its owner from now on: the next plan asks less.

    Saved one by one, for the change log; their number is that of the new names, not of the measures.
    """
    learnt: dict[str, Unit | UnitGroup] = {}
    longest = UnitAlias._meta.get_field("name").max_length or 0
    for task in plan.tasks:
        for measure in task.measures:
            for party in measure.parties:
                printed, resolution = party.party.printed, party.resolution
                name = clean_name(printed)
                if resolution.target is None or not name or len(name) > longest:
                    continue
                if resolution.match == "normal" or printed in choices:
                    learnt[name] = people.owners[resolution.target]
    known = {
        alias.name: alias.unit or alias.group
        for alias in UnitAlias.objects.filter(name__in=learnt).select_related("unit", "group")
    }
    for name, owner in learnt.items():
        if known.get(name) == owner:
            continue
        try:
            refuse_taken(name, owner)
            with names_once(name):
                keep_names(owner, name)
        except Refused as refusal:
            raise WorkflowError(f"{refusal}") from refusal


def _create(plan: ResolvedPlan, details: Details, settings: PlanSettings) -> Plan:
    assert details.year is not None
    row = Plan(
        year=details.year,
        title=details.title,
        issuer=details.issuer,
        issued_on=details.issued_on,
        preamble="\n".join(
            text
            for text in (
                plan.reading.preamble,
                *(section.text for section in plan.reading.sections if not section.level),
            )
            if text
        ),
        attachment_title=details.attachment_title,
        yellow_from=settings.yellow_from,
        red_from=settings.red_from,
    )
    for attempt in range(_ATTEMPTS):
        # A proposed code that somebody takes in the same second gives way to the next one.
        row.code = code_for(details.year) if "code" in details.proposed else details.code
        try:
            with transaction.atomic():
                row.save(force_insert=True)
            break
        except IntegrityError as error:
            if "code" not in details.proposed or attempt == _ATTEMPTS - 1:
                raise WorkflowError(f"计划代码“{row.code}”已被使用，请换一个。") from error
            row.pk = None
    dates = {quarter: default_dates(details.year, quarter) for quarter in (1, 2, 3, 4)}
    for quarter, (opens_on, due_on) in dates.items():
        ReportingPeriod.objects.create(plan=row, quarter=quarter, opens_on=opens_on, due_on=due_on)
    return row


# From here on rows are made in bulk, past the change log: the PlanImport, with the document itself, is the record of them.


def _save_text(plan: ResolvedPlan, row: Plan) -> None:
    sections = [section for section in plan.reading.sections if section.level]
    PlanSection.objects.bulk_create(
        [
            PlanSection(
                plan=row,
                order=order,
                level=section.level,
                number=section.number,
                heading=section.heading,
                text=section.text,
            )
            for order, section in enumerate(sections, start=1)
        ],
        batch_size=BATCH,
    )


def _save_demands(row: Plan, measures: list[Measure], settings: PlanSettings) -> None:
    sections = {section.order: section for section in row.sections.all()}
    numbered = {measure.number: measure for measure in measures}
    orders: Counter[int] = Counter()
    demands, links = [], []
    for own in settings.demands:
        if own.section not in sections:
            continue
        orders[own.section] += 1
        demand = PlanDemand(section=sections[own.section], order=orders[own.section], text=own.text)
        demands.append(demand)
        links += [
            DemandLink(demand=demand, measure=numbered[number], confirmed=confirmed)
            for number, confirmed in own.links
            if number in numbered
        ]
    PlanDemand.objects.bulk_create(demands, batch_size=BATCH)
    DemandLink.objects.bulk_create(links, batch_size=BATCH)


def _save_measures(plan: ResolvedPlan, row: Plan, settings: PlanSettings) -> list[Measure]:
    """Tasks and measures; returned in printed order."""
    tasks = TargetTask.objects.bulk_create(
        [
            TargetTask(
                plan=row,
                number=task.reading.number,
                title=task.reading.title,
                categories=list(task.reading.categories),
            )
            for task in plan.tasks
        ],
        batch_size=BATCH,
    )
    return Measure.objects.bulk_create(
        [
            _measure(row, task, measure, settings.measures.get(measure.reading.number, NO_SETTINGS))
            for task, printed in zip(tasks, plan.tasks, strict=True)
            for measure in printed.measures
        ],
        batch_size=BATCH,
    )


def _measure(row: Plan, task: TargetTask, measure: ResolvedMeasure, own: MeasureSettings) -> Measure:
    reading = measure.reading
    expected = dict(
        zip(("expected_q1", "expected_q2", "expected_q3", "expected_q4"), own.expected, strict=True)
    )
    return Measure(
        plan=row,
        task=task,
        number=reading.number,
        text=reading.text,
        units_text=reading.units_text,
        deadline_text=reading.deadline_text,
        deadline_kind=deadline_kind(reading.deadline_text, reading.deadline),
        deadline_from=reading.deadline.starts,
        deadline_to=reading.deadline.ends,
        extras=[list(extra) for extra in reading.extras],
        kind=own.kind or proposed_kind(reading.text, reading.deadline),
        kind_confirmed=bool(own.kind) and own.kind_confirmed,
        lead_confirmed=lead_of(measure, own).confirmed,
        unasked_part=own.unasked_part if own.unasked_part in reading.text else "",
        indicator=own.indicator,
        indicator_unit=own.indicator_unit,
        indicator_target=own.indicator_target,
        continues_id=own.continues,
        **expected,
    )


def _save_duties(
    plan: ResolvedPlan, measures: list[Measure], settings: PlanSettings, people: _People
) -> None:
    printed = [measure for task in plan.tasks for measure in task.measures]
    found: list[tuple[Measure, ResolvedMeasure, MeasureSettings, list[Responsibility]]] = []
    for measure, resolved in zip(measures, printed, strict=True):
        own = settings.measures.get(measure.number, NO_SETTINGS)
        parties = [
            _responsibility(measure, order, party, own.parties.get(order, _NOTHING), people)
            for order, party in enumerate(resolved.parties, start=1)
        ]
        found.append((measure, resolved, own, parties))
    Responsibility.objects.bulk_create(
        [party for *_measure, parties in found for party in parties], batch_size=BATCH
    )
    Assignment.objects.bulk_create(
        [
            duty
            for measure, resolved, own, parties in found
            for duty in _duties(measure, resolved, parties, own, people)
        ],
        batch_size=BATCH,
    )


def _responsibility(
    measure: Measure, order: int, party: ResolvedParty, own: PartySettings, people: _People
) -> Responsibility:
    target = party.resolution.target
    owner = people.owners[target] if target is not None else None
    members = people.members.get(owner.pk, {}) if isinstance(owner, UnitGroup) else {}
    scope, is_open = scope_of(
        party.party.printed, target, is_note=party.party.kind == "note", has_members=bool(members)
    )
    if own.scope in _SCOPES[type(owner)]:
        scope = Scope(own.scope)
    if own.is_open is not None:
        # A whole group stays open as long as nobody is in it, whatever it was last year.
        needs_members = scope in GROUPED and own.duties is None
        is_open = own.is_open or (needs_members and not members)
    return Responsibility(
        measure_id=measure.pk,
        order=order,
        printed=party.party.printed,
        scope=scope,
        unit_id=owner.pk if isinstance(owner, Unit) else None,
        group_id=owner.pk if isinstance(owner, UnitGroup) else None,
        is_open=is_open,
        first_quarter=own.first_quarter,
    )


def _duties(
    measure: Measure,
    printed: ResolvedMeasure,
    parties: list[Responsibility],
    own: MeasureSettings,
    people: _People,
) -> list[Assignment]:
    """One duty for each unit, under the first printed party that names it; a unit's own name before a group that it is in."""
    named: dict[int, Assignment] = {}
    for stage in _STAGES:
        for party in parties:
            if party.scope not in stage:
                continue
            for unit_id, span in _units(party, own.parties.get(party.order, _NOTHING), people):
                if unit_id not in named:
                    named[unit_id] = Assignment(
                        measure_id=measure.pk,
                        unit_id=unit_id,
                        responsibility=party,
                        first_quarter=span[0],
                        last_quarter=span[1],
                    )
    lead = people.units.get(lead_of(printed, own).unit)
    duty = named.get(lead.pk) if lead is not None else None
    if (
        duty is not None
        and duty.responsibility.scope == Scope.UNIT
        and quarters_of((duty.first_quarter, duty.last_quarter))
    ):
        duty.role = AssignmentRole.LEAD
    return sorted(named.values(), key=lambda duty: (duty.responsibility.order, people.places[duty.unit_id]))


def _units(party: Responsibility, own: PartySettings, people: _People) -> Iterator[tuple[int, Span]]:
    """The units that a party means, with the quarters of their duty."""
    if own.duties is not None:
        for duty in own.duties:
            if duty.unit in people.units:
                yield people.units[duty.unit].pk, (duty.first_quarter, duty.last_quarter)
    elif party.unit_id is not None:
        yield party.unit_id, _WHOLE_YEAR
    elif party.scope in GROUPED and not party.is_open:
        for unit_id, span in people.members.get(party.group_id or 0, {}).items():
            wanted = since(span, party.first_quarter)
            if wanted:
                yield unit_id, wanted
