"""`mark`: a file and what is wrong with it → the same file with that marked."""

from collections.abc import Sequence

from tasks.importing.errors import Unreadable
from tasks.importing.limits import PLAN, Limits
from tasks.importing.marking.marks import Mark, marked_name
from tasks.importing.marking.workbook import mark_workbook
from tasks.importing.package import DAMAGED
from tasks.importing.vetting import vetted


def mark(data: bytes | str, name: str, marks: Sequence[Mark], *, limits: Limits = PLAN) -> tuple[bytes, str]:
    """The file with its faulty cells filled and commented and all of `marks` listed, and its name: 原名（已标注）.xlsx.

    `data`, `name`: as uploaded, `data` a str where text was pasted. Marks of an earlier time are taken away; without any `marks`
    that is all. A workbook opens with the list as its first sheet.

    Raises `ImportFailure` for a file that may not be opened.
    """
    if isinstance(data, bytes) and data.startswith(b"PK"):
        package = vetted(data, limits)
        if package.kind == "excel":
            return mark_workbook(package, marks), marked_name(name, ".xlsx")
    raise Unreadable(DAMAGED)
