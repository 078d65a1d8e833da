"""A filled-in 季度填报表 against what stands now: what it would change, what cannot go and why, what was changed online meanwhile."""

from collections.abc import Mapping
from typing import Any

from tasks.filingbook.compared import CellFault, ComparedRow, Comparison, State
from tasks.filingbook.judging import Judged
from tasks.filingbook.layout import FilingKey, read_key
from tasks.filingpage import FilingPage
from tasks.models import Assignment, FilingUpload, ProgressUpdate, ReportingPeriod
from tasks.readings import readings_of
from tasks.services.filing import last_approved_percents
from units.models import User


def compare(upload: FilingUpload, user: User) -> Comparison:
    """`upload` with unit, period and the period's plan loaded; in about ten queries, whatever the number of rows."""
    period = upload.period
    duties = list(
        Assignment.objects.select_related("measure__task", "measure__plan", "unit", "responsibility")
        .filter(unit=upload.unit_id, measure__plan=period.plan_id)
        .order_by("measure__number")
    )
    pages = _pages(duties, period, user)
    earlier = _earlier_marks(upload)
    by_row: dict[int, list[CellFault]] = {}
    for fault in upload.problems:
        by_row.setdefault(fault["row"] or 0, []).append(CellFault(fault["message"], fault["column"]))
    rows = []
    for entry in upload.rows:
        faults = by_row.pop(entry["row"], [])
        rows.append(_Row(upload, entry, pages, earlier, faults).compared())
    named = {row.number for row in rows}
    return Comparison(
        upload=upload,
        rows=rows,
        faults=[(row or None, fault.message) for row, faults in sorted(by_row.items()) for fault in faults],
        absent=[
            page.assignment
            for page in pages.values()
            if page.is_duty and page.assignment.measure.number not in named
        ],
    )


def _pages(duties: list[Assignment], period: ReportingPeriod, user: User) -> dict[int, FilingPage]:
    """Number of a measure → the page of its filing, with what the pages would otherwise ask for one by one."""
    by_id = {duty.pk: duty for duty in duties}
    updates = {
        update.assignment_id: update
        for update in ProgressUpdate.objects.filter(period=period, assignment__in=duties)
        .select_related("written_by", "submitted_by", "decided_by")
        .prefetch_related("evidence__uploaded_by")
    }
    percents = last_approved_percents([duty.pk for duty in duties], period)
    named: set[int] = set()
    if period.is_issued:
        named = set(
            ProgressUpdate.objects.writable()
            .filter(pk__in=[row.pk for row in updates.values()])
            .values_list("pk", flat=True)
        )
    for update in updates.values():
        update.assignment, update.period = by_id[update.assignment_id], period
    contents = readings_of(updates.values(), user)
    pages = {}
    for duty in duties:
        page = FilingPage(duty, period, user)
        page.update = updates.get(duty.pk)
        if page.update and not page.is_hidden:
            # Also of what was issued half mended the office reads what was handed in.
            page.content = contents[page.update.pk]
        page.last_percent = percents[duty.pk]
        page.is_writable = period.is_writable or (page.update is not None and page.update.pk in named)
        pages[duty.measure.number] = page
    return pages


def _earlier_marks(upload: FilingUpload) -> dict[int, str]:
    """Number of a measure → marks of what this person's earlier workbooks wrote of it last: that they know."""
    rows = (
        FilingUpload.objects.filter(
            unit=upload.unit_id,
            period=upload.period_id,
            uploaded_by=upload.uploaded_by_id,
            applied_at__isnull=False,
        )
        .exclude(pk=upload.pk)
        .order_by("applied_at", "pk")
    )
    found: dict[int, str] = {}
    for outcome in rows.values_list("outcome", flat=True):
        for result in outcome.values():
            if result.get("marks"):
                found[result["number"]] = result["marks"]
    return found


class _Row:
    """One row of the sheet before it is judged."""

    def __init__(
        self,
        upload: FilingUpload,
        entry: Mapping[str, Any],
        pages: Mapping[int, FilingPage],
        earlier: Mapping[int, str],
        faults: list[CellFault],
    ) -> None:
        self.upload, self.faults = upload, faults
        self.number: int = entry["row"]
        self.values: dict[str, str] = entry["values"]
        self.key = read_key(entry["key"])
        self.page = self._page(pages)
        self.earlier = earlier.get(self.key.code.number, "") if self.key else ""

    def _page(self, pages: Mapping[int, FilingPage]) -> FilingPage | None:
        if self.key is None or self._is_foreign(self.key):
            return None
        page = pages.get(self.key.code.number)
        return page if page and (page.is_duty or page.update) else None

    def _is_foreign(self, key: FilingKey) -> bool:
        return not is_of(key, self.upload)

    def compared(self) -> ComparedRow:
        if self.page is None or self.key is None:
            return self._refused(self.page, [CellFault(self._why_not_ours()), *self.faults])
        if self.faults:
            return self._refused(self.page, self.faults)
        return Judged(self.number, self.key, self.page, self.values, self.earlier).row()

    def _refused(self, page: FilingPage | None, faults: list[CellFault]) -> ComparedRow:
        return ComparedRow(self.number, self.key, page, State.REFUSED, faults=faults)

    def _why_not_ours(self) -> str:
        period, unit = self.upload.period, self.upload.unit
        if self.key is None:
            return "本行标识已被改动，不能确定是哪项措施。"
        if self._is_foreign(self.key):
            return (
                f"本行不属于{unit.name}{period}的填报表，未写入。请勿从其他单位或其他季度的填报表复制整行。"
            )
        return f"{unit.name}在{period}没有措施{self.key.code.number}的责任，无需填报。"


def is_of(key: FilingKey, upload: FilingUpload) -> bool:
    """Whether a row belongs to the unit and quarter that the workbook was uploaded for."""
    code = key.code
    own = (upload.period.plan.code, upload.period.quarter, upload.unit.code)
    return (code.plan.casefold(), code.quarter, code.unit.casefold()) == (
        own[0].casefold(),
        own[1],
        own[2].casefold(),
    )
