"""Reading one filing, and what the office writes on a measure as a whole."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from tasks.errors import StaleSummary, WorkflowError
from tasks.forms.review import SummaryForm
from tasks.models import Measure, ReportingPeriod
from tasks.planpage import plan_page, remember_period
from tasks.readpage import ReadPage, load_for
from tasks.services.summaries import set_measure_summary
from tasks.standing import as_issued_for
from tasks.summarypage import SummaryPage
from units.access import EVERY_ROLE, current_user, roles_allowed
from units.models import Role
from xigang_eco.http import CONFLICT, INVALID


@require_safe
@roles_allowed(*EVERY_ROLE)
def update(request: HttpRequest, pk: int) -> HttpResponse:
    """One filing as this person may read it; 404 outside their scope."""
    user = current_user(request)
    filing = get_object_or_404(load_for(user), pk=pk)
    remember_period(request, filing.period)
    as_issued_for(filing, user)
    return render(request, "tasks/update.html", {"page": ReadPage(filing, user), "update": filing})


@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(Role.OFFICE)
@plan_page
def measure_summary(request: HttpRequest, period: ReportingPeriod, number: int) -> HttpResponse:
    """本措施总体进展 where no confirmed lead wrote it, beside what the units handed in."""
    user = current_user(request)
    measure = get_object_or_404(Measure.objects.select_related("task"), plan=period.plan, number=number)
    page = SummaryPage(measure, period, user)
    if request.method != "POST":
        form = SummaryForm(initial={"text": page.text, "base": page.text})
        return _summary(request, page, form)
    form = SummaryForm(request.POST)
    if not form.is_valid():
        return _summary(request, page, form, status=INVALID)
    try:
        saved = set_measure_summary(
            measure=measure,
            period=period,
            actor=user,
            text=form.cleaned_data["text"],
            base=form.cleaned_data["base"],
        )
    except StaleSummary as error:
        # Saving again is then on the newer text, which stands beside the form.
        fresh = SummaryForm({"text": request.POST.get("text", ""), "base": page.text})
        fresh.is_valid()
        fresh.add_error(None, str(error))
        return _summary(request, page, fresh, status=CONFLICT, shows_current=True)
    except WorkflowError as error:
        form.add_error(None, str(error))
        return _summary(request, page, form, status=CONFLICT)
    what = "已保存" if saved else "已清空"
    messages.success(request, f"措施{measure.number}的本措施总体进展{what}。")
    return redirect(
        "tasks:measure_summary", plan_code=period.plan.code, quarter=period.quarter, number=number
    )


def _summary(
    request: HttpRequest,
    page: SummaryPage,
    form: SummaryForm,
    *,
    status: int = 200,
    shows_current: bool = False,
) -> HttpResponse:
    context = {"page": page, "form": form, "shows_current": shows_current}
    return render(request, "tasks/review/summary.html", context, status=status)
