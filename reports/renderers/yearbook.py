"""全年台账 as a workbook: 年度台账, a row a measure; 填报明细, a row a filing; 未报, a row a unit and quarter.

Rows are written as `Yearbook` gives them, so that a year of 84,000 filings takes no more memory than one of 400.
"""

from dataclasses import replace
from typing import IO

from reports.renderers.lights import LIGHT_NAMES
from reports.renderers.properties import APPLICATION
from reports.yearbook import Yearbook
from reports.yearbook_types import Unfiled, YearFiling, YearMeasure
from tasks.rules import QUARTER_NAMES
from xigang_eco.sheets import FILLS, TEXT, WORD, Look
from xigang_eco.streaming import Column, StreamedBook, Value

_TOP = replace(TEXT, on_top=True)
_MARK = replace(WORD, on_top=True)
_MOMENT = replace(_MARK, number_format="yyyy-mm-dd hh:mm")
_YES = "是"
_BEFORE_QUARTERS = 7
MEASURES = (
    Column("序号", 6, _MARK),
    Column("目标任务", 18, _TOP),
    Column("工作措施", 36, _TOP),
    Column("责任单位（印发原文）", 24, _TOP),
    Column("牵头单位", 14, _TOP),
    Column("完成时限", 14, _TOP),
    Column("类型", 9, _MARK),
    *(
        Column(f"{QUARTER_NAMES[quarter][1:]}\n{head}", width, _MARK)
        for quarter in (1, 2, 3, 4)
        for head, width in (("比例（%）", 10), ("进展灯", 12), ("报送", 8))
    ),
    Column("本措施总体进展（最近一次）", 50, _TOP),
)
FILINGS = (
    Column("季度", 10, _MARK),
    Column("措施序号", 6, _MARK),
    Column("责任单位", 15, _TOP),
    Column("角色", 6, _MARK),
    Column("目标任务", 18, _TOP),
    Column("工作措施", 34, _TOP),
    Column("填报状态", 10, _MARK),
    Column("自评状态", 12, _MARK),
    Column("完成比例（%）", 10, _MARK),
    Column("核定状态", 12, _MARK),
    Column("核定比例（%）", 10, _MARK),
    Column("核定说明", 18, _TOP),
    Column("工作进展", 56, _TOP),
    Column("存在问题", 28, _TOP),
    Column("下一步工作", 28, _TOP),
    Column("本措施总体进展", 36, _TOP),
    Column("指标", 16, _TOP),
    Column("指标实际值", 10, _MARK),
    Column("比例下降原因", 18, _TOP),
    Column("提交人", 10, _MARK),
    Column("区生态办代填", 8, _MARK),
    Column("提交时间", 18, _MOMENT),
    Column("逾期报送", 6, _MARK),
    Column("审核人", 10, _MARK),
    Column("审核时间", 18, _MOMENT),
    Column("退回次数", 6, _MARK),
    Column("佐证份数", 6, _MARK),
)
UNFILED = (
    Column("季度", 12, _MARK),
    Column("责任单位", 20, _TOP),
    Column("联系人及电话", 26, _TOP),
    Column("应报", 8, _MARK),
    Column("已报", 8, _MARK),
    Column("未报", 8, _MARK),
    Column("状态", 12, _MARK),
    Column("未报措施序号", 50, _TOP),
)


def write_yearbook(year: Yearbook, target: IO[bytes]) -> None:
    """Go through the year and write the workbook."""
    with StreamedBook(title=year.title, creator=APPLICATION) as book:
        measures = book.sheet("年度台账", MEASURES, title=year.title, notes=year.notes, sample=year.sample)
        filings = book.sheet(
            "填报明细",
            FILINGS,
            title=f"{year.title}：填报明细",
            notes=f"{year.notes}；不含各单位尚未报送的草稿，退回修改中的为上次报送的内容",
            sample=year.sample,
        )
        unfiled = book.sheet(
            "未报", UNFILED, title=f"{year.title}：未报单位", notes=year.notes, sample=year.sample
        )
        measures.print_on(pages=2, repeated=3)
        filings.print_on(pages=3, repeated=3)
        unfiled.print_on(pages=1, repeated=2)
        for measure in year.measures():
            measures.append(_measure_row(measure), _measure_looks(measure))
            for filing in measure.filings:
                filings.append(_filing_row(filing))
        for unit in year.unfiled():
            unfiled.append(_unfiled_row(unit))
        book.save(target)


def _measure_row(row: YearMeasure) -> list[Value]:
    values: list[Value] = [row.number, row.task, row.text, row.units_text, row.lead, row.deadline, row.kind]
    for state in row.quarters:
        if state is None:
            values += [None, "未开始", None]
        else:
            values += [state.percent, f"{LIGHT_NAMES[state.light]}\n{state.word}", state.filed]
    return [*values, row.overall]


def _measure_looks(row: YearMeasure) -> dict[int, Look]:
    """The lights in their colours."""
    return {
        _BEFORE_QUARTERS + 3 * place + 1: replace(_MARK, fill=FILLS[state.light])
        for place, state in enumerate(row.quarters)
        if state is not None
    }


def _filing_row(row: YearFiling) -> tuple[Value, ...]:
    return (
        *row[: row._fields.index("proxy")],
        _YES if row.proxy else None,
        row.submitted_at,
        _YES if row.late else None,
        row.decided_by,
        row.decided_at,
        row.returns,
        row.evidence,
    )


def _unfiled_row(row: Unfiled) -> tuple[Value, ...]:
    return (
        row.quarter,
        row.unit,
        row.contact,
        row.due,
        row.filed,
        len(row.numbers),
        "逾期未报" if row.overdue else "未报",
        "、".join(map(str, row.numbers)),
    )
