"""Figures in the text stay tied to the data: which generated sentences the data would now write otherwise, and putting
the new ones in without touching a word that the office wrote.

Three texts take part: `generated` as it was written from the data, `fresh` as the data would write it now (both keyed
blocks, see words.text), and the body as the office left it. A generated sentence stands in the body where the body says it
word for word and in its order; every other sentence of the body is the office's own.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from reports.blocks import Block
from reports.words.prose import split_sentences
from reports.words.text import KeyedBlock

_LEVELS = {"h1": 1, "h2": 2}


@dataclass(frozen=True)
class Change:
    """A sentence that reads otherwise now. `old` empty: it is new; `new` empty: nothing needs it any more.

    `manual`: the office rewrote, moved or deleted it, so that it is shown and never put in.
    """

    key: str
    old: str
    new: str
    manual: bool

    @property
    def moved(self) -> bool:
        return self.old == self.new


@dataclass
class _Piece:
    key: str | None
    text: str


@dataclass
class _Row:
    """A block on its way. `block`: the generated block's key, empty for one of the body."""

    kind: str
    pieces: list[_Piece]
    block: str = ""

    @property
    def level(self) -> int:
        return _LEVELS.get(self.kind, 3)

    @property
    def is_own(self) -> bool:
        """Whether nothing in it was generated."""
        return all(piece.key is None for piece in self.pieces)


@dataclass(frozen=True)
class _Place:
    """Where a sentence stands in a keyed text."""

    text: str
    kind: str
    block: str
    section: str


@dataclass
class _Comparison:
    old: dict[str, _Place]
    new: dict[str, _Place]
    # Keys that both texts have, in the same block and the same order.
    kept: set[str] = field(default_factory=set)
    # All keys, in the order of the new text, the vanished ones where they stood.
    order: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, generated: Sequence[KeyedBlock], fresh: Sequence[KeyedBlock]) -> "_Comparison":
        found = cls(_places(generated), _places(fresh))
        before = [(key, place.block) for key, place in found.old.items()]
        after = [(key, place.block) for key, place in found.new.items()]
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        for tag, start, end, new_start, new_end in matcher.get_opcodes():
            if tag == "equal":
                found.kept.update(key for key, _ in before[start:end])
            else:
                found.order += [key for key, _ in before[start:end] if key not in found.new]
            found.order += [key for key, _ in after[new_start:new_end]]
        return found


def changes(
    body: Sequence[Block], generated: Sequence[KeyedBlock], fresh: Sequence[KeyedBlock]
) -> list[Change]:
    """What the data would now write otherwise, in reading order."""
    if generated == fresh:
        return []
    found = _Comparison.of(generated, fresh)
    rows = _rows_of_body(body, generated)
    standing = {piece.key for row in rows for piece in row.pieces if piece.key}
    held = _headings_with_own_words(rows)
    told = []
    for key in found.order:
        old, new = found.old.get(key), found.new.get(key)
        if key in found.kept and old and new and old.text == new.text:
            continue
        if old:
            # A heading is not pulled away from over the office's own words.
            manual = key not in standing or (key in held and key not in found.kept)
        else:
            manual = new is not None and _was_removed(new, found, standing)
        told.append(Change(key, old.text if old else "", new.text if new else "", manual))
    return told


def fingerprint(told: Sequence[Change]) -> str:
    """What a person saw of the changes: other data give another text, what they typed beside it does not."""
    listed = [[change.key, change.old, change.new] for change in told]
    return hashlib.sha256(json.dumps(listed, ensure_ascii=False).encode()).hexdigest()[:16]


def adopted(
    body: Sequence[Block],
    generated: Sequence[KeyedBlock],
    fresh: Sequence[KeyedBlock],
    keys: Collection[str],
) -> tuple[list[Block], list[KeyedBlock]]:
    """(body, generated) with the sentences of `keys` as `fresh` has them.

    In the body only those are put in that the office has left alone; `generated` takes all of them, so that one that the
    office has dealt with by hand is not told again.
    """
    found = _Comparison.of(generated, fresh)
    manual = {change.key for change in changes(body, generated, fresh) if change.manual}
    wanted = _with_headings(keys, found, fresh)
    rows = _rows_of_body(body, generated)
    known = [
        _Row(block["kind"], [_Piece(s["key"], s["text"]) for s in block["sentences"]], block["key"])
        for block in generated
    ]
    _apply(rows, found, [key for key in wanted if key not in manual], fresh)
    _apply(known, found, wanted, fresh)
    new_body = [{"kind": row.kind, "text": "".join(piece.text for piece in row.pieces)} for row in rows]
    new_generated: list[KeyedBlock] = [
        {
            "kind": row.kind,
            "key": row.block,
            "sentences": [{"key": piece.key or "", "text": piece.text} for piece in row.pieces],
        }
        for row in known
    ]
    return new_body, new_generated


def _places(blocks: Sequence[KeyedBlock]) -> dict[str, _Place]:
    """Key → where it stands, in reading order."""
    places = {}
    section = ""
    for block in blocks:
        if block["kind"] == "h1":
            section = block["key"]
        for sentence in block["sentences"]:
            places[sentence["key"]] = _Place(sentence["text"], block["kind"], block["key"], section)
    return places


def _rows_of_body(body: Sequence[Block], generated: Sequence[KeyedBlock]) -> list[_Row]:
    """The body in sentences; those that stand as they were generated have their key."""
    whole = {
        (block["kind"], "".join(s["text"] for s in block["sentences"])): [
            s["text"] for s in block["sentences"]
        ]
        for block in generated
    }
    rows = []
    for block in body:
        texts = whole.get((block["kind"], block["text"])) or split_sentences(block["text"])
        rows.append(_Row(block["kind"], [_Piece(None, text) for text in texts]))
    pieces = [(row.kind == "h1", piece) for row in rows for piece in row.pieces]
    known = [
        (block["kind"] == "h1", sentence["key"], sentence["text"])
        for block in generated
        for sentence in block["sentences"]
    ]
    matcher = SequenceMatcher(
        None,
        [(heading, text) for heading, _, text in known],
        [(heading, piece.text) for heading, piece in pieces],
        autojunk=False,
    )
    for match in matcher.get_matching_blocks():
        for offset in range(match.size):
            pieces[match.b + offset][1].key = known[match.a + offset][1]
    return rows


def _headings_with_own_words(rows: Sequence[_Row]) -> set[str]:
    """Keys of headings （一、/（一）) with words of the office under them."""
    held = set()
    for place, row in enumerate(rows):
        if row.level == 3 or not row.pieces or row.pieces[0].key is None:
            continue
        below = row.pieces[1:]
        for other in rows[place + 1 :]:
            if other.level <= row.level:
                break
            below += other.pieces
        if any(piece.key is None for piece in below):
            held.add(row.pieces[0].key)
    return held


def _was_removed(place: _Place, found: _Comparison, standing: Collection[str | None]) -> bool:
    """Whether a new sentence belongs to a paragraph or a section of which the office has left nothing."""
    for same in (
        [key for key, old in found.old.items() if old.block == place.block],
        [key for key, old in found.old.items() if old.section == place.section],
    ):
        if same and not any(key in standing for key in same):
            return True
    return False


def _with_headings(keys: Collection[str], found: _Comparison, fresh: Sequence[KeyedBlock]) -> list[str]:
    """`keys` as far as they are known, with the new headings over them and what moves with them, in reading order."""
    wanted = {key for key in keys if key in found.old or key in found.new}
    for block in fresh:
        # What stands elsewhere now goes there with its paragraph.
        moved = {s["key"] for s in block["sentences"] if s["key"] in found.old and s["key"] not in found.kept}
        if wanted & moved:
            wanted |= moved
    section = part = ""
    for block in fresh:
        head = block["sentences"][0]["key"]
        if block["kind"] == "h1":
            section, part = head, ""
        elif block["kind"] == "h2":
            part = head
        if any(sentence["key"] in wanted for sentence in block["sentences"]):
            wanted.update(key for key in (section, part) if key and key not in found.old)
    return [key for key in found.order if key in wanted]


def _apply(rows: list[_Row], found: _Comparison, keys: Sequence[str], fresh: Sequence[KeyedBlock]) -> None:
    wanted = set(keys)
    for row in rows:
        kept = []
        for piece in row.pieces:
            if piece.key in wanted and piece.key in found.kept:
                piece.text = found.new[piece.key].text
            elif piece.key in wanted:
                # Gone, or to be put in again where it belongs now.
                continue
            kept.append(piece)
        row.pieces = kept
    rows[:] = [row for row in rows if row.pieces]
    _set_kinds(rows, found, wanted)
    for block in fresh:
        own = [sentence["key"] for sentence in block["sentences"]]
        for place, sentence in enumerate(block["sentences"]):
            if sentence["key"] in wanted and sentence["key"] not in found.kept:
                piece = _Piece(sentence["key"], sentence["text"])
                if not _beside_its_own(rows, own, place, piece):
                    _as_a_block(rows, found, block, piece)


def _set_kinds(rows: list[_Row], found: _Comparison, wanted: Collection[str]) -> None:
    """Where a section changes, what stood alone in it may be one of several now, and numbered: as long as it is as it was."""
    places = {**found.old, **found.new}
    sections = {places[key].section for key in wanted}
    for row in rows:
        known = [piece.key for piece in row.pieces if piece.key in found.old and piece.key in found.new]
        if known and row.kind == found.old[known[0]].kind and found.new[known[0]].section in sections:
            row.kind = found.new[known[0]].kind


def _beside_its_own(rows: list[_Row], own: list[str], place: int, piece: _Piece) -> bool:
    """Put a sentence beside the nearest one of its paragraph; False where none of it is there."""
    where = {
        found.key: (row, index) for row in rows for index, found in enumerate(row.pieces) if found.key in own
    }
    for distance in range(1, len(own)):
        for other, after in ((place - distance, 1), (place + distance, 0)):
            if 0 <= other < len(own) and own[other] in where:
                row, index = where[own[other]]
                row.pieces.insert(index + after, piece)
                return True
    return False


def _as_a_block(rows: list[_Row], found: _Comparison, block: KeyedBlock, piece: _Piece) -> None:
    """Put a sentence in as a paragraph of its own, behind what comes before it and is there."""
    section = found.new[piece.key or ""].section
    where = {found.key: place for place, row in enumerate(rows) for found in row.pieces if found.key}
    keys = list(found.new)
    at = keys.index(piece.key or "")
    before = next((key for key in reversed(keys[:at]) if key in where), None)
    after = next((key for key in keys[at + 1 :] if key in where and found.new[key].section == section), None)
    row = _Row(block["kind"], [piece], block["key"])
    if block["kind"] != "h1" and after and (before is None or found.new[before].section != section):
        rows.insert(where[after], row)
        return
    place = 0 if before is None else where[before] + 1
    while before is not None and place < len(rows):
        following = rows[place]
        # A section ends where the next begins; under a sub-heading stand its own paragraphs.
        if row.level == 1 and following.level == 1:
            break
        if row.level > 1 and not (following.is_own and following.level > row.level):
            break
        place += 1
    rows.insert(place, row)
