"""The table of 措施清单: django-tables2 defines, sorts and pages it; the rows come ready from the cache."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

import django_tables2 as tables
from django.core.cache import cache
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from reports.figures_types import MeasureFigures, PlanFigures
from tasks.deadlines import Due
from tasks.models import ReportingPeriod
from tasks.rules import Filing, Kind, Light

PER_PAGE = 50
# What wants attention first.
_LIGHT_RANK = {Light.RED: 0, Light.YELLOW: 1, Light.GREY: 2, Light.GREEN: 3, Light.BLUE: 4}


@dataclass(frozen=True)
class Flag:
    """A mark in the last column: its words and the class of its tag."""

    text: str
    css: str


@dataclass(frozen=True)
class MeasureRow:
    """A measure as the list shows it, with the values that its columns sort by."""

    figures: MeasureFigures
    task_title: str
    due: Due | None = None

    @property
    def number(self) -> int:
        return self.figures.number

    @property
    def task_number(self) -> int:
        return self.figures.task_number

    @property
    def is_terminal(self) -> bool:
        return self.figures.kind == Kind.TERMINAL

    @property
    def lead_name(self) -> str:
        """牵头: named once the office has confirmed it."""
        lead = self.figures.lead
        return lead.unit_name if lead and self.figures.lead_confirmed else ""

    @property
    def missing(self) -> int:
        return self.figures.due - self.figures.filed

    @property
    def is_overdue(self) -> bool:
        return any(duty.filing == Filing.OVERDUE for duty in self.figures.duties)

    @cached_property
    def flags(self) -> list[Flag]:
        """What a reader should know beside the light."""
        duties = self.figures.duties
        counts = [
            (self.figures.lagging, "家滞后", "late"),
            (sum(duty.late for duty in duties), "家逾期报送", "warn"),
            (sum(duty.filing == Filing.RETURNED for duty in duties), "家退回", "returned"),
            (sum(duty.filing == Filing.SUBMITTED for duty in duties), "家待审核", "submitted"),
        ]
        flags = [Flag(f"{count}{words}", css) for count, words, css in counts if count]
        return [*([Flag("责任主体待确认", "warn")] if self.figures.has_open_party else []), *flags]

    @property
    def by_text(self) -> bytes:
        return _pinyin(self.figures.text)

    @property
    def by_units(self) -> bytes:
        return _pinyin(self.figures.units_text)

    @property
    def by_lead(self) -> bytes:
        return _pinyin(self.lead_name)

    @property
    def by_due(self) -> tuple[date, str]:
        return self.due.by_day if self.due else (date.max, "")

    @property
    def by_percent(self) -> Decimal:
        percent = self.figures.figure.percent
        return Decimal(-1) if percent is None else percent

    @property
    def by_expected(self) -> Decimal:
        return self.figures.figure.expected

    @property
    def by_light(self) -> int:
        return _LIGHT_RANK[self.figures.figure.light]

    @property
    def by_filing(self) -> float:
        """The share that was handed in; measures that ask nobody come last."""
        return self.figures.filed / self.figures.due if self.figures.due else 2.0

    @property
    def by_flags(self) -> int:
        return len(self.flags)


def _pinyin(text: str) -> bytes:
    """A key that sorts Chinese as people here expect: the common characters of GB 18030 stand in order of pinyin."""
    return text.encode("gb18030", "replace")


class MeasureTable(tables.Table):
    """The columns of 措施清单. `Meta.fields` of a model would bring a queryset back in, so each is named."""

    number = tables.Column("序号", attrs={"th": {"class": "num"}})
    task = tables.Column("目标任务", order_by="task_number")
    text = tables.Column("工作措施", order_by="by_text")
    units = tables.Column("责任单位（印发原文）", order_by="by_units")
    # 完成时限, of a plan that has any.
    due = tables.Column("完成时限", order_by="by_due")
    lead = tables.Column("牵头", order_by="by_lead")
    percent = tables.Column("进展", order_by="by_percent")
    expected = tables.Column("序时", order_by="by_expected", attrs={"th": {"class": "num"}})
    light = tables.Column("进展灯", order_by="by_light")
    filing = tables.Column("填报", order_by="by_filing", attrs={"th": {"class": "num"}})
    flags = tables.Column("提示", order_by="by_flags")

    class Meta:
        order_by_field = "sort"
        orderable = True


def measure_rows(
    rows: list[MeasureFigures], figures: PlanFigures, dues: Mapping[int, Due] | None = None
) -> list[MeasureRow]:
    """Rows for MeasureTable, a list that it may sort."""
    titles = {task.number: task.title for task in figures.tasks}
    dues = dues or {}
    return [MeasureRow(row, titles.get(row.task_number, ""), dues.get(row.number)) for row in rows]


def rows_html(
    period: ReportingPeriod, figures: PlanFigures, dues: Mapping[int, Due], key: str
) -> dict[int, SafeString]:
    """Measure number → its <tr>, rendered once for each `reading.data_key`. `dues`: empty for a plan without deadlines.

    A row looks the same to everybody and under every filter and order. So one entry for a quarter serves all of them, and
    no query string, however often it is varied, adds to the cache.
    """
    cache_key = f"measure-rows:{key}"
    html: dict[int, str] | None = cache.get(cache_key)
    if html is None:
        template = get_template("reports/measures/row.html")
        html = {
            row.number: template.render(
                {"row": row, "figures": row.figures, "period": period, "has_dues": bool(dues)}
            )
            for row in measure_rows(list(figures.measures), figures, dues)
        }
        cache.set(cache_key, html)
    return {number: mark_safe(row) for number, row in html.items()}  # noqa: S308 - what a template rendered
