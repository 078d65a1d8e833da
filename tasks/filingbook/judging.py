"""One row of a filled-in 季度填报表 that is certainly of this filing, against what stands now.

The rules are those of the form on the screen: `FilingPage` says what this person reads and may write, `FilingForm` what shape a value
has, `submission_problems` what is missing. A cell counts as filled in where it says something else than when the workbook was written.
"""

import json
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tasks.completeness import submission_problems
from tasks.filingbook.compared import CellFault, Change, ComparedRow, State, changed_by
from tasks.filingbook.layout import BY_KEY, FILLED, NO_WORK, NOT_ASKED, FilingKey, mark_of, marks_of
from tasks.filingpage import BLANK, FilingPage, differing, raw, shown
from tasks.fingerprints import fingerprints
from tasks.forms.filing import plain_number
from tasks.rules import Progress

_YES = frozenset({NO_WORK, "√", "✓", "✔", "对", "1", "true", "yes", "y"})
_NO = frozenset({"", "否", "×", "0", "false", "no", "n"})
_WORDS = {str(member.label): member.value for member in Progress}


class Judged:
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
        changes = [self._change(name) for name in touched if name in self.wrong or self._differs(name)]
        row = ComparedRow(self.number, self.key, page, State.UNCHANGED)
        row.notes = self._strangers()
        row.typed = self._carried()
        if not changes:
            row.notes += self._moved_on()
            row.missing = self._missing({}) if page.can_write and page.version else {}
            return row
        row.changes = changes
        if self._was_changed_online() and self._repeats():
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
        fault = self.wrong.get(name, "")
        new = self.values[name] if fault else _told(name, self.new[name])
        return Change(name, self._label(name), _told(name, self.standing[name]), new, fault)

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
        if self.page.update is None or self.page.is_hidden:
            return []
        if not any(self._differs(name) for name in self.new if name not in self.wrong):
            return []
        return [f"{changed_by(self.page)}，以线上内容为准；本行未改动，不写入。"]

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
