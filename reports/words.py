"""The first draft of a bulletin's text, from the quarter's figures alone. The office edits it; nothing here is invented.

It runs as such bulletins do: basis → overall judgement with figures → what is done and moving, in the plan's order → what
lags, by name → who did not report in time, by name → next steps.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from reports.blocks import Block
from reports.figures_types import (
    NO_WORK,
    NOT_DUE,
    OPEN_PARTY,
    DutyFigures,
    MeasureFigures,
    PlanFigures,
    TaskFigures,
)
from tasks.numbers import number_text, percent_text
from tasks.rules import QUARTER_NAMES, ZERO, Filing, Kind, Light, Progress, round_tenth

_NUMERALS = "一二三四五六七八九十"
_JUDGEMENTS = {
    Light.BLUE: "各项任务已全部完成",
    Light.GREEN: "总体按序时推进",
    Light.YELLOW: "总体进展慢于序时进度",
    Light.RED: "总体进展滞后",
}
# What a measure without a light is called in the count; the rest of the labels are lights' own words.
_WITHOUT = {
    OPEN_PARTY: "责任单位待确认",
    NO_WORK: "本季度无相关工作",
    NOT_DUE: "尚未到期、未报送",
}
_BEHIND = (Light.RED, Light.YELLOW)
_WAITING = (Filing.SUBMITTED, Filing.UNREVIEWED)


@dataclass(frozen=True)
class Words:
    """`title` may hold a line end where it should break; `body` as Bulletin.body."""

    title: str
    body: list[Block]


@dataclass
class _Text:
    """Blocks as they are written, with the numbers of the headings kept."""

    blocks: list[Block] = field(default_factory=list)
    sections: int = 0
    parts: int = 0

    def section(self, heading: str) -> None:
        self.blocks.append({"kind": "h1", "text": f"{_NUMERALS[self.sections]}、{heading}"})
        self.sections, self.parts = self.sections + 1, 0

    def part(self, heading: str, text: str) -> None:
        self.blocks.append({"kind": "h2", "text": f"（{_NUMERALS[self.parts]}）{heading}。{text}"})
        self.parts += 1

    def paragraph(self, text: str) -> None:
        self.blocks.append({"kind": "p", "text": text})

    def items(self, texts: Iterable[str]) -> None:
        self.blocks += [{"kind": "h3", "text": f"{number}.{text}"} for number, text in enumerate(texts, 1)]


def draft_words(figures: PlanFigures, previous: PlanFigures | None) -> Words:
    """Title and text for the quarter of `figures`; `previous`: the quarter before, None where there is none."""
    quarter = figures.period_name
    text = _Text()
    text.paragraph(
        f"为推动《{figures.plan_title}》（以下简称《计划》）落地见效，现将{quarter}任务进展和报送情况通报如下："
    )
    _overall(text, figures, previous)
    _tasks(text, figures)
    _behind(text, figures)
    _reporting(text, figures)
    _next(text, figures)
    return Words(f"关于{quarter}生态环境保护\n工作任务进展情况的通报", text.blocks)


def _overall(text: _Text, figures: PlanFigures, previous: PlanFigures | None) -> None:
    text.section("总体情况")
    figure = figures.figure
    day = timezone.localdate(datetime.fromisoformat(figures.as_of))
    opening = f"《计划》共列目标任务{len(figures.tasks)}项、工作措施{len(figures.measures)}项。"
    if figure.percent is None:
        opening += f"截至{day.year}年{day.month}月{day.day}日，尚无可汇总的进展数据。"
    else:
        opening += (
            f"截至{day.year}年{day.month}月{day.day}日，总体完成比例为{percent_text(figure.percent)}，"
            f"{_against(figure.percent, figure.expected)}"
        )
        judgement = _JUDGEMENTS.get(figure.light)
        opening += f"，{judgement}" if judgement else ""
        if previous and previous.figure.percent is not None:
            opening += f"；{_since(figure.percent - previous.figure.percent)}"
        opening += "。"
    counts = [
        f"{label}{count}项"
        for light, label in _lights()
        if (count := sum(row.figure.light == light for row in figures.measures))
    ]
    without = [
        f"{words}{count}项"
        for label, words in _WITHOUT.items()
        if (
            count := sum(
                row.figure.light == Light.GREY and row.figure.label == label for row in figures.measures
            )
        )
    ]
    if counts:
        opening += f"{len(figures.measures)}项工作措施中，{'、'.join(counts)}"
        opening += f"；另有{'、'.join(without)}。" if without else "。"
    elif without:
        opening += f"{len(figures.measures)}项工作措施中，{'、'.join(without)}。"
    text.paragraph(opening)
    if figures.due:
        text.paragraph(_filing_counts(figures))


def _lights() -> list[tuple[Light, str]]:
    return [(light, str(light.label)) for light in (Light.BLUE, Light.GREEN, Light.YELLOW, Light.RED)]


def _filing_counts(figures: PlanFigures) -> str:
    rate = percent_text(round_tenth(Decimal(figures.filed) * 100 / figures.due))
    sentence = f"本季度各责任单位应报送进展{figures.due}项次，已报送{figures.filed}项次，报送率{rate}"
    sentence += f"，未报送{figures.missing}项次。" if figures.missing else "。"
    if not figures.filed:
        return sentence
    parts = [
        f"{label}{count}项次"
        for label, count in (
            ("审核通过", figures.filings.get(Filing.APPROVED, 0)),
            ("未完成审核", _count(figures, *_WAITING)),
            ("退回后未重新报送", _count(figures, Filing.RETURNED, Filing.UNMENDED)),
        )
        if count
    ]
    sentence += f"已报送的内容中，{'、'.join(parts)}"
    return sentence + (f"；逾期报送{figures.late}项次。" if figures.late else "。")


def _tasks(text: _Text, figures: PlanFigures) -> None:
    """The tasks by light, each group in the plan's order."""
    groups: list[tuple[Light, str, str]] = [
        (Light.BLUE, "已完成的任务", "已完成"),
        (Light.GREEN, "按序时推进的任务", "按序时推进"),
        (Light.YELLOW, "慢于序时进度的任务", "进展慢于序时进度"),
        (Light.RED, "滞后的任务", "进展明显滞后"),
    ]
    shown = [group for group in groups if any(task.figure.light == group[0] for task in figures.tasks)]
    if not shown:
        return
    text.section("任务进展情况")
    for light, heading, verdict in shown:
        tasks = [task for task in figures.tasks if task.figure.light == light]
        names = "".join(f"“{_title(task)}”" for task in tasks)
        text.part(heading, f"{names}{f'等{len(tasks)}项目标任务' if len(tasks) > 1 else ''}{verdict}。")


def _behind(text: _Text, figures: PlanFigures) -> None:
    """Measures that lag or are done in part only, with the units that make them so."""
    rows = [row for light in _BEHIND for row in figures.measures if row.figure.light == light]
    if not rows:
        return
    text.section(f"进展{_slowness(figures)}事项")
    text.paragraph("以下工作措施进展慢于序时进度，请有关单位查明原因、加快推进。")
    titles = {task.number: _title(task) for task in figures.tasks}
    text.items(_behind_row(row, titles[row.task_number]) for row in rows)


def _slowness(figures: PlanFigures) -> str:
    return "滞后" if any(row.figure.light == Light.RED for row in figures.measures) else "较慢"


def _behind_row(row: MeasureFigures, title: str) -> str:
    sentence = f"第{row.number}项措施（“{title}”）：{row.figure.label}"
    if row.kind == Kind.TERMINAL and row.figure.percent is not None:
        sentence += f"，完成比例{percent_text(row.figure.percent)}，{_against(row.figure.percent, row.figure.expected)}"
    slow = [duty for duty in row.duties if duty.status == Progress.LAGGING or duty.figure.light in _BEHIND]
    # Whoever handed in what nobody has reviewed is not called slow for that.
    waiting = [duty for duty in slow if duty.filing in _WAITING]
    names = "、".join(duty.unit_name for duty in slow if duty.filing not in _WAITING)
    sentence += f"。进展较慢的单位：{names}。" if names else "。"
    if waiting:
        sentence += f"{'、'.join(duty.unit_name for duty in waiting)}所报内容未完成审核，未计入。"
    return sentence


def _reporting(text: _Text, figures: PlanFigures) -> None:
    text.section("报送情况")
    kinds: list[tuple[str, Callable[[DutyFigures], bool], str]] = [
        (
            "未报送" if figures.past_due else "尚未报送",
            lambda duty: duty.missing,
            "未按要求报送本季度进展" if figures.past_due else "尚未报送本季度进展",
        ),
        ("逾期报送", lambda duty: duty.late, "在规定期限之后报送"),
        (
            "退回后未重新报送",
            lambda duty: duty.filing in (Filing.RETURNED, Filing.UNMENDED),
            "所报内容经审核退回，未在通报印发前修改重报",
        ),
        (
            "已报送未审核",
            lambda duty: duty.filing in _WAITING,
            "所报内容在通报印发前未完成审核，未计入本季度进展",
        ),
    ]
    parts = [
        (heading, names, verdict) for heading, rule, verdict in kinds if (names := _units(figures, rule))
    ]
    if not parts:
        text.paragraph("各责任单位均按时报送，并已通过审核。" if figures.due else "本季度没有应报送的事项。")
    for heading, names, verdict in parts:
        text.part(heading, f"{names}{verdict}。")


def _units(figures: PlanFigures, rule: Callable[[DutyFigures], bool]) -> str:
    """The units that `rule` holds for, in official order, each with the numbers of its measures."""
    numbers: dict[str, list[str]] = {unit.code: [] for unit in figures.units}
    for row in figures.measures:
        for duty in row.duties:
            if rule(duty):
                numbers[duty.unit_code].append(str(row.number))
    return "、".join(
        f"{unit.name}（第{'、'.join(numbers[unit.code])}项措施）"
        for unit in figures.units
        if numbers[unit.code]
    )


def _next(text: _Text, figures: PlanFigures) -> None:
    text.section("下一步工作")
    slow = f"进展{_slowness(figures)}"
    if any(row.figure.light in _BEHIND for row in figures.measures):
        text.part(
            f"加快推进{slow}的工作",
            "有关单位要对照《计划》和序时进度逐项查找原因，明确改进措施、责任人员和完成时限，"
            "并在下一次报送时说明改进情况。"
            if figures.quarter < 4
            else "有关单位要逐项查找原因，明确补救措施和完成时限，尽快完成未完成的任务。",
        )
    text.part(
        "严格按时如实报送",
        "各责任单位要按规定期限报送进展情况和佐证材料，做到内容真实、数据准确；对退回的内容，要及时修改重报。",
    )
    if figures.quarter < 4:
        text.part(
            "统筹推进后续工作",
            f"各责任单位要按照职责分工，抓好{QUARTER_NAMES[figures.quarter + 1]}各项工作措施的落实，"
            "确保完成全年目标任务。",
        )
    else:
        text.part(
            "认真总结全年工作", "各责任单位要对全年任务落实情况进行总结，巩固工作成效，谋划好下一年度工作。"
        )


def _title(task: TaskFigures) -> str:
    """A task's title as one phrase: where the plan sets a blank between two halves, a comma reads on."""
    return "，".join(task.title.split())


def _count(figures: PlanFigures, *states: Filing) -> int:
    return sum(figures.filings.get(state, 0) for state in states)


def _against(percent: Decimal, expected: Decimal) -> str:
    gap = percent - expected
    if gap == ZERO:
        return f"与{percent_text(expected)}的序时进度持平"
    return f"{'高' if gap > 0 else '低'}于序时进度（{percent_text(expected)}）{number_text(abs(gap))}个百分点"


def _since(change: Decimal) -> str:
    if change == ZERO:
        return "与上季度持平"
    return f"较上季度{'提高' if change > 0 else '下降'}{number_text(abs(change))}个百分点"
