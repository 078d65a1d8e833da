"""What every paper has: its kind, its day, its marks and its fonts."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from reports.renderers.fonts import choose_fonts
from tasks.models import Plan

SCHEMA = 1


def envelope(kind: str, plan: Plan, *, title: str, day: date, mark: str = "") -> dict[str, Any]:
    """The shared part of a paper's document.

    {"schema": 1, "kind", "dated": ISO instant, "title": of the file, "marks": [text at the head of every page], "fonts"}.
    Dated by the day, so that what has not changed since the morning need not be rendered again.
    """
    sample = plan.get_sample_display() if plan.sample else ""
    midnight = timezone.make_aware(datetime(day.year, day.month, day.day))
    return {
        "schema": SCHEMA,
        "kind": kind,
        "dated": midnight.isoformat(timespec="seconds"),
        "title": title,
        "marks": [text for text in (mark, sample) if text],
        "fonts": choose_fonts(settings.FONT_DIR),
    }


def day_of(iso: str) -> date:
    """The local day of an ISO instant."""
    return timezone.localdate(datetime.fromisoformat(iso))
