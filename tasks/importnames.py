"""Printed names on 计划导入: how their states are told, what is proposed for each, and what the import will do about it."""

from dataclasses import dataclass

from tasks.forms.imports import ChoiceForm
from tasks.importing.choices import LONGEST
from tasks.importing.doubts import NameRow, NameState
from tasks.importing.resolve import ResolvedParty
from tasks.models import Scope
from units.models import UnitKind
from units.names import clean_name

_KIND_NAMES = {"unit": "单位", "group": "单位组"}
_KIND_ENDINGS = (
    (UnitKind.STREET, ("街道", "街道办", "街道办事处", "镇", "乡", "镇政府", "乡政府")),
    (UnitKind.BRANCH, ("分局",)),
    (
        UnitKind.PARTY,
        ("宣传部", "组织部", "统战部", "政法委", "编办", "网信办", "党校", "区委", "市委", "县委"),
    ),
    (UnitKind.INSTITUTION, ("中心", "公司", "集团", "医院", "学校", "站", "所", "院")),
)


@dataclass(frozen=True)
class Mark:
    """How a state of a name is told: a word, a sign and a colour."""

    label: str
    sign: str
    css: str


MARKS: dict[NameState, Mark] = {
    "known": Mark("已识别", "✓", "tag-approved"),
    "normal": Mark("已识别", "✓", "tag-approved"),
    "chosen": Mark("已认定", "✓", "tag-accent"),
    "suggested": Mark("建议", "?", "tag-warn"),
    "unknown": Mark("未识别", "!", "tag-late"),
}
NOTE = Mark("附注", "○", "tag-draft")
# A choice that cannot stand any more.
_CONFLICT = Mark("认定有误", "!", "tag-late")
LEGEND = (*dict.fromkeys(MARKS.values()), NOTE)


@dataclass(frozen=True)
class SuggestionButton:
    """`value`: what `ChoiceForm.pick` takes. `why`: the name by which it was found."""

    value: str
    name: str
    why: str


@dataclass(frozen=True)
class PlaceLink:
    """A measure that prints the name, and the address of its place in the list."""

    number: int
    url: str


@dataclass(frozen=True)
class NameLine:
    """A printed name with what it means and the ways to say so. `refused`: the form that was not taken, where it is of this name."""

    row: NameRow
    anchor: str
    places: tuple[PlaceLink, ...]
    more_places: int
    refused: ChoiceForm | None = None

    @property
    def printed(self) -> str:
        return self.row.printed

    @property
    def mark(self) -> Mark:
        if self.row.conflict:
            return _CONFLICT
        return NOTE if self.row.is_note and not self.is_chosen else MARKS[self.row.state]

    @property
    def is_chosen(self) -> bool:
        return self.row.choice is not None

    @property
    def is_open(self) -> bool:
        return not self.row.is_settled

    @property
    def meaning(self) -> str:
        """Whom it means, where that is settled."""
        row = self.row
        if row.choice and row.choice.kind == "note":
            return "附注"
        if row.is_note or row.target is None or not row.is_settled:
            return ""
        return f"{row.target.name}（单位组）" if row.target.kind == "group" else row.target.name

    @property
    def effect(self) -> str:
        """What the import will do about it."""
        row, choice = self.row, self.row.choice
        if not row.is_settled:
            return ""
        if choice is not None and choice.kind == "note":
            return "照原文保留，不落实到单位"
        if choice is not None and choice.kind == "new_unit":
            done = f"导入时新建单位（{UnitKind(choice.unit_kind or UnitKind.GOVERNMENT).label}）"
        elif choice is not None and choice.kind == "new_group":
            done = "导入时新建单位组，成员在导入后登记"
        elif learns_name(row):
            done = "导入时登记为别名"
        else:
            done = ""
        if row.scope in (Scope.SUBSET, Scope.OTHERS) and row.is_open:
            done = f"{done}；具体单位在导入后确认" if done else "具体单位在导入后确认"
        return done

    @property
    def suggestions(self) -> list[SuggestionButton]:
        return [
            SuggestionButton(
                f"{found.target.kind}:{found.target.code}",
                found.target.name,
                f"与{_KIND_NAMES[found.target.kind]}名称“{found.alias}”相近",
            )
            for found in self.row.suggestions
        ]

    @property
    def new_name(self) -> str:
        return clean_name(self.printed)

    @property
    def new_kind(self) -> UnitKind:
        return likely_kind(self.new_name)

    @property
    def fits_unit(self) -> bool:
        return len(self.new_name) <= LONGEST["new_unit"]

    @property
    def fits_group(self) -> bool:
        return len(self.new_name) <= LONGEST["new_group"]


@dataclass(frozen=True)
class PartyMark:
    """A party in the list. `name`: the printed wording, and whom it means where that is called otherwise."""

    mark: Mark
    name: str
    is_lead: bool


def learns_name(row: NameRow) -> bool:
    """Whether the import registers the printed name as one of its owner's."""
    if row.target is None or row.is_note or not row.is_settled:
        return False
    if row.choice is None:
        return row.state == "normal"
    return row.choice.kind != "note" and clean_name(row.printed) != row.target.name


def likely_kind(name: str) -> UnitKind:
    """The kind of unit that a name speaks of: a proposal, which the button names."""
    return next((kind for kind, endings in _KIND_ENDINGS if name.endswith(endings)), UnitKind.GOVERNMENT)


def party_mark(party: ResolvedParty, chosen: frozenset[str]) -> PartyMark:
    """`chosen`: printed names that a person has decided on."""
    printed, target = party.party.printed, party.resolution.target
    if party.party.kind == "note":
        return PartyMark(NOTE, printed, False)
    state: NameState
    if party.is_settled:
        state = "chosen" if printed in chosen else "known"
    else:
        state = "suggested" if party.resolution.suggestions else "unknown"
    name = printed if target is None or target.name == printed else f"{printed} → {target.name}"
    return PartyMark(MARKS[state], name, party.party.role == "lead")
