"""The review queue as a table; its rows carry what the office reads (`Queue.rows`)."""

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from tasks.models import ProgressUpdate
from tasks.numbers import NO_VALUE, percent_text
from tasks.readings import MENDING
from tasks.rules import Status
from tasks.templatetags.eco import progress_label, status_tag


def _css(name: str) -> dict[str, Any]:
    return {"td": {"class": name}, "th": {"class": name}}


class QueueTable(tables.Table):
    """`query`: the queue's query string, carried into a review and back; `can_pick`: whether ticking makes sense."""

    pick = tables.Column(verbose_name="选择", empty_values=(), orderable=False, attrs=_css("pick no-print"))
    measure = tables.Column(
        verbose_name="措施",
        accessor="assignment__measure",
        order_by=("assignment__measure__number", "pk"),
        attrs=_css("measure"),
    )
    unit = tables.Column(
        verbose_name="单位",
        accessor="assignment__unit",
        order_by=("assignment__unit__kind", "assignment__unit__order", "assignment__measure__number"),
        attrs=_css("nowrap"),
    )
    state = tables.Column(verbose_name="状态", accessor="status", orderable=False, attrs=_css("nowrap"))
    own = tables.Column(verbose_name="自评", empty_values=(), orderable=False, attrs=_css("nowrap"))
    percent = tables.Column(verbose_name="比例", empty_values=(), orderable=False, attrs=_css("num"))
    submitted = tables.Column(
        verbose_name="提交", accessor="submitted_at", order_by=("submitted_at", "pk"), attrs=_css("nowrap")
    )
    marks = tables.Column(verbose_name="标记", empty_values=(), orderable=False, attrs=_css("marks"))

    class Meta:
        attrs: dict[str, Any] = {}

    def __init__(self, *args: Any, query: str, can_pick: bool, one_state: bool, **kwargs: Any) -> None:
        self.query = query
        hidden = [*([] if can_pick else ["pick"]), *(["state"] if one_state else [])]
        super().__init__(*args, exclude=hidden, **kwargs)
        self.caption = "审核队列"

    def render_pick(self, record: ProgressUpdate) -> SafeString | str:
        if record.status != Status.SUBMITTED:
            return ""
        name = f"选择措施{record.assignment.measure.number} {record.assignment.unit.name}"
        if record.has_part:  # type: ignore[attr-defined]
            return format_html(
                '<input class="form-check-input" type="checkbox" disabled aria-label="{}（本人经手，不能审核）" title="本人经手，不能审核">',
                name,
            )
        return format_html(
            '<input class="form-check-input" type="checkbox" name="pick" value="{}:{}" aria-label="{}">',
            record.pk,
            record.version,
            name,
        )

    def render_measure(self, record: ProgressUpdate) -> SafeString:
        measure = record.assignment.measure
        return format_html(
            '<a href="{}{}" title="{}"><b>{}.</b> {}</a>',
            reverse("tasks:review", args=[record.pk]),
            self.query,
            measure.text,
            measure.number,
            Truncator(measure.text).chars(50),
        )

    def render_state(self, record: ProgressUpdate) -> SafeString:
        return status_tag(record.status)

    def render_own(self, record: ProgressUpdate) -> str:
        content = record.reading  # type: ignore[attr-defined]
        return "无相关工作" if content["no_work"] else progress_label(content["self_status"])

    def render_percent(self, record: ProgressUpdate) -> str:
        content = record.reading  # type: ignore[attr-defined]
        return NO_VALUE if content["no_work"] else percent_text(content["percent"])

    def render_submitted(self, record: ProgressUpdate) -> SafeString:
        at = timezone.localtime(record.submitted_at)
        who = record.submitted_by
        return format_html(
            '<span class="nowrap">{} <span class="muted">{}</span></span>',
            f"{at:%m-%d %H:%M}",
            who.name if who else "",
        )

    def render_marks(self, record: ProgressUpdate) -> SafeString:
        marks: list[tuple[str, str]] = []
        if record.amending:  # type: ignore[attr-defined]
            marks.append(("tag-warn", "更正"))
        if record.is_late:
            marks.append(("tag-late", "逾期报送"))
        if record.is_proxy:
            marks.append(("tag-accent", "代填"))
        if (rounds := record.returns + (record.status not in MENDING)) > 1:
            marks.append(("tag-warn", f"第{rounds}次提交"))
        if record.reading["no_work"]:  # type: ignore[attr-defined]
            marks.append(("", "无相关工作"))
        if record.files:  # type: ignore[attr-defined]
            marks.append(("", f"佐证{record.files}个"))  # type: ignore[attr-defined]
        if record.has_part:  # type: ignore[attr-defined]
            marks.append(("", "本人经手"))
        return format_html_join(" ", '<span class="tag {}">{}</span>', marks)
