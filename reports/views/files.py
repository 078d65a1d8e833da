"""Papers of a bulletin: the preview of a draft, and the stored files of what is issued."""

from csp.decorators import csp_exempt
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag
from django.views.decorators.http import require_safe

from reports.draftpage import DraftPage
from reports.models import BulletinFile, BulletinStatus
from reports.views.drafting import draft_of
from reports.views.renderings import rendered
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, roles_allowed


@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def preview(request: HttpRequest, period: ReportingPeriod) -> HttpResponseBase:
    """The draft as it would print now, marked 草稿. Rendered only when something that prints has changed."""
    document = DraftPage(draft_of(request, period), period, timezone.now()).document
    # The figures behind the page do not print by themselves.
    printed = {key: value for key, value in document.items() if key != "figures"}
    return rendered(request, document=printed, file_format="pdf", filename=f"{period}通报（草稿）.pdf")


@csp_exempt()  # Chromium's PDF viewer is a plugin, which the policy forbids.
@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def pdf(request: HttpRequest, period: ReportingPeriod) -> HttpResponseBase:
    """The stored file, byte for byte. `?view` opens it in the browser."""
    files = BulletinFile.objects.filter(
        bulletin__period=period, bulletin__status=BulletinStatus.ISSUED, format="pdf"
    )
    etag = quote_etag(get_object_or_404(files.defer("content")).sha256)
    # The bytes are read only for those who do not have them.
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        content = files.values_list("content", flat=True).get()
        answer = HttpResponse(bytes(content), content_type="application/pdf")
    as_attachment = "view" not in request.GET
    answer["Content-Disposition"] = content_disposition_header(as_attachment, f"{period}通报.pdf") or ""
    return _private(answer, etag)


def _private(answer: HttpResponseBase, etag: str) -> HttpResponseBase:
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    return answer
