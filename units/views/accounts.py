"""Accounts: the office keeps those of units and leaders, administrators those of the office and their own kind."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from units.access import KEEPERS, current_user, roles_allowed
from units.errors import Refused
from units.filtersets import AccountFilter
from units.forms import AccountForm
from units.lockout import locks, minutes_left
from units.models import User
from units.querysets import accounts_visible_to, may_manage
from units.services import accounts as services
from units.tables import AccountTable
from xigang_eco.http import BAD_QUERY, INVALID


def _account(request: HttpRequest, pk: int) -> User:
    """The account, within what the person sees; 404 outside."""
    return get_object_or_404(accounts_visible_to(current_user(request)), pk=pk)


def _managed(request: HttpRequest, pk: int) -> User:
    """The account, one that the person keeps; 403 where they may only look."""
    account = _account(request, pk)
    if not may_manage(current_user(request), account):
        raise PermissionDenied
    return account


@require_safe
@roles_allowed(*KEEPERS)
def account_list(request: HttpRequest) -> HttpResponse:
    """The accounts that the person sees, filtered and sorted as the address asks."""
    user = current_user(request)
    filters = AccountFilter(request.GET, queryset=accounts_visible_to(user), user=user)
    refused = filters.refused
    table = AccountTable.of(request, filters.qs, locks())
    context = {"filters": filters, "refused": refused, "table": table}
    return render(request, "units/accounts.html", context, status=BAD_QUERY if refused else None)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(*KEEPERS)
def account_new(request: HttpRequest) -> HttpResponse:
    """A new account; what answers shows its first password."""
    user = current_user(request)
    if request.method != "POST":
        form = AccountForm(actor=user, initial={"unit": request.GET.get("unit", "")})
        return render(request, "units/account_new.html", {"form": form})
    form = AccountForm(request.POST, actor=user)
    if form.is_valid():
        try:
            account, password = services.create_account(actor=user, **form.values())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _hand_over(request, account, password, is_new=True)
    return render(request, "units/account_new.html", {"form": form}, status=INVALID)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(*KEEPERS)
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """An account; POST sets name, role, unit and telephone."""
    user = current_user(request)
    if request.method != "POST":
        record = _account(request, pk)
        form = AccountForm(actor=user, account=record) if may_manage(user, record) else None
        return _show(request, record, form)
    record = _managed(request, pk)
    form = AccountForm(request.POST, actor=user, account=record)
    if form.is_valid():
        try:
            services.update_account(account_id=pk, actor=user, **form.values())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "账号信息已保存。")
            return redirect("units:account", pk)
    return _show(request, record, form, status=INVALID)


def _show(
    request: HttpRequest, record: User, form: AccountForm | None, *, status: int | None = None
) -> HttpResponse:
    until = locks(record.username).get(record.username)
    context: dict[str, Any] = {
        "account": record,
        "form": form,
        "locked_minutes": minutes_left(until) if until else 0,
        "is_self": record == current_user(request),
    }
    return render(request, "units/account.html", context, status=status)


def _hand_over(request: HttpRequest, account: User, password: str, *, is_new: bool) -> HttpResponse:
    """The page that shows a password, once.

    It answers the POST itself: behind a redirect the password would have to wait in a session or a cookie, in clear. A
    reload cannot show it again: a new account's form is refused, a reset asks first and makes another one.
    """
    context = {"account": account, "password": password, "is_new": is_new}
    response = render(request, "units/account_password.html", context)
    add_never_cache_headers(response)
    return response


@require_POST
@roles_allowed(*KEEPERS)
def account_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """A new random password, shown once."""
    _managed(request, pk)
    try:
        record, password = services.reset_password(account_id=pk, actor=current_user(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("units:account", pk)
    return _hand_over(request, record, password, is_new=False)


@require_POST
@roles_allowed(*KEEPERS)
def account_unlock(request: HttpRequest, pk: int) -> HttpResponse:
    """End a lock-out after failed logins."""
    _managed(request, pk)
    try:
        record = services.unlock_account(account_id=pk, actor=current_user(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已解除{record.name}的登录锁定，可以立即重新登录。")
    return redirect("units:account", pk)


@require_POST
@roles_allowed(*KEEPERS)
def account_active(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch on (`active=1`) or off."""
    _managed(request, pk)
    active = request.POST.get("active") == "1"
    try:
        record = services.set_account_active(account_id=pk, actor=current_user(request), active=active)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        done = "已启用" if active else "已停用，其登录随即失效"
        messages.success(request, f"{record.name}的账号{done}。")
    return redirect("units:account", pk)
