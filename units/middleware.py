"""The login wall, the idle clock, the forced change of a first password, and the author of every logged change."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from auditlog.middleware import AuditlogMiddleware
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from units.addresses import client_address

GetResponse = Callable[[HttpRequest], HttpResponseBase]

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SEEN = "seen_at"
# Left in the new, anonymous session for the login page, which tells why it is shown.
IDLE = "idle"
# The session is written at most once in so many seconds, so that reading pages costs no write.
_GRAIN = 60


def is_background(request: HttpRequest) -> bool:
    """Whether a script sent this request: it wants a status and JSON, not a login page."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def is_activity(request: HttpRequest) -> bool:
    """Whether a person is behind the request, so that it renews the login.

    A page that asks by itself how things stand (a background GET) says nothing about anybody being there. What
    a script sends on behalf of a person (autosave after a keystroke, an upload) does.
    """
    return not (is_background(request) and request.method in SAFE_METHODS)


class IdleLogoutMiddleware:
    """Log out whoever has done nothing for IDLE_MINUTES."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now = int(time.time())
            seen = request.session.get(SEEN)
            if seen is not None and now - seen > settings.IDLE_MINUTES * 60:
                logout(request)
                request.session[IDLE] = True
            elif seen is None or (now - seen >= _GRAIN and is_activity(request)):
                request.session[SEEN] = now
        return self.get_response(request)


class LoginRequiredMiddleware(DjangoLoginRequired):
    """Every view is closed unless marked `login_not_required`; scripts are told with 401."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: object
    ) -> HttpResponseBase:
        if is_background(request):
            return JsonResponse(
                {
                    "error": "登录已失效，内容已保留在本页。请在新窗口登录后继续。",
                    "login": reverse("units:login"),
                },
                status=401,
            )
        if request.method not in SAFE_METHODS:
            # Where a form was sent to mostly answers POST only: after the login the page with the form is shown again.
            return redirect_to_login(_page_behind(request), reverse("units:login"))
        return super().handle_no_permission(request, view_func)  # type: ignore[arg-type]


def _page_behind(request: HttpRequest) -> str:
    """The path of our own page that sent the request, or the first page."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, request.is_secure()):
        return reverse("home")
    parts = urlsplit(referer)
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


class PasswordChangeMiddleware:
    """Until the first password is changed, only that page and logging out are open."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if user.is_authenticated and user.must_change_password:
            allowed = {reverse("units:password"), reverse("units:logout"), reverse("units:login")}
            if request.path not in allowed:
                if is_background(request):
                    return JsonResponse({"error": "请先修改初始口令。"}, status=403)
                return redirect("units:password")
        return self.get_response(request)


class ChangeLogMiddleware(AuditlogMiddleware):  # type: ignore[misc]
    """Name the person and the address in every logged change.

    The library takes X-Forwarded-For from anybody: that would let people choose the address they are logged
    under, and on PostgreSQL a nonsensical one would fail the whole change.
    """

    @staticmethod
    def _get_remote_addr(request: HttpRequest) -> str | None:
        return client_address(request)

    @staticmethod
    def _get_remote_port(_request: HttpRequest) -> None:
        return None
