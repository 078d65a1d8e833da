"""What a new plan takes over from last year's: the settings of each measure that it continues.

Kind and its confirmation, indicator, own 序时进度, the units that were named for a part of a group or a note, the confirmed lead, and the
part of the text that no demand asks for: each only as far as the same printed party stands, or the same words do.
"""

from collections.abc import Iterable, Mapping

from tasks.importing.comparing import Comparison
from tasks.importing.resolve import ResolvedMeasure, ResolvedParty, ResolvedPlan
from tasks.importing.scopes import scope_of
from tasks.importing.settings import Duty, LeadSettings, MeasureSettings, PartySettings, PlanSettings
from tasks.models import Assignment, AssignmentRole, Measure, Plan, Responsibility, Scope
from units.names import clean_name
from units.resolving import Target

# What tells one printed party of a measure from another: what it stands for; of a note, its words.
_Key = tuple[str, str]


def carried_over(plan: ResolvedPlan, comparison: Comparison, source: Plan) -> PlanSettings:
    """Settings for `plan` from `source`, with which it was compared. Four queries."""
    continued = comparison.continued
    measures = {
        measure.number: measure
        for measure in source.measures.prefetch_related(
            "responsibilities__unit", "responsibilities__group", "assignments__unit"
        )
    }
    settings: dict[int, MeasureSettings] = {}
    for task in plan.tasks:
        for measure in task.measures:
            old = measures.get(continued.get(measure.reading.number, 0))
            if old is not None:
                settings[measure.reading.number] = _settings(measure, old)
    return PlanSettings(source.yellow_from, source.red_from, settings)


def _settings(measure: ResolvedMeasure, old: Measure) -> MeasureSettings:
    duties = list(old.assignments.all())
    return MeasureSettings(
        kind=old.kind,
        kind_confirmed=old.kind_confirmed,
        expected=(old.expected_q1, old.expected_q2, old.expected_q3, old.expected_q4),
        indicator=old.indicator,
        indicator_unit=old.indicator_unit,
        indicator_target=old.indicator_target,
        unasked_part=old.unasked_part,
        lead=_lead(measure, old, duties),
        parties=_parties(measure.parties, list(old.responsibilities.all()), duties),
        continues=old.pk,
    )


def _parties(
    parties: Iterable[ResolvedParty], old: Iterable[Responsibility], duties: list[Assignment]
) -> Mapping[int, PartySettings]:
    settled: dict[_Key, Responsibility] = {}
    for row in old:
        if row.scope != Scope.UNIT and not row.is_open:
            settled.setdefault(_old_key(row), row)
    found: dict[int, PartySettings] = {}
    for order, party in enumerate(parties, start=1):
        key = _key(party)
        row_before = settled.pop(key, None) if key else None
        if row_before is None:
            continue
        if row_before.scope in (Scope.OTHERS, Scope.GROUP):
            # Whoever is in the group this year.
            found[order] = PartySettings(is_open=False)
            continue
        # Who had the duty at the end of the year; whose duty was ended is not asked again.
        units = [
            duty.unit
            for duty in duties
            if duty.responsibility_id == row_before.pk and duty.covers(4) and duty.unit.is_active
        ]
        if units:
            found[order] = PartySettings(is_open=False, duties=tuple(Duty(unit.code) for unit in units))
    return found


def _lead(measure: ResolvedMeasure, old: Measure, duties: list[Assignment]) -> LeadSettings | None:
    """The lead that the office confirmed, unless this year's document says who leads, or no longer names the unit."""
    if not old.lead_confirmed or any(party.party.is_stated for party in measure.parties):
        return None
    named = {
        target.code
        for party in measure.parties
        if (target := party.resolution.target) is not None and target.kind == "unit"
    }
    lead = next((duty.unit.code for duty in duties if duty.role == AssignmentRole.LEAD), "")
    if lead:
        return LeadSettings(lead, True) if lead in named else None
    # Nobody leads: said of these units, not of others.
    before = {row.unit.code for row in old.responsibilities.all() if row.unit is not None}
    return LeadSettings("", True) if before == named else None


def _key(party: ResolvedParty) -> _Key | None:
    target: Target | None = party.resolution.target
    scope, _is_open = scope_of(party.party.printed, target, is_note=party.party.kind == "note")
    if scope == Scope.NOTE:
        return scope, clean_name(party.party.printed)
    return (scope, target.code) if target is not None else None


def _old_key(row: Responsibility) -> _Key:
    if row.scope == Scope.NOTE:
        return row.scope, clean_name(row.printed)
    return row.scope, row.group.code if row.group else ""
