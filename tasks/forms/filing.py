"""The form of one filing: what may be typed, in which shape. What is missing is asked only when it is submitted."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from tasks.completeness import CONTENT_FIELDS
from tasks.fingerprints import fingerprints
from tasks.models import Assignment, AssignmentRole, ReportingPeriod
from tasks.models.filing import TEXT_MAX
from tasks.numbers import number_text
from tasks.rules import HUNDRED, Kind, progress_choices

REASON_MAX = 300
_TAB = re.compile(r"^[A-Za-z0-9-]{1,40}$")
_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?")


def plain_number(text: str) -> Decimal | None:
    """The number that a person typed, None for an empty text; full-width digits, 。as point, and a % are understood.

    Exponents, NaN and the like are not numbers here: raises ValidationError.
    """
    folded = unicodedata.normalize("NFKC", text).strip().replace("。", ".").removesuffix("%").strip()
    if not folded:
        return None
    if not _NUMBER.fullmatch(folded):
        raise ValidationError("请填写数字，如 60 或 62.5。")
    return Decimal(folded)


class NumberField(forms.CharField):
    """A decimal number as people type it; cleaned to Decimal or None."""

    def __init__(self, *, low: Decimal | None, high: Decimal, places: int, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.low, self.high, self.places = low, high, places

    def clean(self, value: Any) -> Any:
        number = plain_number(super().clean(value))
        if number is None:
            return None
        if (self.low is not None and number < self.low) or abs(number) > self.high:
            low = f"{self.low:f}" if self.low is not None else f"-{self.high:f}"
            raise ValidationError(f"请填写 {low} 至 {self.high:f} 之间的数字。")
        step = Decimal(1).scaleb(-self.places)
        if number != number.quantize(step):
            raise ValidationError(f"最多保留 {self.places} 位小数。")
        return number.quantize(step)

    def prepare_value(self, value: Any) -> Any:
        return number_text(value) if isinstance(value, Decimal) else value


class LongText(forms.CharField):
    """Text of several paragraphs. Line ends count as one character, as they do in the browser."""

    def __init__(self, *, maximum: int = TEXT_MAX, rows: int = 5, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "data-max": maximum, "class": "form-control"})
        super().__init__(required=False, widget=widget, **kwargs)
        self.maximum = maximum

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > self.maximum:
            raise ValidationError(
                f"内容共 {len(value)} 字，超过 {self.maximum} 字，请精简；详细材料可作为佐证上传。"
            )

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # No maxlength: a browser would cut pasted text without a word.
        return {}


class FilingForm(forms.Form):
    """Fields as the measure, the role and the quarter ask for them. `content()` is what the services take."""

    base_version = forms.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        widget=forms.HiddenInput,
        error_messages={
            "required": "页面信息不完整，请刷新页面后重试。",
            "invalid": "页面信息不完整，请刷新页面后重试。",
        },
    )
    tab = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    typist = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    base = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    restored = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    self_status = forms.ChoiceField(
        label="自评状态",
        required=False,
        error_messages={"invalid_choice": "“%(value)s”不是可选的自评状态，请重新选择。"},
    )
    percent = NumberField(label="完成比例", low=Decimal(0), high=HUNDRED, places=1)
    decrease_reason = LongText(label="比例下降原因", maximum=REASON_MAX, rows=2)
    indicator_value = NumberField(label="指标实际值", low=None, high=Decimal("9999999999.99"), places=2)
    progress_text = LongText(label="工作进展", rows=8)
    problems = LongText(label="存在问题", rows=4)
    next_steps = LongText(label="下一步工作", rows=4)
    overall_text = LongText(label="本措施总体进展", rows=5)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        assignment: Assignment,
        period: ReportingPeriod,
        content: Mapping[str, Any],
        asks_decrease: bool,
        **kwargs: Any,
    ) -> None:
        """`content`: the values at hand (CONTENT_FIELDS), shown first and compared with on a conflict.

        `asks_decrease`: whether an earlier percent was approved, so that a lower one may need a reason.
        """
        super().__init__(data, initial=dict(content) | kwargs.pop("initial", {}), **kwargs)
        measure = assignment.measure
        status = self.fields["self_status"]
        choices = progress_choices(measure.kind, period.quarter)
        old = content.get("self_status")
        status.widget = forms.RadioSelect(choices=choices)
        status.choices = choices  # type: ignore[attr-defined]
        if old and old not in dict(choices):
            # The kind of the measure was changed after this was written: the old word is gone.
            self.initial["self_status"] = ""
        if measure.kind == Kind.ONGOING:
            del self.fields["percent"]
        if measure.kind == Kind.ONGOING or not asks_decrease:
            del self.fields["decrease_reason"]
        if not measure.indicator:
            del self.fields["indicator_value"]
        else:
            self.fields["indicator_value"].label = measure.indicator
        if assignment.role != AssignmentRole.LEAD:
            del self.fields["overall_text"]
        for name in ("percent", "indicator_value"):
            if name in self.fields:
                self.fields[name].widget.attrs.update({"class": "form-control", "inputmode": "decimal"})
        for name in self.fields:
            self.fields[name].widget.attrs.setdefault("autocomplete", "off")

    def clean_tab(self) -> str:
        """A tab that names itself oddly has no autosave of its own."""
        tab = self.cleaned_data["tab"]
        return tab if _TAB.match(tab) else ""

    def content(self) -> dict[str, Any]:
        """The cleaned content; filing text says that there was work."""
        return {"no_work": False} | {name: self.cleaned_data[name] for name in self.content_names}

    @property
    def content_names(self) -> list[str]:
        """The fields of this form that are content, in the order of the page."""
        return [name for name in self.fields if name in CONTENT_FIELDS]

    def content_fields(self) -> Iterator[forms.BoundField]:
        """The bound fields of the content."""
        return (self[name] for name in self.content_names)

    def untouched(self) -> set[str]:
        """The content fields that the person left as they were when the page was opened, or was not even shown."""
        unseen = {name for name in self.content_names if name not in self.data}
        try:
            base = json.loads(self.cleaned_data.get("base") or "{}")
        except (ValueError, RecursionError):
            return unseen
        if not isinstance(base, dict):
            return unseen
        now = fingerprints(self.cleaned_data, self.content_names)
        return unseen | {name for name, mark in now.items() if base.get(name) == mark}

    def typed(self) -> list[tuple[str, str, str]]:
        """(field, label, text) of everything typed, valid or not, for a page that shows it but takes it no more."""
        words = dict(self.fields["self_status"].choices)  # type: ignore[attr-defined]
        rows = []
        for field in self.content_fields():
            text = str(field.value() or "").strip()
            if text:
                rows.append((field.name, str(field.label), str(words.get(text, text))))
        return rows


def is_tab(text: str) -> bool:
    """Whether `text` names a tab as the page's script does."""
    return bool(_TAB.match(text))
