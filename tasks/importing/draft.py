"""`draft_of`: a stored document as the plan that would come of it, with all that people have decided on it so far.

Looked at by every request of 计划导入, so what depends on the document alone is kept: its reading, and how it compares.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from threading import Lock

from django.db.models import Count

from tasks.importing.choices import Choice, apply_choices, read_choices
from tasks.importing.comparing import Comparison, Line, compare
from tasks.importing.details import FIRST_YEAR, LAST_YEAR, Details, details_of, details_of_plan, faults
from tasks.importing.doubts import NameRow, ProblemRow, name_rows, problem_rows
from tasks.importing.grid import Problem
from tasks.importing.reading import Source, read_plan
from tasks.importing.readings import PlanReading
from tasks.importing.resolve import ResolvedPlan, resolve
from tasks.models import Plan, PlanImport, Responsibility, Sample, Scope, SourceFile
from tasks.spans import member_span
from units.models import GroupMembership
from units.resolving import Directory

__all__ = [
    "Details",
    "ImportDraft",
    "NameRow",
    "ProblemRow",
    "draft_of",
    "keep_reading",
    "reading_of",
    "resolved",
]


@dataclass(frozen=True, slots=True)
class ImportDraft:
    """`compared`: the plan behind `comparison`; `comparable`: all earlier ones, the latest first. `twins`: earlier imports of the same bytes.
    `repeats`: a plan of the year that prints the same measures already, wherever it came from.
    """

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
    repeats: Plan | None
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
    details = details_of(reading, record.details) if record.plan is None else details_of_plan(record.plan)
    twins = _twins(record)
    names = tuple(name_rows(plan, choices, directory, peopled_groups(reading.year)))
    siblings = _siblings(record, reading.year)
    repeats = next((other for other in siblings if _says_the_same(other, reading)), None)
    problems = tuple(problem_rows(record, plan, twins, siblings, repeats))
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
        repeats=repeats,
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


def _twins(record: PlanImport) -> tuple[PlanImport, ...]:
    rows = PlanImport.objects.filter(file__sha256=record.file.sha256)
    if record.pk is not None:
        rows = rows.exclude(pk=record.pk)
    return tuple(
        rows.select_related("file", "plan", "started_by", "imported_by").defer("file__content").order_by("pk")
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


def _siblings(record: PlanImport, year: int | None) -> tuple[Plan, ...]:
    """Other plans of the year."""
    if year is None:
        return ()
    rows = Plan.objects.filter(year=year).annotate(count=Count("measures")).order_by("pk")
    return tuple(plan for plan in rows if plan.pk != record.plan_id)


def _says_the_same(plan: Plan, reading: PlanReading) -> bool:
    new = lines_of(reading)
    if plan.count != len(new):  # type: ignore[attr-defined]  # annotated above
        return False
    found = _compared(lines_of_plan(plan), new)
    return found.same == len(new) and not found.dropped


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
    yield from faults(details)
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
