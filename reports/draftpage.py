"""What the office sees of a draft besides its words: what changed in the data since, and what cannot be printed."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from reports.blocks import plain
from reports.document import build_document, unprintable_in
from reports.filings import QuarterTexts
from reports.models import Bulletin
from reports.reading import Course
from reports.sentences import Change, changes, fingerprint
from reports.services.drafts import course_to_issue, texts_to_issue, undecided_key, undecided_updates
from reports.words import draft_words
from tasks.models import ProgressUpdate, ReportingPeriod
from tasks.textdiff import Piece, differences


@dataclass(frozen=True)
class Offer(Change):
    """A change with the pieces that differ."""

    @property
    def pieces(self) -> list[Piece]:
        return differences(self.old, self.new)


@dataclass
class DraftPage:
    bulletin: Bulletin
    period: ReportingPeriod
    now: datetime

    @cached_property
    def course(self) -> Course:
        return course_to_issue(self.period, self.now)

    @cached_property
    def document(self) -> dict[str, Any]:
        return build_document(self.bulletin, self.period, self.course, at=self.now, texts=self.texts)

    @cached_property
    def strange(self) -> list[tuple[str, list[str]]]:
        """(place, characters) that no font prints."""
        return [
            (place, [char if char.isprintable() else f"U+{ord(char):04X}" for char in characters])
            for place, characters in unprintable_in(self.document)
        ]

    @cached_property
    def texts(self) -> QuarterTexts:
        return texts_to_issue(self.period)

    @cached_property
    def changed(self) -> list[Change]:
        """The sentences that would read otherwise if the text were written from the data now."""
        fresh = draft_words(self.course, self.texts).blocks
        return changes(self.bulletin.body, self.bulletin.generated, fresh)

    @property
    def on_offer(self) -> list["Offer"]:
        """What can be adopted: the office has left it alone."""
        return [
            Offer(change.key, change.old, change.new, change.manual)
            for change in self.changed
            if not change.manual
        ]

    @property
    def by_hand(self) -> list[Change]:
        """What the office has written otherwise itself, and must look at itself."""
        return [change for change in self.changed if change.manual]

    @property
    def seen(self) -> str:
        return fingerprint(self.changed)

    @property
    def is_edited(self) -> bool:
        """Whether the office has changed the text since it was written from the figures."""
        return bool(self.bulletin.body != plain(self.bulletin.generated))

    @cached_property
    def undecided(self) -> list[ProgressUpdate]:
        return undecided_updates(self.period)

    @property
    def undecided_key(self) -> str:
        return undecided_key(self.undecided)
