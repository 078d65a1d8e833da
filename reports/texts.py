"""进展情况 of a measure in words, as the bulletin's appendix prints it: from what is approved, and nothing else."""

from collections.abc import Callable

from reports.figures_types import DutyFigures, MeasureFigures, PlanFigures
from reports.filings import FilingText, QuarterTexts
from tasks.rules import Progress, Status


def progress_texts(figures: PlanFigures, texts: QuarterTexts) -> dict[int, list[str]]:
    """Measure number → paragraphs.

    本措施总体进展 of the confirmed lead, else the office's, else what each unit wrote, in the order of the printed cell;
    then by name who did not report, whose filing was not decided, and which party is still open.
    """
    return {row.number: measure_paragraphs(row, texts) for row in figures.measures}


def measure_paragraphs(row: MeasureFigures, texts: QuarterTexts) -> list[str]:
    lead = texts.filings.get(row.lead.assignment_id) if row.lead and row.lead_confirmed else None
    overall = (lead.overall if lead and not lead.no_work else "") or texts.summaries.get(row.number, "")
    told = overall.splitlines() if overall.strip() else _by_unit(row, texts)
    return [line.strip() for line in told if line.strip()] + _notes(row)


def _by_unit(row: MeasureFigures, texts: QuarterTexts) -> list[str]:
    written: list[tuple[DutyFigures, FilingText]] = [
        (duty, text)
        for duty in row.duties
        if (text := texts.filings.get(duty.assignment_id)) and not text.no_work
    ]
    alone = len(row.duties) == 1
    told = []
    for duty, text in written:
        told += (text.progress if alone else f"{duty.unit_name}：{text.progress}").splitlines()
        if text.status == Progress.LAGGING and text.problems:
            told += f"存在问题：{text.problems}".splitlines()
    return told


def _notes(row: MeasureFigures) -> list[str]:
    kinds: list[tuple[str, Callable[[DutyFigures], bool]]] = [
        ("本季度无相关工作", lambda duty: duty.no_work),
        ("未报送", lambda duty: duty.missing),
        (str(Status.UNREVIEWED.label), lambda duty: duty.undecided),
        (str(Status.UNMENDED.label), lambda duty: duty.unmended),
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
