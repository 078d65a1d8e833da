"""What changed between two rounds of a text: a pure rule on words, numbers and single Chinese characters."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# A number with its point, percent or unit sign is one word to a reader; of Chinese every character is.
_TOKENS = re.compile(r"[0-9]+(?:[.,][0-9]+)*[%％]?|[A-Za-z]+|\s+|.", re.DOTALL)
# A common run shorter than this between two changes only breaks up what was rewritten as a whole.
_SHORTEST_COMMON = 2


class PieceKind(StrEnum):
    """Where a run of text stands: in both versions, in the old one only, in the new one only."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Piece:
    """A run of text that stands in both versions, or in the old or the new one only."""

    kind: PieceKind
    text: str


def differences(old: str, new: str) -> list[Piece]:
    """The pieces from which both texts can be put together again, in reading order; what was removed comes first."""
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    # Common words of long texts are no anchors (difflib's autojunk): that also bounds the time.
    matcher = SequenceMatcher(None, before, after)
    pieces: list[Piece] = []
    removed, added = "", ""
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        old_run, new_run = "".join(before[i1:i2]), "".join(after[j1:j2])
        inside = i1 > 0 and i2 < len(before) and (removed or added)
        if tag == "equal" and not (inside and len(old_run) < _SHORTEST_COMMON):
            pieces += _changed(removed, added)
            pieces.append(Piece(PieceKind.SAME, old_run))
            removed, added = "", ""
        else:
            removed, added = removed + old_run, added + new_run
    return pieces + _changed(removed, added)


def old_side(pieces: list[Piece]) -> list[Piece]:
    """The old text, with what was removed marked."""
    return [piece for piece in pieces if piece.kind != PieceKind.ADDED]


def new_side(pieces: list[Piece]) -> list[Piece]:
    """The new text, with what was added marked."""
    return [piece for piece in pieces if piece.kind != PieceKind.REMOVED]


def _changed(removed: str, added: str) -> list[Piece]:
    pieces = [Piece(PieceKind.REMOVED, removed)] if removed else []
    return [*pieces, Piece(PieceKind.ADDED, added)] if added else pieces
