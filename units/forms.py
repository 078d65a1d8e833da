"""The shape of what is typed on the pages of sessions, accounts and units."""

from typing import Any, cast

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UsernameField
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.core.validators import RegexValidator
from django.db.models import Q

from units.access import MANAGED_ROLES
from units.models import Unit, UnitKind, User
from units.names import clean_name
from units.passwords import PASSWORD_MAX
from xigang_eco.glyphs import named, unprintable

WRONG_LOGIN = "用户名或口令不正确，或账号已停用。请核对后重新输入；连续输错 5 次，须等待 15 分钟。"


def _password(label: str, autocomplete: str, **kwargs: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=PASSWORD_MAX, widget=widget, **kwargs)


class LoginForm(AuthenticationForm):
    """User name and password. Wrong password, unknown name and inactive account get the same words."""

    username = UsernameField(
        label="用户名",
        widget=forms.TextInput(attrs={"autofocus": True, "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = _password("口令", "current-password")

    error_messages = {"invalid_login": WRONG_LOGIN, "inactive": WRONG_LOGIN}


class OwnPasswordForm(PasswordChangeForm):
    """The person's own new password, which has to be another one than before."""

    old_password = _password("原口令", "current-password")
    new_password1 = _password("新口令", "new-password")
    new_password2 = _password("再次输入新口令", "new-password")

    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": "原口令不正确，请重新输入。",
        "password_mismatch": "两次输入的新口令不一致。",
    }
    field_order = ["old_password", "new_password1", "new_password2"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = password_validators_help_text_html()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        new = self.cleaned_data.get("new_password1")
        if new and new == self.cleaned_data.get("old_password"):
            self.add_error("new_password1", "新口令不能与原口令相同。")
        return cleaned


class AccountForm(forms.Form):
    """An account's person, role and unit. Roles are those that `actor` manages; the user name is given once."""

    username = forms.CharField(
        label="用户名",
        min_length=2,
        max_length=30,
        validators=[
            RegexValidator(r"^[A-Za-z0-9._-]+\Z", "用户名只能包含英文字母、数字、点、下划线和短横线。")
        ],
        help_text="用于登录，2–30 个英文字母、数字或 . _ -，建立后不能修改。",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    name = forms.CharField(label="姓名", max_length=40)
    role = forms.ChoiceField(label="角色")
    unit = forms.ModelChoiceField(
        label="所属单位",
        queryset=Unit.objects.none(),
        required=False,
        empty_label="（不属于责任单位）",
        help_text="填报员、单位负责人必选；区领导不选。",
    )
    phone = forms.CharField(label="电话", max_length=40, required=False)

    def __init__(self, *args: Any, actor: User, account: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        cast(forms.ChoiceField, self.fields["role"]).choices = [
            ("", "请选择"),
            *((role.value, role.label) for role in MANAGED_ROLES[actor.role]),
        ]
        if actor.is_office:
            units = Q(is_active=True) | Q(pk=account.unit_id if account else None)
            cast(forms.ModelChoiceField, self.fields["unit"]).queryset = Unit.objects.filter(units)
        else:
            del self.fields["unit"]
        if account is not None:
            del self.fields["username"]
            self.initial = {
                "name": account.name,
                "role": account.role,
                "unit": account.unit_id,
                "phone": account.phone,
            }
            if account == actor:
                del self.fields["role"]

    def values(self) -> dict[str, Any]:
        """What the services take: a role that may not be changed here stays, no unit where none is asked."""
        role = self.account.role if self.account else None
        return {"role": role, "unit": None, **self.cleaned_data}


class UnitNameField(forms.CharField):
    """A name as it is kept: in compatible widths, without blanks, of characters that the bulletin can print."""

    def to_python(self, value: Any) -> str:
        return clean_name(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value)
        missing = unprintable(value)
        if missing:
            raise forms.ValidationError(f"名称中有无法印刷的字符（{named(missing)}），请删去或改用规范汉字。")


class UnitForm(forms.Form):
    """Everything about a unit but its place in the official order."""

    name = UnitNameField(label="简称", max_length=60, help_text="各页面、台账和通报中使用。")
    full_name = UnitNameField(label="全称", max_length=120, required=False)
    kind = forms.TypedChoiceField(label="类别", choices=UnitKind.choices, coerce=int)
    contact = forms.CharField(label="联系人及电话", max_length=120, required=False)
    is_active = forms.BooleanField(
        label="在用", required=False, initial=True, help_text="停用后不能再被选为责任单位，已有记录保留。"
    )
    confirmed = forms.BooleanField(
        label="全称与类别已核实", required=False, help_text="印发件没有写明的内容，核实前标注“待核实”。"
    )


class GroupForm(forms.Form):
    """What a group is called; its members are kept apart."""

    name = UnitNameField(label="名称", max_length=80)
    note = forms.CharField(
        label="说明", max_length=200, required=False, help_text="选填，例如成员依据哪份文件确定。"
    )


class AliasForm(forms.Form):
    """Another name of a unit or group."""

    name = UnitNameField(label="增加名称", max_length=80)

    def __init__(self, data: Any = None) -> None:
        # It stands on pages with a form that has a name, too.
        super().__init__(data, auto_id="alias-%s")
