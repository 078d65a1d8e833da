"""What pages say of a quarter's editions: the table 版次, the correction under way, and what it may name."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.db.models.fields.json import KT

from reports.figures_types import DutyFigures, MeasureFigures
from reports.models import Bulletin, BulletinFile
from reports.reading import figures_for
from tasks.models import Amendment, Measure, ProgressUpdate, ReportingPeriod
from tasks.numbers import percent_text
from tasks.rules import AMENDABLE, Kind
from tasks.services.amendments import is_touched, reopenings
from units.models import User


@dataclass(frozen=True)
class EditionRow:
    """One issued edition. `reason` and `corrected` ({"measure", "unit"}) are empty for a first one; `later`: what
    superseded it, None for the one that counts."""

    bulletin: Bulletin
    plan_title: str
    issuer: str
    reason: str
    corrected: list[dict[str, Any]]
    files: list[BulletinFile]
    later: "EditionRow | None"

    @property
    def number(self) -> int:
        return self.bulletin.edition


def editions_of(period: ReportingPeriod) -> list[EditionRow]:
    """The issued editions, the one that counts first; two queries, and no document is loaded."""
    bulletins = (
        Bulletin.objects.issued()
        .filter(period=period)
        .defer("data", "body", "generated")
        .annotate(about=F("data__edition"), issuer=KT("data__issued__by"), plan_title=KT("data__plan__title"))
        .order_by("-edition")
    )
    found = list(bulletins)
    files: dict[int, list[BulletinFile]] = {bulletin.pk: [] for bulletin in found}
    for file in BulletinFile.objects.in_order().filter(bulletin__in=found):
        files[file.bulletin_id].append(file)
    rows: list[EditionRow] = []
    for bulletin in found:
        about = bulletin.about or {}
        rows.append(
            EditionRow(
                bulletin=bulletin,
                plan_title=bulletin.plan_title or "",
                issuer=bulletin.issuer or "",
                reason=about.get("reason", ""),
                corrected=about.get("corrected", []),
                files=files[bulletin.pk],
                later=rows[-1] if rows else None,
            )
        )
    return rows


@dataclass
class OpenCorrection:
    """A correction under way, as the office sees it on the bulletin's page."""

    amendment: Amendment

    @cached_property
    def updates(self) -> list[ProgressUpdate]:
        """The named filings as they stand, in the plan's order."""
        return list(
            self.amendment.updates.select_related(
                "assignment__measure", "assignment__unit", "period"
            ).order_by("assignment__measure__number", "assignment__unit__kind", "assignment__unit__order")
        )

    @cached_property
    def touched(self) -> list[ProgressUpdate]:
        """Those that have been changed since: while there is none, the correction may be given up."""
        changes = reopenings(self.amendment)
        return [update for update in self.updates if is_touched(update, changes[update.pk])]


def correction_under_way(period: ReportingPeriod) -> OpenCorrection | None:
    if not period.is_issued:
        return None
    found = Amendment.objects.open().filter(period=period).select_related("opened_by", "period").first()
    return OpenCorrection(found) if found else None


@dataclass(frozen=True)
class Choice:
    """A filing that a correction may name. `issued`: its measure and duty as they were issued; `has_part`: the person may
    not reopen it."""

    update: ProgressUpdate
    issued: tuple[MeasureFigures, DutyFigures] | None

    @property
    def measure(self) -> Measure:
        return self.update.assignment.measure

    @property
    def unit_name(self) -> str:
        return self.issued[1].unit_name if self.issued else self.update.assignment.unit.name

    @property
    def progress(self) -> str:
        """按序时推进; of a measure with an end its percent, too."""
        if self.issued is None:
            return ""
        measure, duty = self.issued
        ended = measure.kind == Kind.TERMINAL and duty.figure.percent is not None
        return f"{duty.figure.label} {percent_text(duty.figure.percent)}" if ended else duty.figure.label

    @property
    def has_part(self) -> bool:
        return bool(self.update.has_part)  # type: ignore[attr-defined]


def choices_of(period: ReportingPeriod, user: User, now: datetime) -> list[Choice]:
    """The quarter's filings that were handed in, by measure, the units in official order."""
    issued = {
        duty.assignment_id: (row, duty) for row in figures_for(period, now).measures for duty in row.duties
    }
    updates = (
        ProgressUpdate.objects.filter(period=period, status__in=AMENDABLE)
        .select_related("assignment__measure", "assignment__unit")
        .annotate(has_part=Exists(ProgressUpdate.objects.filter(pk=OuterRef("pk")).touched_by(user)))
        .order_by("assignment__measure__number", "assignment__unit__kind", "assignment__unit__order", "pk")
    )
    return [Choice(update, issued.get(update.assignment_id)) for update in updates]
