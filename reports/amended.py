"""What a correction (更正) makes of an issued quarter: the frozen edition before it, with the named filings as they are now.

Nothing else is read from the database: names, wording, kinds, 序时进度, thresholds and every other filing are those of the
frozen document, whatever has become of the plan since. Only what a measure's quarter is compared with (the quarters before)
is read as it counts today, for a document issued today must not repeat a figure that was itself corrected.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from reports.blocks import Block
from reports.figures_sums import add_up, value_for
from reports.figures_types import DutyFigures, MeasureFigures, PlanFigures
from reports.figures_values import Judge
from reports.filings import QuarterTexts, filing_texts, quarter_texts, texts_from_json
from reports.frozen import figures_from_json
from reports.models import Bulletin
from tasks.models import Amendment, ProgressUpdate, ReportingPeriod
from tasks.rules import ZERO, Filing, Progress, Status, counted_percent
from xigang_eco.dates import chinese_date

# More names than that in one sentence nobody reads; the page of the bulletin lists them all.
_NAMED = 6
# How the paragraph ends that names what is superseded.
_OPENED = "，重新通报如下，原通报同时作废。"


def corrected_figures(frozen: PlanFigures, changed: Mapping[int, DutyFigures]) -> PlanFigures:
    """`frozen` with the duties in `changed` (assignment → the duty as it is now), everything above them added up anew."""

    def duty(row: DutyFigures) -> DutyFigures:
        return changed.get(row.assignment_id, row)

    return add_up(
        replace(
            frozen,
            measures=tuple(
                replace(
                    measure,
                    parties=tuple(
                        replace(party, duties=tuple(duty(row) for row in party.duties))
                        for party in measure.parties
                    ),
                )
                for measure in frozen.measures
            ),
        )
    )


def corrected_duty(
    frozen: PlanFigures,
    measure: MeasureFigures,
    duty: DutyFigures,
    update: ProgressUpdate,
    earlier: Sequence[PlanFigures],
) -> DutyFigures:
    """`duty` of the frozen `measure` with its filing as it would be issued now; `earlier`: the quarters before, oldest first.

    One that is not approved counts as what was approved last before this quarter, as ever. It was handed in once, or no
    amendment could name it: so it is never 未报, and one that its unit took back is 退回未改.
    """
    judge = Judge(frozen.past_due, frozen.yellow_from, frozen.red_from, issuing=True)
    expected = measure.figure.expected
    approved = update.status == Status.APPROVED
    no_work = approved and update.no_work
    if approved and not no_work:
        status = update.final_status
        percent: Decimal | None = counted_percent(measure.kind, status, update.final_percent, expected)
    else:
        status, percent = counted_before(duty.assignment_id, earlier)
    return replace(
        duty,
        figure=judge.figure(value_for(status, percent, no_work=no_work), expected, filed=True),
        filing=Filing.UNMENDED if update.status == Status.DRAFT else judge.filing(update.status),
        status=status,
        no_work=no_work,
        late=update.is_late,
        proxy=update.is_proxy,
        returns=update.returns,
        update_id=update.pk,
    )


def counted_before(assignment_id: int, earlier: Sequence[PlanFigures]) -> tuple[str, Decimal | None]:
    """Status and percent of the duty's last approved filing up to the last of `earlier`; ('', 0) where there is none."""
    for figures in reversed(earlier):
        duty = next(
            (
                row
                for measure in figures.measures
                for row in measure.duties
                if row.assignment_id == assignment_id
            ),
            None,
        )
        if duty is None:
            continue
        # 本季度无相关工作 has no percent: the quarter before it says what the duty stood at.
        if not duty.no_work or duty.status in ("", Progress.DONE):
            return duty.status, ZERO if duty.figure.percent is None else duty.figure.percent
    return "", ZERO


@dataclass
class Correction:
    """An edition that corrects: its amendment, and the edition that it supersedes, with that one's data."""

    number: int
    amendment: Amendment
    superseded: Bulletin

    @property
    def document(self) -> dict[str, Any]:
        """The frozen document of the superseded edition."""
        return self.superseded.data or {}

    @cached_property
    def frozen(self) -> PlanFigures:
        return figures_from_json(self.document["figures"])

    @cached_property
    def updates(self) -> dict[int, ProgressUpdate]:
        """Assignment → the named filing as it is now."""
        named = ProgressUpdate.objects.filter(amendments=self.amendment).select_related(
            "assignment__measure", "submitted_by", "decided_by"
        )
        return {update.assignment_id: update for update in named}

    @property
    def duties(self) -> list[tuple[MeasureFigures, DutyFigures]]:
        """The named duties, as they are in the superseded edition, in the plan's order."""
        return [
            (measure, duty)
            for measure in self.frozen.measures
            for duty in measure.duties
            if duty.assignment_id in self.updates
        ]

    def figures(self, earlier: Sequence[PlanFigures]) -> PlanFigures:
        changed = {
            duty.assignment_id: corrected_duty(
                self.frozen, measure, duty, self.updates[duty.assignment_id], earlier
            )
            for measure, duty in self.duties
        }
        return corrected_figures(self.frozen, changed)

    @cached_property
    def texts(self) -> QuarterTexts:
        """What was approved when the superseded edition was issued, the named filings as far as they are approved now."""
        if "texts" in self.document:
            texts = texts_from_json(self.document["texts"])
        else:
            # Issued before texts were frozen. No filing of an issued quarter can have changed but those named.
            texts = quarter_texts(self.amendment.period)
        filings = {key: text for key, text in texts.filings.items() if key not in self.updates}
        approved = [update for update in self.updates.values() if update.status == Status.APPROVED]
        return QuarterTexts({**filings, **filing_texts(approved)}, texts.summaries)

    @property
    def supersedes(self) -> dict[str, Any]:
        """How a document names the edition before."""
        head = self.document["head"]
        return {
            "number": self.superseded.edition,
            "title": self.superseded.plain_title,
            "document_number": head["document_number"],
            "issued_on": head["printed_on"] or head["signed_on"],
            "sha256": self.superseded.files.values_list("sha256", flat=True).get(format="pdf"),
        }

    @property
    def edition(self) -> dict[str, Any]:
        """`edition` of the document."""
        return {
            "number": self.number,
            "reason": self.amendment.reason,
            "supersedes": self.supersedes,
            "corrected": [
                {"measure": measure.number, "unit": duty.unit_name} for measure, duty in self.duties
            ],
        }

    @property
    def opening(self) -> str:
        """The first paragraph of the new edition: what it supersedes and why."""
        old = self.supersedes
        number = f"（{old['document_number']}）" if old["document_number"] else ""
        what = f"对{names}的进展情况予以更正" if (names := self._names()) else "予以更正"
        return (
            f"经核实，{chinese_date(old['issued_on'])}印发的《{old['title']}》{number}有误："
            f"{self.amendment.reason.rstrip('。；，;,. ')}。现{what}{_OPENED}"
        )

    def under_opening(self, body: list[Block]) -> list[Block]:
        """`body` under that paragraph; the one of the edition before, where it corrected, too, goes."""
        return [{"kind": "p", "text": self.opening}, *(block for block in body if not self._is_old(block))]

    def _is_old(self, block: Block) -> bool:
        return self.superseded.edition > 1 and _OPENED in block["text"]

    def _names(self) -> str:
        """区发改局（第1、2项措施）、香炉礁街道（第2项措施）, in official order."""
        numbers: dict[str, list[int]] = {}
        for measure, duty in self.duties:
            numbers.setdefault(duty.unit_code, []).append(measure.number)
        named = [
            f"{unit.name}（第{'、'.join(map(str, numbers[unit.code]))}项措施）"
            for unit in self.frozen.units
            if unit.code in numbers
        ]
        if len(named) <= _NAMED:
            return "、".join(named)
        return f"{'、'.join(named[:_NAMED])}等{len(named)}个单位"


def correction_of(bulletin: Bulletin) -> Correction | None:
    """What an edition corrects; None for a first edition."""
    if bulletin.amendment is None:
        return None
    superseded = Bulletin.objects.issued().get(period=bulletin.period_id, edition=bulletin.edition - 1)
    return Correction(bulletin.edition, bulletin.amendment, superseded)


def open_correction(period: ReportingPeriod) -> Correction | None:
    """The correction of an issued quarter that is under way; None where there is none."""
    if not period.is_issued:
        return None
    draft = (
        Bulletin.objects.unissued()
        .filter(period=period, amendment__isnull=False)
        .select_related("amendment__period")
        .first()
    )
    return correction_of(draft) if draft else None
