"""What follows from a measure's words where nobody has said it: its kind, its deadline's kind, its lead. Proposals, but for a stated lead."""

import re

from tasks.importing.deadlines import Deadline
from tasks.importing.resolve import ResolvedMeasure
from tasks.importing.settings import NO_SETTINGS, LeadSettings, MeasureSettings
from tasks.models import DeadlineKind
from tasks.rules import Kind

# What is done once and then is there; and what goes on, whatever else the sentence says.
_ENDS = re.compile(
    r"完成|建成|编制|出台|制定|制订|印发|竣工|投用|投入使用|验收|销号|达到|达标率|利用率|不低于|不少于|提升改造|旧小区改造"
)
_GOES_ON = re.compile(
    r"持续|常态|长效|长期|日常|经常|定期|加强|强化|严格|严把|巩固|深化|推行|推广|宣传|监管|全面落实"
)


def deadline_kind(text: str, deadline: Deadline) -> DeadlineKind:
    """How a printed deadline is kept: one that is not there differs from one that nobody can read."""
    return DeadlineKind(deadline.kind) if text or deadline.kind != "unknown" else DeadlineKind.NONE


def proposed_kind(text: str, deadline: Deadline) -> Kind:
    """Whether a measure has an end, as far as deadline and wording tell: a proposal, 待核实.

    A day within the year ends it; one at the year's end stands beside everything and tells nothing. Words that go on (持续, 加强)
    count for the clause that begins the measure, where it says what the rest is about.
    """
    if deadline.kind == "ongoing":
        return Kind.ONGOING
    if deadline.kind == "date" and deadline.ends and (deadline.ends.month, deadline.ends.day) != (12, 31):
        return Kind.TERMINAL
    clause = re.split("[，。；;,]", text, maxsplit=1)[0]
    if _GOES_ON.search(clause) or not _ENDS.search(text):
        return Kind.ONGOING
    return Kind.TERMINAL


def lead_of(measure: ResolvedMeasure, own: MeasureSettings = NO_SETTINGS) -> LeadSettings:
    """Who leads, by the code of its target: as set, as the document states, or the first printed party where it is a single unit.

    One unit that is said to lead does so. Of several the first is only proposed, and so is the convention. A group never leads.
    """
    if own.lead is not None:
        return own.lead
    parties = [party for party in measure.parties if party.party.kind == "party"]
    if any(party.party.is_stated for party in parties):
        leads = [
            target
            for party in parties
            if party.party.role == "lead" and (target := party.resolution.target) is not None
        ]
        units = list(dict.fromkeys(target.code for target in leads if target.kind == "unit"))
        alone = len(units) == 1 and all(target.kind == "unit" for target in leads)
        return LeadSettings(units[0] if units else "", alone)
    first = measure.parties[0].resolution.target if measure.parties else None
    return LeadSettings(first.code if first is not None and first.kind == "unit" else "", False)
