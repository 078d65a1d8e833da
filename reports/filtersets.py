"""The filter of 措施清单, which the ledger shares."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from reports.figures_types import DutyFigures, MeasureFigures, PlanFigures
from tasks.deadlines import Due
from tasks.models import AssignmentRole, Measure
from tasks.rules import NOT_FILED, Filing, Kind, Light

SEARCH_MAX = 50
_INVALID = {"invalid_choice": "该条件无效。"}


class LeanSelect(forms.Select):
    """A select without a template for each option: a form with eighty of them is on every list page."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = {str(item) for item in self.format_value(value)}
        flat = forms.utils.flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        parts = []
        for option, label in self.choices:
            if isinstance(label, (list, tuple)):
                options = format_html_join(
                    "", "{}", ((_option(value, word, chosen),) for value, word in label)
                )
                parts.append(format_html('<optgroup label="{}">{}</optgroup>', option, options))
            else:
                parts.append(_option(option, label, chosen))
        return format_html("<select{}>{}</select>", flat, format_html_join("", "{}", ((p,) for p in parts)))


def _option(value: Any, label: Any, chosen: set[str]) -> SafeString:
    mark = SafeString(" selected") if str(value) in chosen else ""
    return format_html('<option value="{}"{}>{}</option>', value, mark, label)


def _choice(label: str, choices: Any = (), empty: str = "全部") -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(
        label=label, choices=choices, empty_label=empty, widget=LeanSelect, error_messages=_INVALID
    )


class MeasureFilterSet(django_filters.FilterSet):
    """A quarter's measures by task, unit, role, light, filing and words.

    Fields, choices and validation are django-filter's. What is filtered are the quarter's figures, not a queryset:
    light and filing exist nowhere else, and an issued quarter must be filtered by the units and duties that were frozen
    with it, not by today's tables. The rows are in memory already, so `rows` takes the place of `qs`.

    `unit`, `role`, `filing` and `late` speak of one duty: unit=fgj&filing=missing are the measures that 区发改局 itself has not
    filed. `filing=missing` counts 逾期未报 in. `light` is the measure's own. `due` speaks of the quarter at hand, and is there for a
    plan with deadlines only.
    """

    task = _choice("目标任务")
    unit = _choice("责任单位")
    role = _choice("角色", [(AssignmentRole.LEAD, "牵头"), (AssignmentRole.SUPPORT, "配合")])
    kind = _choice("类型", Kind.choices)
    light = _choice("进展灯", Light.choices)
    filing = _choice("填报", [(value, label) for value, label in Filing.choices])
    late = _choice("逾期报送", [("1", "有逾期")])
    due = _choice("完成时限", [("now", "本季度到期"), ("before", "此前到期")])
    q = django_filters.CharFilter(
        label="文字",
        max_length=SEARCH_MAX,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "措施、任务或单位"}),
        error_messages={"max_length": f"请不要超过 {SEARCH_MAX} 个字。"},
    )

    def __init__(
        self, data: Mapping[str, Any], *, figures: PlanFigures, dues: Mapping[int, Due] | None = None
    ) -> None:
        super().__init__(data, queryset=Measure.objects.none())
        self.figures, self.dues = figures, dues or {}
        if not self.dues:
            del self.filters["due"]
        self.titles = {task.number: task.title for task in figures.tasks}
        self.filters["task"].extra["choices"] = [
            (str(task.number), f"{task.number} {task.title}") for task in figures.tasks
        ]
        groups: dict[str, list[tuple[str, str]]] = {}
        for unit in figures.units:
            groups.setdefault(unit.kind_label, []).append((unit.code, unit.name))
        self.filters["unit"].extra["choices"] = list(groups.items())

    @cached_property
    def wanted(self) -> dict[str, str]:
        """The valid conditions that were given: name → value."""
        self.form.is_valid()
        return {name: value for name, value in self.form.cleaned_data.items() if value}

    @property
    def refused(self) -> list[str]:
        """The labels of conditions that are not valid; rows are not filtered by them."""
        return [str(self.form.fields[name].label) for name in self.form.errors]

    @property
    def spoken(self) -> list[tuple[str, str]]:
        """The valid conditions in words: (label, value)."""
        return [
            (str(self.form.fields[name].label), self._words_of(name, value))
            for name, value in self.wanted.items()
        ]

    def _words_of(self, name: str, value: str) -> str:
        for option, label in getattr(self.form.fields[name], "choices", ()):
            known = dict(label) if isinstance(label, (list, tuple)) else {option: label}
            if value in known:
                return str(known[value])
        return value

    @cached_property
    def rows(self) -> list[MeasureFigures]:
        """The measures that meet every valid condition, in the plan's order. A new list at each filter set."""
        return [row for row in self.figures.measures if self._keeps(row)]

    def query(self, **more: str) -> str:
        """The valid conditions as a query string, with `more`; empty values are left out."""
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in {**self.wanted, **more}.items() if value})
        return query.urlencode()

    def _keeps(self, row: MeasureFigures) -> bool:
        wanted = self.wanted
        return (
            wanted.get("task", str(row.task_number)) == str(row.task_number)
            and wanted.get("kind", row.kind) == row.kind
            and wanted.get("light", row.figure.light) == row.figure.light
            and self._is_due(row)
            and self._has_duty(row)
            and self._has_words(row)
        )

    def _is_due(self, row: MeasureFigures) -> bool:
        wanted, due = self.wanted.get("due"), self.dues.get(row.number)
        if not wanted:
            return True
        at = self.figures.year, self.figures.quarter
        return due is not None and (due.ends_in(*at) if wanted == "now" else due.ends_before(*at))

    def _has_duty(self, row: MeasureFigures) -> bool:
        if self.wanted.keys().isdisjoint(("unit", "role", "filing", "late")):
            return True
        return any(self._keeps_duty(duty) for duty in row.duties)

    def _keeps_duty(self, duty: DutyFigures) -> bool:
        wanted = self.wanted
        role = AssignmentRole.LEAD if duty.lead else AssignmentRole.SUPPORT
        filing = wanted.get("filing", duty.filing)
        return (
            wanted.get("unit", duty.unit_code) == duty.unit_code
            and wanted.get("role", role) == role
            and (filing == duty.filing or (filing == Filing.MISSING and duty.filing in NOT_FILED))
            and (duty.late or "late" not in wanted)
        )

    def _has_words(self, row: MeasureFigures) -> bool:
        words = self.wanted.get("q", "").casefold().split()
        if not words:
            return True
        names = [duty.unit_name for duty in row.duties]
        text = "\n".join([row.text, row.units_text, self.titles.get(row.task_number, ""), *names]).casefold()
        return all(word in text for word in words)
