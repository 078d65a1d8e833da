"""A filled-in 季度填报表 against what stands now: what it would change, what cannot go and why, and what was changed online meanwhile.

The rules are those of the form on the screen: `FilingPage` says what this person reads and may write, `FilingForm` what shape a value
has, `submission_problems` what is missing. A cell counts as filled in where it says something else than when the workbook was written.
"""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.utils import timezone

from tasks.completeness import submission_problems
from tasks.filingbook.layout import BY_KEY, FILLED, NO_WORK, NOT_ASKED, FilingKey, mark_of, marks_of, read_key
from tasks.filingpage import BLANK, FilingPage, differing, raw, shown
from tasks.fingerprints import fingerprints
from tasks.forms.filing import plain_number
from tasks.models import Assignment, FilingUpload, ProgressUpdate, ReportingPeriod
from tasks.rules import Progress, Status
from tasks.services.filing import last_approved_percents
from tasks.textdiff import Piece, differences, new_side, old_side
from units.models import User

_YES = frozenset({NO_WORK, "√", "✓", "✔", "对", "1", "true", "yes", "y"})
_NO = frozenset({"", "否", "×", "0", "false", "no", "n"})
_WORDS = {str(member.label): member.value for member in Progress}


class State(StrEnum):
    """What becomes of a row."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    CONFLICT = "conflict"
    CLOSED = "closed"


@dataclass(frozen=True)
class Change:
    """A field that the sheet wants otherwise than it stands. `old` is empty, too, where the person may not read it."""

    name: str
    label: str
    old: str
    new: str

    @property
    def is_cleared(self) -> bool:
        return bool(self.old) and not self.new

    @cached_property
    def _pieces(self) -> list[Piece]:
        return differences(self.old, self.new)

    @property
    def old_pieces(self) -> list[Piece]:
        return old_side(self._pieces)

    @property
    def new_pieces(self) -> list[Piece]:
        return new_side(self._pieces)


@dataclass(frozen=True)
class CellFault:
    """`column`: key of the Column whose cell it is, None where it is about the row."""

    message: str
    column: str | None = None

    @property
    def label(self) -> str:
        return BY_KEY[self.column].head if self.column in BY_KEY else ""


@dataclass
class ComparedRow:
    """`values`: what is to be written (field → value), on `base_version`. `missing`: field → what keeps it from being submitted."""

    row: int
    key: FilingKey | None
    page: FilingPage | None
    state: State
    changes: list[Change] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    # As the form on the screen would carry it, to go on there.
    typed: dict[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Of the measure; 0 for a row that is of no filing of the unit."""
        return self.page.assignment.measure.number if self.page else 0

    @property
    def base_version(self) -> int:
        return self.page.version if self.page else 0

    @property
    def why_conflict(self) -> str:
        """Who changed the filing online; such a row is only of filings that the person may read."""
        return changed_by(self.page.update) if self.page and self.page.update else "线上内容已被清除"

    @property
    def mark(self) -> str:
        """How the preview names the row together with the state of the filing that it showed."""
        return f"{self.row}-{self.base_version}"

    @property
    def may_submit(self) -> bool:
        return self.state == State.CHANGED and not self.missing

    @property
    def is_ready(self) -> bool:
        """A draft that says the same as the sheet, is complete, and was not handed in."""
        page = self.page
        return (
            self.state == State.UNCHANGED
            and not self.missing
            and not self.notes
            and page is not None
            and page.can_write
            and page.update is not None
            and page.update.status == Status.DRAFT
            and page.version > 0
        )


@dataclass
class Comparison:
    """`faults`: (row or None, text) of the file, where they belong to no row of a filing. `absent`: duties that the file has no row for."""

    upload: FilingUpload
    rows: list[ComparedRow]
    faults: list[tuple[int | None, str]]
    absent: list[Assignment]

    def _with(self, *states: State) -> list[ComparedRow]:
        return [row for row in self.rows if row.state in states]

    @property
    def changed(self) -> list[ComparedRow]:
        return self._with(State.CHANGED)

    @property
    def unchanged(self) -> list[ComparedRow]:
        return self._with(State.UNCHANGED)

    @property
    def refused(self) -> list[ComparedRow]:
        return self._with(State.REFUSED, State.CLOSED)

    @property
    def conflicts(self) -> list[ComparedRow]:
        return self._with(State.CONFLICT)

    @property
    def ready(self) -> list[ComparedRow]:
        return [row for row in self.rows if row.is_ready]

    @property
    def outdated(self) -> list[ComparedRow]:
        """Untouched rows with something to say: their filings were changed online."""
        return [row for row in self.unchanged if row.notes]

    @property
    def has_faults(self) -> bool:
        """Whether there is anything to mark in the file."""
        return bool(self.faults or self.refused or self.conflicts or any(row.missing for row in self.changed))

    @property
    def submittable(self) -> int:
        return sum(row.may_submit for row in self.rows)

    def find(self, mark: str) -> ComparedRow | None:
        """The row that the preview called so, if its filing still stands as it was shown."""
        return next((row for row in self.rows if row.mark == mark), None)


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
    pages = {}
    for duty in duties:
        page = FilingPage(duty, period, user)
        page.update = updates.get(duty.pk)
        if page.update:
            page.update.assignment, page.update.period = duty, period
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
        return _Judged(self.number, self.key, self.page, self.values, self.earlier).row()

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


class _Judged:
    """A row that is certainly of this filing: its cells against the form."""

    def __init__(
        self, number: int, key: FilingKey, page: FilingPage, values: Mapping[str, str], earlier: str
    ) -> None:
        self.number, self.key, self.page = number, key, page
        self.standing: dict[str, Any] = {**BLANK, **page.content}
        # Where this person's last workbook wrote what stands now, they began this one from there.
        self.earlier = earlier
        self.base = FilingKey(key.code, key.version, earlier) if earlier == marks_of(self.standing) else key
        self.values = {name: text for name, text in values.items() if not self._is_not_asked(name, text)}
        self.form = page.form(self._data())
        self.form.is_valid()
        self.new = self._new()

    def row(self) -> ComparedRow:
        page = self.page
        touched = [name for name in self.new if not self._is_untouched(name)]
        wrong = [CellFault(self.wrong[name], name) for name in touched if name in self.wrong]
        changes = [self._change(name) for name in touched if name not in self.wrong and self._differs(name)]
        row = ComparedRow(self.number, self.key, page, State.UNCHANGED)
        row.notes = self._strangers()
        row.typed = self._carried()
        if not changes and not wrong:
            row.notes += self._moved_on()
            row.missing = self._missing({}) if page.can_write and page.version else {}
            return row
        row.changes = changes + [self._unread(fault) for fault in wrong if fault.column]
        if self._repeats():
            # What this person's last workbook wrote, changed online since: they have added nothing.
            row.changes = []
            row.notes += self._moved_on()
            return row
        if not page.can_write:
            row.state = State.CLOSED
            row.faults = [CellFault(why_closed(page)), *wrong]
            return row
        if wrong:
            row.state, row.faults = State.REFUSED, wrong
            return row
        if self._was_changed_online():
            row.state = State.CONFLICT
            return row
        row.state = State.CHANGED
        row.values = {change.name: self.new[change.name] for change in changes}
        row.missing = self._missing(row.values)
        row.notes += self._contradictions()
        return row

    # --- what the cells say ---------------------------------------------------------------------
    def _is_not_asked(self, name: str, text: str) -> bool:
        """Whether the cell stands as it was written, in a row that was not asked for it. Typed over a text, a dash is none."""
        return text == NOT_ASKED and self.base.mark(name) in (None, mark_of(""), mark_of(NOT_ASKED))

    def _data(self) -> dict[str, str]:
        """The row as the form on the screen would send it; what the sheet does not ask for stays as it stands."""
        names = self.page.form().content_names
        data = {name: raw(self.standing[name]) for name in names}
        data |= {name: _sent(name, text) for name, text in self.values.items() if name in names}
        data |= {"base_version": str(self.page.version), "typist": str(self.page.user.pk)}
        return data

    def _new(self) -> dict[str, Any]:
        """Field → the value that its cell means, of those that the form and the sheet have; what is none, `wrong` tells."""
        self.wrong: dict[str, str] = {}
        found: dict[str, Any] = {}
        for name in self.form.content_names:
            if name not in self.values:
                continue
            if name in self.form.errors:
                found[name] = self.form.data[name]
                self.wrong[name] = self._error(name)
            else:
                found[name] = self.form.cleaned_data[name]
                doubt = _doubt(name, self.values[name])
                if doubt:
                    self.wrong[name] = doubt
        if "no_work" in self.values:
            word = _word(self.values["no_work"]).casefold()
            found["no_work"] = word in _YES
            if word not in _YES and word not in _NO:
                found["no_work"] = self.values["no_work"]
                self.wrong["no_work"] = f"“{self.values['no_work'][:30]}”不能识别：请填“{NO_WORK}”或留空。"
        return found

    def _error(self, name: str) -> str:
        if name == "self_status":
            words = "、".join(label for _, label in self.form.fields[name].choices)  # type: ignore[attr-defined]
            return f"“{self.values[name][:30]}”不是本项可选的自评状态，可选：{words}。"
        return "".join(str(text) for text in self.form.errors[name])

    def _differs(self, name: str) -> bool:
        return bool(differing(self.new, self.standing, [name]))

    def _is_untouched(self, name: str) -> bool:
        mark = self.base.mark(name)
        return mark is not None and mark_of(self.new[name]) == mark

    def _repeats(self) -> bool:
        """Whether every cell says what this person's last workbook wrote."""
        last = FilingKey(self.key.code, self.key.version, self.earlier)
        return bool(self.earlier) and all(
            last.mark(name) == mark_of(value) for name, value in self.new.items()
        )

    def _was_changed_online(self) -> bool:
        """Whether the filing says something else than when the workbook was written. Steps of the workflow alone do not count."""
        if self.page.version == self.key.version:
            return False
        if not self.base.marks:
            return True
        return any(mark_of(self.standing[name]) != self.base.mark(name) for name in self.new)

    # --- what is told of it ---------------------------------------------------------------------
    def _change(self, name: str) -> Change:
        return Change(name, self._label(name), _told(name, self.standing[name]), _told(name, self.new[name]))

    def _unread(self, fault: CellFault) -> Change:
        name = fault.column or ""
        return Change(name, self._label(name), _told(name, self.standing[name]), self.values[name])

    def _label(self, name: str) -> str:
        return str(self.form[name].label) if name in self.form.fields else BY_KEY[name].head

    def _strangers(self) -> list[str]:
        """Cells that were filled in and are not asked for in this row."""
        return [
            f"“{column.head}”本项不需填写，该格内容未写入。"
            for column in FILLED
            if column.field
            and column.field != "no_work"
            and column.field not in self.form.fields
            and self.values.get(column.field, "") not in ("", NOT_ASKED)
            and mark_of(self.values[column.field]) != self.key.mark(column.field)
        ]

    def _moved_on(self) -> list[str]:
        update = self.page.update
        if update is None or self.page.is_hidden:
            return []
        if not any(self._differs(name) for name in self.new if name not in self.wrong):
            return []
        return [f"{changed_by(update)}，以线上内容为准；本行未改动，不写入。"]

    def _contradictions(self) -> list[str]:
        merged = self.standing | self.new
        if merged["no_work"] and (merged["progress_text"] or merged["self_status"]):
            return [
                f"已填“本季度无相关工作”，又有进展内容：如有工作，请清空该格；仍填“{NO_WORK}”则按无相关工作报送。"
            ]
        return []

    def _missing(self, values: Mapping[str, Any]) -> dict[str, str]:
        page = self.page
        measure = page.assignment.measure
        update = page.update
        # From what was prefetched: a filtered query would be one for each row.
        files = 0 if update is None else sum(file.detached_at is None for file in update.evidence.all())
        return submission_problems(
            self.standing | dict(values),
            kind=measure.kind,
            quarter=page.period.quarter,
            confirmed_lead=page.assignment.is_confirmed_lead,
            evidence_count=files,
            last_percent=page.last_percent,
            indicator=measure.indicator,
        )

    def _carried(self) -> dict[str, str]:
        """The row for the form on the screen, with marks of the cells that the person left alone."""
        typed = {name: str(self.form.data[name]) for name in self.form.content_names}
        alone = [name for name in self.new if name in typed and self._is_untouched(name)]
        return typed | {"base": json.dumps(fingerprints(self.new, alone))}


def why_closed(page: FilingPage) -> str:
    """Why this person cannot write the filing now, and what they can do."""
    if not page.is_duty:
        return "该单位本季度已不承担本措施，无需填报。"
    if page.is_hidden:
        return "该单位正在填写本项，不能代填。请与单位联系，或等其提交后审核。"
    if not page.is_writable:
        return f"{page.period}{page.period.get_state_display()}，不能填报。"
    if page.update is None:
        return "本项现在不能填报。"
    told = f"本项当前为“{page.update.get_status_display()}”，不能修改。"
    return f"{told}如需修改，请先在工作台撤回。" if page.can_withdraw else told


def changed_by(update: ProgressUpdate) -> str:
    """线上已由张敏于4月3日 10:20修改. For who may read the filing as it stands."""
    if not update.written_by or not update.written_at:
        return "线上已有改动"
    at = timezone.localtime(update.written_at)
    return f"线上已由{update.written_by.name}于{at.month}月{at.day}日 {at:%H:%M} 修改"


def _word(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _sent(name: str, text: str) -> str:
    """A cell as the form's field takes it."""
    if name == "self_status":
        return _WORDS.get(_word(text), text.strip())
    return text


def _doubt(name: str, text: str) -> str:
    """Why a well-formed cell is not taken all the same."""
    if text == NOT_ASKED:
        return f"“{NOT_ASKED}”表示本项不需填写。如要清空原有内容，请删去该格内容；否则请填写。"
    if name != "percent" or "%" in unicodedata.normalize("NFKC", text):
        return ""
    number = plain_number(text)
    if number is not None and 0 < number < 1:
        return f"“{text[:20]}”是指 {_percent(number * 100)} 还是 {_percent(number)}？请写明百分号，或填 0 至 100 的数。"
    return ""


def _percent(number: Decimal) -> str:
    return f"{number.normalize():f}%"


def _told(name: str, value: Any) -> str:
    if name == "no_work":
        return NO_WORK if value else ""
    return shown(name, value) if value not in (None, "") else ""
