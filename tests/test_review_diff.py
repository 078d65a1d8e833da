"""What changed between two rounds: both texts can be put together again, and the marks are where a reader sees them."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.textdiff import PieceKind, differences, new_side, old_side

TEXT = st.text(alphabet="检查12次家，。3.5%ab \n", max_size=60)


def joined(pieces) -> str:
    return "".join(piece.text for piece in pieces)


@given(TEXT, TEXT)
def test_nothing_is_lost_and_nothing_invented(old: str, new: str):
    pieces = differences(old, new)
    assert joined(old_side(pieces)) == old
    assert joined(new_side(pieces)) == new
    assert all(piece.text for piece in pieces)
    if old == new:
        assert all(piece.kind == PieceKind.SAME for piece in pieces)


def test_numbers_are_words():
    pieces = differences("完成比例62.5%，检查112次。", "完成比例65.5%，检查12次。")
    changed = [(piece.kind, piece.text) for piece in pieces if piece.kind != PieceKind.SAME]
    assert changed == [
        (PieceKind.REMOVED, "62.5%"),
        (PieceKind.ADDED, "65.5%"),
        (PieceKind.REMOVED, "112"),
        (PieceKind.ADDED, "12"),
    ]


def test_a_lone_common_character_does_not_break_up_what_was_rewritten():
    pieces = differences("前言。甲乙的丙丁。后记。", "前言。子丑的寅卯。后记。")
    assert [piece.text for piece in pieces] == ["前言。", "甲乙的丙丁", "子丑的寅卯", "。后记。"]
