"""Forms of the bulletin: what the office writes in a draft, and what it agrees to when it issues."""

import re
from typing import Any

from django import forms

from reports.blocks import blocks_from_text, text_from_blocks
from reports.models import Bulletin

BODY_MAX = 20_000
_NUMBER = re.compile(r"^[^\s〔〕]+〔\d{4}〕[1-9]\d{0,4}号$")


class _Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        # What a browser's date field takes, whatever the language.
        super().__init__(format="%Y-%m-%d")


class BulletinForm(forms.Form):
    """A draft. `version`: the one that the person began from."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    title = forms.CharField(
        label="标题",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="需要在某处换行时按回车；不换行则自动排成长短相近的几行。",
    )
    body = forms.CharField(
        label="正文",
        max_length=BODY_MAX,
        widget=forms.Textarea(attrs={"rows": 26}),
        help_text="每段一行。以“一、”开头的行排成黑体标题，以“（一）”开头的排成楷体标题（标题后接正文时只排到第一个句号）。",
    )
    recipients = forms.CharField(
        label="主送机关", max_length=300, required=False, help_text="可不填。不必加冒号。"
    )
    signatory = forms.CharField(label="署名", max_length=100)
    signed_on = forms.DateField(label="成文日期", required=False, widget=_Day, help_text="不填则为印发当日。")
    document_number = forms.CharField(
        label="发文字号",
        max_length=60,
        required=False,
        help_text="如 西生态办〔2024〕3号。填写后才印红色版头、红线和版记。",
    )
    masthead = forms.CharField(
        label="发文机关标志", max_length=60, required=False, help_text="不填则用署名。"
    )
    cc = forms.CharField(label="抄送", max_length=300, required=False)
    printed_by = forms.CharField(label="印发机关", max_length=100, required=False, help_text="不填则用署名。")
    printed_on = forms.DateField(
        label="印发日期", required=False, widget=_Day, help_text="不填则同成文日期。"
    )

    HEAD = ("signatory", "recipients", "signed_on")
    RED_HEAD = ("document_number", "masthead", "cc", "printed_by", "printed_on")

    @classmethod
    def of(cls, bulletin: Bulletin) -> "BulletinForm":
        """The form with the draft in it."""
        names = ("version", "title", *cls.HEAD, *cls.RED_HEAD)
        initial = {name: getattr(bulletin, name) for name in names}
        return cls(initial=initial | {"body": text_from_blocks(bulletin.body)})

    @property
    def head_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.HEAD]

    @property
    def red_head_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.RED_HEAD]

    def clean_title(self) -> str:
        lines = [" ".join(line.split()) for line in self.cleaned_data["title"].splitlines()]
        title = "\n".join(line for line in lines if line)
        if len(title.splitlines()) > 4:
            raise forms.ValidationError("标题不应超过四行。")
        return title

    def clean_body(self) -> list[dict[str, str]]:
        return blocks_from_text(self.cleaned_data["body"])

    def clean_document_number(self) -> str:
        number = "".join(self.cleaned_data["document_number"].split())
        if number and not _NUMBER.match(number):
            raise forms.ValidationError(
                "发文字号应为“机关代字〔年份〕序号号”，如 西生态办〔2024〕3号：年份四位，用六角括号，序号不加“第”、不编虚位。"
            )
        return number

    @property
    def values(self) -> dict[str, Any]:
        """What services.save_draft takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class RewriteForm(forms.Form):
    """Writing the text anew replaces the draft that the person saw."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)


class IssueForm(forms.Form):
    """What a person saw and agreed to before issuing."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    undecided = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200_000)
    agree_undecided = forms.BooleanField(
        label="我已核对上表，同意将其记为“已报未审”“退回未改”，印发后不再审核",
        required=False,
    )
    agree_words = forms.BooleanField(
        label="我已核对正文中的数字，同意按现有正文印发",
        required=False,
    )

    def __init__(self, *args: Any, has_undecided: bool, has_changes: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, asked in (("agree_undecided", has_undecided), ("agree_words", has_changes)):
            if asked:
                self.fields[name].required = True
                self.fields[name].error_messages["required"] = "请核对后勾选。"
            else:
                del self.fields[name]
