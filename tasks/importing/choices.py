"""What a person decided about a printed name: whom it means. Pure; stored as JSON until the plan is imported.

The name of a unit or group that is yet to be made stands in a target's code behind `NEW`, which no real code begins with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from tasks.importing.resolve import NOTE, ResolvedMeasure, ResolvedParty, ResolvedPlan, ResolvedTask
from units.models import Unit, UnitGroup, UnitKind
from units.names import clean_name
from units.resolving import Directory, Resolution, Target

ChoiceKind = Literal["unit", "group", "new_unit", "new_group", "note"]
NEW = "+"
LONGEST = {
    "new_unit": Unit._meta.get_field("name").max_length or 0,
    "new_group": UnitGroup._meta.get_field("name").max_length or 0,
}
_FIELDS: dict[str, frozenset[str]] = {
    "unit": frozenset({"code"}),
    "group": frozenset({"code"}),
    "new_unit": frozenset({"name", "unit_kind"}),
    "new_group": frozenset({"name"}),
    "note": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom a printed name means: a known unit or group by its code, one to be made by its name, or nobody (a note).

    `unit_kind`: a `UnitKind`, of a new unit only. Raises ValueError for what says nothing or too much.
    """

    kind: ChoiceKind
    code: str = ""
    name: str = ""
    unit_kind: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(ChoiceKind):
            raise ValueError(f"unknown kind of choice: {self.kind!r}")
        given = {"code": self.code, "name": self.name, "unit_kind": self.unit_kind}
        wanted = _FIELDS[self.kind]
        for field, value in given.items():
            if (value not in ("", None)) != (field in wanted):
                raise ValueError(f"{field} does not fit a choice of {self.kind}")
        fits = self.name == clean_name(self.name) and (not self.name or self.name.isprintable())
        if not fits or len(self.name) > LONGEST.get(self.kind, 0):
            raise ValueError("a name as it is kept: without blanks, and no longer than its field")
        if self.unit_kind is not None and self.unit_kind not in UnitKind.values:
            raise ValueError("unknown kind of unit")

    def as_json(self) -> dict[str, Any]:
        unit_kind = None if self.unit_kind is None else int(self.unit_kind)
        given = {"code": self.code, "name": self.name, "unit_kind": unit_kind}
        return {"kind": self.kind} | {
            field: value for field, value in given.items() if value not in ("", None)
        }

    @classmethod
    def from_json(cls, value: Any) -> "Choice":
        """The choice as stored. Raises ValueError for anything else."""
        if not isinstance(value, dict) or value.keys() - {"kind", "code", "name", "unit_kind"}:
            raise ValueError("no choice")
        kind, code, name = value.get("kind"), value.get("code", ""), value.get("name", "")
        unit_kind = value.get("unit_kind")
        are_texts = all(isinstance(text, str) for text in (kind, code, name))
        if not are_texts or isinstance(unit_kind, bool) or not isinstance(unit_kind, int | None):
            raise ValueError("no choice")
        return cls(kind, code, name, unit_kind)  # type: ignore[arg-type]

    @property
    def is_new(self) -> bool:
        """Whether somebody is made for it."""
        return self.kind in ("new_unit", "new_group")


def read_choices(stored: Mapping[str, Any]) -> dict[str, Choice]:
    """Choices as `PlanImport.choices` keeps them: printed name → choice."""
    return {printed: Choice.from_json(value) for printed, value in stored.items()}


def is_new(target: Target) -> bool:
    """Whether the target is yet to be made."""
    return target.code.startswith(NEW)


def target_of(choice: Choice, directory: Directory) -> Target | None:
    """Whom a choice means; None for a note, and for a unit or group that is no longer there."""
    if choice.kind == "note":
        return None
    kind: Literal["unit", "group"] = "unit" if choice.kind in ("unit", "new_unit") else "group"
    if choice.is_new:
        return Target(kind, NEW + choice.name, choice.name)
    known = (entry.target for entry in directory.entries)
    return next((target for target in known if (target.kind, target.code) == (kind, choice.code)), None)


def apply_choices(
    plan: ResolvedPlan,
    choices: Mapping[str, Choice],
    directory: Directory,
    notes: frozenset[str] = frozenset(),
) -> ResolvedPlan:
    """`plan` with every chosen party settled. `notes`: printed names that earlier plans took for notes, unless chosen or known."""
    meant = {printed: (choice, target_of(choice, directory)) for printed, choice in choices.items()}

    def settled(party: ResolvedParty) -> ResolvedParty:
        printed = party.party.printed
        if printed not in meant:
            if printed in notes and not party.is_settled:
                return _as_note(party)
            return party
        choice, target = meant[printed]
        if choice.kind == "note":
            return _as_note(party)
        if target is None:
            return party
        own = replace(party.party, kind="party")
        if target.kind == "group" and not own.is_stated:
            # A group never leads by convention.
            own = replace(own, role="support")
        return ResolvedParty(own, Resolution("exact", target))

    if not meant and not notes:
        return plan
    tasks = tuple(
        ResolvedTask(
            task.reading,
            tuple(
                ResolvedMeasure(measure.reading, tuple(settled(party) for party in measure.parties))
                for measure in task.measures
            ),
        )
        for task in plan.tasks
    )
    return ResolvedPlan(plan.reading, tasks, plan.problems)


def _as_note(party: ResolvedParty) -> ResolvedParty:
    return ResolvedParty(replace(party.party, kind="note", role="support"), NOTE)
