"""台账: the measures that the filter of 措施清单 shows, with what the person may read of their progress."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from reports.figures_types import DutyFigures, MeasureFigures, PlanFigures
from reports.measurelist import MeasureList
from reports.tables import MeasureRow
from tasks.models import MeasureSummary, ProgressUpdate, ReportingPeriod
from tasks.numbers import percent_text
from tasks.readings import readings_of, reads_summary
from tasks.rules import Filing, Kind, Light, Progress, Status
from tasks.standing import as_issued
from units.models import User
from xigang_eco.dates import day_text


@dataclass(frozen=True)
class LedgerRow:
    """One measure. `entries`: paragraphs of 进展情况, each of one unit; `lead` is named once confirmed.

    `due`: the deadline as printed. `state`: percent and word of a measure with an end, the word alone of an ongoing one.
    """

    number: int
    task: str
    text: str
    units_text: str
    lead: str
    entries: tuple[str, ...]
    state: str
    light: Light
    filing: str
    due: str = ""


@dataclass(frozen=True)
class MatrixCell:
    filing: str
    light: Light


@dataclass(frozen=True)
class MatrixRow:
    """A unit with its cell for each listed measure, None where it has no duty."""

    unit: str
    cells: tuple[MatrixCell | None, ...]


@dataclass(frozen=True)
class Ledger:
    """All that the workbook prints. `sample`: the mark of made-up data, empty for real ones."""

    title: str
    notes: str
    sample: str
    rows: tuple[LedgerRow, ...]
    matrix: tuple[MatrixRow, ...]
    numbers: tuple[int, ...]
    # Whether the plan prints deadlines.
    has_dues: bool = False


def ledger_of(period: ReportingPeriod, listed: MeasureList, user: User) -> Ledger:
    """The ledger of what `listed` shows, for `user`, in at most three queries. `period.plan` loaded."""
    texts = _Texts(period, user)
    rows = listed.rows
    plan = period.plan
    return Ledger(
        title=f"{plan.attachment_title or plan.title}{period.quarter_name}进展台账",
        notes=_notes(listed, len(rows)),
        sample=str(plan.get_sample_display()) if plan.sample else "",
        rows=tuple(_row(row, texts) for row in rows),
        matrix=_matrix(listed.figures, [row.figures for row in rows]),
        numbers=tuple(row.number for row in rows),
        has_dues=bool(listed.dues),
    )


class _Texts:
    """What one person may read of a quarter's filings, by assignment, and the summaries of its measures."""

    def __init__(self, period: ReportingPeriod, user: User) -> None:
        updates = list(
            ProgressUpdate.objects.visible_to(user)
            .filter(period=period)
            .annotate_amending()
            .select_related("assignment")
        )
        as_issued(updates)
        updates = [update for update in updates if update.status != Status.DRAFT]
        contents = readings_of(updates, user)
        self.by_assignment: dict[int, tuple[ProgressUpdate, Mapping[str, Any]]] = {
            update.assignment_id: (update, contents[update.pk]) for update in updates
        }
        self.summaries: dict[int, str] = {}
        if reads_summary(user, period):
            self.summaries = dict(
                MeasureSummary.objects.filter(period=period).values_list("measure__number", "text")
            )

    def overall(self, row: MeasureFigures) -> str:
        """本措施总体进展: the confirmed lead's where the person may read it, else the office's."""
        lead = row.lead
        if lead and row.lead_confirmed and lead.assignment_id in self.by_assignment:
            told = str(self.by_assignment[lead.assignment_id][1]["overall_text"]).strip()
            if told:
                return told
        return self.summaries.get(row.number, "").strip()


def _row(listed: MeasureRow, texts: _Texts) -> LedgerRow:
    row = listed.figures
    missing = row.due - row.filed
    filing = f"{row.filed}/{row.due}" if row.due else "—"
    if missing:
        filing += f"\n{missing}家{'逾期' if listed.is_overdue else ''}未报"
    return LedgerRow(
        number=row.number,
        task=f"{row.task_number}. {listed.task_title}",
        text=row.text,
        units_text=row.units_text,
        due=listed.due.shown if listed.due else "",
        lead=listed.lead_name,
        entries=tuple(_entries(row, texts)),
        state=_state(row),
        light=row.figure.light,
        filing=filing,
    )


def _state(row: MeasureFigures) -> str:
    percent = row.figure.percent
    if row.kind == Kind.TERMINAL and percent is not None:
        return f"{percent_text(percent)}\n{row.figure.label}"
    return row.figure.label


def _entries(row: MeasureFigures, texts: _Texts) -> list[str]:
    entries = []
    if overall := texts.overall(row):
        entries.append(f"总体进展：{overall}")
    silent: list[DutyFigures] = []
    for duty in row.duties:
        readable = texts.by_assignment.get(duty.assignment_id)
        if readable is None:
            silent.append(duty)
        else:
            entries.append(_told(row, duty, *readable))
    if silent:
        entries.append(_states(silent, alone=not entries))
    open_parties = [party.printed for party in row.parties if party.open]
    if open_parties:
        entries.append(f"责任单位待确认：{'、'.join(open_parties)}。")
    return entries


def _told(row: MeasureFigures, duty: DutyFigures, update: ProgressUpdate, content: Mapping[str, Any]) -> str:
    """What one unit filed: name, state, then its texts."""
    is_approved = update.status == Status.APPROVED
    if content["no_work"]:
        mark = "" if is_approved else f"〔{update.get_status_display()}〕"
        return f"{duty.unit_name}{mark}：本季度无相关工作。"
    status = update.final_status if is_approved else content["self_status"]
    percent = update.final_percent if is_approved else content["percent"]
    words = [str(Progress(status).label)] if status else []
    if row.kind == Kind.TERMINAL and percent is not None:
        words.append(percent_text(percent))
    if not is_approved:
        words.append(str(update.get_status_display()))
    lines = [f"{duty.unit_name}〔{'，'.join(words)}〕：{content['progress_text'].strip()}"]
    for name, label in (("problems", "存在问题"), ("next_steps", "下一步工作")):
        if told := content[name].strip():
            lines.append(f"{label}：{told}")
    return "\n".join(lines)


def _states(duties: list[DutyFigures], *, alone: bool) -> str:
    """Where filings stand whose text the person does not read (or that do not exist), by state."""
    names: dict[str, list[str]] = defaultdict(list)
    for duty in duties:
        names[str(Filing(duty.filing).label)].append(duty.unit_name)
    told = "；".join(f"{label}：{'、'.join(units)}" for label, units in names.items())
    return f"{'' if alone else '其余单位——'}{told}。"


def _matrix(figures: PlanFigures, rows: list[MeasureFigures]) -> tuple[MatrixRow, ...]:
    """Units in official order × the listed measures; units without a duty on any of them are left out."""
    cells: dict[str, dict[int, MatrixCell]] = defaultdict(dict)
    for row in rows:
        for duty in row.duties:
            cells[duty.unit_code][row.number] = MatrixCell(str(Filing(duty.filing).label), duty.figure.light)
    return tuple(
        MatrixRow(unit.name, tuple(cells[unit.code].get(row.number) for row in rows))
        for unit in figures.units
        if unit.code in cells
    )


def _notes(listed: MeasureList, count: int) -> str:
    """What the ledger shows, of how many, and as of when."""
    as_of = parse_datetime(listed.figures.as_of)
    parts = [f"共 {count} 项措施"]
    if as_of:
        day = timezone.localtime(as_of)
        parts.append(f"数据截至 {day_text(day)}")
    conditions = "，".join(f"{label}：{value}" for label, value in listed.filters.spoken)
    if conditions:
        parts.append(f"筛选条件（{conditions}）")
    return "；".join(parts)
