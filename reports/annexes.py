"""The annexes of a bulletin as plain JSON (shapes: document.py): the measures, units × measures, and the charts."""

from typing import Any

from reports.charts import chart_height, course_chart, tasks_chart
from reports.figures_types import MeasureFigures, PlanFigures
from reports.filings import QuarterTexts
from reports.reading import Course
from reports.texts import progress_texts
from tasks.numbers import percent_text
from tasks.rules import QUARTER_NAMES, Filing, Kind

# Faces of the document (see renderers/pdf.py) that print the charts.
CHART_FONT = "eco-hei, eco-wide"
# 156 mm at 96 pixels an inch.
CHART_WIDTH = 589


def measures_table(figures: PlanFigures, texts: QuarterTexts) -> dict[str, Any]:
    progress = progress_texts(figures, texts)
    titles = {task.number: task.title for task in figures.tasks}
    return {
        "title": f"{figures.period_name}工作措施进展情况表",
        "rows": [
            {
                "task_number": row.task_number,
                "task": titles[row.task_number],
                "number": row.number,
                "measure": row.text,
                "units": row.units_text,
                "lead": row.lead.unit_name if row.lead and row.lead_confirmed else "",
                "progress": progress[row.number],
                "value": _value(row),
                "light": row.figure.light.value,
            }
            for row in figures.measures
        ],
    }


def _value(row: MeasureFigures) -> list[str]:
    """完成比例 and the word; an ongoing measure has a word only."""
    if row.kind == Kind.TERMINAL and row.figure.percent is not None:
        return [percent_text(row.figure.percent), row.figure.label]
    return [row.figure.label]


def matrix(figures: PlanFigures) -> dict[str, Any]:
    """责任单位报送情况表: a row for each unit in official order, a cell for each measure, None where it has no duty."""
    cells: dict[str, dict[int, dict[str, str]]] = {unit.code: {} for unit in figures.units}
    for row in figures.measures:
        for duty in row.duties:
            cells[duty.unit_code][row.number] = {
                "filing": duty.filing.value,
                "light": duty.figure.light.value,
                "late": "late" if duty.late else "",
            }
    return {
        "title": f"{figures.period_name}责任单位报送情况表",
        "measures": [row.number for row in figures.measures],
        "rows": [
            {
                "kind": unit.kind_label,
                "unit": unit.name,
                "due": unit.due,
                "filed": unit.filed,
                "late": unit.late,
                "missing": unit.missing,
                "approved": unit.filings.get(Filing.APPROVED, 0),
                "progress": unit.figure.label,
                "cells": [cells[unit.code].get(row.number) for row in figures.measures],
            }
            for unit in figures.units
        ],
    }


def charts(course: Course) -> dict[str, Any]:
    figures = course.current
    parts = [
        {
            "caption": "图1  各项目标任务完成比例与序时进度",
            "option": tasks_chart(figures, font=CHART_FONT),
            "width": CHART_WIDTH,
            "height": chart_height(len(figures.tasks)),
            "head": ["序号", "目标任务", "措施数", "已报／应报", "完成比例", "序时进度", "进展"],
            "widths": [11, 52, 14, 21, 18, 18, 22],
            "text": 1,
            "rows": [
                [
                    str(task.number),
                    task.title,
                    str(task.measures),
                    f"{task.filed}／{task.due}",
                    percent_text(task.figure.percent),
                    percent_text(task.figure.expected),
                    task.figure.label,
                ]
                for task in figures.tasks
            ],
        },
    ]
    if course.previous:
        parts.append(
            {
                "caption": "图2  各季度总体完成比例与序时进度",
                "option": course_chart(course, font=CHART_FONT),
                "width": CHART_WIDTH,
                "height": 260,
                "head": ["季度", "完成比例", "序时进度", "已报／应报", "进展"],
                "widths": [40, 29, 29, 29, 29],
                "text": None,
                "rows": [
                    [
                        QUARTER_NAMES[row.quarter],
                        percent_text(row.figure.percent),
                        percent_text(row.figure.expected),
                        f"{row.filed}／{row.due}",
                        row.figure.label,
                    ]
                    for row in course.figures
                ],
            }
        )
    return {"title": f"{figures.period_name}工作进展情况图表", "parts": parts}
