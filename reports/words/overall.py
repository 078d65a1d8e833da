"""总体情况: the overall judgement, with figures and the change against last quarter."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from reports.figures_types import NO_WORK, NOT_DUE, OPEN_PARTY, Figure, PlanFigures
from reports.reading import Course
from reports.words.prose import against, counted, joined, since, standing
from reports.words.text import Part, Text
from tasks.numbers import percent_text
from tasks.rules import Light
from xigang_eco.dates import day_text

LIT = (Light.BLUE, Light.GREEN, Light.YELLOW, Light.RED)
_COLOURS = {Light.BLUE: "蓝灯", Light.GREEN: "绿灯", Light.YELLOW: "黄灯", Light.RED: "红灯"}
# What a row without a light is called: in a count, and where all are.
_WITHOUT = {
    OPEN_PARTY: ("责任单位待确认", "的责任单位均待确认"),
    NO_WORK: ("本季度无相关工作", "本季度均无相关工作"),
    NOT_DUE: ("尚未报送", "均尚未报送"),
}
_ORDINALS = {1: "第一", 2: "第二", 3: "第三", 4: "第四"}


def overall(text: Text, course: Course) -> None:
    figures = course.current
    last = figures.quarter == 4
    text.section("overall", "全年总体情况" if last else "总体情况")
    part = Part("overall")
    part.say("scope", _scope(figures))
    part.say("percent", _percent(course))
    if last:
        part.say("course", _quarters(course))
    text.paragraph(part)
    counts = Part("counts")
    counts.say("tasks", distribution("目标任务", [row.figure for row in figures.tasks]))
    counts.say("measures", distribution("工作措施", [row.figure for row in figures.measures]))
    text.paragraph(counts)


def _scope(figures: PlanFigures) -> str:
    units = f"，涉及责任单位{len(figures.units)}家" if figures.units else ""
    return f"《计划》共安排目标任务{len(figures.tasks)}项、工作措施{len(figures.measures)}项{units}。"


def _percent(course: Course) -> str:
    figures, figure = course.current, course.current.figure
    day = timezone.localdate(datetime.fromisoformat(figures.as_of))
    upto = f"截至{day_text(day)}"
    if figure.percent is None:
        return f"{upto}，尚无可汇总的进展数据。"
    if figure.light == Light.GREY:
        return f"{upto}，本季度填报尚未截止，暂无单位报送进展。"
    change = f"{since(course.change)}，" if course.change is not None else ""
    if figure.light == Light.BLUE:
        return f"{upto}，各项任务已全部完成，总体完成比例为{percent_text(figure.percent)}。"
    told = f"总体完成比例为{percent_text(figure.percent)}"
    if not figures.filed and not figure.percent:
        # 0 is no report of theirs.
        told = "各责任单位均未报送进展，总体完成比例按0%计"
    return f"{upto}，{told}，{change}{against(figure.percent, figure.expected)}，{_judgement(figure)}。"


def _judgement(figure: Figure) -> str:
    if figure.light == Light.GREEN:
        return "总体基本按序时推进" if figure.gap is not None and figure.gap < 0 else "总体按序时推进"
    return "总体进度偏慢" if figure.light == Light.YELLOW else "总体进度滞后"


def _quarters(course: Course) -> str:
    """The year's way, quarter by quarter; nothing where there is but one."""
    known = [row for row in course.figures if row.figure.percent is not None]
    if len(known) < 2:
        return ""
    names = joined([_ORDINALS[row.quarter] for row in known])
    percents = [percent_text(row.figure.percent) for row in known]
    if len(set(percents)) == 1:
        return f"从全年看，{names}季度总体完成比例均为{percents[0]}。"
    return f"从全年看，{names}季度总体完成比例分别为{joined(percents)}。"


def distribution(noun: str, figures: Sequence[Figure]) -> str:
    """How many stand where: 21项工作措施中，按序时推进（绿灯）和滞后（红灯）的分别为17项和2项；另有责任单位待确认2项。

    The lights are named so that the words can be found again in the annexes.
    """
    lit = [
        (f"{standing(light)}（{_COLOURS[light]}）", count)
        for light in LIT
        if (count := sum(row.light == light for row in figures))
    ]
    grey = [
        (label, count)
        for label in _WITHOUT
        if (count := sum(row.light == Light.GREY and row.label == label for row in figures))
    ]
    total = len(figures)
    if not lit and not grey:
        return ""
    if len(lit) + len(grey) == 1:
        word = lit[0][0] if lit else _WITHOUT[grey[0][0]][0]
        if total == 1:
            return f"{noun}1项，{word}。"
        return f"{total}项{noun}均{word}。" if lit else f"{total}项{noun}{_WITHOUT[grey[0][0]][1]}。"
    without = "、".join(f"{_WITHOUT[label][0]}{count}项" for label, count in grey)
    if not lit:
        return f"{total}项{noun}中，{without}。"
    if len(lit) == 1:
        told = f"{lit[0][0]}{lit[0][1]}项"
    else:
        told = counted([word for word, _ in lit], [count for _, count in lit], "项")
    return f"{total}项{noun}中，{told}；另有{without}。" if without else f"{total}项{noun}中，{told}。"
