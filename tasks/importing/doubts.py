"""What a person must say about a document before it becomes a plan: whom its names mean, and what of it cannot stand as it is."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils import timezone

from tasks.importing.choices import Choice, is_new, target_of
from tasks.importing.grid import Problem
from tasks.importing.readings import MeasureReading, PlanReading
from tasks.importing.resolve import ResolvedPlan
from tasks.importing.scopes import scope_of
from tasks.models import Measure, Plan, PlanImport, PlanSection, Responsibility, Scope, TargetTask
from units.names import clean_name
from units.resolving import Directory, Suggestion, Target

NameState = Literal["known", "normal", "suggested", "unknown", "chosen"]
MOST_ROWS = 32_767
_WORST: tuple[NameState, ...] = ("unknown", "suggested", "normal", "known", "chosen")


@dataclass(frozen=True, slots=True)
class NameRow:
    """A printed name, once. `measures`: where it stands. `scope`, `is_open`: what it will be for its target (待确认).

    `conflict`: why the choice cannot stand, in words; empty where it can.
    """

    printed: str
    state: NameState
    target: Target | None
    suggestions: tuple[Suggestion, ...]
    choice: Choice | None
    measures: tuple[int, ...]
    scope: Scope
    is_open: bool
    is_note: bool = False
    conflict: str = ""

    @property
    def is_settled(self) -> bool:
        return self.state in ("known", "normal", "chosen") and not self.conflict


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """A problem, and whether somebody has looked at it. `must_mend`: it goes away with another file only."""

    problem: Problem
    key: str
    accepted: bool
    must_mend: bool

    @property
    def is_open(self) -> bool:
        """Whether it keeps the plan from being imported."""
        return self.must_mend or (self.problem.decide and not self.accepted)


def name_rows(
    plan: ResolvedPlan, choices: Mapping[str, Choice], directory: Directory, peopled: frozenset[str]
) -> Iterator[NameRow]:
    found: dict[str, dict[str, Any]] = {}
    for task in plan.tasks:
        for measure in task.measures:
            for party in measure.parties:
                printed, resolution = party.party.printed, party.resolution
                state: NameState
                if printed in choices:
                    chosen = choices[printed]
                    gone = chosen.kind != "note" and target_of(chosen, directory) is None
                    state = "unknown" if gone else "chosen"
                elif resolution.match == "exact":
                    state = "known"
                elif resolution.match == "normal":
                    state = "normal"
                else:
                    state = "suggested" if resolution.suggestions else "unknown"
                row = found.setdefault(printed, {"state": state, "party": party, "measures": []})
                row["measures"].append(measure.reading.number)
                # The same name may be clear in one cell and doubtful in another, which asks a person.
                if _WORST.index(state) < _WORST.index(row["state"]):
                    row |= {"state": state, "party": party}
    for printed, row in found.items():
        party = row["party"]
        target, is_note = party.resolution.target, party.party.kind == "note"
        suggestions = party.resolution.suggestions
        if printed in choices:
            suggestions = directory.resolve(printed).suggestions
        has_members = target is not None and target.code in peopled
        scope, is_open = scope_of(printed, target, is_note=is_note, has_members=has_members)
        yield NameRow(
            printed=printed,
            state=row["state"],
            target=target,
            suggestions=suggestions,
            choice=choices.get(printed),
            measures=tuple(dict.fromkeys(row["measures"])),
            scope=scope,
            is_open=is_open,
            is_note=is_note,
            conflict=conflict_of(printed, choices, directory),
        )


def conflict_of(printed: str, choices: Mapping[str, Choice], directory: Directory) -> str:
    """Why the choice for `printed` cannot stand beside the names that are registered and the other choices; empty where it can."""
    choice = choices.get(printed)
    if choice is None or choice.kind == "note":
        return ""
    target = target_of(choice, directory)
    if target is None:
        return f"为“{printed}”选择的单位或单位组已不存在，请重新选择。"
    owner = directory.exact.get(clean_name(printed))
    if owner is not None and owner != target:
        return f"“{printed}”已是{owner.name}的名称，不能再指其他单位；如有误，请先在“责任单位”中改正。"
    for other_printed, other in choices.items():
        spelt_alike = other_printed != printed and clean_name(other_printed) == clean_name(printed)
        if spelt_alike and other.kind != "note" and target_of(other, directory) != target:
            return f"“{printed}”和“{other_printed}”是同一名称，须指同一单位，请统一。"
    if is_new(target):
        namesake = directory.exact.get(choice.name)
        if namesake is not None:
            return f"“{choice.name}”已是{namesake.name}的名称，请直接选择{namesake.name}，不必新建。"
        for other in choices.values():
            if other.is_new and other.name == choice.name and other != choice:
                return f"新建的“{choice.name}”在本次导入中类别不一致，请统一。"
    return ""


def problem_rows(
    record: PlanImport,
    plan: ResolvedPlan,
    twins: Iterable[PlanImport],
    siblings: Iterable[Plan],
    repeats: Plan | None,
) -> Iterator[ProblemRow]:
    """`siblings`: other plans of the year; `repeats`: the one of them that says the same."""
    accepted = set(record.accepted)
    by_row: dict[int, list[str]] = defaultdict(list)
    untitled = set()
    for task in plan.reading.tasks:
        if not task.title:
            untitled.add(task.place.row)
        for measure in task.measures:
            by_row[measure.place.row].append(measure.text)

    def row(problem: Problem, *, must_mend: bool = False, key: str = "") -> ProblemRow:
        # By what stands in its row and not by the row's number: a corrected file keeps what was looked at.
        beside = "\n".join(by_row.get(problem.row or 0, ())) or str(problem.row)
        key = key or _fingerprint(problem.message, problem.column or "", beside)
        return ProblemRow(problem, key, key in accepted, must_mend)

    for problem in plan.problems:
        # A task without a title would stand nameless in every list.
        nameless = problem.column == "目标任务" and problem.decide and problem.row in untitled
        yield row(problem, must_mend=nameless)
    for problem in _misfits(plan.reading):
        yield row(problem, must_mend=True)
    for twin in twins:
        if twin.plan is not None and twin.imported_at is not None:
            day = timezone.localdate(twin.imported_at).isoformat()
            message = f"同一文件已于{day}导入为《{twin.plan.title}》（代码 {twin.plan.code}）。确需再次导入的，请先核对并接受本提示。"
            yield row(Problem(message), key=f"twin-{twin.pk}")
    for other in siblings:
        alike = "，各项措施与本文件相同" if other == repeats else ""
        message = f"{other.year}年已有计划《{other.title}》（代码 {other.code}）{alike}；导入后本年度将有另一份计划。"
        yield row(Problem(message, decide=False), key=f"plan-{other.pk}")


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


_LONGEST_TITLE = TargetTask._meta.get_field("title").max_length or 0
_LONGEST_PARTY = Responsibility._meta.get_field("printed").max_length or 0
_LONGEST_DEADLINE = Measure._meta.get_field("deadline_text").max_length or 0
_LONGEST_HEADING = PlanSection._meta.get_field("heading").max_length or 0
_LONGEST_NUMBER = PlanSection._meta.get_field("number").max_length or 0


def _misfits(reading: PlanReading) -> Iterator[Problem]:
    """What does not fit where plans are kept, and nobody can shorten but who writes the document."""
    count = len(reading.measures)
    if count > MOST_ROWS:
        yield Problem(f"工作措施有 {count} 项，超过 {MOST_ROWS} 项的上限，请分为几个文件。")
    if len(reading.sections) > MOST_ROWS:
        yield Problem(f"正文章节有 {len(reading.sections)} 节，超过 {MOST_ROWS} 节的上限，请删减正文。")
    for section in reading.sections:
        if len(section.heading) > _LONGEST_HEADING or len(section.number) > _LONGEST_NUMBER:
            yield Problem(
                f"正文标题“{section.heading[:20]}…”超过 {_LONGEST_HEADING} 字，请缩短，或改为正文段落。"
            )
    for task in reading.tasks:
        if len(task.title) > _LONGEST_TITLE:
            yield Problem(
                f"目标任务“{task.title[:20]}…”超过 {_LONGEST_TITLE} 字，请缩短，或把内容移到工作措施。",
                task.place.row,
                "目标任务",
            )
        for measure in task.measures:
            yield from _misfits_of(measure)


def _misfits_of(measure: MeasureReading) -> Iterator[Problem]:
    row = measure.place.row
    if len(measure.deadline_text) > _LONGEST_DEADLINE:
        yield Problem(
            f"完成时限“{measure.deadline_text[:20]}…”超过 {_LONGEST_DEADLINE} 字，请缩短。",
            row,
            measure.deadline_column,
        )
    for party in measure.parties:
        if len(party.printed) > _LONGEST_PARTY:
            yield Problem(
                f"责任单位“{party.printed[:20]}…”超过 {_LONGEST_PARTY} 字，请用顿号分开各单位的名称。",
                row,
                measure.units_column,
            )
