"""Charts as ECharts option dictionaries: pure JSON, built from figures alone.

The page draws them live (static/js/charts.js), the bulletin renders the same dictionaries to SVG: so no functions,
formatters as text only, no animation, and tooltips that need no HTML. Colour is never alone: every bar carries its figure
and its word, areas that only differ in colour carry a pattern and a legend.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from reports.figures_types import PlanFigures
from reports.reading import Course
from tasks.numbers import percent_text
from tasks.rules import QUARTER_NAMES, Filing, Light

Option = dict[str, Any]

# The page's own fonts first; the bulletin passes those that it embeds.
SCREEN_FONT = (
    "Microsoft YaHei, PingFang SC, Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Micro Hei, sans-serif"
)
# Height of a bar with its gap in the pages, in pixels.
TASK_ROW, UNIT_ROW = 34, 25
INK, INK_2, LINE, MARK = "#1f2329", "#565d66", "#e3e6ea", "#1f2329"


@dataclass(frozen=True)
class Look:
    """How one state is drawn: `decal` is the pattern that tells it apart where colour cannot (None: plain)."""

    label: str
    color: str
    decal: dict[str, Any] | None


def _stripes(rotation: float, dash: Iterable[float], gap: Iterable[float]) -> dict[str, Any]:
    return {
        "symbol": "rect",
        "color": "rgba(255, 255, 255, 0.55)",
        "dashArrayX": list(dash),
        "dashArrayY": list(gap),
        "rotation": rotation,
    }


# Of a task's name beside its bar: three lines.
_LABEL = 44
_SLANTED = _stripes(-0.7854, [1, 0], [2, 5])
_RISING = _stripes(0.7854, [1, 0], [2, 5])
_UPRIGHT = _stripes(1.5708, [1, 0], [2, 4])
_DOTTED = {
    "symbol": "circle",
    "color": "rgba(255, 255, 255, 0.7)",
    "dashArrayX": [[5, 5], [0, 5, 5, 0]],
    "dashArrayY": [5, 0],
    "symbolSize": 0.7,
}

LIGHTS: dict[str, Look] = {
    Light.BLUE: Look(str(Light.BLUE.label), "#2f78d6", _UPRIGHT),
    Light.GREEN: Look(str(Light.GREEN.label), "#35a552", None),
    Light.YELLOW: Look(str(Light.YELLOW.label), "#f2b01e", _DOTTED),
    Light.RED: Look(str(Light.RED.label), "#d32029", _SLANTED),
    Light.GREY: Look(str(Light.GREY.label), "#aab0b7", _RISING),
}
FILINGS: dict[str, Look] = {
    Filing.APPROVED: Look(str(Filing.APPROVED.label), "#35a552", None),
    Filing.SUBMITTED: Look(str(Filing.SUBMITTED.label), "#2f78d6", _UPRIGHT),
    Filing.UNREVIEWED: Look(str(Filing.UNREVIEWED.label), "#2f78d6", _UPRIGHT),
    Filing.RETURNED: Look(str(Filing.RETURNED.label), "#f2b01e", _DOTTED),
    Filing.UNMENDED: Look(str(Filing.UNMENDED.label), "#f2b01e", _DOTTED),
    Filing.MISSING: Look(str(Filing.MISSING.label), "#aab0b7", _RISING),
    Filing.OVERDUE: Look(str(Filing.OVERDUE.label), "#d32029", _SLANTED),
}


def tasks_chart(figures: PlanFigures, *, font: str = SCREEN_FONT) -> Option:
    """The tasks' progress against 序时进度: one bar a task, in the plan's order, with a mark at 序时进度.

    Figure and word stand in a column of their own, where no mark can run through them.
    """
    rows = figures.tasks
    words = {
        **_names([_words(row.figure.percent, row.figure.label) for row in rows]),
        "position": "right",
        "inverse": True,
        "axisLine": {"show": False},
    }
    return {
        **_frame(font),
        "grid": {"left": 8, "right": 8, "top": 30, "bottom": 8, "containLabel": True},
        "legend": _legend(["序时进度"], right=8),
        "xAxis": _percent_axis(),
        "yAxis": [
            {
                **_names([f"{row.number}. {broken(shortened(row.title, _LABEL), 15)}" for row in rows]),
                "inverse": True,
            },
            words,
        ],
        "series": [
            {
                "name": "进展",
                "type": "bar",
                "barWidth": "56%",
                "showBackground": True,
                "backgroundStyle": {"color": "#f0f1f3"},
                "data": [
                    {"value": _number(row.figure.percent), "itemStyle": _style(LIGHTS[row.figure.light])}
                    for row in rows
                ],
            },
            {
                "name": "序时进度",
                "type": "scatter",
                "symbol": "rect",
                "symbolSize": [2, 20],
                "itemStyle": {"color": MARK},
                "z": 5,
                "data": [[_number(row.figure.expected), index] for index, row in enumerate(rows)],
            },
        ],
    }


def course_chart(course: Course, *, font: str = SCREEN_FONT) -> Option:
    """The plan's figure beside 序时进度, quarter by quarter; quarters to come stay empty."""
    known = {figures.quarter: figures.figure for figures in course.figures}
    names = [
        f"{name}\n{known[quarter].label}" if quarter in known else name
        for quarter, name in QUARTER_NAMES.items()
    ]
    progress = [
        {"value": _number(known[quarter].percent), "itemStyle": _style(LIGHTS[known[quarter].light])}
        if quarter in known
        else None
        for quarter in QUARTER_NAMES
    ]
    expected = [_number(known[quarter].expected) if quarter in known else None for quarter in QUARTER_NAMES]
    return {
        **_frame(font),
        "grid": {"left": 8, "right": 8, "top": 44, "bottom": 8, "containLabel": True},
        "legend": _legend(["序时进度"], right=8),
        "xAxis": _names(names),
        "yAxis": _percent_axis(),
        "series": [
            {
                "name": "总体进展",
                "type": "bar",
                "barWidth": 34,
                "barGap": "15%",
                "label": _on_top(),
                "data": progress,
            },
            {
                "name": "序时进度",
                "type": "bar",
                "barWidth": 34,
                "itemStyle": {"color": "#cfd4d9"},
                "label": _on_top(),
                "data": expected,
            },
        ],
    }


def lights_chart(
    figures: PlanFigures, *, font: str = SCREEN_FONT, radius: tuple[str, str] = ("46%", "70%")
) -> Option:
    """How many measures stand at which light, as a ring with the words around it.

    `radius`: inside and outside, of the chart's smaller side; a narrow chart needs room for the words.
    """
    slices = [
        {"name": look.label, "value": figures.lights[light], "itemStyle": _style(look)}
        for light, look in LIGHTS.items()
        if figures.lights.get(light)
    ]
    return {
        **_frame(font),
        "title": {
            "text": f"{len(figures.measures)}",
            "subtext": "项措施",
            "left": "center",
            "top": "center",
            "itemGap": 2,
            "textStyle": {"fontSize": 24, "color": INK, "fontFamily": font},
            "subtextStyle": {"fontSize": 12, "color": INK_2, "fontFamily": font},
        },
        "series": [
            {
                "name": "进展灯",
                "type": "pie",
                "radius": list(radius),
                "startAngle": 90,
                "itemStyle": {"borderColor": "#fff", "borderWidth": 1},
                "label": {
                    **_text(),
                    "formatter": "{b} {c} 项",
                },
                "labelLine": {"length": 8, "length2": 10, "lineStyle": {"color": INK_2}},
                "emphasis": {"scale": False},
                "data": slices,
            }
        ],
    }


def units_chart(figures: PlanFigures, *, font: str = SCREEN_FONT) -> Option:
    """The units in official order, each with its duties by filing state; states that nobody is in are left out."""
    rows = figures.units
    shown = [(state, look) for state, look in FILINGS.items() if figures.filings.get(state)]
    return {
        **_frame(font),
        "grid": {"left": 8, "right": 24, "top": 34, "bottom": 8, "containLabel": True},
        "legend": _legend([look.label for _, look in shown], left=0),
        "xAxis": {
            "type": "value",
            "minInterval": 1,
            "axisLabel": {"color": INK_2, "formatter": "{value} 项"},
            "splitLine": {"lineStyle": {"color": LINE}},
        },
        "yAxis": {**_names([row.name for row in rows]), "inverse": True},
        "series": [
            {
                "name": look.label,
                "type": "bar",
                "stack": "filings",
                "barWidth": "62%",
                "itemStyle": _style(look),
                # Light text would drown in the pattern: a plate behind the figure keeps it readable.
                "label": {
                    **_text(11),
                    "show": True,
                    "position": "inside",
                    "backgroundColor": "#ffffff",
                    "padding": [1, 3],
                    "borderRadius": 2,
                },
                "data": [row.filings.get(state) or None for row in rows],
            }
            for state, look in shown
        ],
    }


def chart_height(rows: int, row: int = 30, rest: int = 50) -> int:
    """Pixels for a chart of so many horizontal bars."""
    return max(rows, 1) * row + rest


def shortened(text: str, most: int) -> str:
    """`text`, where it is longer cut to `most` characters, the cut shown."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip('，、；：。')}…"


def broken(text: str, width: int) -> str:
    """`text` in lines of at most `width` characters: where a phrase ends, if that leaves no scrap."""
    lines: list[str] = []
    while len(text) > width:
        # Two lines of like length read better than a full one and a scrap; not below half the width.
        ideal = width if len(text) > 2 * width else max((len(text) + 1) // 2, width // 2)
        breaks = [
            i for i in range(width // 2, width + 1) if text[i - 1] in _BREAK_AFTER or text[i] in _BREAK_BEFORE
        ]
        cut = min(breaks, key=lambda i: abs(i - ideal)) if breaks else ideal
        # No line begins with punctuation.
        while cut < len(text) and text[cut] in _NOT_FIRST:
            cut += 1
        lines.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return "\n".join([*lines, text]) if text else "\n".join(lines)


_NOT_FIRST = "、，。；：）》”"
_BREAK_AFTER = "、，；： ）》"
_BREAK_BEFORE = "和与及并向（《"


def _frame(font: str) -> Option:
    return {
        "animation": False,
        "textStyle": {"fontFamily": font, "color": INK, "fontSize": 12},
        "tooltip": {"renderMode": "richText", "confine": True},
    }


def _style(look: Look) -> Option:
    style: Option = {"color": look.color}
    if look.decal:
        style["decal"] = look.decal
    return style


def _text(size: int = 12) -> Option:
    """Text without an outline: printers of SVG ignore paint-order and would hide it under its own border."""
    return {"color": INK, "fontSize": size, "textBorderWidth": 0}


def _on_top() -> Option:
    return {**_text(), "show": True, "position": "top", "formatter": "{c}%"}


def _legend(names: list[str], **place: int) -> Option:
    return {
        "data": names,
        "top": 0,
        "itemWidth": 18,
        "itemHeight": 10,
        "itemGap": 14,
        "textStyle": {**_text(), "color": INK_2},
        "selectedMode": False,
        **place,
    }


def _names(names: list[str]) -> Option:
    return {
        "type": "category",
        "data": names,
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": "#9aa0a6"}},
        "axisLabel": {"color": INK, "interval": 0, "lineHeight": 15},
    }


def _percent_axis() -> Option:
    return {
        "type": "value",
        "min": 0,
        "max": 100,
        "interval": 25,
        "axisLabel": {"color": INK_2, "formatter": "{value}%"},
        "splitLine": {"lineStyle": {"color": LINE}},
    }


def _number(value: Decimal | None) -> float | None:
    """JSON has no Decimals; one digit survives a float."""
    return None if value is None else float(value)


def _words(percent: Decimal | None, label: str) -> str:
    figure = "" if percent is None else percent_text(percent)
    return " ".join(part for part in (figure, label) if part)
