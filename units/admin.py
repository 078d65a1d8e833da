"""Accounts, units and what the libraries keep about logins and changes, for administrators to look at."""

from auditlog.models import LogEntry
from axes.models import AccessAttempt, AccessLog
from django.contrib import admin

from units.adminsite import ReadOnlyAdmin, site
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


@admin.register(AccessAttempt, site=site)
class AccessAttemptAdmin(ReadOnlyAdmin):
    list_display = ("attempt_time", "username", "ip_address", "failures_since_start", "user_agent")
    search_fields = ("username", "ip_address")


@admin.register(AccessLog, site=site)
class AccessLogAdmin(ReadOnlyAdmin):
    hidden = ("session_hash",)
    list_display = ("attempt_time", "username", "ip_address", "logout_time", "user_agent")
    search_fields = ("username", "ip_address")
    date_hierarchy = "attempt_time"
