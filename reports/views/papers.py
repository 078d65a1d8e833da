"""Papers beside the bulletin: 领导专报 of a quarter that is not issued, 单位进展单, and the paper forms of a filing."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from reports.models import Bulletin, BulletinFile
from reports.papers.brief import standing_brief
from reports.papers.filing_form import filing_forms
from reports.papers.unit_sheet import unit_sheet
from reports.reading import course_of, data_key
from reports.views.renderings import rendered
from tasks.filenames import file_name
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from tasks.rules import PeriodState
from units.access import EVERY_ROLE, FILERS, current_user, roles_allowed
from units.models import Role, Unit, User


@require_safe
@roles_allowed(Role.OFFICE, Role.LEADER)
@plan_page
def brief(request: HttpRequest, period: ReportingPeriod) -> HttpResponseBase:
    """领导专报 as it stands; of an issued quarter the one that is stored. Others read it with the bulletin."""
    if period.is_issued:
        if BulletinFile.objects.filter(
            bulletin__in=Bulletin.objects.current().filter(period=period), format="brief"
        ).exists():
            # Opened, as before the issue.
            stored = reverse("reports:bulletin_file", args=[period.plan.code, period.quarter, "brief"])
            return redirect(f"{stored}?view")
        # Issued before there were any: what is frozen has no words for one.
        messages.info(request, f"{period}通报印发时没有编制领导专报，请查阅通报。")
        return redirect("reports:bulletin", period.plan.code, period.quarter)
    _require_begun(period)
    now = timezone.now()
    course = course_of(period, now, key=data_key(period, now))
    return rendered(
        request,
        document=standing_brief(period, course, now),
        file_format="brief",
        filename=file_name(period, "领导专报（未印发）", "pdf"),
    )


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def sheet(request: HttpRequest, period: ReportingPeriod, code: str) -> HttpResponseBase:
    """单位进展单: a unit's people read their own, others any unit's, each what they may read of its filings."""
    user = current_user(request)
    _require_own(user, code)
    _require_begun(period)
    document = unit_sheet(period, code, user, timezone.now())
    if document is None:
        raise Http404
    name = file_name(period, f"{document['unit']}进展单", "pdf")
    return rendered(request, document=document, file_format="pdf", filename=name)


@require_safe
@roles_allowed(*FILERS)
@plan_page
def forms(
    request: HttpRequest, period: ReportingPeriod, code: str, number: int | None = None
) -> HttpResponseBase:
    """The paper forms of a unit's duties, or of one; `?blank` for empty ones. Where the quarter takes no filing: none."""
    user = current_user(request)
    _require_own(user, code)
    unit = get_object_or_404(Unit, code=code)
    if not period.is_writable and period.state != PeriodState.UPCOMING:
        raise Http404
    blank = "blank" in request.GET
    document = filing_forms(period, unit, user, timezone.now(), blank=blank, number=number)
    if document is None:
        raise Http404
    which = f"第{number}项措施" if number is not None else ""
    name = file_name(period, f"{unit.name}{which}填报表（{'空白' if blank else '预填'}）", "pdf")
    return rendered(request, document=document, file_format="pdf", filename=name)


def _require_own(user: User, code: str) -> None:
    """Another unit's papers do not exist for a unit's people."""
    if user.is_unit_user and (user.unit is None or user.unit.code != code):
        raise Http404


def _require_begun(period: ReportingPeriod) -> None:
    if period.state == PeriodState.UPCOMING:
        raise Http404
