"""The shape of what is typed where a year's plan is taken in: the document, what it does not say, whom a name means."""

from typing import Any, Literal

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator

from tasks.forms.manage import DayField
from tasks.importing.choices import LONGEST, Choice
from tasks.importing.details import FIRST_YEAR, LAST_YEAR
from tasks.importing.errors import TooLarge
from tasks.importing.limits import MEGABYTE, PLAN, too_large
from units.forms import UnitNameField
from units.models import UnitKind
from units.resolving import Directory

ACCEPTED = ".docx,.xlsx,.txt,.tsv"
TOO_LARGE = "too_large"
_LONGEST_FILE_NAME = 200


class YearField(forms.IntegerField):
    """A plan's year."""

    def __init__(self, **kwargs: Any) -> None:
        message = f"年度应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间，例如 2025。"
        super().__init__(
            min_value=FIRST_YEAR,
            max_value=LAST_YEAR,
            error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), message),
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            **kwargs,
        )


class DocumentForm(forms.Form):
    """A document: a file, or the text of its table pasted. `too_large`: the file is over the limit."""

    file = forms.FileField(
        label="文件",
        required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        help_text=f"Word（.docx）、Excel（.xlsx）或文本（.txt、.tsv），不超过 {PLAN.file // MEGABYTE} MB。",
        error_messages={"empty": "文件是空的，请重新选择。"},
    )
    text = forms.CharField(
        label="或粘贴表格文字",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text="在 Word 或 WPS 中选中整个表格（含表头）复制，在此粘贴。",
    )
    year = YearField(label="年度", required=False, help_text="选填；文件中写明的不必填。")

    @property
    def is_too_large(self) -> bool:
        return self.has_error("file", TOO_LARGE) or self.has_error(NON_FIELD_ERRORS, TOO_LARGE)

    def refuse(self, failure: Exception, name: str) -> None:
        """Say why the document is not taken. The browser empties the file's field: the words have to say which file it was."""
        message = f"“{name}”未能读取：{failure}" if name else str(failure)
        self.add_error(None, ValidationError(message, TOO_LARGE if isinstance(failure, TooLarge) else None))

    def clean_file(self) -> UploadedFile | None:
        sent: UploadedFile | None = self.cleaned_data["file"]
        if sent is not None and (sent.size or 0) > PLAN.file:
            raise ValidationError(too_large(PLAN), TOO_LARGE)
        return sent

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        has_text = bool(str(cleaned.get("text") or "").strip())
        if cleaned.get("file") and has_text:
            raise ValidationError("选择文件和粘贴文字只需其一。请清空粘贴的文字，或重新提交而不选文件。")
        if not cleaned.get("file") and not has_text and not self.errors:
            raise ValidationError("请选择文件，或粘贴表格文字。")
        return cleaned

    def document(self) -> tuple[bytes | str, str]:
        """What was brought, and its name (empty for pasted text)."""
        sent: UploadedFile | None = self.cleaned_data["file"]
        if sent is None:
            return self.cleaned_data["text"], ""
        return sent.read(), (sent.name or "")[-_LONGEST_FILE_NAME:]


class DetailsForm(forms.Form):
    """What the plan is called, by whom and when it was issued. What is left empty is as the document says, or proposed."""

    year = YearField(label="年度")
    code = forms.CharField(
        label="代码",
        max_length=40,
        required=False,
        validators=[RegexValidator(r"^[-a-zA-Z0-9_]+\Z", "代码只能用英文字母、数字、短横线和下划线。")],
        help_text="用于网址，一般即年度。",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    title = forms.CharField(label="标题", max_length=200, required=False)
    issuer = forms.CharField(label="印发机关", max_length=100, required=False)
    issued_on = DayField(label="印发日期", required=False)
    attachment_title = forms.CharField(label="附件标题", max_length=200, required=False)


class ChoiceForm(forms.Form):
    """Whom a printed name means, as one of several buttons said it; `printed` and `action` come with each of them.

    `pick`: a suggestion (unit:CODE, group:CODE); `known`: a unit or group by one of its names; `unit`, `group`: one to be made, by
    `name` and `kind`; `note`: nobody; `undo`: as the system knows it.
    """

    PICK, KNOWN, UNIT, GROUP, NOTE, UNDO = "pick", "known", "unit", "group", "note", "undo"

    printed = forms.CharField(label="印发写法", max_length=500, strip=False)
    action = forms.ChoiceField(
        choices=[(name, name) for name in (PICK, KNOWN, UNIT, GROUP, NOTE, UNDO)],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "没有这种认定，请刷新页面后重试。"),
    )
    pick = forms.CharField(max_length=80, required=False)
    known = UnitNameField(label="已有的单位或单位组", max_length=120, required=False)
    name = UnitNameField(label="名称", max_length=LONGEST["new_group"], required=False)
    kind = forms.TypedChoiceField(label="类别", choices=UnitKind.choices, coerce=int, required=False)

    def __init__(self, data: Any = None, *, directory: Directory) -> None:
        super().__init__(data)
        self.directory = directory
        self.choice: Choice | None = None

    @property
    def is_unit(self) -> bool:
        return self.data.get("action") == self.UNIT

    @property
    def is_group(self) -> bool:
        return self.data.get("action") == self.GROUP

    @property
    def strange(self) -> list[str]:
        """What is wrong beside the fields that a person fills."""
        hidden = ("printed", "action", "pick")
        return [str(error) for name in hidden for error in self[name].errors] + [
            str(error) for error in self.non_field_errors()
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            self.choice = getattr(self, f"_{cleaned['action']}")(cleaned)
        return cleaned

    def _pick(self, cleaned: dict[str, Any]) -> Choice | None:
        kind, _, code = cleaned["pick"].partition(":")
        if kind not in ("unit", "group") or not code:
            self.add_error(None, "没有这个建议，请刷新页面后重试。")
            return None
        return Choice(kind, code=code)

    def _known(self, cleaned: dict[str, Any]) -> Choice | None:
        target = self.directory.exact.get(cleaned["known"])
        if target is None:
            wrong = f"没有名为“{cleaned['known']}”的在用单位或单位组。" if cleaned["known"] else ""
            self.add_error("known", f"{wrong}请从列表中选择，或在下方新建。")
            return None
        return Choice(target.kind, code=target.code)

    def _unit(self, cleaned: dict[str, Any]) -> Choice | None:
        return self._new("new_unit", cleaned, cleaned["kind"])

    def _group(self, cleaned: dict[str, Any]) -> Choice | None:
        return self._new("new_group", cleaned, None)

    def _new(
        self, kind: Literal["new_unit", "new_group"], cleaned: dict[str, Any], unit_kind: int | str | None
    ) -> Choice | None:
        name: str = cleaned["name"]
        if not name:
            self.add_error("name", "请填写名称。")
        elif len(name) > LONGEST[kind]:
            self.add_error("name", f"名称不超过 {LONGEST[kind]} 个字，当前 {len(name)} 个字。")
        elif unit_kind == "":
            self.add_error("kind", "请选择类别。")
        else:
            return Choice(kind, name=name, unit_kind=int(unit_kind) if unit_kind is not None else None)
        return None

    def _note(self, _cleaned: dict[str, Any]) -> Choice:
        return Choice("note")

    def _undo(self, _cleaned: dict[str, Any]) -> None:
        return None
