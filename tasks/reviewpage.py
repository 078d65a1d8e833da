"""What a reviewer sees beside each other: this quarter's text, the earlier round, last quarter's, and the other units'."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tasks.completeness import TEXT_FIELDS
from tasks.models import MeasureSummary, ProgressUpdate
from tasks.numbers import number_text, percent_text
from tasks.readings import reading_of, summary_of
from tasks.readpage import ReadPage
from tasks.rules import Progress, Status
from tasks.siblings import Sibling, siblings_of
from tasks.standing import as_issued
from tasks.textdiff import Piece, PieceKind, differences, new_side, old_side
from tasks.thread import TEXTS, Step, earlier_round


@dataclass(frozen=True)
class Row:
    """One field in three versions, the first two with what differs between them marked. None: no such version."""

    label: str
    current: list[Piece]
    earlier: list[Piece] | None
    previous: str | None

    @property
    def changed(self) -> bool:
        return any(piece.kind != PieceKind.SAME for piece in [*self.current, *(self.earlier or ())])


class ReviewPage(ReadPage):
    """One filing before a reviewer."""

    @cached_property
    def earlier(self) -> Step | None:
        """The round that was returned."""
        return earlier_round(self.steps)

    @cached_property
    def _past(self) -> list[ProgressUpdate]:
        """The unit's filings on this measure in earlier quarters of the plan, the latest first; one that is being amended
        as it was issued."""
        rows = list(
            ProgressUpdate.objects.visible_to(self.user)
            .earlier(self.update.assignment_id, self.period)
            .annotate_amending()
            .select_related("period__plan", "assignment__measure")
        )
        as_issued(rows)
        return rows

    @property
    def previous(self) -> ProgressUpdate | None:
        """The latest earlier quarter's filing that was handed in."""
        return self._past[0] if self._past else None

    @cached_property
    def previous_content(self) -> dict[str, Any] | None:
        return reading_of(self.previous, self.user) if self.previous else None

    @property
    def last_approved(self) -> ProgressUpdate | None:
        """The filing whose figures the unit last had approved."""
        return next((row for row in self._past if row.status == Status.APPROVED and not row.no_work), None)

    @cached_property
    def rows(self) -> list[Row]:
        """Field by field, those left out that no version fills."""
        earlier = self.earlier.content if self.earlier else None
        versions = [self.content, earlier or {}, self.previous_content or {}]
        rows = [
            self._row(label, *(_figure(name, version) for version in versions))
            for name, label in self._figure_labels
        ]
        rows += [self._row(TEXT_FIELDS[name], *(v.get(name, "") for v in versions)) for name in TEXTS]
        return [row for row in rows if row is not None]

    @property
    def _figure_labels(self) -> list[tuple[str, str]]:
        labels = [("self_status", "自评状态")]
        if self.is_terminal:
            labels.append(("percent", "完成比例"))
        if self.measure.indicator:
            labels.append(("indicator_value", self.measure.indicator))
        return labels

    def _row(self, label: str, current: str, earlier: str, previous: str) -> Row | None:
        if not (current or earlier or previous):
            return None
        last = previous if self.previous else None
        if self.earlier is None:
            return Row(label, [Piece(PieceKind.SAME, current)], None, last)
        pieces = differences(earlier, current)
        return Row(label, new_side(pieces), old_side(pieces), last)

    @cached_property
    def siblings(self) -> list[Sibling]:
        """The other units of the measure in the printed order."""
        return siblings_of(self.measure, self.period, self.user, but=[self.update.assignment_id])

    @property
    def lead(self) -> Sibling | None:
        """The confirmed lead, where it is another unit."""
        return next((row for row in self.siblings if row.is_lead), None)

    @cached_property
    def summary(self) -> MeasureSummary | None:
        """本措施总体进展 as the office wrote it."""
        return summary_of(self.measure, self.period)


def _figure(name: str, content: dict[str, Any]) -> str:
    """A figure as a person reads it; empty where the version has none."""
    if name == "self_status" and content.get("no_work"):
        return "无相关工作"
    value = content.get(name)
    if value in (None, "") or content.get("no_work"):
        return ""
    if name == "self_status":
        return str(Progress(value).label)
    return percent_text(value) if name == "percent" else number_text(value)
