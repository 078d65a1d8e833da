"""Title and text of a bulletin, put together."""

from dataclasses import dataclass

from reports.blocks import Block, plain
from reports.filings import QuarterTexts
from reports.reading import Course
from reports.words.ahead import ahead
from reports.words.behind import behind
from reports.words.opening import opening, title_for
from reports.words.overall import overall
from reports.words.progress import progress
from reports.words.reporting import reporting
from reports.words.text import KeyedBlock, Text


@dataclass(frozen=True)
class Words:
    """`title` may hold a line end where it should break; `blocks` as Bulletin.generated keeps them."""

    title: str
    blocks: list[KeyedBlock]

    @property
    def body(self) -> list[Block]:
        """As Bulletin.body keeps it."""
        return plain(self.blocks)


def draft_words(course: Course, texts: QuarterTexts) -> Words:
    """The text for the last quarter of `course`; `texts`: what is approved of it.

    An edition that corrects stands under a paragraph of its own, which is no part of this: see amended.Correction.
    """
    figures = course.current
    text = Text()
    opening(text, figures)
    overall(text, course)
    progress(text, course, texts)
    behind(text, figures, texts)
    reporting(text, figures)
    ahead(text, figures, texts)
    return Words(title_for(figures), text.blocks)
