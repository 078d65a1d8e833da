"""How large a file may be before reading stops, and the words for it.

Far above what people bring (the largest yearly list seen had some 200 rows, a unit files some 150 measures), and low enough that
a hostile file costs seconds and some hundred megabytes.
"""

from dataclasses import dataclass

from tasks.importing.errors import TooLarge

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one kind of upload may cost. Sizes in bytes, unpacked where nothing else is said."""

    # Of the file as it came.
    file: int
    # Entries of the zip.
    entries: int
    # All parts together, one of them, and one that is read in one piece and not streamed.
    unpacked: int
    part: int
    small_part: int
    # Signs < and = in one part: elements and attributes, which cost far more in memory than in the file.
    marks: int
    # Of the document: rows with text, columns read, characters, paragraphs outside of tables, characters of one cell.
    rows: int
    columns: int
    characters: int
    paragraphs: int
    cell: int
    sheets: int
    merges: int
    # Different names of units, each of which is looked for among all that are known.
    names: int

    @property
    def covered(self) -> int:
        """Positions that merged ranges may cover together."""
        return self.rows * self.columns // 2


# A year's plan. An import of 5,000 rows is part of the benchmark.
PLAN = Limits(
    file=30 * MEGABYTE,
    entries=5_000,
    unpacked=160 * MEGABYTE,
    part=64 * MEGABYTE,
    small_part=16 * MEGABYTE,
    marks=4_000_000,
    rows=20_000,
    columns=100,
    characters=10_000_000,
    paragraphs=100_000,
    cell=20_000,
    sheets=60,
    merges=50_000,
    names=5_000,
)
# A unit's 季度填报表, which this program wrote: a row for each of its measures.
FILING = Limits(
    file=5 * MEGABYTE,
    entries=300,
    unpacked=40 * MEGABYTE,
    part=16 * MEGABYTE,
    small_part=4 * MEGABYTE,
    marks=1_000_000,
    rows=2_000,
    columns=60,
    characters=4_000_000,
    paragraphs=1_000,
    cell=20_000,
    sheets=20,
    merges=5_000,
    names=1_000,
)


class Budget:
    """Counts rows, paragraphs and characters of one document."""

    def __init__(self, limits: Limits = PLAN) -> None:
        self.limits = limits
        self.rows = self.paragraphs = self.characters = 0

    def row(self) -> None:
        self.rows += 1
        if self.rows > self.limits.rows:
            raise TooLarge(
                f"表格超过 {self.limits.rows:,} 行，不予读取。请只保留需要的行，删去其余内容（含空白行）后再导入。"
            )

    def paragraph(self) -> None:
        self.paragraphs += 1
        if self.paragraphs > self.limits.paragraphs:
            raise TooLarge("文件内容过长，不予读取。请只保留计划正文和表格后再导入。")

    def text(self, text: str) -> str:
        self.characters += len(text)
        if self.characters > self.limits.characters:
            raise TooLarge("文件内容过长，不予读取。请只保留计划正文和表格后再导入。")
        return text


def check_cell(text: str, limits: Limits = PLAN) -> str:
    """`text`, if it is no longer than any cell of a plan."""
    if len(text) > limits.cell:
        raise TooLarge(f"单元格文字超过 {limits.cell:,} 字，不予读取。请检查表格是否错位，拆分后再导入。")
    return text


def too_large(limits: Limits) -> str:
    """What is said of a file over `limits.file`."""
    return f"文件超过 {limits.file // MEGABYTE} MB，不予读取。请删去图片等无关的内容后再导入。"
