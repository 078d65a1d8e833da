"""下一步工作: what the units say that they will do, those that lag first, and what the office demands of all."""

from reports.figures_types import DutyFigures, MeasureFigures, PlanFigures
from reports.filings import QuarterTexts
from reports.words.behind import Lag, lag_of
from reports.words.progress import task_title
from reports.words.prose import joined, listed, measures_named, own_words
from reports.words.reporting import REPEATEDLY
from reports.words.text import Part, Text
from tasks.rules import QUARTER_NAMES, Filing

STEPS_MAX = 140
OTHERS_MAX = 70
# 继续推进。 says nothing that a bulletin need repeat.
STEPS_MIN = 9


def ahead(text: Text, figures: PlanFigures, texts: QuarterTexts) -> None:
    text.section("next", "下一步工作")
    lag = lag_of(figures)
    slow = _slow_duties(figures, lag)
    if lag.rows:
        _behind(text, figures, lag, slow, texts)
    _others(text, figures, {duty.assignment_id for _, duty in slow}, texts)
    filing = Part("next.filing", "严格按时如实报送")
    filing.say(
        "demand",
        "各责任单位要按规定期限报送进展情况和佐证材料，做到内容真实、数据准确；对退回的内容，要及时修改重报。",
    )
    filing.say("named", _blamed(figures))
    text.part(filing)
    if figures.quarter < 4:
        part = Part("next.ahead", "统筹推进后续工作")
        part.say(
            "demand",
            f"各责任单位要按照职责分工，抓好{QUARTER_NAMES[figures.quarter + 1]}各项工作措施的落实，"
            "确保完成全年目标任务。",
        )
    else:
        part = Part("next.ahead", "认真总结全年工作")
        part.say("demand", "各责任单位要总结全年任务落实情况，巩固工作成效，谋划好下一年度工作。")
    text.part(part)


def _blamed(figures: PlanFigures) -> str:
    duties = [duty for row in figures.measures for duty in row.duties]
    kinds = [
        label
        for label, found in (
            ("未报送", figures.past_due and figures.missing > 0),
            ("逾期报送", figures.late > 0),
            ("多次被退回", any(duty.returns >= REPEATEDLY for duty in duties)),
        )
        if found
    ]
    return f"{joined(kinds)}的单位要查明原因，明确专人负责，避免再次发生。" if kinds else ""


def _slow_duties(figures: PlanFigures, lag: Lag) -> list[tuple[MeasureFigures, DutyFigures]]:
    """What makes measures lag, by unit in official order, then by measure."""
    found = [(row, duty) for row in lag.rows for duty in lag.duties(row)]
    places = {unit.code: place for place, unit in enumerate(figures.units)}
    return sorted(found, key=lambda pair: (places[pair[1].unit_code], pair[0].number))


def _behind(
    text: Text,
    figures: PlanFigures,
    lag: Lag,
    slow: list[tuple[MeasureFigures, DutyFigures]],
    texts: QuarterTexts,
) -> None:
    last = figures.quarter == 4
    part = Part(
        "next.behind",
        "继续推进未完成的工作" if last else f"加快推进{'滞后' if lag.red else '进度偏慢'}的工作",
    )
    items: dict[str, Part] = {}
    silent: dict[str, list[int]] = {}
    for row, duty in slow:
        steps = _steps(duty, texts, STEPS_MAX)
        if steps:
            item = items.setdefault(duty.unit_code, Part(f"next.behind.{duty.unit_code}"))
            measure = f"第{row.number}项措施"
            name = measure if item.sentences else f"{duty.unit_name}{measure}"
            item.say(str(row.number), f"{name}：“{steps}”")
        elif duty.filing == Filing.APPROVED and not duty.no_work:
            # What is not filed or not decided has been named as such.
            silent.setdefault(duty.unit_name, []).append(row.number)
    closing = "明确完成时限，持续推进" if last else "并在下次报送时说明完成情况"
    if items:
        part.say("demand", f"有关单位要对照《计划》逐项查明原因，落实以下改进措施，{closing}：")
    else:
        told = "明确改进措施、责任人员和完成时限，持续推进" if last else f"明确改进措施和责任人员，{closing}"
        part.say("demand", f"有关单位要对照《计划》逐项查明原因，{told}。")
    text.part(part)
    if items and silent:
        rest = Part("next.behind.others")
        named = [f"{name}（{measures_named(numbers)}）" for name, numbers in silent.items()]
        rest.say("demand", f"{listed(named, '家单位')}要抓紧明确改进措施和完成时限。")
        items["others"] = rest
    text.items(list(items.values()))


def _others(text: Text, figures: PlanFigures, slow: set[int], texts: QuarterTexts) -> None:
    """For each task what the first unit that the plan names will do; those that lag have been named."""
    items = []
    for task in figures.tasks:
        told = next(
            (
                f"{duty.unit_name}计划：“{steps}”"
                for row in figures.measures
                if row.task_number == task.number
                for duty in row.duties
                if duty.assignment_id not in slow and (steps := _steps(duty, texts, OTHERS_MAX))
            ),
            "",
        )
        item = Part(f"next.task.{task.number}")
        item.say("steps", f"“{task_title(task)}”方面，{told}" if told else "")
        if item.sentences:
            items.append(item)
    if not items:
        return
    part = Part("next.others", "按计划做好其他工作")
    part.say("demand", "各责任单位要落实所报的下一步工作安排，重点做好以下工作：")
    text.part(part)
    text.items(items)


def _steps(duty: DutyFigures, texts: QuarterTexts, limit: int) -> str:
    written = texts.filings.get(duty.assignment_id)
    if not written or written.no_work or duty.filing != Filing.APPROVED:
        return ""
    steps = own_words(written.next_steps, limit)
    return steps if len(steps) >= STEPS_MIN else ""
