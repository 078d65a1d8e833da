"""Accounts, units and what the libraries keep about logins and changes, for administrators to look at."""

from typing import Any

from auditlog.models import LogEntry
from axes.models import AccessAttempt, AccessLog
from django.contrib import admin
from django.http import HttpRequest

from units.adminsite import ReadOnlyAdmin, column, site
from units.models import GroupMembership, Unit, UnitAlias, UnitGroup, User


@admin.register(User, site=site)
class UserAdmin(ReadOnlyAdmin):
    hidden = ("password", "is_superuser", "email")
    list_display = ("username", "name", "role", "unit", "phone", "is_active", "last_login")
    list_filter = ("role", "is_active", "must_change_password", "is_demo")
    list_select_related = ("unit",)
    search_fields = ("username", "name", "phone", "unit__name")


@admin.register(Unit, site=site)
class UnitAdmin(ReadOnlyAdmin):
    list_display = ("name", "full_name", "kind", "order", "is_active", "confirmed")
    list_filter = ("kind", "is_active", "confirmed")
    search_fields = ("name", "full_name", "code", "aliases__name")


@admin.register(UnitAlias, site=site)
class UnitAliasAdmin(ReadOnlyAdmin):
    list_display = ("name", "normal", "unit", "group")
    list_select_related = ("unit", "group")
    search_fields = ("name", "normal", "unit__name", "group__name")


@admin.register(UnitGroup, site=site)
class UnitGroupAdmin(ReadOnlyAdmin):
    list_display = ("name", "note", "confirmed")
    list_filter = ("confirmed",)
    search_fields = ("name", "code")


@admin.register(GroupMembership, site=site)
class GroupMembershipAdmin(ReadOnlyAdmin):
    list_display = ("group", "unit", "starts", "ends")
    list_filter = ("group",)
    list_select_related = ("group", "unit")
    search_fields = ("unit__name",)


@admin.register(LogEntry, site=site)
class LogEntryAdmin(ReadOnlyAdmin):
    hidden = ("serialized_data", "changes_text", "actor_email", "remote_port")
    list_display = ("timestamp", "actor", "remote_addr", "content_type", "object_repr", "action")
    list_filter = ("action", "content_type")
    list_select_related = ("actor", "content_type")
    search_fields = ("object_repr", "actor__username", "actor__name")
    date_hierarchy = "timestamp"


_LOGIN = (
    column("attempt_time", "时间"),
    column("username", "用户名"),
    column("ip_address", "地址"),
    column("user_agent", "浏览器"),
)


class _LoginAdmin(ReadOnlyAdmin):
    """What django-axes keeps; its fields have English names only."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.list_display


@admin.register(AccessAttempt, site=site)
class AccessAttemptAdmin(_LoginAdmin):
    title = "登录失败"
    list_display = (*_LOGIN, column("failures_since_start", "失败次数"))
    search_fields = ("username", "ip_address")


@admin.register(AccessLog, site=site)
class AccessLogAdmin(_LoginAdmin):
    title = "登录与退出"
    list_display = (*_LOGIN, column("logout_time", "退出时间"))
    search_fields = ("username", "ip_address")
    date_hierarchy = "attempt_time"
