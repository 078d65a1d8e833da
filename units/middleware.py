"""The login wall, the idle clock and the forced change of a first password."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

GetResponse = Callable[[HttpRequest], HttpResponseBase]

SEEN = "seen_at"
# The session is written at most once in so many seconds, so that reading pages costs no write.
_GRAIN = 60


def is_background(request: HttpRequest) -> bool:
    """Whether a script sent this request: it wants a status and JSON, not a login page."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


class IdleLogoutMiddleware:
    """Log out whoever has been away for IDLE_MINUTES."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now = int(time.time())
            seen = request.session.get(SEEN)
            if seen is not None and now - seen > settings.IDLE_MINUTES * 60:
                logout(request)
                request.session["idle"] = True
            elif seen is None or now - seen >= _GRAIN:
                request.session[SEEN] = now
        return self.get_response(request)


class LoginRequiredMiddleware(DjangoLoginRequired):
    """Every view is closed unless marked `login_not_required`; scripts are told with 401."""

    def handle_no_permission(self, request: HttpRequest, view_func: object) -> HttpResponseBase:
        if is_background(request):
            return JsonResponse(
                {
                    "error": "登录已失效，内容已保留在本页。请在新窗口登录后继续。",
                    "login": reverse("units:login"),
                },
                status=401,
            )
        return super().handle_no_permission(request, view_func)  # type: ignore[arg-type]


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
