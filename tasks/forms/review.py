"""What a reviewer types: a decision on one filing, a reason, a selection, and 本措施总体进展."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from tasks.forms.filing import LongText, NumberField
from tasks.models import ProgressUpdate
from tasks.models.filing import TEXT_MAX
from tasks.rules import HUNDRED, ZERO, Kind, progress_choices
from tasks.services.review import Correction
from xigang_eco.glyphs import named, unprintable

REASON_MAX = 1000
NOTE_MAX = ProgressUpdate._meta.get_field("approval_note").max_length or 500
# What the office returns filings for, as it words it: (short name for a button, sentence for the unit).
USUAL_REASONS = [
    ("内容笼统", "工作进展过于笼统，请写明本季度的具体做法、数量和完成时间。"),
    ("与措施不符", "所填内容与本项工作措施不对应，请对照措施原文重新填写。"),
    ("比例不符", "完成比例与文字描述不一致，请核实后修改。"),
    ("自评不符", "自评状态与实际进展不符，请核实后修改。"),
    ("缺少佐证", "缺少佐证材料，请补充能反映本季度工作的照片、文件或台账。"),
    ("佐证不符", "佐证材料与所报内容不符或无法辨认，请更换。"),
    ("与上季度雷同", "内容与上季度基本相同，请补充本季度的新进展。"),
    ("问题措施不具体", "存在问题和下一步工作不具体，请写明原因、责任人和完成时限。"),
    ("无工作理由不足", "“本季度无相关工作”与职责分工不符，请核实后填报。"),
]
_STALE = "页面信息不完整，请刷新页面后重试。"


def version_field() -> forms.IntegerField:
    """The version of the filing that the reviewer saw."""
    return forms.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), _STALE),
    )


class DecisionForm(forms.Form):
    """Approve, perhaps with 核定 figures, or return with a reason; which of the two, the button says."""

    version = version_field()
    decision = forms.ChoiceField(
        choices=[("approve", "通过"), ("return", "退回")],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "请选择通过或退回。"),
    )
    status = forms.ChoiceField(
        label="核定状态", required=False, error_messages={"invalid_choice": "请选择所列的核定状态。"}
    )
    percent = NumberField(label="核定比例（%）", low=ZERO, high=HUNDRED, places=1)
    note = LongText(label="核定说明", maximum=NOTE_MAX, rows=2)
    comment = LongText(label="审核意见（可不填）", maximum=REASON_MAX, rows=2)
    reason = LongText(label="退回原因", maximum=REASON_MAX, rows=5)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, update: ProgressUpdate, **kwargs: Any
    ) -> None:
        initial = {"version": update.version} | kwargs.pop("initial", {})
        super().__init__(data, initial=initial, **kwargs)
        measure = update.assignment.measure
        status = self.fields["status"]
        status.choices = [("", "同单位自评"), *progress_choices(measure.kind, update.period.quarter)]  # type: ignore[attr-defined]
        status.widget.attrs["class"] = "form-select"
        if measure.kind == Kind.ONGOING:
            del self.fields["percent"]
        else:
            self.fields["percent"].widget.attrs.update(
                {"class": "form-control", "inputmode": "decimal", "placeholder": "同单位自评"}
            )
        if update.no_work:
            for name in ("status", "percent", "note"):
                self.fields.pop(name, None)
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("decision") == "return":
            if not values.get("reason") and "reason" not in self.errors:
                self.add_error("reason", "请填写退回原因，让填报单位知道如何修改。")
        elif values.get("decision") == "approve":
            if values.get("reason"):
                self.add_error(
                    "reason",
                    "已填写退回原因，却点了“通过”。如确认通过，请先清空退回原因；如应退回，请点“退回”。",
                )
            wrong = {"status", "percent"} & set(self.errors)
            if values.get("note") and not self.correction() and not wrong:
                self.add_error("note", "已填写核定说明，但未填写核定结果。如只是提意见，请写在审核意见中。")
        return values

    def correction(self) -> Correction:
        """The 核定 figures that were typed."""
        values = self.cleaned_data
        return Correction(
            percent=values.get("percent"), status=values.get("status", ""), note=values.get("note", "")
        )

    @property
    def opens_details(self) -> bool:
        """Whether the folded part holds something that was typed or is wrong."""
        folded = [name for name in ("status", "percent", "note", "comment") if name in self.fields]
        return any(self[name].value() or name in self.errors for name in folded)


class ReasonForm(forms.Form):
    """Why an approval is taken back."""

    version = version_field()
    reason = LongText(label="重新打开的原因", maximum=REASON_MAX, rows=3)

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if not reason:
            raise ValidationError("请填写重新打开的原因，让填报单位知道如何修改。")
        return reason


class SummaryForm(forms.Form):
    """本措施总体进展; empty text removes it. `base`: the text that the form started from."""

    text = LongText(label="本措施总体进展", maximum=TEXT_MAX, rows=10)
    base = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def clean_base(self) -> str:
        # Browsers send every line end as CR LF.
        return self.cleaned_data["base"].replace("\r\n", "\n")

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        strange = unprintable(text)
        if strange:
            raise ValidationError(f"有无法印刷的字符（{named(strange)}），请删去或改用规范汉字。")
        return text
