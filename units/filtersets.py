"""Filters of the account list and of the change log. The address bar keeps them."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django import forms
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from units.access import MANAGED_ROLES
from units.changelog import ACTIONS
from units.lockout import locks
from units.models import Role, Unit, User
from units.querysets import changes_visible_to

STATES = [("active", "启用"), ("inactive", "停用"), ("locked", "登录锁定"), ("first", "待改初始口令")]


class _FilterSet(django_filters.FilterSet):
    """Conditions that are not valid filter nothing; the page names them."""

    @property
    def refused(self) -> list[str]:
        """The labels of the conditions that are not valid."""
        return [str(self.form.fields[name].label) for name in self.form.errors]


class AccountFilter(_FilterSet):
    """角色, 单位, 状态, text. `user` is offered the roles that they see."""

    role = django_filters.ChoiceFilter(label="角色", empty_label="全部")
    unit = django_filters.ModelChoiceFilter(label="单位", queryset=Unit.objects.all(), empty_label="全部")
    state = django_filters.ChoiceFilter(label="状态", choices=STATES, empty_label="全部", method="by_state")
    q = django_filters.CharFilter(label="姓名、用户名或电话", method="by_text", max_length=40)

    class Meta:
        model = User
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = tuple(Role) if user.is_administrator else MANAGED_ROLES[user.role]
        self.filters["role"].extra["choices"] = [(role.value, role.label) for role in roles]

    def by_state(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        if value == "locked":
            return rows.filter(username__in=locks())
        if value == "first":
            return rows.filter(must_change_password=True, is_active=True)
        return rows.filter(is_active=value == "active")

    def by_text(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return rows.filter(
            Q(name__icontains=value) | Q(username__icontains=value) | Q(phone__icontains=value)
        )


def _actors(request: Any) -> QuerySet[User]:
    return User.objects.filter(pk__in=changes_visible_to(request.user).order_by().values("actor")).order_by(
        "name"
    )


class ChangeFilter(_FilterSet):
    """操作人, 对象类别, 操作, days from and to (both included), text."""

    actor = django_filters.ModelChoiceFilter(label="操作人", queryset=_actors, empty_label="全部")
    kind = django_filters.ChoiceFilter(label="对象类别", empty_label="全部", method="by_kind")
    action = django_filters.ChoiceFilter(label="操作", choices=list(ACTIONS.items()), empty_label="全部")
    since = django_filters.DateFilter(
        label="起始日期", method="by_since", widget=forms.DateInput({"type": "date"})
    )
    until = django_filters.DateFilter(
        label="截止日期", method="by_until", widget=forms.DateInput({"type": "date"})
    )
    q = django_filters.CharFilter(label="对象名称或变更内容", method="by_text", max_length=80)

    class Meta:
        model = LogEntry
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["kind"].extra["choices"] = sorted(
            ((model._meta.label_lower, str(model._meta.verbose_name)) for model in auditlog.get_models()),
            key=lambda choice: choice[0],
        )

    def by_kind(self, rows: QuerySet[LogEntry], name: str, value: str) -> QuerySet[LogEntry]:
        app, model = value.split(".")
        return rows.filter(content_type=ContentType.objects.get_by_natural_key(app, model))

    def by_text(self, rows: QuerySet[LogEntry], name: str, value: str) -> QuerySet[LogEntry]:
        # SQLite keeps JSON as it was written, with \u for every Chinese character; PostgreSQL keeps the characters.
        written = json.dumps(value)[1:-1]
        return rows.annotate(text=Cast("changes", TextField())).filter(
            Q(object_repr__icontains=value)
            | Q(additional_data__username__icontains=value)
            | Q(text__icontains=value)
            | Q(text__icontains=written)
        )

    def by_since(self, rows: QuerySet[LogEntry], name: str, value: date) -> QuerySet[LogEntry]:
        return rows.filter(timestamp__gte=_midnight(value))

    def by_until(self, rows: QuerySet[LogEntry], name: str, value: date) -> QuerySet[LogEntry]:
        return rows.filter(timestamp__lt=_midnight(value + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
