"""What units wrote in a quarter, as far as it is approved: read once, for words, annexes and 单位进展单, and frozen on issue."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tasks.models import Evidence, MeasureSummary, ProgressUpdate, ReportingPeriod
from tasks.numbers import percent_text


@dataclass(frozen=True)
class FilingText:
    """One approved filing. `status`: the value of Progress that counts; `percent`: as printed, empty for none.

    `evidence`: (name, SHA-256) of the files attached.
    """

    assignment_id: int
    no_work: bool
    status: str
    percent: str
    progress: str
    problems: str
    next_steps: str
    overall: str
    evidence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class QuarterTexts:
    """`filings` by assignment; `summaries`: 本措施总体进展 of the office, by the measure's number."""

    filings: Mapping[int, FilingText] = field(default_factory=dict)
    summaries: Mapping[int, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """{"filings": [one object a filing, by assignment], "summaries": [[number, text]]}."""
        return {
            "filings": [
                {**vars(text), "evidence": [list(file) for file in text.evidence]}
                for _, text in sorted(self.filings.items())
            ],
            "summaries": [[number, text] for number, text in sorted(self.summaries.items())],
        }


def quarter_texts(period: ReportingPeriod) -> QuarterTexts:
    """From three queries."""
    files: dict[int, list[tuple[str, str]]] = defaultdict(list)
    updates = list(ProgressUpdate.objects.approved_in(period).order_by("assignment"))
    for update_id, name, sha256 in (
        Evidence.objects.attached()
        .filter(update__in=updates)
        .order_by("pk")
        .values_list("update", "name", "sha256")
    ):
        files[update_id].append((name, sha256))
    return QuarterTexts(
        filings={
            update.assignment_id: FilingText(
                assignment_id=update.assignment_id,
                no_work=update.no_work,
                status=update.final_status,
                percent="" if update.final_percent is None else percent_text(update.final_percent),
                progress=update.progress_text.strip(),
                problems=update.problems.strip(),
                next_steps=update.next_steps.strip(),
                overall=update.overall_text.strip(),
                evidence=tuple(files[update.pk]),
            )
            for update in updates
        },
        summaries={
            summary.measure.number: summary.text
            for summary in MeasureSummary.objects.filter(period=period).select_related("measure")
        },
    )


def texts_from_json(data: Mapping[str, Any]) -> QuarterTexts:
    """What `QuarterTexts.to_json` froze."""
    filings = (
        FilingText(**{**item, "evidence": tuple((name, sha256) for name, sha256 in item["evidence"])})
        for item in data["filings"]
    )
    return QuarterTexts(
        filings={text.assignment_id: text for text in filings},
        summaries=dict(data["summaries"]),
    )
