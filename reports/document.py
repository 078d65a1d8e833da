"""The whole bulletin as plain JSON: what a draft is previewed from, and what is frozen when a quarter is issued.

    {"schema": 2, "kind": "bulletin", "draft": bool, "dated": ISO instant, "marks": [text at the head of every page],
     "plan": {"code", "title", "year", "quarter"},
     "edition": {"number": 1 …, "reason": text, "supersedes": null or {"number", "title", "document_number", "issued_on",
                 "sha256" of its PDF}, "corrected": [{"measure": number, "unit": name}]},
     "title": text, lines kept, "body": [{"kind", "text"}],
     "head": {"document_number", "masthead", "recipients", "cc", "signatory", "sealed", "signed_on", "printed_by",
              "printed_on"},
     "appendix": {"title", "rows": [{"task_number", "task", "number", "measure", "units", "lead", "progress": [paragraphs],
                  "value": [lines], "light"}]},
     "matrix": {"title", "measures": [numbers], "rows": [{"kind", "unit", "due", "filed", "late", "missing", "approved",
                "progress", "cells": [null or {"filing": value of Filing, "light": value of Light, "late": "late" or ""}]}]},
     "charts": {"title", "parts": [{"caption", "option" or null, "width", "height", "head", "rows", "widths" in mm,
                  "text": index of the column set flush left, or null}]},
     "fonts": [{"role", "file", "licensed", "sha256"}],
     "brief": what 领导专报 says, see papers/brief.py,
     "undecided": [{"measure", "unit", "status"}], "issued": {"at", "by"} or null,
     "files": the formats that are stored of it (none of a draft),
     "texts": QuarterTexts as filings.py writes them, "figures": PlanFigures as frozen.py writes them}

Dates are ISO, empty where there is none. `reading.figures_for` reads "figures", the renderers all but that. What is added
later needs a default where it is read: issued documents never change.
"""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from reports.amended import correction_of
from reports.annexes import charts, matrix, measures_table
from reports.blocks import numbered
from reports.figures_types import PlanFigures
from reports.filings import QuarterTexts
from reports.frozen import to_json
from reports.models import Bulletin
from reports.papers.brief import brief_section
from reports.reading import Course
from reports.renderers.fonts import choose_fonts
from reports.renderers.registry import formats_of
from tasks.models import ReportingPeriod
from tasks.rules import Status
from xigang_eco.glyphs import unprintable

SCHEMA = 2


def build_document(
    bulletin: Bulletin,
    period: ReportingPeriod,
    course: Course,
    *,
    at: datetime,
    texts: QuarterTexts,
    issued_by: str = "",
) -> dict[str, Any]:
    """The document of `bulletin` with the figures of `course` and the quarter's texts; `issued_by`: the issuer's name, empty
    for a draft."""
    figures = course.current
    correction = correction_of(bulletin)
    draft = not issued_by
    marks = [period.plan.get_sample_display()] if period.plan.sample else []
    if correction:
        marks = correction.document["marks"]
    signed_on = bulletin.signed_on or timezone.localdate(at)
    moment = timezone.localtime(at)
    # A draft is dated by the day, so that an unchanged one need not be rendered again.
    dated = moment.replace(hour=0, minute=0, second=0, microsecond=0) if draft else moment
    return {
        "schema": SCHEMA,
        "kind": "bulletin",
        "draft": draft,
        "dated": dated.isoformat(timespec="seconds"),
        "marks": ["草稿", *marks] if draft else marks,
        "plan": {
            "code": figures.plan_code,
            "title": figures.plan_title,
            "year": figures.year,
            "quarter": figures.quarter,
        },
        "edition": correction.edition
        if correction
        else {"number": bulletin.edition, "reason": "", "supersedes": None, "corrected": []},
        "title": bulletin.title,
        "body": numbered(bulletin.body),
        "head": {
            "document_number": bulletin.document_number,
            "masthead": bulletin.masthead,
            "recipients": bulletin.recipients.rstrip("：:"),
            "cc": bulletin.cc.rstrip("。"),
            "signatory": bulletin.signatory,
            "sealed": bulletin.sealed,
            "signed_on": signed_on.isoformat(),
            "printed_by": bulletin.printed_by,
            "printed_on": _iso(bulletin.printed_on),
        },
        "appendix": measures_table(figures, texts),
        "matrix": matrix(figures),
        "charts": charts(course),
        "brief": brief_section(course, texts, issuer=bulletin.signatory or period.plan.issuer, day=signed_on),
        "fonts": choose_fonts(settings.FONT_DIR),
        "undecided": _undecided(figures),
        "issued": {"at": moment.isoformat(), "by": issued_by} if issued_by else None,
        "files": [] if draft else formats_of("bulletin"),
        "texts": texts.to_json(),
        "figures": to_json(figures),
    }


def unprintable_in(document: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """(where in the document, which characters) for everything that no font of the stack prints."""
    head = document["head"]
    places = [("标题", document["title"])]
    places += [(f"正文第{number}段", block["text"]) for number, block in enumerate(document["body"], 1)]
    places.append(("版头、署名和版记", "".join(text for text in head.values() if isinstance(text, str))))
    for row in document["appendix"]["rows"]:
        texts = [row["task"], row["measure"], row["units"], row["lead"], *row["progress"]]
        places.append((f"附件1第{row['number']}项措施", "".join(texts)))
    edition = document["edition"]
    units = "".join(item["unit"] for item in edition["corrected"])
    places.append(("更正说明", edition["reason"] + units))
    places.append(("附件2", "".join(row["unit"] for row in document["matrix"]["rows"])))
    tables = document["charts"]["parts"]
    places.append(("附件3", "".join(cell for part in tables for row in part["rows"] for cell in row)))
    return [(place, strange) for place, text in places if (strange := unprintable(text))]


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _undecided(figures: PlanFigures) -> list[dict[str, Any]]:
    return [
        {
            "measure": row.number,
            "unit": duty.unit_name,
            "status": str((Status.UNMENDED if duty.unmended else Status.UNREVIEWED).label),
        }
        for row in figures.measures
        for duty in row.duties
        if duty.undecided or duty.unmended
    ]
