"""Text that means harm: pasted lines, brackets and labels without end are answered in time."""

import pytest

from tasks.importing.errors import ImportFailure
from tasks.importing.reading import Source, read_plan

pytestmark = pytest.mark.usefixtures("bounded")
HEAD = "一、任务\n1.甲。（区住建局牵头）\n2.乙。（区城管局牵头）\n"


@pytest.mark.parametrize(
    "text",
    [
        "一、任务\n1.甲" + "（）" * 9_000 + "（区住建局牵头）\n2.乙（区住建局牵头）",
        HEAD + "（" * 1_000_000,
        HEAD + "（甲）" * 300_000,
        HEAD + ("1." + "（区住建局牵头）。" * 1_500 + "\n") * 10,
        HEAD + "整改措施：甲\n" * 20_000,
        HEAD + "整改措施：甲\n整改措施：甲\n" + "乙\n" * 100_000,
        HEAD + "责任单位：\n" + "区住建局、" * 10 + "\n" * 20_000,
        "|\n序号\n|\n任务\n|\n责任单位\n" + "|\na\nb\n" * 30_000,
        "序号\n任务\n责任单位\n" + "甲\n" * 200_000,
        "序号\n任务\n责任单位\n" + "1\n甲、乙\n" * 3_900,
        "序号\t任务\t措施\t责任单位\t完成时限\t备注\n" + ("\t".join(["甲、" * 100] * 5) + "\n") * 3_000,
        "序号\n" * 100_000,
        "任务 | 责任单位 |\n" + "a |b\n" * 50_000,
        "序号\t任务\t"
        + "\t".join(f"{number}局" for number in range(90))
        + "\n"
        + ("√\t" * 90 + "\n") * 2_000,
    ],
    ids=range(14),
)
def test_text_is_answered_in_time(text: str) -> None:
    try:
        plan = read_plan(Source(text))
    except ImportFailure:
        return
    assert plan.measures
