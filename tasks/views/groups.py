"""Groups of units: what they are called, and who belongs to them from when to when, which duties follow."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tasks.errors import WorkflowError
from tasks.forms.manage import EndForm, MembersForm, unit_choices
from tasks.models import Responsibility
from tasks.services.groups import add_members, confirm_group, end_membership, remove_membership
from units.access import current_user, roles_allowed
from units.errors import Refused
from units.forms import AliasForm, GroupForm
from units.models import GroupMembership, Role, Unit, UnitAlias, UnitGroup
from units.querysets import names_of
from units.services.groups import create_group, delete_group, update_group
from units.services.names import add_alias, delete_alias
from xigang_eco.http import INVALID, redirect_to_top


@require_safe
@roles_allowed(Role.OFFICE)
def groups(request: HttpRequest) -> HttpResponse:
    """All groups with today's members and the measures that name them."""
    today = timezone.localdate()
    current = (
        GroupMembership.objects.select_related("unit")
        .filter(Q(starts__isnull=True) | Q(starts__lte=today), Q(ends__isnull=True) | Q(ends__gte=today))
        .order_by("unit__kind", "unit__order", "unit")
    )
    rows = UnitGroup.objects.order_by("pk").prefetch_related(
        Prefetch("memberships", current, to_attr="current"), Prefetch("responsibilities", _parties())
    )
    return render(request, "tasks/manage/groups.html", {"groups": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(Role.OFFICE)
def group_new(request: HttpRequest) -> HttpResponse:
    """A group by its name; members are added on its page."""
    form = GroupForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            row = create_group(actor=current_user(request), **form.cleaned_data)
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"已新建单位组“{row}”，请登记成员。")
            return redirect_to_top("tasks:group", pk=row.pk)
    status = INVALID if request.method == "POST" else None
    return render(request, "tasks/manage/group_new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(Role.OFFICE)
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """A group with names and members; POST sets its name and note."""
    row = get_object_or_404(UnitGroup, pk=pk)
    if request.method != "POST":
        return _page(request, row)
    form = GroupForm(request.POST)
    if form.is_valid():
        try:
            changed = update_group(group_id=pk, actor=current_user(request), **form.cleaned_data)
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            kept = f"原名称“{row}”已保留为别名。" if changed.name != row.name else ""
            messages.success(request, f"“{changed}”的信息已保存。{kept}")
            return redirect_to_top("tasks:group", pk=pk)
    return _page(request, row, form=form, status=INVALID)


@require_POST
@roles_allowed(Role.OFFICE)
def group_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a group made by mistake."""
    get_object_or_404(UnitGroup, pk=pk)
    try:
        row = delete_group(group_id=pk, actor=current_user(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect_to_top("tasks:group", pk=pk)
    messages.success(request, f"已删除单位组“{row}”。")
    return redirect("tasks:groups")


@require_POST
@roles_allowed(Role.OFFICE)
def group_alias_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name under which documents mean the group."""
    row = get_object_or_404(UnitGroup, pk=pk)
    form = AliasForm(request.POST)
    if form.is_valid():
        try:
            alias = add_alias(owner=row, actor=current_user(request), **form.cleaned_data)
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"已登记名称“{alias}”。")
            return redirect_to_top("tasks:group", pk=pk)
    return _page(request, row, alias_form=form, status=INVALID)


@require_POST
@roles_allowed(Role.OFFICE)
def group_alias_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a name of a group. Names of units are kept with the units."""
    alias = get_object_or_404(UnitAlias, pk=pk, group__isnull=False)
    try:
        delete_alias(alias_id=pk, actor=current_user(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已删除名称“{alias}”。")
    return redirect_to_top("tasks:group", pk=alias.group_id)


@require_POST
@roles_allowed(Role.OFFICE)
def member_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add units to a group: all of them or none."""
    row = get_object_or_404(UnitGroup, pk=pk)
    form = MembersForm(request.POST, units=unit_choices(_candidates(row)))
    if form.is_valid():
        units = list(Unit.objects.filter(pk__in=form.cleaned_data["units"]))
        try:
            add_members(
                group=row, units=units, actor=current_user(request), starts=form.cleaned_data["starts"]
            )
        except WorkflowError as error:
            form.add_error(None, str(error))
        else:
            names = "、".join(unit.name for unit in units)
            messages.success(request, f"已加入{names}。按本组全体成员落实责任的措施已同步更新。")
            return redirect_to_top("tasks:group", pk=pk)
    return _page(request, row, add_form=form, status=INVALID)


@require_POST
@roles_allowed(Role.OFFICE)
def group_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark the members as checked, or (`confirmed` empty) not."""
    row = get_object_or_404(UnitGroup, pk=pk)
    confirmed = request.POST.get("confirmed") == "1"
    try:
        confirm_group(group=row, actor=current_user(request), confirmed=confirmed)
    except WorkflowError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"“{row}”的成员已标为{'已核实' if confirmed else '待核实'}。")
    return redirect_to_top("tasks:group", pk=pk)


@require_POST
@roles_allowed(Role.OFFICE)
def member_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a membership with a day."""
    membership = get_object_or_404(GroupMembership.objects.select_related("group", "unit"), pk=pk)
    form = EndForm(request.POST, membership_id=pk, ends=membership.ends)
    if form.is_valid():
        try:
            end_membership(membership_id=pk, actor=current_user(request), ends=form.cleaned_data["ends"])
        except WorkflowError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, f"{membership.unit}的退出日期已保存。退出当季仍有责任，此前各季保留原成员。"
            )
            return redirect_to_top("tasks:group", pk=membership.group_id)
    return _page(request, membership.group, end_form=(pk, form), status=INVALID)


@require_POST
@roles_allowed(Role.OFFICE)
def member_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a membership entered by mistake."""
    membership = get_object_or_404(GroupMembership.objects.select_related("unit"), pk=pk)
    try:
        remove_membership(membership_id=pk, actor=current_user(request))
    except WorkflowError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已删除{membership.unit}的成员记录；已有填报或已列入通报的责任予以保留。")
    return redirect_to_top("tasks:group", pk=membership.group_id)


def _page(
    request: HttpRequest,
    row: UnitGroup,
    *,
    form: GroupForm | None = None,
    alias_form: AliasForm | None = None,
    add_form: MembersForm | None = None,
    end_form: tuple[int, EndForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    today = timezone.localdate()
    bound = dict([end_form]) if end_form else {}
    members = []
    for membership in row.memberships.select_related("unit").order_by(
        "unit__kind", "unit__order", "unit", "starts"
    ):
        ends = bound.get(membership.pk) or EndForm(membership_id=membership.pk, ends=membership.ends)
        members.append((membership, ends, _standing(membership, today)))
    context: dict[str, Any] = {
        "group": row,
        "members": members,
        "parties": _parties().filter(group=row),
        "aliases": names_of(row),
        "form": form or GroupForm(initial={"name": row.name, "note": row.note}),
        "alias_form": alias_form or AliasForm(),
        "add_form": add_form or MembersForm(units=unit_choices(_candidates(row))),
    }
    return render(request, "tasks/manage/group.html", context, status=status)


def _standing(membership: GroupMembership, today: date) -> str:
    """现成员, 已退出 or 未到加入日期 on a day."""
    if membership.ends and membership.ends < today:
        return "已退出"
    if membership.starts and membership.starts > today:
        return "未到加入日期"
    return "现成员"


def _candidates(row: UnitGroup) -> QuerySet[Unit]:
    """Units in use that are no members without an end."""
    return Unit.objects.filter(is_active=True).exclude(
        pk__in=row.memberships.filter(ends__isnull=True).values("unit")
    )


def _parties() -> QuerySet[Responsibility]:
    """Printed parties with their plans, the latest plan first."""
    return Responsibility.objects.select_related("measure__plan").order_by(
        "-measure__plan__year", "measure__plan__code", "measure__number", "order"
    )
