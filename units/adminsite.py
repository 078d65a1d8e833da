"""Django's admin as administrators see it: a window onto the tables, with nothing to turn.

Only models registered here with `site` are shown. Logging in, logging out and passwords have their own pages, so those
of the admin are left out: what it offered would go around lock-out and change log.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from django.utils.http import urlencode

from units.middleware import SAFE_METHODS
from units.models import Role

LIBRARIES = {"auditlog": "变更记录", "axes": "登录记录"}
_LEFT_OUT = {"logout", "password_change", "password_change_done", "view_on_site"}


def _is_administrator(request: HttpRequest) -> bool:
    return request.user.is_active and getattr(request.user, "role", None) == Role.ADMIN


class ReadOnlySite(admin.AdminSite):
    site_header = "后台数据查阅"
    site_title = "后台数据查阅"
    index_title = "数据表（只读）"
    site_url = "/"
    enable_nav_sidebar = False
    final_catch_all_view = False

    def has_permission(self, request: HttpRequest) -> bool:
        return _is_administrator(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Refuse other roles, and everything but reading, before any view of the admin sees the request."""
        shown = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request) or request.method not in SAFE_METHODS:
                raise PermissionDenied
            return shown(request, *args, **kwargs)

        return guarded

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [url for url in super().get_urls() if getattr(url, "name", None) not in _LEFT_OUT]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The tables by application; those of libraries under names that people here understand."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["name"] = LIBRARIES.get(app["app_label"], app["name"])
            for entry in app["models"]:
                entry["name"] = getattr(self._registry[entry["model"]], "title", "") or entry["name"]
        return apps

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The application's own login page."""
        target = request.GET.get("next") or reverse("admin:index")
        return redirect(f"{reverse('units:login')}?{urlencode({'next': target})}")

    login.login_required = False  # type: ignore[attr-defined]


site = ReadOnlySite()


def column(name: str, label: str) -> Callable[[models.Model], str]:
    """A field of a library's model under a Chinese label."""

    @admin.display(description=label, ordering=name)
    def show(record: models.Model) -> str:
        value = getattr(record, name)
        if isinstance(value, datetime):
            return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
        return "—" if value in (None, "") else str(value)

    show.__name__ = name
    return show


class ReadOnlyAdmin(admin.ModelAdmin):
    """A model that may be looked at. Every column is shown unless it is in `hidden`."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    hidden: tuple[str, ...] = ()
    # For models of libraries that have no Chinese name.
    title = ""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        named = {"title": self.title, "module_name": self.title} if self.title else {}
        return super().changelist_view(request, {**named, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_administrator(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_administrator(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [
            field.name
            for field in self.opts.concrete_fields
            if field.name not in self.hidden and not isinstance(field, models.BinaryField)
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)
