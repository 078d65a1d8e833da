"""The plan's text with its demands marked, and where text and list of measures do not meet."""

from collections import defaultdict
from dataclasses import dataclass

from reports.figures_types import MeasureFigures, PlanFigures
from tasks.models import DemandLink, Measure, Plan, PlanDemand, PlanSection


@dataclass(frozen=True)
class LinkedMeasure:
    """A measure that carries a demand out; `confirmed`: the office has checked it. `figures`: as the quarter has it."""

    number: int
    confirmed: bool
    figures: MeasureFigures | None


@dataclass(frozen=True)
class Demand:
    """正文要求 with its section's heading."""

    pk: int
    text: str
    section: PlanSection
    measures: list[LinkedMeasure]


@dataclass(frozen=True)
class Piece:
    """A run of a section's text; `demand` where it is one."""

    text: str
    demand: Demand | None = None


@dataclass(frozen=True)
class Section:
    """A section, its text as paragraphs of pieces. `unplaced`: demands whose words no longer stand in it."""

    section: PlanSection
    paragraphs: list[list[Piece]]
    unplaced: list[Demand]


@dataclass(frozen=True)
class TextPage:
    """The whole text. `uncovered`: 正文有要求、清单无对应措施; `unasked`: 清单有措施、正文无对应;
    `partly`: measures of which only a part (`unasked_part`) is in no demand.
    """

    plan: Plan
    sections: list[Section]
    uncovered: list[Demand]
    unasked: list[MeasureFigures]
    partly: list[Measure]
    unconfirmed: int

    @property
    def demand_count(self) -> int:
        return sum(
            len(row.unplaced) + sum(piece.demand is not None for line in row.paragraphs for piece in line)
            for row in self.sections
        )


def text_page(plan: Plan, figures: PlanFigures) -> TextPage:
    """The text as it is now with the figures of a quarter beside it, from four queries."""
    rows = {row.number: row for row in figures.measures}
    links: dict[int, list[LinkedMeasure]] = defaultdict(list)
    for link in (
        DemandLink.objects.filter(demand__section__plan=plan)
        .select_related("measure")
        .order_by("measure__number")
    ):
        number = link.measure.number
        links[link.demand_id].append(LinkedMeasure(number, link.confirmed, rows.get(number)))
    demands: dict[int, list[PlanDemand]] = defaultdict(list)
    for demand in PlanDemand.objects.filter(section__plan=plan).order_by("order"):
        demands[demand.section_id].append(demand)

    sections = []
    known: list[Demand] = []
    for section in PlanSection.objects.filter(plan=plan).order_by("order"):
        own = [Demand(row.pk, row.text, section, links[row.pk]) for row in demands[section.pk]]
        known += own
        paragraphs, unplaced = _place(section.text, own)
        sections.append(Section(section, paragraphs, unplaced))
    asked = {measure.number for demand in known for measure in demand.measures}
    return TextPage(
        plan=plan,
        sections=sections,
        uncovered=[demand for demand in known if not demand.measures],
        unasked=[row for row in figures.measures if row.number not in asked],
        partly=[
            row
            for row in Measure.objects.filter(plan=plan).exclude(unasked_part="").order_by("number")
            if row.number in asked and row.number in rows
        ],
        unconfirmed=sum(not measure.confirmed for demand in known for measure in demand.measures),
    )


def _place(text: str, demands: list[Demand]) -> tuple[list[list[Piece]], list[Demand]]:
    """Cut `text` at its demands, each found after the one before it; those not found come back apart."""
    waiting = list(demands)
    paragraphs: list[list[Piece]] = []
    for line in text.splitlines():
        pieces: list[Piece] = []
        cursor = 0
        while waiting:
            found = [(line.find(demand.text, cursor), place) for place, demand in enumerate(waiting)]
            starts = [row for row in found if row[0] >= 0]
            if not starts:
                break
            start, place = min(starts)
            demand = waiting.pop(place)
            if start > cursor:
                pieces.append(Piece(line[cursor:start]))
            pieces.append(Piece(demand.text, demand))
            cursor = start + len(demand.text)
        if line[cursor:]:
            pieces.append(Piece(line[cursor:]))
        if pieces:
            paragraphs.append(pieces)
    return paragraphs, waiting
