"""领导专报: a quarter on one page, for those who have a minute. Part of a bulletin's document, or on its own before issue.

{"title", "issuer", "dated_on": ISO date, "figures": [[name, value, note]], "lights": [{"light", "word", "count"}],
 "measures": how many, "tasks": [{"number", "title", "percent", "expected", "light", "word", "red"}],
 "behind": [{"number", "measure", "light", "word", "value", "units", "problem"}], "behind_count": of how many,
 "charts": [{"caption", "option", "width", "height" in pixels}], "source": text}
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from reports.annexes import CHART_FONT
from reports.charts import course_chart, lights_chart
from reports.figures_types import SLOW_LIGHTS, DutyFigures, Figure, MeasureFigures, PlanFigures
from reports.filings import QuarterTexts, quarter_texts
from reports.papers.envelope import day_of, envelope
from reports.reading import Course
from reports.summaries import light_lines
from tasks.models import ReportingPeriod
from tasks.numbers import NO_VALUE, number_text, percent_text
from tasks.rules import ZERO, Kind, Progress
from xigang_eco.dates import day_text

# So many of those that lag are told.
SHOWN = 5
# The unit names of a measure that stand in one line of the page.
NAMES_SHOWN = 6
# Pixels of the two charts, drawn smaller than on the pages; the ring leaves its words room.
CHARTS = ((352, 204), (368, 204))
RING = ("38%", "58%")


def brief_section(course: Course, texts: QuarterTexts, *, issuer: str, day: date) -> dict[str, Any]:
    """What the page says of the last quarter of `course`. `texts`: what is approved of it."""
    figures = course.current
    behind = lagging(figures)
    (ring_width, ring_height), (course_width, course_height) = CHARTS
    return {
        "title": f"{figures.period_name}生态环境保护任务进展专报",
        "issuer": issuer,
        "dated_on": day.isoformat(),
        "figures": _overall(course),
        "lights": [
            {"light": row.light.value, "word": str(row.light.label), "count": row.count}
            for row in light_lines(figures)
        ],
        "measures": len(figures.measures),
        "tasks": [
            {
                "number": task.number,
                "title": task.title,
                "percent": percent_text(task.figure.percent),
                "expected": percent_text(task.figure.expected),
                "light": task.figure.light.value,
                "word": task.figure.label,
                "red": task.red_measures,
            }
            for task in figures.tasks
        ],
        "behind": [_behind(row, texts) for row in behind[:SHOWN]],
        "behind_count": len(behind),
        "charts": [
            {
                "caption": "工作措施进展灯分布",
                "option": lights_chart(figures, font=CHART_FONT, radius=RING),
                "width": ring_width,
                "height": ring_height,
            },
            {
                "caption": "各季度总体完成比例与序时进度",
                "option": course_chart(course, font=CHART_FONT),
                "width": course_width,
                "height": course_height,
            },
        ],
        "source": _source(figures),
    }


def standing_brief(period: ReportingPeriod, course: Course, now: datetime) -> dict[str, Any]:
    """The page of a quarter that is not issued, marked so: what the renderer needs of a bulletin's document."""
    day = timezone.localdate(period.moment(now))
    title = f"{course.current.period_name}生态环境保护任务进展专报"
    return {
        **envelope("bulletin", period.plan, title=title, day=day, mark=f"数据截至{day_text(day)}，未印发"),
        "brief": brief_section(course, quarter_texts(period), issuer=period.plan.issuer, day=day),
    }


def lagging(figures: PlanFigures) -> list[MeasureFigures]:
    """The measures with a red or yellow light, the widest gap to 序时进度 first, of like ones the first by number."""
    rows = [row for row in figures.measures if row.figure.light in SLOW_LIGHTS]
    return sorted(rows, key=lambda row: (row.figure.gap or ZERO, row.number))


def _overall(course: Course) -> list[list[str]]:
    figures = course.current
    figure = figures.figure
    filed = f"已报{figures.filed}/{figures.due}" if figures.due else "没有应报送的事项"
    late = f"，逾期{figures.late}" if figures.late else ""
    return [
        ["总体完成比例", percent_text(figure.percent), figure.label],
        ["序时进度", percent_text(figure.expected), "本季度末应达到"],
        ["与序时进度相差", _points(figure.gap), "个百分点" if figure.gap is not None else ""],
        ["较上季度", _points(course.change), "个百分点" if course.change is not None else "无可比数据"],
        ["报送率", percent_text(figures.filing_rate), f"{filed}{late}"],
    ]


def _points(value: Decimal | None) -> str:
    if value is None:
        return NO_VALUE
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{number_text(abs(value))}"


def _behind(row: MeasureFigures, texts: QuarterTexts) -> dict[str, Any]:
    return {
        "number": row.number,
        "measure": row.text,
        "light": row.figure.light.value,
        "word": row.figure.label,
        "value": _value(row.figure) if row.kind == Kind.TERMINAL else "",
        "units": _names(duty.unit_name for duty in _slow(row) or row.duties),
        "problem": _problem(row, texts),
    }


def _value(figure: Figure) -> str:
    """Of an ongoing measure no percent is asked, so none is printed."""
    gap = figure.gap
    behind = f"，差{number_text(abs(gap))}个百分点" if gap is not None and gap < 0 else ""
    return f"{percent_text(figure.percent)}{behind}"


def _slow(row: MeasureFigures) -> list[DutyFigures]:
    return [duty for duty in row.duties if duty.slow]


def _names(names: Iterable[str]) -> str:
    listed = list(names)
    if len(listed) <= NAMES_SHOWN:
        return "、".join(listed)
    return f"{'、'.join(listed[:NAMES_SHOWN])}等{len(listed)}个单位"


def _problem(row: MeasureFigures, texts: QuarterTexts) -> str:
    """One 存在问题: of who lags by its own word, else of the slowest; else why there is none."""
    slow = sorted(_slow(row), key=lambda duty: (duty.status != Progress.LAGGING, duty.figure.gap or ZERO))
    alone = len(row.duties) == 1
    for duty in slow:
        text = texts.filings.get(duty.assignment_id)
        if text and text.problems:
            said = "".join(part.strip() for part in text.problems.splitlines())
            return said if alone else f"{duty.unit_name}：{said}"
    silent = [duty.unit_name for duty in slow if duty.missing]
    waiting = [duty.unit_name for duty in slow if duty.undecided]
    if silent:
        return f"{_names(silent)}未报送"
    return f"{_names(waiting)}所报内容未完成审核，未计入" if waiting else "未填报存在问题"


def _source(figures: PlanFigures) -> str:
    day = day_text(day_of(figures.as_of))
    return (
        f"数据来源：各责任单位经审核通过的填报，{figures.period_name}，截至{day}。进展灯：低于序时进度不足"
        f"{figures.yellow_from}个百分点为按序时推进，{figures.yellow_from}至{figures.red_from}个百分点为部分完成，"
        f"超过{figures.red_from}个百分点或自报滞后为滞后。"
    )
