"""正文对应: which measures carry out what the plan's text demands."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tasks.errors import WorkflowError
from tasks.forms.manage import DemandLinkForm
from tasks.keeping import mapping_of
from tasks.models import DemandLink, Measure, PlanDemand, ReportingPeriod
from tasks.planpage import plan_page
from tasks.services.plans import confirm_links, link_demand, unlink_demand
from units.access import current_user, roles_allowed
from units.models import Role
from xigang_eco.http import INVALID, whole_number


@require_safe
@roles_allowed(Role.OFFICE)
@plan_page
def demands(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """The text section by section with the measures linked, and what has no counterpart on either side."""
    return _page(request, period)


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def demand_link(request: HttpRequest, period: ReportingPeriod, pk: int) -> HttpResponse:
    """Link a measure to a demand."""
    demand = get_object_or_404(
        PlanDemand.objects.select_related("section"), pk=pk, section__plan=period.plan_id
    )
    measures = {row.number: row for row in Measure.objects.filter(plan=period.plan_id)}
    form = DemandLinkForm(request.POST, demand_id=pk, measures=measures)
    if not form.is_valid():
        return _page(request, period, refused=(pk, form), status=INVALID)
    measure = form.cleaned_data["number"]
    try:
        link_demand(demand=demand, measure=measure, actor=current_user(request))
    except WorkflowError as error:
        form.add_error(None, str(error))
        return _page(request, period, refused=(pk, form), status=INVALID)
    messages.success(request, f"已将措施{measure.number}对应到该项正文要求。")
    return _back(period, f"d{pk}")


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def demand_unlink(request: HttpRequest, period: ReportingPeriod, pk: int) -> HttpResponse:
    """Take a link back. One that is gone already is no error: two people may click."""
    link = (
        DemandLink.objects.select_related("measure")
        .filter(pk=pk, demand__section__plan=period.plan_id)
        .first()
    )
    if link is None:
        messages.info(request, "该对应关系已被移除。")
        return _back(period, "")
    unlink_demand(link=link, actor=current_user(request))
    messages.success(request, f"已移除与措施{link.measure.number}的对应。")
    return _back(period, f"d{link.demand_id}")


@require_POST
@roles_allowed(Role.OFFICE)
@plan_page
def demand_confirm(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Mark links (`link`, one or several) as checked: those that the person saw."""
    sent = (whole_number(value) for value in request.POST.getlist("link"))
    ids = [number for number in sent if number is not None]
    count = confirm_links(plan=period.plan, link_ids=ids, actor=current_user(request))
    if count:
        messages.success(request, f"已核实 {count} 条对应关系。")
    else:
        messages.info(request, "没有需要核实的对应关系。")
    demand = DemandLink.objects.filter(pk__in=ids[:1]).values_list("demand", flat=True).first()
    return _back(period, f"d{demand}" if demand else "")


def _page(
    request: HttpRequest,
    period: ReportingPeriod,
    *,
    refused: tuple[int, DemandLinkForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    mapping = mapping_of(period.plan)
    bound = dict([refused]) if refused else {}
    sections = [
        (
            section,
            [
                (
                    demand,
                    bound.get(demand.pk) or DemandLinkForm(demand_id=demand.pk, measures=mapping.measures),
                )
                for demand in section.demands.all()
            ],
            [
                link.pk
                for demand in section.demands.all()
                for link in demand.links.all()
                if not link.confirmed
            ],
        )
        for section in mapping.sections
    ]
    return render(
        request, "tasks/manage/demands.html", {"mapping": mapping, "sections": sections}, status=status
    )


def _back(period: ReportingPeriod, anchor: str) -> HttpResponse:
    url = reverse("tasks:demands", args=[period.plan.code, period.quarter])
    return redirect(f"{url}#{anchor}" if anchor else url)
