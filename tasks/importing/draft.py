"""`draft_of`: a stored document as the plan that would come of it, with all that people have decided on it so far.

Looked at by every request of 计划导入, so what depends on the document alone is kept: its reading, and how it compares.
"""

import hashlib
import re
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Any, Literal

from tasks.importing.choices import Choice, apply_choices, is_new, read_choices, target_of
from tasks.importing.comparing import Comparison, Line, compare
from tasks.importing.grid import Problem
from tasks.importing.reading import Source, read_plan
from tasks.importing.readings import MeasureReading, PlanReading
from tasks.importing.resolve import ResolvedPlan, resolve
from tasks.importing.scopes import scope_of
from tasks.models import (
    Measure,
    Plan,
    PlanImport,
    PlanSection,
    Responsibility,
    Sample,
    Scope,
    SourceFile,
    TargetTask,
)
from tasks.spans import member_span
from units.models import GroupMembership
from units.names import clean_name
from units.resolving import Directory, Suggestion, Target

NameState = Literal["known", "normal", "suggested", "unknown", "chosen"]
FIRST_YEAR, LAST_YEAR = 1990, 2100
# Who issues the district's plans, where neither the document nor an earlier plan says.
ISSUER = "西岗区生态文明建设和生态环境保护委员会办公室"
MOST_ROWS = 32_767
# Fields of a plan that a person may word: how they are called, and how long they may be.
LABELS = {"title": "标题", "issuer": "印发机关", "attachment_title": "附件标题"}
LONGEST = {
    "title": Plan._meta.get_field("title").max_length or 0,
    "issuer": Plan._meta.get_field("issuer").max_length or 0,
    "attachment_title": Plan._meta.get_field("attachment_title").max_length or 0,
}
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,40}")
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


@dataclass(frozen=True, slots=True)
class Details:
    """The plan's own fields. `proposed`: names of those that neither a person nor the document has said."""

    code: str
    year: int | None
    title: str
    issuer: str
    issued_on: date | None
    attachment_title: str
    proposed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ImportDraft:
    """`compared`: the plan behind `comparison`; `comparable`: all earlier ones, the latest first. `twins`: earlier imports of the same bytes."""

    record: PlanImport
    reading: PlanReading
    plan: ResolvedPlan
    choices: Mapping[str, Choice]
    names: tuple[NameRow, ...]
    problems: tuple[ProblemRow, ...]
    details: Details
    comparison: Comparison | None
    compared: Plan | None
    comparable: tuple[Plan, ...]
    twins: tuple[PlanImport, ...]
    blockers: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        return not self.blockers

    @property
    def open_names(self) -> tuple[NameRow, ...]:
        return tuple(row for row in self.names if not row.is_settled)


_kept: OrderedDict[tuple[str, str, int | None], PlanReading] = OrderedDict()
_lock = Lock()
_MOST_KEPT = 4


def keep_reading(sha256: str, name: str, year: int | None, reading: PlanReading) -> None:
    """Remember how a file reads, for those who look at it next. `name` and `year` count: they may decide months without a year."""
    with _lock:
        _kept[sha256, name, year] = reading
        _kept.move_to_end((sha256, name, year))
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)


def reading_of(file: SourceFile, year: int | None) -> PlanReading:
    """What the file prints. Raises ImportFailure where this version of the reader finds no plan in it any more."""
    with _lock:
        found = _kept.get((file.sha256, file.name, year))
    if found is None:
        # `content` is left out by those who list files.
        content = SourceFile.objects.values_list("content", flat=True).get(pk=file.pk)
        found = read_plan(Source(bytes(content), file.name), year=year)
    keep_reading(file.sha256, file.name, year, found)
    return found


def draft_of(record: PlanImport) -> ImportDraft:
    """`record` as it stands now. Costs the same number of queries whatever the document holds."""
    reading = reading_of(record.file, record.year)
    directory = Directory.load()
    choices = read_choices(record.choices)
    plan = resolved(reading, directory, choices)
    details = details_of(reading, record.details) if record.plan is None else _details_of_plan(record.plan)
    twins = _twins(record)
    names = tuple(_names(plan, choices, directory, peopled_groups(reading.year)))
    problems = tuple(_problems(record, plan, twins))
    comparable = _comparable(reading.year)
    compared, comparison = _comparison(record, reading, comparable)
    return ImportDraft(
        record=record,
        reading=reading,
        plan=plan,
        choices=choices,
        names=names,
        problems=problems,
        details=details,
        comparison=comparison,
        compared=compared,
        comparable=comparable,
        twins=twins,
        blockers=tuple(_blockers(record, details, names, problems)),
    )


def resolved(
    reading: PlanReading,
    directory: Directory,
    choices: Mapping[str, Choice] | None = None,
    problems: tuple[Problem, ...] = (),
) -> ResolvedPlan:
    """`reading` with its names looked up and the choices applied. What an earlier plan took for a note is one again."""
    plan = resolve(reading, directory, problems)
    notes: frozenset[str] = frozenset()
    if plan.open_names:
        notes = frozenset(
            Responsibility.objects.filter(scope=Scope.NOTE, printed__in=plan.open_names[:500])
            .order_by()
            .values_list("printed", flat=True)
            .distinct()
        )
    return apply_choices(plan, choices or {}, directory, notes)


def peopled_groups(year: int | None) -> frozenset[str]:
    """Codes of the groups that have a member on some day of `year`; None: that ever had one."""
    dates: dict[str, list[tuple[date | None, date | None]]] = defaultdict(list)
    for code, starts, ends in GroupMembership.objects.order_by().values_list("group__code", "starts", "ends"):
        dates[code].append((starts, ends))
    return frozenset(code for code, rows in dates.items() if year is None or member_span(rows, year))


def code_for(year: int) -> str:
    """A free code for a plan of `year`: 2025, then 2025-2."""
    taken = set(Plan.objects.filter(code__startswith=str(year)).values_list("code", flat=True))
    number = 2
    code = str(year)
    while code in taken:
        code, number = f"{year}-{number}", number + 1
    return code


def is_code(code: str) -> bool:
    """Whether `code` can be a plan's."""
    return _SLUG.fullmatch(code) is not None


def details_of(reading: PlanReading, said: Mapping[str, Any]) -> Details:
    """What a person set, else the document, else a proposal. `said`: as `PlanImport.details` keeps it."""
    year = reading.year
    proposed = set()

    def text(name: str, printed: str, proposal: str) -> str:
        if said.get(name):
            return str(said[name])
        if not printed and proposal:
            proposed.add(name)
        return printed or proposal

    earlier = Plan.objects.order_by("-year", "-pk").first() if not reading.issuer else None
    code = str(said.get("code") or "")
    if not code and year:
        code = code_for(year)
        proposed.add("code")
    issued_on = reading.issued_on
    if "issued_on" in said:
        issued_on = date.fromisoformat(said["issued_on"]) if said["issued_on"] else None
    return Details(
        code=code,
        year=year,
        title=text("title", reading.title, f"西岗区{year}年生态环境保护工作计划" if year else ""),
        issuer=text("issuer", reading.issuer, earlier.issuer if earlier else ISSUER),
        issued_on=issued_on,
        attachment_title=text("attachment_title", reading.attachment_title, ""),
        proposed=frozenset(proposed),
    )


def _details_of_plan(plan: Plan) -> Details:
    return Details(plan.code, plan.year, plan.title, plan.issuer, plan.issued_on, plan.attachment_title)


def _twins(record: PlanImport) -> tuple[PlanImport, ...]:
    rows = PlanImport.objects.filter(file__sha256=record.file.sha256)
    if record.pk is not None:
        rows = rows.exclude(pk=record.pk)
    return tuple(
        rows.select_related("file", "plan", "started_by", "imported_by").defer("file__content").order_by("pk")
    )


def _names(
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
    if is_new(target):
        namesake = directory.exact.get(choice.name)
        if namesake is not None:
            return f"“{choice.name}”已是{namesake.name}的名称，请直接选择{namesake.name}，不必新建。"
        for other in choices.values():
            if other.is_new and other.name == choice.name and other != choice:
                return f"新建的“{choice.name}”在本次导入中类别不一致，请统一。"
    return ""


def _problems(record: PlanImport, plan: ResolvedPlan, twins: Iterable[PlanImport]) -> Iterator[ProblemRow]:
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
            day = f"{twin.imported_at:%Y-%m-%d}"
            message = f"同一文件已于{day}导入为《{twin.plan.title}》（代码 {twin.plan.code}）。确需再次导入的，请先核对并接受本提示。"
            yield row(Problem(message), key=f"twin-{twin.pk}")
    year = plan.reading.year
    if year:
        for other in Plan.objects.filter(year=year).order_by("pk"):
            if other == record.plan:
                continue
            message = f"{year}年已有计划《{other.title}》（代码 {other.code}）；导入后本年度将有另一份计划。"
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


def lines_of(reading: PlanReading) -> tuple[Line, ...]:
    """A reading as it is compared."""
    return tuple(
        Line(measure.number, task.title, measure.text, measure.units_text, measure.deadline_text)
        for task in reading.tasks
        for measure in task.measures
    )


def lines_of_plan(plan: Plan) -> tuple[Line, ...]:
    """A stored plan as it is compared."""
    fields = ("number", "task__title", "text", "units_text", "deadline_text")
    return tuple(Line(*row) for row in plan.measures.order_by("number").values_list(*fields))


@lru_cache(maxsize=8)
def _compared(old: tuple[Line, ...], new: tuple[Line, ...]) -> Comparison:
    return compare(old, new)


def _comparable(year: int | None) -> tuple[Plan, ...]:
    if year is None:
        return ()
    return tuple(Plan.objects.filter(year__lt=year).exclude(sample=Sample.LOAD).order_by("-year", "code"))


def _comparison(
    record: PlanImport, reading: PlanReading, comparable: tuple[Plan, ...]
) -> tuple[Plan | None, Comparison | None]:
    """Against the plan that a person picked, else the latest earlier year's, else of several the one that most is continued of."""
    if not comparable:
        return None, None
    picked = [plan for plan in comparable if plan.pk == record.compared_with_id]
    of_year = picked or [plan for plan in comparable if plan.year == comparable[0].year]
    new = lines_of(reading)
    results = [(plan, _compared(lines_of_plan(plan), new)) for plan in of_year]
    return max(results, key=lambda result: (len(result[1].continued), result[1].same))


def _blockers(
    record: PlanImport, details: Details, names: Iterable[NameRow], problems: Iterable[ProblemRow]
) -> Iterator[str]:
    if record.is_done:
        yield "本文件已经导入。"
        return
    if details.year is None:
        yield "未能确定计划年度，请填写年度。"
    elif not FIRST_YEAR <= details.year <= LAST_YEAR:
        yield f"计划年度 {details.year} 有误，应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间。"
    yield from _faults(details)
    rows = list(names)
    undecided = [row for row in rows if row.state in ("suggested", "unknown")]
    if undecided:
        yield f"有 {len(undecided)} 个责任单位名称尚未认定。"
    yield from dict.fromkeys(row.conflict for row in rows if row.conflict and row not in undecided)
    listed = list(problems)
    to_mend = sum(row.must_mend for row in listed)
    if to_mend:
        yield f"有 {to_mend} 处问题须在原文件中改正后重新上传。"
    to_check = sum(row.is_open and not row.must_mend for row in listed)
    if to_check:
        yield f"有 {to_check} 处问题尚待核对。"


def _faults(details: Details) -> Iterator[str]:
    """What is wrong with the plan's own fields."""
    for name, longest in LONGEST.items():
        if not getattr(details, name) and name != "attachment_title":
            yield f"请填写计划的{LABELS[name]}。"
        elif len(getattr(details, name)) > longest:
            yield f"计划的{LABELS[name]}超过 {longest} 字，请缩短。"
    if details.year is None:
        return
    if not is_code(details.code):
        yield "计划代码只能用字母、数字、连字符和下划线，不超过 40 个字符。"
    elif Plan.objects.filter(code=details.code).exists():
        yield f"计划代码“{details.code}”已被使用，请换一个。"
