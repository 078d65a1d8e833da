"""Whom the printed names of a plan mean, and the plan as JSON (`import_plan --json`)."""

from dataclasses import dataclass, replace
from typing import Any

from tasks.importing.deadlines import Deadline
from tasks.importing.grid import Problem
from tasks.importing.parties import Party
from tasks.importing.readings import MeasureReading, PlanReading, TaskReading
from tasks.planbook.meaning import unknown_units
from units.resolving import Directory, Resolution, Suggestion

# A recognised set phrase that names nobody: nothing is left for a person to decide.
NOTE = Resolution("exact")


@dataclass(frozen=True, slots=True)
class ResolvedParty:
    """A printed party and whom it means. A note has no target and asks nothing."""

    party: Party
    resolution: Resolution

    @property
    def is_settled(self) -> bool:
        return self.resolution.match in ("exact", "normal")


@dataclass(frozen=True, slots=True)
class ResolvedMeasure:
    reading: MeasureReading
    parties: tuple[ResolvedParty, ...]


@dataclass(frozen=True, slots=True)
class ResolvedTask:
    reading: TaskReading
    measures: tuple[ResolvedMeasure, ...]


@dataclass(frozen=True, slots=True)
class ResolvedPlan:
    reading: PlanReading
    tasks: tuple[ResolvedTask, ...]
    problems: tuple[Problem, ...]

    @property
    def open_names(self) -> list[str]:
        """Printed names that a person must decide on, each once, in printed order."""
        names = [
            party.party.printed
            for task in self.tasks
            for measure in task.measures
            for party in measure.parties
            if not party.is_settled
        ]
        return list(dict.fromkeys(names))

    @property
    def needs_decision(self) -> bool:
        return bool(self.open_names) or any(problem.decide for problem in self.problems)


def resolve(reading: PlanReading, directory: Directory, problems: tuple[Problem, ...] = ()) -> ResolvedPlan:
    """`reading` with every party looked up. `problems`: what else is to be said, of the directory for instance."""
    tasks = tuple(
        ResolvedTask(
            task,
            tuple(
                ResolvedMeasure(measure, _parties(measure.parties, directory)) for measure in task.measures
            ),
        )
        for task in reading.tasks
    )
    return ResolvedPlan(
        reading, tasks, reading.problems + unknown_units(reading.stated, directory) + problems
    )


def _parties(parties: tuple[Party, ...], directory: Directory) -> tuple[ResolvedParty, ...]:
    found = [ResolvedParty(party, _resolution(party, directory)) for party in parties]
    taken = {
        party.resolution.target: party.party.printed
        for party in reversed(found)
        if party.resolution.match == "exact" and party.resolution.target
    }
    result: list[ResolvedParty] = []
    for party in found:
        target = party.resolution.target
        if party.resolution.match == "normal" and target is not None:
            # Two names of one cell (市生态环境局、西岗生态环境分局) are hardly one unit: the normal form only proposes here.
            if taken.setdefault(target, party.party.printed) != party.party.printed:
                doubt = Suggestion(target, target.name, 100.0)
                party = replace(party, resolution=Resolution("suggested", None, (doubt,)))
        elif target is not None and target.kind == "group" and not party.party.is_stated:
            # A group never leads by convention.
            party = replace(party, party=replace(party.party, role="support"))
        result.append(party)
    return tuple(result)


def _resolution(party: Party, directory: Directory) -> Resolution:
    """Whom a party means: whom its source says by a name of ours, else whom its wording does."""
    if party.means:
        return directory.resolve(party.means)
    return NOTE if party.kind == "note" else directory.resolve(party.printed)


def as_json(plan: ResolvedPlan) -> dict[str, Any]:
    """The plan in the form of `import_plan --json`. `unit` and `group` are codes."""
    return {
        "tasks": [
            {
                "number": task.reading.number,
                "title": task.reading.title,
                "measures": [_measure(measure) for measure in task.measures],
            }
            for task in plan.tasks
        ],
        "sections": _sections(plan.reading),
        "problems": [problem_json(problem) for problem in plan.problems],
    }


def _sections(reading: PlanReading) -> list[dict[str, Any]]:
    preamble = (
        [{"number": "", "heading": "", "level": 0, "text": reading.preamble}] if reading.preamble else []
    )
    return preamble + [
        {"number": section.number, "heading": section.heading, "level": section.level, "text": section.text}
        for section in reading.sections
    ]


def _measure(measure: ResolvedMeasure) -> dict[str, Any]:
    reading = measure.reading
    return {
        "number": reading.number,
        "text": reading.text,
        "units_text": reading.units_text,
        "deadline_text": reading.deadline_text,
        "deadline": _deadline(reading.deadline),
        "responsibilities": [_party(party) for party in measure.parties],
    }


def _deadline(deadline: Deadline) -> dict[str, str | None]:
    return {
        "kind": deadline.kind,
        "from": deadline.starts.isoformat() if deadline.starts else None,
        "to": deadline.ends.isoformat() if deadline.ends else None,
    }


def _party(party: ResolvedParty) -> dict[str, Any]:
    resolution = party.resolution
    target = resolution.target
    return {
        "printed": party.party.printed,
        "role": party.party.role,
        "unit": target.code if target and target.kind == "unit" else None,
        "group": target.code if target and target.kind == "group" else None,
        "match": resolution.match,
        "suggestions": [
            {
                "unit": suggestion.target.code if suggestion.target.kind == "unit" else None,
                "group": suggestion.target.code if suggestion.target.kind == "group" else None,
                "name": suggestion.target.name,
                "score": suggestion.score,
            }
            for suggestion in resolution.suggestions
        ],
    }


def problem_json(problem: Problem) -> dict[str, Any]:
    return {"row": problem.row, "column": problem.column, "message": problem.message}
