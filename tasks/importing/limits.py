"""How large a plan may be before reading stops, and the words for it."""

from tasks.importing.errors import TooLarge

# Far more than the largest yearly list seen (some 200 rows); an import of 5,000 rows is part of the benchmark.
MAX_ROWS = 20_000
MAX_COLUMNS = 100
MAX_CHARACTERS = 10_000_000
MAX_PARAGRAPHS = 100_000
# Of one cell, and of what the rows of one measure add up to.
MAX_CELL = 20_000


class Budget:
    """Counts rows, paragraphs and characters of one document."""

    def __init__(self) -> None:
        self.rows = self.paragraphs = self.characters = 0

    def row(self) -> None:
        self.rows += 1
        if self.rows > MAX_ROWS:
            raise TooLarge(
                f"表格超过 {MAX_ROWS:,} 行，不予读取。请只保留计划所在的行，删去其余内容（含空白行）后再导入。"
            )

    def paragraph(self) -> None:
        self.paragraphs += 1
        if self.paragraphs > MAX_PARAGRAPHS:
            raise TooLarge("文件内容过长，不予读取。请只保留计划正文和表格后再导入。")

    def text(self, text: str) -> str:
        self.characters += len(text)
        if self.characters > MAX_CHARACTERS:
            raise TooLarge("文件内容过长，不予读取。请只保留计划正文和表格后再导入。")
        return text


def check_cell(text: str) -> str:
    """`text`, if it is no longer than any cell of a plan."""
    if len(text) > MAX_CELL:
        raise TooLarge(f"单元格文字超过 {MAX_CELL:,} 字，不予读取。请检查表格是否错位，拆分后再导入。")
    return text
