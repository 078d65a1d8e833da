"""Login, logout and the person's own password."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout as end_session
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from units.access import EVERY_ROLE, current_user, roles_allowed
from units.addresses import client_address
from units.forms import LoginForm, OwnPasswordForm
from units.lockout import locks, minutes_left
from units.middleware import IDLE, is_background
from units.services.accounts import change_own_password
from xigang_eco import errors
from xigang_eco.http import INVALID

TOO_MANY = 429


class Login(LoginView):
    """The login page. `next` is followed within this site only, never back to a page of the session itself."""

    template_name = "units/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True
    http_method_names = ["get", "head", "post"]

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        url = super().get_redirect_url()
        path = url.partition("?")[0]
        return "" if path in (reverse("units:login"), reverse("units:logout")) else url

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        idle = settings.IDLE_MINUTES if self.request.session.get(IDLE) else 0
        return super().get_context_data(idle=idle, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        # The anonymous session goes on in the new one, under a new key; why it was begun does not matter any more.
        self.request.session.pop(IDLE, None)
        return super().form_valid(form)

    def form_invalid(self, form: Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=INVALID)


@require_POST
@login_not_required
def logout(request: HttpRequest) -> HttpResponse:
    """End the session. Anybody may: who has none any more comes to the login page all the same."""
    end_session(request)
    return redirect("units:login")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(*EVERY_ROLE)
def password(request: HttpRequest) -> HttpResponse:
    """Change the own password; the first one has to be changed before anything else opens."""
    user = current_user(request)
    first = user.must_change_password
    form = OwnPasswordForm(user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        changed = change_own_password(user=user, password=form.cleaned_data["new_password1"])
        # This session stays, under a new key; the person's others end.
        update_session_auth_hash(request, changed)
        messages.success(request, "口令已修改，请妥善保管。")
        return redirect("home")
    status = INVALID if request.method == "POST" else None
    return render(request, "units/password.html", {"form": form, "first": first}, status=status)


def locked_out(
    request: HttpRequest, response: HttpResponseBase | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """What django-axes answers after too many failures of a user name at an address. Unknown names get it too."""
    username = (credentials or {}).get("username") or ""
    minutes = minutes_left(locks(username, client_address(request)).get(username))
    if is_background(request):
        answer: HttpResponse = JsonResponse(
            {"error": f"登录失败次数过多，请 {minutes} 分钟后再试。"}, status=TOO_MANY
        )
    else:
        context = {"minutes": minutes, "limit": settings.AXES_FAILURE_LIMIT}
        answer = render(request, "units/locked.html", context, status=TOO_MANY)
    answer["Retry-After"] = str(minutes * 60)
    add_never_cache_headers(answer)
    return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid token. On the login page that mostly means a browser without cookies: say so there."""
    if request.path != reverse("units:login") or is_background(request):
        return errors.csrf_failure(request, reason)
    if request.user.is_authenticated:
        # Logged in meanwhile in another tab, which made this page's token void.
        return redirect("home")
    if reason == REASON_NO_CSRF_COOKIE:
        trouble = "cookies"
    elif reason.startswith(("Origin", "Referer")):
        trouble = "origin"
    else:
        trouble = "stale"
    form = LoginForm(request, initial={"username": request.POST.get("username", "")})
    context = {"form": form, "trouble": trouble, "next": request.POST.get("next", "")}
    return render(request, "units/login.html", context, status=403)
