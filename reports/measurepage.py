"""The page of one measure in one quarter, as one person may read it: figures for all, texts for those they concern."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.urls import reverse

from reports.figures_types import DutyFigures, Figure, MeasureFigures, PartyFigures, PlanFigures
from reports.reading import Course, figures_for
from tasks.models import (
    DemandLink,
    Evidence,
    Measure,
    MeasureSummary,
    ProgressUpdate,
    ReportingPeriod,
    StatusChange,
)
from tasks.readings import evidence_of_many, readings_of, reads_summary
from tasks.rules import QUARTER_NAMES, Filing, Kind, PeriodState, Status
from tasks.standing import as_issued
from tasks.thread import reads_thread
from units.models import User

# Titles of a filing's texts, in the order of a page. 本措施总体进展 stands above them all, for the measure.
_TEXTS = (
    ("progress_text", "工作进展"),
    ("problems", "存在问题"),
    ("next_steps", "下一步工作"),
    ("decrease_reason", "比例下降原因"),
)


@dataclass(frozen=True)
class Reading:
    """What the person reads of one unit's filing. `changes`: the steps it went through, empty for who reads no thread."""

    duty: DutyFigures
    update: ProgressUpdate
    content: dict[str, Any]
    evidence: list[Evidence]
    changes: list[StatusChange]

    @property
    def texts(self) -> list[tuple[str, str]]:
        return [(title, self.content[name]) for name, title in _TEXTS if self.content[name].strip()]

    @property
    def is_corrected(self) -> bool:
        """Whether 核定 figures stand beside the unit's own: an approval taken back takes them along."""
        return self.update.status == Status.APPROVED and self.update.is_corrected


@dataclass(frozen=True)
class QuarterRow:
    """The measure in one quarter. `figures` None: it has not come yet, or the measure was not in it."""

    quarter: int
    figures: MeasureFigures | None

    @property
    def name(self) -> str:
        return QUARTER_NAMES[self.quarter]


@dataclass(frozen=True)
class Action:
    """What the person may do about one unit's filing. `primary`: it is waiting for them."""

    label: str
    url: str
    primary: bool = False


@dataclass(frozen=True)
class DutyRow:
    """A unit's line in the table of responsible units."""

    duty: DutyFigures
    reading: Reading | None
    action: Action | None


@dataclass(frozen=True)
class PartyRows:
    """A printed party with its units' lines."""

    party: PartyFigures
    rows: list[DutyRow]


@dataclass(frozen=True)
class UnitCell:
    """A unit in one quarter: `duty` None where it had none, or the quarter has not come.

    `is_terminal`: whether the measure had a percent then.
    """

    duty: DutyFigures | None
    is_terminal: bool


@dataclass(frozen=True)
class UnitCourse:
    """A unit in the four quarters."""

    code: str
    name: str
    cells: list[UnitCell]


@dataclass(frozen=True)
class Before:
    """The measure of an earlier plan that this one continues, as it stood in the last quarter of that plan that has begun.

    `period` is its plan's first quarter, and `figures` None, where none has.
    """

    measure: Measure
    period: ReportingPeriod
    figures: MeasureFigures | None

    @property
    def figure(self) -> Figure | None:
        return self.figures.figure if self.figures else None

    @property
    def percent(self) -> Decimal | None:
        """Of a measure with an end; an ongoing one has none that people know."""
        return self.figures.figure.percent if self.figures and self.figures.kind == Kind.TERMINAL else None


@dataclass
class MeasurePage:
    """Everything on the page. `measure` comes with its task; `course` ends with the quarter at hand."""

    period: ReportingPeriod
    measure: Measure
    course: Course
    user: User
    before: Before | None = None

    @property
    def plan(self) -> PlanFigures:
        return self.course.current

    @cached_property
    def figures(self) -> MeasureFigures:
        return self.plan.measure(self.measure.number)

    @property
    def figure(self) -> Figure:
        return self.figures.figure

    @property
    def is_terminal(self) -> bool:
        """By the quarter's figures: an issued quarter keeps the kind it had."""
        return self.figures.kind == Kind.TERMINAL

    @property
    def task_title(self) -> str:
        task = self.plan.task(self.figures.task_number)
        return task.title if task else ""

    @cached_property
    def parties(self) -> list[PartyRows]:
        return [
            PartyRows(party, [self._row(duty) for duty in party.duties]) for party in self.figures.parties
        ]

    @property
    def lead(self) -> DutyFigures | None:
        return self.figures.lead

    @cached_property
    def neighbours(self) -> tuple[int | None, int | None]:
        """Numbers of the measures before and after."""
        numbers = [row.number for row in self.plan.measures]
        place = numbers.index(self.measure.number)
        after = numbers[place + 1] if place + 1 < len(numbers) else None
        return (numbers[place - 1] if place else None), after

    @property
    def expected(self) -> list[tuple[str, Decimal]]:
        """(quarter, 序时进度) of the year; quarters up to this one say what they were judged by."""
        judged = {row.quarter: row.figures.figure.expected for row in self.quarters if row.figures}
        return [
            (QUARTER_NAMES[quarter][1:], judged.get(quarter, self.measure.expected(quarter)))
            for quarter in (1, 2, 3, 4)
        ]

    @property
    def has_own_expected(self) -> bool:
        return any(getattr(self.measure, f"expected_q{quarter}") is not None for quarter in (1, 2, 3, 4))

    # --- quarters ---------------------------------------------------------------------------------
    @cached_property
    def quarters(self) -> list[QuarterRow]:
        """The four quarters of the year."""
        known = {
            figures.quarter: _measure_in(figures, self.measure.number) for figures in self.course.figures
        }
        return [QuarterRow(quarter, known.get(quarter)) for quarter in (1, 2, 3, 4)]

    @cached_property
    def unit_courses(self) -> list[UnitCourse]:
        """Every unit that has or had a duty, in the order of the printed cell."""
        quarters = [row.figures for row in self.quarters if row.figures]
        names: dict[str, str] = {}
        for figures in reversed(quarters):
            for duty in figures.duties:
                names.setdefault(duty.unit_code, duty.unit_name)
        return [
            UnitCourse(code, name, [_cell(row.figures, code) for row in self.quarters])
            for code, name in names.items()
        ]

    # --- texts ------------------------------------------------------------------------------------
    @cached_property
    def readings(self) -> list[Reading]:
        """The filings that the person may read, in the order of the printed cell. Drafts are read where they are written."""
        rows = list(
            ProgressUpdate.objects.visible_to(self.user)
            .filter(period=self.period, assignment__measure=self.measure)
            .annotate_amending()
            .select_related("assignment__unit", "submitted_by", "decided_by")
        )
        as_issued(rows)
        updates = {update.assignment_id: update for update in rows if update.status != Status.DRAFT}
        contents = readings_of(updates.values(), self.user)
        files = evidence_of_many(updates.values(), self.user)
        changes = self._changes(list(updates.values()))
        return [
            Reading(duty, update, contents[update.pk], files[update.pk], changes[update.pk])
            for duty in self.figures.duties
            if (update := updates.get(duty.assignment_id))
        ]

    def _changes(self, updates: list[ProgressUpdate]) -> dict[int, list[StatusChange]]:
        rows: dict[int, list[StatusChange]] = defaultdict(list)
        if updates and reads_thread(self.user):
            for change in StatusChange.objects.filter(update__in=updates).defer("snapshot").order_by("pk"):
                rows[change.update_id].append(change)
        return rows

    @cached_property
    def readable(self) -> dict[int, Reading]:
        """Assignment id → reading."""
        return {row.duty.assignment_id: row for row in self.readings}

    @property
    def lead_overall(self) -> str:
        """本措施总体进展 in the confirmed lead's filing, where the person may read that."""
        lead = self.lead
        if lead is None or not self.figures.lead_confirmed or lead.assignment_id not in self.readable:
            return ""
        return str(self.readable[lead.assignment_id].content["overall_text"]).strip()

    @cached_property
    def summary(self) -> MeasureSummary | None:
        """本措施总体进展 by the office."""
        if not reads_summary(self.user, self.period):
            return None
        return (
            MeasureSummary.objects.filter(measure=self.measure, period=self.period)
            .select_related("written_by")
            .first()
        )

    # --- the plan's text --------------------------------------------------------------------------
    @cached_property
    def demands(self) -> list[DemandLink]:
        """What the plan's text demands that this measure carries out."""
        return list(
            DemandLink.objects.filter(measure=self.measure)
            .select_related("demand__section")
            .order_by("demand__section__order", "demand__order")
        )

    # --- what the person may do -------------------------------------------------------------------
    def _row(self, duty: DutyFigures) -> DutyRow:
        reading = self.readable.get(duty.assignment_id)
        return DutyRow(duty, reading, self._action(duty, reading))

    def _action(self, duty: DutyFigures, reading: Reading | None) -> Action | None:
        filing = reverse("tasks:filing", args=[duty.assignment_id, self.period.pk])
        writable = self.period.is_writable
        if self.user.unit and self.user.unit.code == duty.unit_code:
            if writable and duty.missing:
                return Action("填报", filing, primary=True)
            if writable and duty.filing == Filing.RETURNED:
                return Action("修改", filing, primary=True)
        elif self.user.is_office and writable and duty.missing:
            return Action("代填", filing)
        if reading is None:
            return None
        if self.user.is_office and writable and duty.filing == Filing.SUBMITTED:
            return Action("审核", reverse("tasks:review", args=[reading.update.pk]), primary=True)
        return Action("查看", reverse("tasks:update", args=[reading.update.pk]))


def _measure_in(figures: PlanFigures, number: int) -> MeasureFigures | None:
    return next((row for row in figures.measures if row.number == number), None)


def _cell(figures: MeasureFigures | None, code: str) -> UnitCell:
    if figures is None:
        return UnitCell(None, False)
    duty = next((duty for duty in figures.duties if duty.unit_code == code), None)
    return UnitCell(duty, figures.kind == Kind.TERMINAL)


def load_measure(period: ReportingPeriod, number: int) -> Measure | None:
    """The measure of that number in the quarter's plan."""
    return Measure.objects.select_related("task").filter(plan_id=period.plan_id, number=number).first()


def before_of(measure: Measure, now: datetime) -> Before | None:
    """What the measure continues; None where it continues nothing."""
    if measure.continues_id is None:
        return None
    old = Measure.objects.get(pk=measure.continues_id)
    periods = list(
        ReportingPeriod.objects.filter(plan=old.plan_id).select_related("plan").order_by("quarter")
    )
    begun = [row for row in periods if row.state != PeriodState.UPCOMING]
    figures = figures_for(begun[-1], now) if begun else None
    return Before(
        old, begun[-1] if begun else periods[0], _measure_in(figures, old.number) if figures else None
    )
