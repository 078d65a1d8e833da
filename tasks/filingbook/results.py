"""What became of a workbook that was carried out, row by row with its measure."""

from dataclasses import dataclass

from tasks.models import Assignment, FilingUpload
from tasks.services.filing_uploads import INCOMPLETE, OVERTAKEN, REFUSED, SAVED, SKIPPED, SUBMITTED

WORDS = {
    SUBMITTED: "已提交审核",
    SAVED: "已存为草稿",
    INCOMPLETE: "内容不全，已存为草稿",
    OVERTAKEN: "线上已改，未写入",
    REFUSED: "不能写入",
    SKIPPED: "未写入",
}


@dataclass(frozen=True)
class Result:
    """`assignment` None: the row is of no duty of the unit."""

    row: int
    number: int
    kind: str
    message: str
    assignment: Assignment | None

    @property
    def label(self) -> str:
        return WORDS[self.kind]


@dataclass(frozen=True)
class Results:
    rows: tuple[Result, ...]

    def _count(self, *kinds: str) -> int:
        return sum(row.kind in kinds for row in self.rows)

    @property
    def submitted(self) -> int:
        return self._count(SUBMITTED)

    @property
    def saved(self) -> int:
        return self._count(SAVED, INCOMPLETE)

    @property
    def incomplete(self) -> int:
        return self._count(INCOMPLETE)

    @property
    def left(self) -> int:
        return self._count(OVERTAKEN, REFUSED, SKIPPED)


def results_of(upload: FilingUpload) -> Results:
    """`upload` carried out, with its unit and period. One query."""
    duties = {
        duty.measure.number: duty
        for duty in Assignment.objects.select_related("measure").filter(
            unit=upload.unit_id, measure__plan=upload.period.plan_id
        )
    }
    rows = [
        Result(int(row), told["number"], told["result"], told["message"], duties.get(told["number"]))
        for row, told in upload.outcome.items()
    ]
    return Results(tuple(sorted(rows, key=lambda result: result.row)))
