"""Any rendered paper of a page: the bytes when they are made, until then a small page that waits for them."""

from typing import Any

from csp.constants import SELF
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from reports.models import Rendering, RenderingState
from reports.renderers.registry import TYPES
from reports.services.renderings import (
    TooManyWaiting,
    is_dead,
    request_rendering,
    start_waiting,
    waiting_before,
)
from tasks.errors import WorkflowError
from units.access import EVERY_ROLE, current_user, roles_allowed
from xigang_eco.serving import Stored, parts_of, serve

# Accepted, not done: the page that waits.
ACCEPTED = 202
TOO_MANY = 429
UNAVAILABLE = 503


def rendered(
    request: HttpRequest,
    *,
    document: dict[str, Any],
    file_format: str,
    filename: str,
    inline: bool = True,
) -> HttpResponseBase:
    """`document` in `file_format`, named `filename`: its bytes (with ETag, ranges, 304) when they are made.

    Otherwise it starts to be made in a process of its own, and the answer is a page (202) that looks for it every second
    and then shows it; of one that failed, a page (503) with the reason. All of them may stand in a frame of our own. The
    view has checked that the person may have the paper.
    """
    actor = current_user(request)
    try:
        row = request_rendering(document=document, file_format=file_format, filename=filename, actor=actor)
    except WorkflowError as error:
        status = TOO_MANY if isinstance(error, TooManyWaiting) else UNAVAILABLE
        return _page(request, {"reason": str(error), "filename": filename}, status)
    if row.state == RenderingState.DONE:
        rows = Rendering.objects.filter(pk=row.pk)
        stored = Stored(row.sha256, row.size, TYPES[row.format], filename, parts_of(rows))
        return show(request, stored, inline=inline)
    context = {"rendering": row, "filename": filename, "reason": row.error, "step": told(row)}
    return _page(request, context, UNAVAILABLE if row.state == RenderingState.FAILED else ACCEPTED)


@require_safe
@roles_allowed(*EVERY_ROLE)
def rendering(request: HttpRequest, key: str) -> HttpResponse:
    """How far a paper is, for the page that waits for it. Its key, a hash of all it says, is known to those who asked."""
    row = (
        Rendering.objects.defer("document", "content").filter(bulletin=None, key=key).first() if key else None
    )
    if row is None:
        raise Http404
    if row.state == RenderingState.WAITING or is_dead(row, timezone.now()):
        # Its process may have died, and nobody else would notice.
        start_waiting()
        try:
            row.refresh_from_db(fields=["state", "step", "error"])
        except Rendering.DoesNotExist as error:
            # A newer state of the same paper has taken its place meanwhile.
            raise Http404 from error
    answer = JsonResponse({"state": row.state, "step": told(row)})
    answer["Cache-Control"] = "no-store"
    return answer


def told(row: Rendering) -> str:
    """What a waiting person reads of the row."""
    if row.state == RenderingState.WAITING:
        before = waiting_before(row)
        return f"前面还有 {before} 份文件，请稍候" if before else "正在等待生成"
    return row.step or row.get_state_display()


def show(request: HttpRequest, stored: Stored, *, inline: bool) -> HttpResponseBase:
    """Stored bytes as a view answers them: a frame of our own may hold them, a PDF may open in the browser."""
    answer = serve(request, stored, inline=inline)
    if stored.content_type == "application/pdf":
        # Chromium's PDF viewer is a plugin, which the policy forbids.
        answer._csp_exempt = True  # type: ignore[attr-defined]
    return _framed(answer)


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    answer = render(request, "reports/rendering.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    answer._csp_replace = {"frame-ancestors": [SELF]}  # type: ignore[attr-defined]
    _framed(answer)
    return answer


def _framed(answer: HttpResponseBase) -> HttpResponseBase:
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer
