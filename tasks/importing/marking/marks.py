"""What is to be marked, and its words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.importing.grid import CellPlace, Problem

AUTHOR = "西岗区生态环境保护任务进展平台"
# Begins what this program wrote into a comment, which may be somebody else's: by it old marks are known and taken away.
OPENING = "【平台标注】"
# Colours that no palette of an office program has: by them, too, old marks are known. ARGB.
WRONG, NOTED = "FFF8B9B4", "FFFFE8A3"
# Lines of the list, and cells marked: a file with more is wrong as a whole, and nobody reads on.
MOST = 2_000
SUFFIX = "（已标注）"
_ADVICE = re.compile(r"(.{2,}?[，。；])((?:如[^，。；]{2,30}，)?请.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to be said about a file, at the cell at `place`, or about the whole.

    `row`, `column`: as the list names them. `is_wrong`: must be mended; else only to be looked at. `advice`: what to do, where
    `message` does not end with it ("…，请补充。").
    """

    message: str
    place: CellPlace | None = None
    row: int | None = None
    column: str | None = None
    is_wrong: bool = True
    advice: str = ""

    @classmethod
    def of(cls, problem: Problem) -> "Mark":
        return cls(problem.message, problem.place, problem.row, problem.column, problem.decide)

    @property
    def parts(self) -> tuple[str, str]:
        """What is wrong, and what to do about it."""
        if self.advice:
            return self.message, self.advice.strip()
        if match := _ADVICE.fullmatch(self.message):
            return match[1].rstrip("，；") + ("" if match[1].endswith("。") else "。"), match[2]
        return self.message, "" if self.is_wrong else "无误的不必更改。"

    @property
    def kind(self) -> str:
        return "须更正" if self.is_wrong else "请核对"

    @property
    def text(self) -> str:
        return f"{self.message}{self.advice}"


def by_cell(marks: Iterable[Mark]) -> dict[CellPlace, list[Mark]]:
    """Marks that have a cell, by it, each message once."""
    cells: dict[CellPlace, list[Mark]] = {}
    for mark in marks:
        if mark.place is not None:
            own = cells.setdefault(mark.place, [])
            if all(mark.text != other.text for other in own):
                own.append(mark)
    return cells


def in_order(marks: Iterable[Mark]) -> list[Mark]:
    """What is about the whole first, then as a person goes through the file."""
    listed = list(marks)
    sheets: dict[str, int] = {}
    for mark in listed:
        if mark.place is not None:
            sheets.setdefault(mark.place.sheet, len(sheets))

    def key(mark: Mark) -> tuple[int, int, int, int]:
        place = mark.place
        return (
            (-1, 0, mark.row or 0, 0)
            if place is None
            else (
                sheets[place.sheet],
                place.table,
                place.row,
                place.column,
            )
        )

    return sorted(listed, key=key)


def note(marks: Sequence[Mark]) -> str:
    """The text of a cell's comment."""
    if len(marks) == 1:
        return f"{OPENING}{marks[0].kind}\n{marks[0].text}"
    lines = [f"{number}. {mark.text}" for number, mark in enumerate(marks, 1)]
    kind = "须更正" if any(mark.is_wrong for mark in marks) else "请核对"
    return "\n".join([f"{OPENING}{kind}", *lines])


def summary(marks: Sequence[Mark]) -> str:
    """The sentence above the list."""
    wrong = sum(mark.is_wrong for mark in marks)
    marked = min(len(by_cell(marks)), MOST)
    said = [f"共 {len(marks)} 个问题，须更正 {wrong} 个。"]
    if marked:
        said.append(f"已在表中标出 {marked} 个单元格（底色和批注）。")
    said.append("请逐项更正后保存，再上传本文件；本清单和批注不影响读取，不必删除。")
    return "".join(said)


def marked_name(name: str, suffix: str) -> str:
    """计划.xlsx → 计划（已标注）.xlsx, once also for a file that was marked before. `suffix` with its dot."""
    stem = re.sub(r"[\x00-\x1f<>:\"/\\|?*]", "_", name).strip() or "文件"
    base, dot, ending = stem.rpartition(".")
    if dot and base and len(ending) <= 5:
        stem = base
    # A browser adds (1) to a name that it has already.
    stem = re.sub(rf"{SUFFIX}(?:\s*[(（]\d+[)）])?$", "", stem) or "文件"
    return f"{stem[:150]}{SUFFIX}{suffix}"
