"""Forms about issued editions: opening a correction, and asking whether a file is one of them."""

import re
from typing import Any

from django import forms

from reports.hashing import HashedUpload
from tasks.models import ProgressUpdate, ReportingPeriod
from tasks.rules import AMENDABLE
from tasks.services.amendments import REASON_MAX
from xigang_eco.http import whole_number

_SHA256 = re.compile(r"^[0-9a-f]{64}$")


class _Updates(forms.ModelMultipleChoiceField):
    """Ids as the page lists them; no database is asked about a number that none can hold."""

    def clean(self, value: Any) -> Any:
        for one in value or ():
            if whole_number(str(one)) is None:
                raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().clean(value)


class CorrectionForm(forms.Form):
    """Why, and which filings are reopened; none of them where only the words are wrong."""

    reason = forms.CharField(
        label="更正原因",
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写明原通报哪里有误，如“区发改局第2项措施的完成比例误报为25%”。写入更正后通报的首段，并告知所选单位。",
        error_messages={"required": "请填写更正原因：原通报哪里有误、为什么更正。"},
    )
    updates = _Updates(
        label="需要更正的填报",
        queryset=ProgressUpdate.objects.none(),
        required=False,
        error_messages={
            "invalid_choice": "所选填报中有的不能更正，请刷新页面后重新选择。",
            "invalid_pk_value": "所选填报中有的不能更正，请刷新页面后重新选择。",
        },
    )

    def __init__(self, *args: Any, period: ReportingPeriod, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["updates"].queryset = ProgressUpdate.objects.filter(  # type: ignore[attr-defined]
            period=period, status__in=AMENDABLE
        )

    @property
    def picked(self) -> set[str]:
        """Values ticked on the page that came back."""
        return set(self.data.getlist("updates")) if hasattr(self.data, "getlist") else set()


class VerifyForm(forms.Form):
    """A file, or its SHA-256 typed."""

    file = forms.FileField(label="通报文件", required=False)
    sha256 = forms.CharField(
        label="SHA-256 值",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_file(self) -> HashedUpload | None:
        upload = self.cleaned_data["file"]
        return upload if isinstance(upload, HashedUpload) else None

    def clean_sha256(self) -> str:
        text = "".join(self.cleaned_data["sha256"].split()).lower()
        if text and not _SHA256.match(text):
            raise forms.ValidationError("SHA-256 值应为 64 位十六进制数（0–9、a–f），请核对后重新填写。")
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("file") and not cleaned.get("sha256"):
            raise forms.ValidationError("请选择文件，或填写文件的 SHA-256 值。")
        return cleaned
