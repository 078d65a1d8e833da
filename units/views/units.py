"""Responsible units: official order, names, state."""

from itertools import groupby

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from units.access import current_user, roles_allowed
from units.errors import Refused
from units.forms import AliasForm, UnitForm
from units.models import Role, Unit, UnitAlias, UnitKind
from units.querysets import names_of
from units.services import names
from units.services import units as services
from xigang_eco.http import INVALID

_IN_USE = Count("accounts", filter=Q(accounts__is_active=True))


@require_safe
@roles_allowed(Role.OFFICE)
def unit_list(request: HttpRequest) -> HttpResponse:
    """All units in official order, kind by kind."""
    # A query that counts forgets the model's own order.
    rows = (
        Unit.objects.annotate(active_accounts=_IN_USE)
        .order_by("kind", "order", "pk")
        .prefetch_related("aliases")
    )
    listed = [
        (unit, [alias.name for alias in unit.aliases.all() if alias.name != unit.name]) for unit in rows
    ]
    kinds = [(UnitKind(kind).label, list(row)) for kind, row in groupby(listed, lambda item: item[0].kind)]
    return render(request, "units/units.html", {"kinds": kinds, "count": len(listed)})


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(Role.OFFICE)
def unit_new(request: HttpRequest) -> HttpResponse:
    """A new unit, at the end of its kind."""
    form = UnitForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            unit = services.create_unit(actor=current_user(request), **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已新建{unit.name}，排在{unit.get_kind_display()}末位。")
            return redirect("units:unit_edit", unit.pk)
    status = INVALID if request.method == "POST" else None
    return render(request, "units/unit_new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(Role.OFFICE)
def unit_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit with its names and accounts; POST sets what the form holds."""
    unit = get_object_or_404(Unit, pk=pk)
    if request.method != "POST":
        initial = {name: getattr(unit, name) for name in UnitForm.base_fields}
        return _show(request, unit, UnitForm(initial=initial), AliasForm())
    form = UnitForm(request.POST)
    if form.is_valid():
        try:
            changed = services.update_unit(unit_id=pk, actor=current_user(request), **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{changed.name}的信息已保存。")
            if changed.name != unit.name:
                messages.success(request, f"原名称“{unit.name}”已保留为别名。")
            _warn_of_leftovers(request, changed)
            return redirect("units:unit_edit", pk)
    return _show(request, unit, form, AliasForm(), status=INVALID)


def _warn_of_leftovers(request: HttpRequest, unit: Unit) -> None:
    """A unit out of use keeps what it has; whoever switches it off should know what that is."""
    if unit.is_active:
        return
    accounts = unit.accounts.filter(is_active=True).count()
    # One that was ended altogether has its last quarter before its first.
    duties = unit.assignments.filter(last_quarter__gte=F("first_quarter")).count()
    left = [f"{accounts} 个启用的账号"] if accounts else []
    left += [f"{duties} 项措施的责任"] if duties else []
    if left:
        messages.warning(
            request,
            f"{unit.name}已停用，但仍有 {'、'.join(left)}。如不再使用，请停用账号，并在“计划与报告期”中调整其责任期限。",
        )


def _show(
    request: HttpRequest, unit: Unit, form: UnitForm, alias_form: AliasForm, *, status: int | None = None
) -> HttpResponse:
    context = {
        "unit": unit,
        "form": form,
        "alias_form": alias_form,
        "aliases": names_of(unit),
        "accounts": unit.accounts.order_by("role", "username"),
    }
    return render(request, "units/unit_edit.html", context, status=status)


@require_POST
@roles_allowed(Role.OFFICE)
def unit_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place `up` or `down` within the kind (`direction`)."""
    unit = get_object_or_404(Unit, pk=pk)
    direction = request.POST.get("direction")
    if direction not in ("up", "down"):
        raise BadRequest("direction")
    try:
        services.move_unit(unit_id=pk, actor=current_user(request), up=direction == "up")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('units:unit_list')}#unit-{unit.pk}")


@require_POST
@roles_allowed(Role.OFFICE)
def alias_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name under which documents mean the unit."""
    unit = get_object_or_404(Unit, pk=pk)
    form = AliasForm(request.POST)
    if form.is_valid():
        try:
            alias = names.add_alias(owner=unit, actor=current_user(request), **form.cleaned_data)
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"已登记名称“{alias.name}”。")
            return redirect("units:unit_edit", pk)
    initial = {name: getattr(unit, name) for name in UnitForm.base_fields}
    return _show(request, unit, UnitForm(initial=initial), form, status=INVALID)


@require_POST
@roles_allowed(Role.OFFICE)
def alias_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a name of a unit. Names of groups are kept with the groups."""
    alias = get_object_or_404(UnitAlias, pk=pk, unit__isnull=False)
    try:
        names.delete_alias(alias_id=pk, actor=current_user(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已删除名称“{alias.name}”。")
    return redirect("units:unit_edit", alias.unit_id)
