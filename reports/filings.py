"""What units wrote in a quarter, as far as it is approved: read once, for words, annexes and 单位进展单, frozen on issue."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from tasks.models import Evidence, MeasureSummary, ProgressUpdate, ReportingPeriod, StatusChange
from tasks.numbers import number_text, percent_text
from tasks.readings import content_of
from tasks.rules import Status


@dataclass(frozen=True)
class FilingText:
    """One filing. `status`: the value of Progress that counts; `percent`: as printed, empty for none.

    `evidence`: (name, SHA-256) of the files attached. `self_status`, `self_percent`: what the unit itself gave; `indicator`:
    name and value; `opinion`: what the office said when it decided, `note`: why its figures differ. Days are ISO. What is
    empty in quarters that were issued earlier was not kept then.
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
    self_status: str = ""
    self_percent: str = ""
    indicator: str = ""
    decrease_reason: str = ""
    submitted_on: str = ""
    submitted_by: str = ""
    decided_on: str = ""
    decided_by: str = ""
    opinion: str = ""
    note: str = ""


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
    """What is approved in a quarter, from four queries."""
    updates = (
        ProgressUpdate.objects.approved_in(period)
        .select_related("assignment__measure", "submitted_by", "decided_by")
        .order_by("assignment")
    )
    return QuarterTexts(
        filings=filing_texts(updates),
        summaries={
            summary.measure.number: summary.text
            for summary in MeasureSummary.objects.filter(period=period).select_related("measure")
        },
    )


def filing_texts(filings: Iterable[ProgressUpdate]) -> dict[int, FilingText]:
    """Assignment → what stands in its filing, as `filing_text` needs them loaded; two queries besides."""
    updates = list(filings)
    files: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for update_id, name, sha256 in (
        Evidence.objects.attached()
        .filter(update__in=updates)
        .order_by("pk")
        .values_list("update", "name", "sha256")
    ):
        files[update_id].append((name, sha256))
    opinions = opinions_on(updates)
    return {
        update.assignment_id: filing_text(
            update, content_of(update), files[update.pk], opinions.get(update.pk, "")
        )
        for update in updates
    }


def filing_text(
    update: ProgressUpdate, content: Mapping[str, Any], files: list[tuple[str, str]], opinion: str
) -> FilingText:
    """`content`: CONTENT_FIELDS → what is to be read of the filing. Needs the measure and the people beside `update`.

    核定 figures go with an approval only: one that was taken back takes them along.
    """
    measure = update.assignment.measure
    approved = update.status == Status.APPROVED
    value = content["indicator_value"]
    return FilingText(
        assignment_id=update.assignment_id,
        no_work=content["no_work"],
        status=update.final_status if approved else content["self_status"],
        percent=_percent(update.final_percent if approved else content["percent"]),
        progress=content["progress_text"].strip(),
        problems=content["problems"].strip(),
        next_steps=content["next_steps"].strip(),
        overall=content["overall_text"].strip(),
        evidence=tuple(files),
        self_status=content["self_status"],
        self_percent=_percent(content["percent"]),
        indicator=""
        if value is None
        else f"{measure.indicator}：{number_text(value)}{measure.indicator_unit}",
        decrease_reason=content["decrease_reason"].strip(),
        submitted_on=_day(update.submitted_at),
        submitted_by=update.submitted_by.name if update.submitted_by else "",
        decided_on=_day(update.decided_at),
        decided_by=update.decided_by.name if update.decided_by else "",
        opinion=opinion.strip(),
        note=update.approval_note.strip() if approved else "",
    )


def opinions_on(updates: Iterable[ProgressUpdate]) -> dict[int, str]:
    """Update id → what was written when it was approved or returned last, in one query."""
    changes = StatusChange.objects.filter(
        update__in=list(updates), to_status__in=(Status.APPROVED, Status.RETURNED)
    ).order_by("pk")
    return dict(changes.values_list("update", "comment"))


def _percent(value: Decimal | None) -> str:
    return "" if value is None else percent_text(value)


def _day(moment: datetime | None) -> str:
    return timezone.localdate(moment).isoformat() if moment else ""


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
