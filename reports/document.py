"""The whole bulletin as plain JSON: what a draft is previewed from, and what is frozen when a quarter is issued.

    {"schema": 1, "draft": bool, "dated": ISO instant, "marks": [text at the head of every page],
     "plan": {"code", "title", "year", "quarter"},
     "title": text, lines kept, "body": [{"kind", "text"}],
     "head": {"document_number", "masthead", "recipients", "cc", "signatory", "signed_on", "printed_by", "printed_on"},
     "appendix": {"title", "rows": [{"task_number", "task", "number", "measure", "units", "lead", "progress": [paragraphs],
                  "value": [lines], "light"}]},
     "charts": {"title", "parts": [{"caption", "option" or null, "width", "height", "head", "rows", "widths" in mm,
                  "text": index of the column set flush left, or null}]},
     "fonts": [{"role", "file", "licensed", "sha256"}],
     "undecided": [{"measure", "unit", "status"}], "issued": {"at", "by"} or null,
     "figures": PlanFigures as frozen.py writes them}

Dates are ISO, empty where there is none. `reading.figures_for` reads "figures", the renderers all but that. What is added
later needs a default where it is read: issued documents never change.
"""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from reports.charts import chart_height, course_chart, tasks_chart
from reports.figures_types import MeasureFigures, PlanFigures
from reports.frozen import to_json
from reports.models import Bulletin
from reports.reading import Course
from reports.renderers.fonts import choose_fonts
from reports.texts import progress_texts
from tasks.models import ReportingPeriod
from tasks.numbers import percent_text
from tasks.rules import QUARTER_NAMES, Filing, Kind, Status
from xigang_eco.glyphs import unprintable

SCHEMA = 1
# Faces of the document (see renderers/pdf.py) that print the charts.
CHART_FONT = "eco-hei, eco-wide"
# 156 mm at 96 pixels an inch.
CHART_WIDTH = 589


def build_document(
    bulletin: Bulletin,
    period: ReportingPeriod,
    course: Course,
    *,
    at: datetime,
    issued_by: str = "",
) -> dict[str, Any]:
    """The document of `bulletin` with the figures of `course`; `issued_by`: the issuer's name, empty for a draft."""
    figures = course.current
    draft = not issued_by
    sample = period.plan.get_sample_display() if period.plan.sample else ""
    signed_on = bulletin.signed_on or timezone.localdate(at)
    moment = timezone.localtime(at)
    # A draft is dated by the day, so that an unchanged one need not be rendered again.
    dated = moment.replace(hour=0, minute=0, second=0, microsecond=0) if draft else moment
    return {
        "schema": SCHEMA,
        "draft": draft,
        "dated": dated.isoformat(timespec="seconds"),
        "marks": [mark for mark in ("草稿" if draft else "", sample) if mark],
        "plan": {
            "code": period.plan.code,
            "title": period.plan.title,
            "year": period.plan.year,
            "quarter": period.quarter,
        },
        "title": bulletin.title,
        "body": bulletin.body,
        "head": {
            "document_number": bulletin.document_number,
            "masthead": bulletin.masthead,
            "recipients": bulletin.recipients.rstrip("：:"),
            "cc": bulletin.cc.rstrip("。"),
            "signatory": bulletin.signatory,
            "signed_on": signed_on.isoformat(),
            "printed_by": bulletin.printed_by,
            "printed_on": _iso(bulletin.printed_on),
        },
        "appendix": _appendix(period, figures),
        "charts": _charts(course),
        "fonts": choose_fonts(settings.FONT_DIR),
        "undecided": _undecided(figures),
        "issued": {"at": moment.isoformat(), "by": issued_by} if issued_by else None,
        "figures": to_json(figures),
    }


def unprintable_in(document: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """(where in the document, which characters) for everything that no font of the stack prints."""
    head = document["head"]
    places = [("标题", document["title"])]
    places += [(f"正文第{number}段", block["text"]) for number, block in enumerate(document["body"], 1)]
    places.append(("版头、署名和版记", "".join(head.values())))
    for row in document["appendix"]["rows"]:
        texts = [row["task"], row["measure"], row["units"], row["lead"], *row["progress"]]
        places.append((f"附件1第{row['number']}项措施", "".join(texts)))
    tables = document["charts"]["parts"]
    places.append(("附件2", "".join(cell for part in tables for row in part["rows"] for cell in row)))
    return [(place, strange) for place, text in places if (strange := unprintable(text))]


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _appendix(period: ReportingPeriod, figures: PlanFigures) -> dict[str, Any]:
    texts = progress_texts(period, figures)
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
                "progress": texts[row.number],
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


def _charts(course: Course) -> dict[str, Any]:
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
    parts.append(
        {
            "caption": "表  各责任单位报送和进展情况",
            "option": None,
            "width": 0,
            "height": 0,
            "head": ["序号", "责任单位", "应报", "已报", "逾期报送", "未报", "审核通过", "进展"],
            "widths": [12, 42, 15, 15, 18, 14, 18, 22],
            "text": 1,
            "rows": [
                [
                    str(number),
                    unit.name,
                    str(unit.due),
                    str(unit.filed),
                    str(unit.late),
                    str(unit.missing),
                    str(unit.filings.get(Filing.APPROVED, 0)),
                    unit.figure.label,
                ]
                for number, unit in enumerate(figures.units, 1)
            ],
        }
    )
    return {"title": f"{figures.period_name}进展和报送情况图表", "parts": parts}


def _undecided(figures: PlanFigures) -> list[dict[str, Any]]:
    words = {
        Filing.SUBMITTED: Status.UNREVIEWED,
        Filing.UNREVIEWED: Status.UNREVIEWED,
        Filing.RETURNED: Status.UNMENDED,
        Filing.UNMENDED: Status.UNMENDED,
    }
    return [
        {"measure": row.number, "unit": duty.unit_name, "status": str(words[duty.filing].label)}
        for row in figures.measures
        for duty in row.duties
        if duty.filing in words
    ]
