"""The sheet 责任单位 of a workbook of ours: printed parties with whom they mean, and the duties under them."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping

from tasks.importing.parties import Party, split_parties
from tasks.importing.settings import Duty, LeadSettings, PartySettings
from tasks.models import AssignmentRole, Scope
from tasks.planbook import layout as at
from tasks.planbook.listing import ListedMeasure
from tasks.planbook.stated import NamedAt
from tasks.planbook.tables import MOST, TableRow


def measure_number(row: TableRow, measures: Container[int]) -> int | None:
    """措施序号 of a row; None, and said, where the list has no such measure."""
    number = row.number_of(at.NUMBER, 0, MOST, needed=True)
    if number is not None and number not in measures:
        row.say(f"“{at.LIST_SHEET}”表中没有措施{number}，本行未读入；请改正序号，或删去本行。", at.NUMBER)
        return None
    return number


def plain(text: str) -> str:
    """`text` without blanks, to compare wordings by."""
    return "".join(text.split())


class StatedParty:
    """A row of 责任单位: `lead`: the name of its unit that leads the measure."""

    def __init__(self, row: TableRow, printed: str, target: str, settings: PartySettings, lead: str) -> None:
        self.row, self.printed, self.target, self.settings, self.lead = row, printed, target, settings, lead


class PartiesReader:
    """`units`: names with duties, where they first stand."""

    def __init__(self, measures: Mapping[int, ListedMeasure]) -> None:
        self.measures = measures
        self.units: dict[str, NamedAt] = {}

    def read(self, table: Iterable[TableRow]) -> dict[int, list[StatedParty]]:
        """Number of the measure → its parties in order; measures without rows have none."""
        rows: dict[int, dict[int, list[TableRow]]] = defaultdict(lambda: defaultdict(list))
        for row in table:
            number = measure_number(row, self.measures)
            order = row.number_of(at.ORDER, 0, MOST, needed=True)
            if number is not None and order is not None:
                rows[number][order].append(row)
        found = {}
        for number, by_order in rows.items():
            units: set[str] = set()
            parties = [self._party(group, units) for _order, group in sorted(by_order.items())]
            found[number] = [party for party in parties if party is not None]
            _agree(self.measures[number], found[number])
            _one_lead(number, found[number])
        return found

    def _party(self, rows: list[TableRow], units: set[str]) -> StatedParty | None:
        row = next((row for row in rows if row.text(at.PRINTED)), None)
        if row is not None and row.word(at.PRINTED) == at.NOBODY and not row.text(at.SCOPE):
            return None
        if row is None:
            rows[0].say("印发原文未填，本行未读入。", at.PRINTED)
            return None
        for other in rows:
            for column in (at.PRINTED, at.SCOPE, at.TARGET, at.OPEN, at.PARTY_FROM):
                if other.text(column) and other.text(column) != row.text(column):
                    other.say(
                        f"与第{row.number}行的措施序号和次序相同，“{column.head}”却不同，以第{row.number}行为准。"
                        "不同的责任主体请用不同的次序。",
                        column,
                    )
        scope = row.choice(at.SCOPE, [(str(one), str(one.label)) for one in Scope], "")
        target = row.word(at.TARGET)
        if scope and scope != Scope.NOTE and not target:
            row.say(f"所指为{Scope(scope).label}，请填写单位或单位组的名称。", at.TARGET)
        is_open = row.is_true(at.OPEN) if row.word(at.OPEN) else None
        duties = self._duties(rows, units)
        return StatedParty(
            row,
            row.text(at.PRINTED),
            target,
            PartySettings(
                scope=scope,
                is_open=is_open,
                first_quarter=row.number_of(at.PARTY_FROM, 1, 4, 1) or 1,
                duties=None if duties is None else tuple(duty for duty, _role in duties),
            ),
            next((duty.unit for duty, role in duties or () if role == AssignmentRole.LEAD), ""),
        )

    def _duties(self, rows: list[TableRow], units: set[str]) -> list[tuple[Duty, str]] | None:
        """The duties of one party with their roles; None where the workbook leaves them to its scope."""
        named = [(row, row.word(at.DUTY_UNIT)) for row in rows if row.word(at.DUTY_UNIT)]
        if not named:
            return None
        duties: list[tuple[Duty, str]] = []
        roles = [(str(role), str(role.label)) for role in AssignmentRole]
        for row, name in named:
            if name == at.NOBODY:
                if len(named) > 1:
                    row.say(f"填了“{at.NOBODY}”，又填了承担单位，请删去其一。", at.DUTY_UNIT)
                continue
            if name in units:
                row.say(f"“{name}”在本措施中重复，只读入第一处。", at.DUTY_UNIT)
                continue
            units.add(name)
            self.units.setdefault(name, NamedAt(name, row.place(at.DUTY_UNIT), at.DUTY_UNIT.head))
            first = row.number_of(at.DUTY_FROM, 1, 4, 1) or 1
            last = row.number_of(at.DUTY_TO, 0, 4, 4)
            last = 4 if last is None else last
            if 0 < last < first:
                row.say("终止季度早于起始季度，请改正。", at.DUTY_TO)
                last = first
            role = row.choice(at.ROLE, roles, str(AssignmentRole.SUPPORT))
            duties.append((Duty(name, first, last), role))
        return duties


def _one_lead(number: int, parties: list[StatedParty]) -> None:
    leads = [party for party in parties if party.lead]
    for party in leads[1:]:
        party.row.say(f"措施{number}有两个牵头单位，以“{leads[0].lead}”为准。", at.ROLE)


def _agree(measure: ListedMeasure, parties: list[StatedParty]) -> None:
    """That the list and the table of parties name the same."""
    cell = plain(measure.units_text)
    strange = [party for party in parties if plain(party.printed) not in cell]
    for party in strange:
        party.row.say(
            f"清单中措施{measure.number}的责任单位没有“{party.printed[:40]}”，两处请改一致；现按本表读入。",
            at.PRINTED,
        )
    stated = {plain(party.printed) for party in parties}
    missing = [
        party.printed
        for party in split_parties(measure.units_text)
        if party.kind == "party" and not any(plain(party.printed) in text for text in stated)
    ]
    if missing:
        measure.row.say(
            f"责任单位“{'、'.join(missing)[:60]}”在“{at.PARTIES_SHEET}”表中没有，请补上；"
            f"或删去该表中措施{measure.number}的全部行，按清单文字重新识别。",
            at.UNITS,
        )


def as_parties(measure: ListedMeasure, parties: list[StatedParty] | None) -> tuple[Party, ...]:
    """The parties as every reader gives them; of a measure without rows, as its cell reads."""
    if parties is None:
        return tuple(split_parties(measure.units_text))
    return tuple(
        Party(
            party.printed,
            "lead" if party.lead else "support",
            "note" if party.settings.scope == Scope.NOTE else "party",
            is_stated=True,
            means=party.target,
        )
        for party in parties
    )


def lead_of(parties: list[StatedParty], *, confirmed: bool) -> LeadSettings | None:
    """Who leads. Where some duties are left to their scopes and nobody is named, the convention decides."""
    lead = next((party.lead for party in parties if party.lead), "")
    is_told = lead or confirmed or (parties and all(party.settings.duties is not None for party in parties))
    return LeadSettings(lead, confirmed) if is_told else None
