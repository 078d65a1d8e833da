"""Papers of a bulletin: the preview of a draft, and the stored files of what is issued."""

import hashlib

from csp.decorators import csp_exempt
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from reports.draftpage import DraftPage
from reports.models import BulletinFile, BulletinStatus
from reports.renderers.process import RenderError, canonical_json, render_pdf
from reports.views.drafting import draft_of
from tasks.models import ReportingPeriod
from tasks.planpage import plan_page
from units.access import EVERY_ROLE, roles_allowed

# The frame beside the editor, the window of its own and the look before issuing show the same bytes.
PREVIEW_SECONDS = 600


@csp_exempt()  # Chromium's PDF viewer is a plugin, which the policy forbids.
@xframe_options_sameorigin  # The draft's page shows it beside the words.
@require_safe
@roles_allowed(*EVERY_ROLE)
@plan_page
def preview(request: HttpRequest, period: ReportingPeriod) -> HttpResponseBase:
    """The draft as it would print now, marked 草稿. Rendered only when something that prints has changed."""
    found = draft_of(request, period)
    document = DraftPage(found, period, timezone.now()).document
    printed = {key: value for key, value in document.items() if key != "figures"}
    etag = quote_etag(hashlib.sha256(canonical_json(printed)).hexdigest())
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        content = cache.get(f"preview:{etag}")
        if content is None:
            try:
                content = render_pdf(document)
            except RenderError as error:
                return render(request, "reports/bulletin_unprinted.html", {"reason": str(error)}, status=503)
            cache.set(f"preview:{etag}", content, PREVIEW_SECONDS)
        answer = HttpResponse(content, content_type="application/pdf")
    name = f"{period}通报（草稿）.pdf"
    answer["Content-Disposition"] = content_disposition_header(False, name) or ""
    return _private(answer, etag)


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
