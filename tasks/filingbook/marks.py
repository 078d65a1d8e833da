"""What is to be marked in a filled-in workbook before it goes back to whoever filled it in."""

from collections.abc import Iterator

from tasks.filingbook.compared import ComparedRow, Comparison, State
from tasks.filingbook.layout import BY_KEY
from tasks.filingbook.reading import FilledBook
from tasks.importing.grid import CellPlace
from tasks.importing.marking.marks import Mark
from tasks.services.filing_uploads import INCOMPLETE

# Of the text that stands online, in a comment beside the cell.
_QUOTED = 300


def marks_of_upload(comparison: Comparison, book: FilledBook) -> list[Mark]:
    """In the order of the sheet. `book`: the same file, for where its columns stand."""
    incomplete = {int(row) for row, told in comparison.upload.outcome.items() if told["result"] == INCOMPLETE}
    found = [_mark(book, text, row, "number") for row, text in comparison.faults]
    for row in comparison.rows:
        found += _of_row(book, row, asked_to_submit=row.state == State.CHANGED or row.row in incomplete)
    return sorted(found, key=lambda mark: (mark.row or 0, mark.place.column if mark.place else -1))


def _of_row(book: FilledBook, row: ComparedRow, *, asked_to_submit: bool) -> Iterator[Mark]:
    for fault in row.faults:
        yield _mark(book, fault.message, row.row, fault.column or "number")
    if row.state == State.CONFLICT:
        for change in row.changes:
            online = f"：{change.old[:_QUOTED]}" if change.old else "为空"
            text = f"{row.why_conflict}，未写入。线上现有内容{online}"
            advice = "请在系统中对照两份内容，或重新下载填报表后填写。"
            yield _mark(book, text, row.row, change.name, is_wrong=False, advice=f"\n{advice}")
    for note in row.notes:
        yield _mark(book, note, row.row, "number", is_wrong=False)
    if asked_to_submit:
        for field, text in row.missing.items():
            advice = "佐证材料请在系统的填报页上传。" if field == "evidence" else ""
            yield _mark(book, f"提交前还缺：{text}", row.row, field, is_wrong=False, advice=advice)


def _mark(
    book: FilledBook, text: str, row: int | None, column: str, *, is_wrong: bool = True, advice: str = ""
) -> Mark:
    place = book.places.get(column, book.places["number"])
    head = BY_KEY[column].head if column in BY_KEY and column != "number" else None
    return Mark(
        text,
        CellPlace(row, place, sheet=book.sheet) if row else None,
        row=row,
        column=head,
        is_wrong=is_wrong,
        advice=advice,
    )
