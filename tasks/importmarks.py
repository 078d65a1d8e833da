"""What is to be marked in the document of a year's plan before it goes back to whoever wrote it."""

from collections.abc import Iterator

from tasks.importing.doubts import NameRow
from tasks.importing.draft import ImportDraft
from tasks.importing.marking.marks import Mark
from tasks.importing.readings import MeasureReading

_ADVICE = "请在“计划导入”页面认定；写法有误的，在此改正后重新上传。"


def marks_of(draft: ImportDraft) -> list[Mark]:
    """What the reader met and nobody has looked at yet, and the names that mean nobody known. What concerns the system alone
    (the same file was imported before) is not in the file to mend.
    """
    of_the_file = set(draft.plan.problems)
    marks = [
        Mark.of(row.problem)
        for row in draft.problems
        if row.must_mend or (row.problem in of_the_file and not row.accepted)
    ]
    names = {row.printed: row for row in draft.names if not row.is_settled}
    for measure in draft.reading.measures:
        marks += _of_names(measure, names)
    return marks


def _of_names(measure: MeasureReading, names: dict[str, NameRow]) -> Iterator[Mark]:
    for printed in dict.fromkeys(party.printed for party in measure.parties):
        if printed in names:
            yield Mark(
                _said(names[printed]),
                measure.units_place,
                row=measure.place.row,
                column=measure.units_column,
                is_wrong=False,
                advice=_ADVICE,
            )


def _said(row: NameRow) -> str:
    if row.state == "suggested":
        near = "、".join(found.target.name for found in row.suggestions)
        return f"责任单位“{row.printed}”未登记，与{near}相近。"
    return f"责任单位“{row.printed}”未登记。"
