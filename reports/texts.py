"""进展情况 of a measure in words, as the bulletin's appendix prints it: from what is approved, and nothing else."""

from collections import defaultdict
from collections.abc import Callable

from reports.figures_types import DutyFigures, MeasureFigures, PlanFigures
from tasks.models import MeasureSummary, ProgressUpdate, ReportingPeriod
from tasks.rules import Filing, Progress, Status


def progress_texts(period: ReportingPeriod, figures: PlanFigures) -> dict[int, list[str]]:
    """Measure number → paragraphs, from two queries.

    本措施总体进展 of the confirmed lead, else the office's, else what each unit wrote, in the order of the printed cell;
    then by name who did not report, whose filing was not decided, and which party is still open.
    """
    updates: dict[int, dict[int, ProgressUpdate]] = defaultdict(dict)
    for update in ProgressUpdate.objects.approved_in(period).select_related("assignment__measure"):
        updates[update.assignment.measure.number][update.assignment_id] = update
    summaries = {
        summary.measure.number: summary.text
        for summary in MeasureSummary.objects.filter(period=period).select_related("measure")
    }
    return {
        row.number: _paragraphs(row, updates[row.number], summaries.get(row.number, ""))
        for row in figures.measures
    }


def _paragraphs(row: MeasureFigures, updates: dict[int, ProgressUpdate], summary: str) -> list[str]:
    lead = updates.get(row.lead.assignment_id) if row.lead and row.lead_confirmed else None
    overall = (lead.overall_text if lead and not lead.no_work else "") or summary
    told = overall.splitlines() if overall.strip() else _by_unit(row, updates)
    return [line.strip() for line in told if line.strip()] + _notes(row)


def _by_unit(row: MeasureFigures, updates: dict[int, ProgressUpdate]) -> list[str]:
    written = [
        (duty, updates[duty.assignment_id])
        for duty in row.duties
        if duty.assignment_id in updates and not updates[duty.assignment_id].no_work
    ]
    alone = len(row.duties) == 1
    told = []
    for duty, update in written:
        text = update.progress_text.strip()
        told += (text if alone else f"{duty.unit_name}：{text}").splitlines()
        if update.final_status == Progress.LAGGING and update.problems.strip():
            told += f"存在问题：{update.problems.strip()}".splitlines()
    return told


def _notes(row: MeasureFigures) -> list[str]:
    kinds: list[tuple[str, Callable[[DutyFigures], bool]]] = [
        ("本季度无相关工作", lambda duty: duty.no_work),
        ("未报送", lambda duty: duty.missing),
        (str(Status.UNREVIEWED.label), lambda duty: duty.filing in (Filing.SUBMITTED, Filing.UNREVIEWED)),
        (str(Status.UNMENDED.label), lambda duty: duty.filing in (Filing.RETURNED, Filing.UNMENDED)),
    ]
    notes = []
    for label, rule in kinds:
        names = [duty.unit_name for duty in row.duties if rule(duty)]
        if len(names) == 1 == len(row.duties):
            notes.append(f"{label}。")
        elif names:
            notes.append(f"{label}：{'、'.join(names)}。")
    open_parties = [party.printed for party in row.parties if party.open]
    if open_parties:
        notes.append(f"责任单位待确认：{'、'.join(open_parties)}。")
    return notes
