"""What a comparison of a filled-in 季度填报表 with what stands has found: rows, their changes and faults."""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.utils import timezone

from tasks.filingbook.layout import BY_KEY, FilingKey
from tasks.filingpage import FilingPage
from tasks.models import Assignment, FilingUpload
from tasks.readings import reads_live
from tasks.rules import Status, is_past_due
from tasks.textdiff import Piece, differences, new_side, old_side


class State(StrEnum):
    """What becomes of a row."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    CONFLICT = "conflict"
    CLOSED = "closed"


@dataclass(frozen=True)
class Change:
    """A field that the sheet wants otherwise than it stands. `old` is empty, too, where the person may not read it.

    `fault`: why what the cell says is not taken; empty where it is.
    """

    name: str
    label: str
    old: str
    new: str
    fault: str = ""

    @property
    def is_cleared(self) -> bool:
        return bool(self.old) and not self.new

    @cached_property
    def _pieces(self) -> list[Piece]:
        return differences(self.old, self.new)

    @property
    def old_pieces(self) -> list[Piece]:
        return old_side(self._pieces)

    @property
    def new_pieces(self) -> list[Piece]:
        return new_side(self._pieces)


@dataclass(frozen=True)
class CellFault:
    """`column`: key of the Column whose cell it is, None where it is about the row."""

    message: str
    column: str | None = None

    @property
    def label(self) -> str:
        return BY_KEY[self.column].head if self.column in BY_KEY else ""


@dataclass
class ComparedRow:
    """`values`: what is to be written (field → value), on `base_version`. `missing`: field → what keeps it from being submitted."""

    row: int
    key: FilingKey | None
    page: FilingPage | None
    state: State
    changes: list[Change] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    # As the form on the screen would carry it, to go on there.
    typed: dict[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Of the measure; 0 for a row that is of no filing of the unit."""
        return self.page.assignment.measure.number if self.page else 0

    @property
    def row_faults(self) -> list[CellFault]:
        """What is not told beside a cell that is shown."""
        shown_beside = {change.name for change in self.changes if change.fault}
        return [fault for fault in self.faults if fault.column not in shown_beside]

    @property
    def base_version(self) -> int:
        return self.page.version if self.page else 0

    @property
    def why_conflict(self) -> str:
        """That the filing was changed online, and by whom."""
        return changed_by(self.page) if self.page else ""

    @property
    def mark(self) -> str:
        """How the preview names the row together with the state of the filing that it showed."""
        return f"{self.row}-{self.base_version}"

    @property
    def may_submit(self) -> bool:
        return self.state == State.CHANGED and not self.missing

    @property
    def is_ready(self) -> bool:
        """A draft that says the same as the sheet, is complete, and was not handed in."""
        page = self.page
        return (
            self.state == State.UNCHANGED
            and not self.missing
            and not self.notes
            and page is not None
            and page.can_write
            and page.update is not None
            and page.update.status == Status.DRAFT
            and page.version > 0
        )


@dataclass
class Comparison:
    """`faults`: (row or None, text) of the file, where they belong to no row of a filing. `absent`: duties that the file has no row for."""

    upload: FilingUpload
    rows: list[ComparedRow]
    faults: list[tuple[int | None, str]]
    absent: list[Assignment]

    def _with(self, *states: State) -> list[ComparedRow]:
        return [row for row in self.rows if row.state in states]

    @property
    def changed(self) -> list[ComparedRow]:
        return self._with(State.CHANGED)

    @property
    def unchanged(self) -> list[ComparedRow]:
        return self._with(State.UNCHANGED)

    @property
    def refused(self) -> list[ComparedRow]:
        return self._with(State.REFUSED, State.CLOSED)

    @property
    def conflicts(self) -> list[ComparedRow]:
        return self._with(State.CONFLICT)

    @property
    def ready(self) -> list[ComparedRow]:
        return [row for row in self.rows if row.is_ready]

    @property
    def outdated(self) -> list[ComparedRow]:
        """Untouched rows with something to say: their filings were changed online."""
        return [row for row in self.unchanged if row.notes]

    @property
    def is_late(self) -> bool:
        """Whether something that was never handed in before would be marked 逾期报送."""
        is_first = any(
            row.page.update is None or row.page.update.first_submitted_at is None
            for row in (*self.changed, *self.ready)
            if row.page
        )
        return is_first and is_past_due(self.upload.period.due_on, timezone.now())

    @property
    def has_faults(self) -> bool:
        """Whether there is anything to mark in the file."""
        return bool(self.faults or self.refused or self.conflicts or any(row.missing for row in self.changed))

    @property
    def submittable(self) -> int:
        return sum(row.may_submit for row in self.rows)

    def find(self, mark: str) -> ComparedRow | None:
        """The row that the preview called so, if its filing still stands as it was shown."""
        return next((row for row in self.rows if row.mark == mark), None)


def changed_by(page: FilingPage) -> str:
    """线上已由张敏于4月3日 10:20 修改. Who and when only for whoever reads the filing as it stands."""
    update = page.update
    if update is None:
        return "线上内容已被清除"
    if page.is_hidden or not reads_live(update, page.user) or not update.written_by or not update.written_at:
        return "线上已有改动"
    at = timezone.localtime(update.written_at)
    return f"线上已由{update.written_by.name}于{at.month}月{at.day}日 {at:%H:%M} 修改"
