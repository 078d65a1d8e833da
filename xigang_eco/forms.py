"""How forms are printed everywhere: Bootstrap's classes on the widgets, one template for a field with label and errors."""

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting

# Django's own translation reads 不允许是用空字符串, which says something else.
ProhibitNullCharactersValidator.message = "内容中有无法识别的字符（空字符），请删去后重试。"

_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.HiddenInput, ""),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


class EcoBoundField(BoundField):
    """A field that knows how it looks; whatever class the form itself gave is kept."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        own = next(name for kind, name in _CLASSES if isinstance(widget, kind))
        names = str(attrs.get("class") or widget.attrs.get("class", "")).split()
        if own and own not in names:
            names.append(own)
        if self.form.is_bound and self.errors:
            names.append("is-invalid")
        if names:
            attrs["class"] = " ".join(names)
        return attrs

    @property
    def is_checkbox(self) -> bool:
        return isinstance(self.field.widget, forms.CheckboxInput)


class Renderer(TemplatesSetting):
    """Django's form templates, except for ours."""

    bound_field_class = EcoBoundField
    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
