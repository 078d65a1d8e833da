"""What 计划导入 shows: the documents that were brought, one of them as the plan that would come of it, and what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.urls import reverse

from tasks.forms.imports import ChoiceForm
from tasks.importing.choices import Choice, read_choices
from tasks.importing.comparing import Compared, Difference, State
from tasks.importing.deadlines import Deadline
from tasks.importing.draft import ImportDraft, ProblemRow, draft_of
from tasks.importing.resolve import ResolvedMeasure, ResolvedTask
from tasks.importmarks import marks_of
from tasks.importnames import LEGEND, NameLine, PartyMark, PlaceLink, learns_name, party_mark
from tasks.models import Plan, PlanImport
from tasks.textdiff import Piece, differences, new_side, old_side
from units.models import Unit, UnitGroup, UnitKind

IMPORTS_PER_PAGE = 20
MEASURES_PER_PAGE = 50
# As many of a name's measures are linked to; beyond, it is said how many there are.
_PLACES = 6
# As many names are written out of those that will be made.
_NAMED = 5
_FIELD_NAMES = {"text": "工作措施", "units": "责任单位", "deadline": "完成时限"}


def import_rows() -> QuerySet[PlanImport]:
    """Everything that was brought, the latest first, without the bytes."""
    rows = PlanImport.objects.select_related("file", "plan", "started_by", "imported_by")
    return rows.defer("file__content").order_by("-pk")


@dataclass(frozen=True)
class ProblemLine:
    row: ProblemRow
    anchor: str

    @property
    def where(self) -> str:
        """第12行“责任单位”栏, in the words of the person's own file."""
        problem = self.row.problem
        sheet = f"工作表“{problem.place.sheet}”" if problem.place and problem.place.sheet else ""
        row = f"第 {problem.row} 行" if problem.row else ""
        column = f"“{problem.column}”栏" if problem.column else ""
        return f"{sheet}{row}{column}" or "整个文件"


@dataclass(frozen=True)
class MeasureLine:
    """A measure as it will be. `deadline`: what the printed one was read as. `is_doubtful`: an open problem stands in its row."""

    measure: ResolvedMeasure
    parties: list[PartyMark]
    deadline: str
    is_doubtful: bool


@dataclass(frozen=True)
class TaskLines:
    """A task with those of its measures that stand on this part of the list. `goes_on`: others stand before it."""

    task: ResolvedTask
    lines: list[MeasureLine]
    goes_on: bool


@dataclass(frozen=True)
class FieldChange:
    """A field of a measure that reads otherwise than the year before."""

    label: str
    old: list[Piece]
    new: list[Piece]


@dataclass(frozen=True)
class ChangedLine:
    line: Compared

    @property
    def differences(self) -> Iterator[FieldChange]:
        for found in self.line.differences:
            yield field_change(found)


class ImportPage:
    """One document as the plan that would come of it. `number`: the part of the list that is asked for.

    Raises ImportFailure where this version of the reader finds no plan in it.
    """

    unit_kinds = UnitKind.choices
    legend = LEGEND

    def __init__(
        self, record: PlanImport, number: str | None = None, refused: ChoiceForm | None = None
    ) -> None:
        self.record = record
        self.draft: ImportDraft = draft_of(record)
        self._number = number
        self._refused = refused

    # --- names ---------------------------------------------------------------------------------------

    @cached_property
    def names(self) -> list[NameLine]:
        printed = self._refused.data.get("printed") if self._refused else None
        base = reverse("tasks:plan_import", args=[self.record.pk])
        pages = {
            measure.reading.number: index // MEASURES_PER_PAGE + 1
            for index, (_task, measure) in enumerate(self._measures)
        }
        lines = []
        for index, row in enumerate(self.draft.names, 1):
            shown = row.measures[:_PLACES]
            places = (PlaceLink(number, f"{base}?page={pages[number]}#measure-{number}") for number in shown)
            refused = self._refused if row.printed == printed else None
            lines.append(
                NameLine(row, f"name-{index}", tuple(places), len(row.measures) - len(shown), refused)
            )
        return lines

    @cached_property
    def asked_names(self) -> list[NameLine]:
        """Names to decide on or decided on, in printed order: one that is chosen stays where it was."""
        return [line for line in self.names if line.is_open or line.is_chosen]

    @cached_property
    def known_names(self) -> list[NameLine]:
        return [line for line in self.names if not line.is_open and not line.is_chosen]

    @property
    def is_known_refused(self) -> bool:
        return any(line.refused for line in self.known_names)

    @property
    def stray(self) -> ChoiceForm | None:
        """A refused choice for a name that the document does not print."""
        return None if any(line.refused for line in self.names) else self._refused

    @cached_property
    def open_names(self) -> list[NameLine]:
        return [line for line in self.names if line.is_open]

    @property
    def suggested(self) -> int:
        return sum(line.row.state == "suggested" for line in self.open_names)

    @property
    def unknown(self) -> int:
        """Open ones that nothing is suggested for, or whose choice cannot stand."""
        return len(self.open_names) - self.suggested

    @property
    def settled(self) -> int:
        return len(self.names) - len(self.open_names)

    @property
    def directory_names(self) -> list[str]:
        """Units in use and groups, as one may choose them."""
        units = Unit.objects.filter(is_active=True).values_list("name", flat=True)
        return [*units, *UnitGroup.objects.order_by("pk").values_list("name", flat=True)]

    # --- problems ------------------------------------------------------------------------------------

    @cached_property
    def problems(self) -> list[ProblemLine]:
        return [ProblemLine(row, f"problem-{index}") for index, row in enumerate(self.draft.problems, 1)]

    @cached_property
    def asking(self) -> list[ProblemLine]:
        """Problems that keep, or kept, the plan from being imported."""
        return [line for line in self.problems if line.row.must_mend or line.row.problem.decide]

    @cached_property
    def telling(self) -> list[ProblemLine]:
        return [line for line in self.problems if not line.row.must_mend and not line.row.problem.decide]

    @property
    def open_problems(self) -> int:
        return sum(line.row.is_open for line in self.problems)

    @property
    def keys_to_accept(self) -> list[str]:
        """Of what 全部标为已核对 marks."""
        return [line.row.key for line in self.asking if line.row.is_open and not line.row.must_mend]

    @property
    def has_marks(self) -> bool:
        """Whether there is anything to mark in the file."""
        return bool(marks_of(self.draft))

    # --- the plan's own fields -------------------------------------------------------------------------

    @property
    def details_initial(self) -> dict[str, Any]:
        details = self.draft.details
        return {
            "year": details.year,
            "code": details.code,
            "title": details.title,
            "issuer": details.issuer,
            "issued_on": details.issued_on,
            "attachment_title": details.attachment_title,
        }

    @property
    def proposed(self) -> list[str]:
        """Fields that the system has made up, by their names."""
        names = self.draft.details.proposed - {"code"}
        return [str(field.verbose_name) for field in Plan._meta.concrete_fields if field.name in names]

    # --- the list ------------------------------------------------------------------------------------

    @cached_property
    def _measures(self) -> list[tuple[ResolvedTask, ResolvedMeasure]]:
        return [(task, measure) for task in self.draft.plan.tasks for measure in task.measures]

    @property
    def measure_count(self) -> int:
        return len(self._measures)

    @cached_property
    def part(self) -> Page:
        return Paginator(self._measures, MEASURES_PER_PAGE).get_page(self._number)

    @cached_property
    def groups(self) -> list[TaskLines]:
        # The row of the document tells its table's, too: each of them counts from 1.
        doubtful = {
            (row.problem.place.table if row.problem.place else None, row.problem.row)
            for row in self.draft.problems
            if row.is_open and row.problem.row
        }
        chosen = frozenset(self.draft.choices)
        found = []
        for _task, pairs in groupby(self.part.object_list, key=lambda pair: id(pair[0])):
            listed = list(pairs)
            task = listed[0][0]
            lines = [
                MeasureLine(
                    measure,
                    [party_mark(party, chosen) for party in measure.parties],
                    _read_deadline(measure),
                    bool(
                        doubtful
                        & {
                            (measure.reading.place.table, measure.reading.place.row),
                            (None, measure.reading.place.row),
                        }
                    ),
                )
                for _task, measure in listed
            ]
            found.append(TaskLines(task, lines, listed[0][1] is not task.measures[0]))
        return found

    # --- against last year's ---------------------------------------------------------------------------

    def _lines(self, state: State) -> list[Compared]:
        comparison = self.draft.comparison
        return [line for line in comparison.lines if line.state == state] if comparison else []

    @cached_property
    def changed(self) -> list[ChangedLine]:
        return [ChangedLine(line) for line in self._lines("changed")]

    @cached_property
    def added(self) -> list[Compared]:
        return self._lines("new")

    @cached_property
    def same(self) -> list[Compared]:
        return self._lines("same")

    # --- what the import will do -------------------------------------------------------------------------

    @property
    def done_before(self) -> list[PlanImport]:
        """Earlier imports of the same bytes that became plans."""
        return [twin for twin in self.draft.twins if twin.is_done]

    @property
    def will(self) -> list[str]:
        """What 导入 does, line by line."""
        draft, details = self.draft, self.draft.details
        lines = [f"新建{details.year or '（待定）'}年度计划，代码 {details.code or '（待定）'}"]
        lines.append(f"{len(draft.plan.tasks)} 项目标任务，{self.measure_count} 项工作措施")
        for kind, label in (("new_unit", "新建单位"), ("new_group", "新建单位组")):
            made = self._made(kind)
            if made:
                more = "等" if len(made) > _NAMED else ""
                lines.append(f"{label} {len(made)} 个：{'、'.join(made[:_NAMED])}{more}")
        learnt = sum(learns_name(row) for row in draft.names)
        if learnt:
            lines.append(f"登记别名 {learnt} 个")
        if draft.comparison and draft.comparison.continued:
            lines.append(f"承接上年措施 {len(draft.comparison.continued)} 项")
        if draft.reading.stated is not None:
            # A workbook of ours says itself which units each general name stands for.
            return [*lines, "措施类型、序时进度、指标和责任落实按工作簿恢复"]
        waiting = sum(len(row.measures) for row in draft.names if row.is_open)
        if waiting:
            lines.append(f"{waiting} 处统称的具体单位在导入后确认")
        return lines

    def _made(self, kind: str) -> list[str]:
        names = (row.choice.name for row in self.draft.names if row.choice and row.choice.kind == kind)
        return list(dict.fromkeys(names))


class ClosedImport:
    """What became of a document, and what was decided on the way."""

    def __init__(self, record: PlanImport) -> None:
        self.record = record

    @cached_property
    def decided(self) -> list[tuple[str, str]]:
        """Printed name → what was said of it."""
        choices = read_choices(self.record.choices)
        units = dict(Unit.objects.values_list("code", "name"))
        groups = dict(UnitGroup.objects.values_list("code", "name"))
        return [(printed, _said(choice, units, groups)) for printed, choice in choices.items()]


def _said(choice: Choice, units: dict[str, str], groups: dict[str, str]) -> str:
    if choice.kind == "note":
        return "附注"
    if choice.kind == "new_unit":
        return f"新建单位“{choice.name}”"
    if choice.kind == "new_group":
        return f"新建单位组“{choice.name}”"
    return (units if choice.kind == "unit" else groups).get(choice.code, "（已删除）")


def _read_deadline(measure: ResolvedMeasure) -> str:
    """What the deadline was read as, where that says more than the printed one."""
    printed = measure.reading.deadline_text
    read = deadline_text(measure.reading.deadline) if printed else ""
    return "" if read == printed else read


def deadline_text(deadline: Deadline) -> str:
    """What a printed deadline was read as."""
    if deadline.kind == "ongoing":
        return "持续推进"
    days = [f"{day.year}年{day.month}月{day.day}日" for day in (deadline.starts, deadline.ends) if day]
    if deadline.kind == "range" and len(days) == 2:
        return f"{days[0]}至{days[1]}"
    return f"至{days[-1]}" if days else "未识别，按原文"


def field_change(found: Difference) -> FieldChange:
    """Both readings with what differs marked."""
    pieces = differences(found.old, found.new)
    return FieldChange(_FIELD_NAMES[found.field], old_side(pieces), new_side(pieces))
