"""`mark`: a file and what is wrong with it → the same file with that marked."""

from collections.abc import Sequence
from dataclasses import replace

from tasks.importing.limits import PLAN, Limits
from tasks.importing.marking.document import mark_document
from tasks.importing.marking.marks import Mark, in_order, marked_name
from tasks.importing.marking.table import as_workbook
from tasks.importing.marking.workbook import mark_workbook
from tasks.importing.reading import Source, read_document
from tasks.importing.vetting import vetted

# A workbook written here of what was read within limits: its XML is larger than the text was.
_OWN = replace(PLAN, file=1 << 30, unpacked=1 << 30, part=1 << 29, small_part=1 << 27, marks=1 << 26)


def mark(data: bytes | str, name: str, marks: Sequence[Mark], *, limits: Limits = PLAN) -> tuple[bytes, str]:
    """The file with its faulty cells filled and commented and all of `marks` listed, and its name: 原名（已标注）.xlsx.

    `data`, `name`: as uploaded, `data` a str where text was pasted. A .xlsx and a .docx stay what they are, but for the marks;
    text comes back as a workbook of its tables. Each opens with the list of problems. Marks of an earlier time are taken away;
    without any `marks` that is all.

    Raises `ImportFailure` for a file that may not be opened or could not be read.
    """
    marks = in_order(marks)
    if isinstance(data, bytes) and data.startswith(b"PK"):
        package = vetted(data, limits)
        if package.kind == "excel":
            return mark_workbook(package, marks), marked_name(name, ".xlsx")
        if package.size_of(package.main_part()) <= limits.small_part:
            return mark_document(package, marks), marked_name(name, ".docx")
    # Text, or a document too large to be held in memory as a whole.
    book, moved = as_workbook(read_document(Source(data, name)), marks)
    return mark_workbook(vetted(book, _OWN), moved), marked_name(name, ".xlsx")
