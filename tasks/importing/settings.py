"""What a plan carries beyond its printed text, measure by measure: kinds, 序时进度, indicators, leads, and who was named for open parties.

Two sources fill it: last year's plan (`tasks.importing.carrying`) and the workbook that a plan was exported to. Pure. What is
left at its default is worked out from the document, as it is for a plan that nobody has seen before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tasks.rules import RED_FROM, YELLOW_FROM


@dataclass(frozen=True, slots=True)
class Duty:
    """A unit's duty from quarter to quarter (1–4, included; `last_quarter` 0: ended altogether)."""

    unit: str
    first_quarter: int = 1
    last_quarter: int = 4


@dataclass(frozen=True, slots=True)
class PartySettings:
    """Of one printed party. `scope`: a `Scope` to take in the place of the wording's, "" for that.

    `is_open` None: as the wording says. `duties` None: as the scope says (the unit itself, the group's members of the year, nobody);
    else exactly these, by unit code. Duties of a unit that another party of the measure holds already are passed over.
    """

    scope: str = ""
    is_open: bool | None = None
    first_quarter: int = 1
    duties: tuple[Duty, ...] | None = None


@dataclass(frozen=True, slots=True)
class LeadSettings:
    """Who leads, by unit code ("" : nobody), and whether the office has confirmed that."""

    unit: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """Of one measure. `kind` "": proposed from deadline and wording, 待核实. `parties`: place of the printed party in its cell, from 1.

    `lead` None: as the document states, or the convention. `unasked_part` counts only where it stands in the measure's text word for
    word. `continues`: primary key of last year's measure.
    """

    kind: str = ""
    kind_confirmed: bool = False
    expected: tuple[int | None, int | None, int | None, int | None] = (None, None, None, None)
    indicator: str = ""
    indicator_unit: str = ""
    indicator_target: Decimal | None = None
    unasked_part: str = ""
    lead: LeadSettings | None = None
    parties: Mapping[int, PartySettings] = field(default_factory=dict)
    continues: int | None = None


@dataclass(frozen=True, slots=True)
class DemandSettings:
    """A demand that the plan's text makes in a section (by its place, from 1). `links`: number of a measure that carries it out, and
    whether that is confirmed."""

    section: int
    text: str
    links: tuple[tuple[int, bool], ...]


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """Of the plan. `measures`: number of the measure → its settings; one that is not there has none."""

    yellow_from: int = YELLOW_FROM
    red_from: int = RED_FROM
    measures: Mapping[int, MeasureSettings] = field(default_factory=dict)
    demands: tuple[DemandSettings, ...] = ()


NO_SETTINGS = MeasureSettings()
NOTHING_SET = PlanSettings()
