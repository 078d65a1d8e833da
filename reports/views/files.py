"""Papers of a bulletin: the preview of a draft, and the stored files of what is issued."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from reports.draftpage import DraftPage
from reports.models import Bulletin, BulletinFile
from reports.renderers.registry import EXTENSIONS, TYPES
from reports.views.drafting import draft_of
from reports.views.renderings import rendered, show
from tasks.filenames import file_name
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, roles_allowed
from xigang_eco.serving import Stored, parts_of

# Format → what the file is, behind the quarter's name.
NAMES = {"pdf": "通报", "docx": "通报", "xlsx": "通报附件", "brief": "领导专报"}


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def preview(request: HttpRequest, period: ReportingPeriod) -> HttpResponseBase:
    """The draft as it would print now, marked 草稿. Rendered only when something that prints has changed.

    A page that was left open meanwhile gets what was issued: of that no draft may be made from today's data.
    """
    found = draft_of(request, period)
    if found.is_issued:
        stored = reverse("reports:bulletin_file", args=[period.plan.code, period.quarter, "pdf"])
        return redirect(f"{stored}?view")
    document = DraftPage(found, period, timezone.now()).document
    # The figures behind the page do not print by themselves.
    printed = {key: value for key, value in document.items() if key != "figures"}
    name = file_name(period, "通报（草稿）", "pdf")
    return rendered(request, document=printed, file_format="pdf", filename=name)


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def current(request: HttpRequest, period: ReportingPeriod, file_format: str) -> HttpResponseBase:
    """A stored file of the edition that counts, byte for byte. `?view` opens it in the browser."""
    found = get_object_or_404(Bulletin.objects.current().only("edition"), period=period)
    return _stored(request, period, found, file_format)


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def edition(
    request: HttpRequest, period: ReportingPeriod, edition: int, file_format: str
) -> HttpResponseBase:
    """The same of a certain edition, also one that was superseded."""
    found = get_object_or_404(Bulletin.objects.issued().only("edition"), period=period, edition=edition)
    return _stored(request, period, found, file_format)


def _stored(
    request: HttpRequest, period: ReportingPeriod, bulletin: Bulletin, file_format: str
) -> HttpResponseBase:
    rows = BulletinFile.objects.filter(bulletin=bulletin, format=file_format)
    file = get_object_or_404(rows.defer("content"))
    name = file_name(period, NAMES[file_format], EXTENSIONS[file_format], edition=bulletin.edition)
    stored = Stored(file.sha256, file.size, TYPES[file_format], name, parts_of(rows))
    return show(request, stored, inline="view" in request.GET)
