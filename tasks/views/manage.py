"""All plans; and the office's page for keeping one: its quarters, thresholds and measures."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from tasks.desk import todo_of
from tasks.errors import WorkflowError
from tasks.forms.manage import PeriodDatesForm, ThresholdsForm
from tasks.keeping import measure_rows, quarter_rows
from tasks.models import Plan, ReportingPeriod
from tasks.planpage import plan_page
from tasks.rules import RED_FROM, YELLOW_FROM
from tasks.services.periods import close_period, open_period, recall_period, set_period_dates
from tasks.services.plans import set_thresholds
from units.access import EVERY_ROLE, current_user, roles_allowed
from units.models import Role
from xigang_eco.http import INVALID, redirect_to_top

PLANS_PER_PAGE = 30
# What the office may do to a quarter: the word in the form → service and what is said afterwards.
_MOVES = {
    "open": (open_period, "已开放填报，各责任单位可以报送。"),
    "reopen": (open_period, "已重新开放填报。"),
    "close": (close_period, "已截止填报，进展灯按截止时刻评定；印发前仍可补报，记为逾期报送。"),
    "recall": (recall_period, "已撤回开放，恢复为未开始。"),
}


@require_safe
@roles_allowed(*EVERY_ROLE)
def plans(request: HttpRequest) -> HttpResponse:
    """All plans by year, the latest first, with their quarters."""
    rows = Plan.objects.annotate(
        task_count=Count("tasks", distinct=True),
        measure_count=Count("measures", distinct=True),
        has_namesake=Exists(Plan.objects.filter(year=OuterRef("year")).exclude(pk=OuterRef("pk"))),
    ).prefetch_related(Prefetch("periods", ReportingPeriod.objects.order_by("quarter")))
    page = Paginator(rows.order_by("-year", "code"), PLANS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "tasks/plans.html", {"page": page})


@require_safe
@roles_allowed(Role.OFFICE)
@plan_page
def plan_manage(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """The plan's quarters, thresholds and measures, and what waits for the office's word."""
    return plan_manage_page(request, period)


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def thresholds(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Set where yellow and red begin."""
    form = ThresholdsForm(request.POST, plan=period.plan)
    if form.is_valid():
        try:
            set_thresholds(plan_id=period.plan_id, actor=current_user(request), **form.cleaned_data)
        except WorkflowError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "进展灯起点已保存，未印发季度的灯号随之更新。")
            return _back(period)
    return plan_manage_page(request, period, thresholds_form=form, status=INVALID)


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def period_state(request: HttpRequest, period: ReportingPeriod, target: int) -> HttpResponse:
    """Open, close, reopen or recall a quarter of the plan."""
    row = get_object_or_404(ReportingPeriod, plan=period.plan_id, quarter=target)
    move = _MOVES.get(request.POST.get("action", ""))
    if move is None:
        messages.error(request, "没有这项操作，请刷新页面后重试。")
    else:
        service, done = move
        try:
            service(period_id=row.pk, actor=current_user(request))
        except WorkflowError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{period.plan.year}年{row.quarter_name}{done}")
    if request.POST.get("next") == "desk":
        return redirect("tasks:desk", plan_code=period.plan.code, quarter=period.quarter)
    return _back(period)


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def period_dates(request: HttpRequest, period: ReportingPeriod, target: int) -> HttpResponse:
    """Date a quarter of the plan."""
    row = get_object_or_404(ReportingPeriod, plan=period.plan_id, quarter=target)
    form = PeriodDatesForm(request.POST, period=row)
    if form.is_valid():
        try:
            set_period_dates(period_id=row.pk, actor=current_user(request), **form.cleaned_data)
        except WorkflowError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{period.plan.year}年{row.quarter_name}的填报日期已保存。")
            return _back(period)
    return plan_manage_page(request, period, dates_form=(target, form), status=INVALID)


def plan_manage_page(
    request: HttpRequest,
    period: ReportingPeriod,
    *,
    thresholds_form: ThresholdsForm | None = None,
    dates_form: tuple[int, PeriodDatesForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, with a refused form in its place where there is one."""
    plan = period.plan
    bound = dict([dates_form]) if dates_form else {}
    context: dict[str, Any] = {
        "quarters": [
            (row, bound.get(row.period.quarter) or PeriodDatesForm(period=row.period))
            for row in quarter_rows(plan)
        ],
        "thresholds_form": thresholds_form or ThresholdsForm(plan=plan),
        "usual": {"yellow": YELLOW_FROM, "red": RED_FROM},
        "rows": measure_rows(plan),
        "todo": todo_of(plan),
        "today": timezone.localdate(),
    }
    return render(request, "tasks/manage/plan.html", context, status=status)


def _back(period: ReportingPeriod) -> HttpResponse:
    return redirect_to_top("tasks:plan_manage", period.plan.code, period.quarter)
