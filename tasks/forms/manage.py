"""The office's forms for keeping the plan: quarters, thresholds, measures, duties, groups and the text's demands."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from tasks.models import Assignment, DeadlineKind, Measure, Plan, ReportingPeriod, Responsibility
from tasks.numbers import number_text
from tasks.rules import EXPECTED_BY_QUARTER, QUARTER_NAMES, Kind
from tasks.services.plans import Expected
from units.models import Unit, UnitKind

_EARLIEST, _LATEST = date(2000, 1, 1), date(2099, 12, 31)
QuarterChoice = tuple[int, str]
UnitChoices = list[tuple[str, list[tuple[int, str]]]]


class DayField(forms.DateField):
    """A day as the browser's date field sends it, or typed as 2024/4/10 or 2024年4月10日."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            input_formats=["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"],
            **kwargs,
        )

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and not _EARLIEST <= day <= _LATEST:
            raise ValidationError("日期应在 2000 年至 2099 年之间，请检查年份。")
        return day


class QuarterField(forms.TypedChoiceField):
    """A quarter of `choices`, as an int."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, error_messages={"invalid_choice": "请从列出的季度中选择。"}, **kwargs)


class PeriodDatesForm(forms.Form):
    """The two days of one quarter; several of these stand on one page."""

    opens_on = DayField(label="开放日期")
    due_on = DayField(label="截止日期")

    def __init__(self, data: Any = None, *, period: ReportingPeriod) -> None:
        initial = {"opens_on": period.opens_on, "due_on": period.due_on}
        super().__init__(data, initial=initial, auto_id=f"dates-{period.quarter}-%s")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        opens, due = cleaned.get("opens_on"), cleaned.get("due_on")
        if opens and due and due < opens:
            self.add_error("due_on", "截止日期不能早于开放日期。")
        return cleaned


class ThresholdsForm(forms.Form):
    """Where yellow and red begin, in percentage points behind 序时进度."""

    yellow_from = forms.IntegerField(label="黄灯起点（百分点）", min_value=0, max_value=100)
    red_from = forms.IntegerField(label="红灯起点（百分点）", min_value=0, max_value=100)

    def __init__(self, data: Any = None, *, plan: Plan) -> None:
        super().__init__(data, initial={"yellow_from": plan.yellow_from, "red_from": plan.red_from})

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        yellow, red = cleaned.get("yellow_from"), cleaned.get("red_from")
        if yellow is not None and red is not None and yellow > red:
            self.add_error("yellow_from", "黄灯起点不能大于红灯起点。")
        return cleaned


class MeasureForm(forms.Form):
    """Kind, 序时进度 by quarter, indicator, and what the plan's text does not ask for of a measure."""

    kind = forms.ChoiceField(label="措施类型", choices=Kind.choices, widget=forms.RadioSelect)
    kind_confirmed = forms.BooleanField(label="类型已核实", required=False)
    expected_q1 = forms.IntegerField(label="一季度", min_value=0, max_value=100, required=False)
    expected_q2 = forms.IntegerField(label="二季度", min_value=0, max_value=100, required=False)
    expected_q3 = forms.IntegerField(label="三季度", min_value=0, max_value=100, required=False)
    expected_q4 = forms.IntegerField(label="四季度", min_value=0, max_value=100, required=False)
    unasked_part = forms.CharField(
        label="正文未提及的部分",
        max_length=200,
        required=False,
        help_text="本措施中没有正文依据的文字，逐字摘录；整项都没有的，不填此项，在“正文对应”中不设对应即可。",
    )
    indicator = forms.CharField(label="指标名称", max_length=80, required=False)
    indicator_unit = forms.CharField(label="单位", max_length=20, required=False)
    indicator_target = forms.DecimalField(
        label="目标值",
        max_digits=12,
        decimal_places=2,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )

    def __init__(self, data: Any = None, *, measure: Measure) -> None:
        initial = {name: getattr(measure, name) for name in self.base_fields}
        initial["indicator_target"] = number_text(measure.indicator_target)
        super().__init__(data, initial=initial)
        for quarter, usual in EXPECTED_BY_QUARTER.items():
            self.fields[f"expected_q{quarter}"].widget.attrs["placeholder"] = str(usual)

    @property
    def expected_fields(self) -> list[forms.BoundField]:
        return [self[f"expected_q{quarter}"] for quarter in EXPECTED_BY_QUARTER]

    def values(self) -> dict[str, Any]:
        """What `set_measure` takes."""
        names = ("kind", "kind_confirmed", "unasked_part", "indicator", "indicator_unit", "indicator_target")
        expected: Expected = (
            self.cleaned_data["expected_q1"],
            self.cleaned_data["expected_q2"],
            self.cleaned_data["expected_q3"],
            self.cleaned_data["expected_q4"],
        )
        return {name: self.cleaned_data[name] for name in names} | {"expected": expected}


class DeadlineForm(forms.Form):
    """What a printed deadline means."""

    kind = forms.ChoiceField(label="时限类型", required=False)
    starts = DayField(label="起始日期", required=False)
    ends = DayField(label="完成日期", required=False)

    def __init__(self, data: Any = None, *, measure: Measure) -> None:
        initial = {
            "kind": measure.deadline_kind,
            "starts": measure.deadline_from,
            "ends": measure.deadline_to,
        }
        super().__init__(data, initial=initial, auto_id="deadline-%s")
        # What is printed has a kind, were it only that nobody can read it; what is not printed cannot be taken by its wording.
        left_out = DeadlineKind.NONE if measure.deadline_text else DeadlineKind.UNKNOWN
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            choice for choice in DeadlineKind.choices if choice[0] != left_out
        ]


class LeadForm(forms.Form):
    """Who leads: a duty under a printed single unit, or nobody."""

    NOBODY = "none"
    lead = forms.ChoiceField(
        label="牵头单位",
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择牵头单位，或选择“无牵头单位”。",
            "invalid_choice": "请从列出的单位中选择。",
        },
    )

    def __init__(self, data: Any = None, *, candidates: Iterable[Assignment], initial: int | None) -> None:
        super().__init__(data, initial={"lead": str(initial) if initial else None})
        choices = [(str(duty.pk), duty.unit.name) for duty in candidates]
        self.fields["lead"].choices = [*choices, (self.NOBODY, "无牵头单位")]  # type: ignore[attr-defined]

    @property
    def assignment_id(self) -> int | None:
        chosen = self.cleaned_data["lead"]
        return None if chosen == self.NOBODY else int(chosen)


class _UnitsForm(forms.Form):
    """A form whose `units` are ticked in a list by kind."""

    def unit_groups(self) -> list[tuple[str, list[forms.boundfield.BoundWidget]]]:
        """The kinds with their checkboxes."""
        if "units" not in self.fields:
            return []
        boxes = iter(self["units"])
        choices = self.fields["units"].choices  # type: ignore[attr-defined]
        return [(kind, [next(boxes) for _ in units]) for kind, units in choices]


class PartyForm(_UnitsForm):
    """Which units a printed party means and from when. Without `units` (a whole group) only from when."""

    units = forms.TypedMultipleChoiceField(
        label="单位",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "所选单位不在列表中，请重新选择。"},
    )
    first_quarter = QuarterField(label="自")

    def __init__(
        self,
        data: Any = None,
        *,
        party: Responsibility,
        quarters: list[QuarterChoice],
        units: UnitChoices | None,
        initial: Iterable[int] = (),
    ) -> None:
        first = max(party.first_quarter, quarters[0][0]) if quarters else None
        super().__init__(
            data, initial={"units": list(initial), "first_quarter": first}, auto_id=f"party-{party.order}-%s"
        )
        self.fields["first_quarter"].choices = quarters  # type: ignore[attr-defined]
        if units is None:
            del self.fields["units"]
        else:
            self.fields["units"].choices = units  # type: ignore[attr-defined]


class DutyForm(forms.Form):
    """From and to which quarter a unit has a duty."""

    first_quarter = QuarterField(label="起始季度", choices=list(QUARTER_NAMES.items()))
    last_quarter = QuarterField(label="终止季度", choices=[*QUARTER_NAMES.items(), (0, "不再承担")])

    def __init__(self, data: Any = None, *, duty: Assignment) -> None:
        initial = {"first_quarter": duty.first_quarter, "last_quarter": duty.last_quarter}
        super().__init__(data, initial=initial, auto_id=f"duty-{duty.pk}-%s")


class MembersForm(_UnitsForm):
    """Units that become members of a group."""

    units = forms.TypedMultipleChoiceField(
        label="单位",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "请至少选择一个单位。",
            "invalid_choice": "所选单位已是成员或不在列表中，请重新选择。",
        },
    )
    starts = DayField(label="加入日期", required=False, help_text="不填表示不限加入日期。")

    def __init__(self, data: Any = None, *, units: UnitChoices) -> None:
        super().__init__(data, auto_id="add-%s")
        self.fields["units"].choices = units  # type: ignore[attr-defined]


class EndForm(forms.Form):
    """The day on which a membership ends; several of these stand on one page."""

    ends = DayField(label="退出日期")

    def __init__(self, data: Any = None, *, membership_id: int, ends: date | None) -> None:
        super().__init__(data, initial={"ends": ends}, auto_id=f"end-{membership_id}-%s")


class DemandLinkForm(forms.Form):
    """The number of a measure that carries out a demand."""

    number = forms.IntegerField(
        label="措施序号",
        error_messages={"required": "请填写措施序号。", "invalid": "请填写措施序号，例如 3。"},
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "off",
                "list": "measure-list",
                "placeholder": "序号",
            }
        ),
    )

    def __init__(self, data: Any = None, *, demand_id: int, measures: dict[int, Measure]) -> None:
        super().__init__(data, auto_id=f"demand-{demand_id}-%s")
        self._measures = measures

    def clean_number(self) -> Measure:
        measure = self._measures.get(self.cleaned_data["number"])
        if measure is None:
            raise ValidationError("本计划没有这个序号的措施。")
        return measure


def unit_choices(units: Iterable[Unit], notes: Mapping[int, str] | None = None) -> UnitChoices:
    """Units in official order as choices grouped by kind, with a note in brackets where `notes` has one."""

    def label(unit: Unit) -> str:
        note = (notes or {}).get(unit.pk)
        return f"{unit.name}（{note}）" if note else unit.name

    return [
        (str(UnitKind(kind).label), [(unit.pk, label(unit)) for unit in rows])
        for kind, rows in groupby(units, key=lambda unit: unit.kind)
    ]
