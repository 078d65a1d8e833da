"""Small forms of the bulletin: what the office agrees to when it issues. The draft's own form is draftforms.py's."""

from typing import Any

from django import forms


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
