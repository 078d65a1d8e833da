"""Files of a filing: adding them while one types, opening them, taking them off.

Every file passes `visible_to` and `may_read_file` first. Nothing is run in the browser: a type of our own choosing,
never sniffed, and opened in place only where it is a picture or a PDF.
"""

import logging
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tasks.errors import WorkflowError
from tasks.evidence_types import BadFile, TooLarge
from tasks.filingpage import filing_page
from tasks.models import Evidence, ProgressUpdate
from tasks.readings import may_read_file
from tasks.services.evidence import attach_evidence, detach_evidence
from tasks.standing import as_issued_for
from tasks.views.filing import other_account
from units.access import EVERY_ROLE, FILERS, current_user, roles_allowed
from units.middleware import is_background
from units.models import User
from xigang_eco.http import CONFLICT, INVALID

logger = logging.getLogger(__name__)

# A picture needs nothing at all from anywhere.
_PICTURE_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
)
# The PDF viewers of older Chromium builds are pages themselves: `sandbox` or a closed default-src leaves them blank.
_PDF_POLICY = "script-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"


@require_POST
@roles_allowed(*FILERS)
def upload(request: HttpRequest, assignment_id: int, period_id: int) -> HttpResponse:
    """Attach one file (`file`). Answers {"id", "name", "size", "url", "preview", "html"} with 201, or {"error"}.

    413 for a file over the limit, 422 for one that is not what its name says, 409 where the filing takes none now.
    """
    page = filing_page(request, assignment_id, period_id)
    if request.POST.get("typist", str(page.user.pk)) != str(page.user.pk):
        return JsonResponse({"error": other_account(page.user.name)}, status=403)
    sent = request.FILES.get("file")
    if sent is None:
        return JsonResponse({"error": "没有收到文件，请重新选择。"}, status=400)
    try:
        evidence = attach_evidence(
            assignment=page.assignment, period=page.period, actor=page.user, upload=sent
        )
    except TooLarge as error:
        return JsonResponse({"error": str(error)}, status=413)
    except BadFile as error:
        return JsonResponse({"error": str(error)}, status=INVALID)
    except WorkflowError as error:
        return JsonResponse({"error": str(error)}, status=CONFLICT)
    return JsonResponse(_as_json(request, evidence), status=201)


@require_safe
@roles_allowed(*EVERY_ROLE)
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file under its original name: in place where it is a picture or PDF (and `download` is not asked for)."""
    evidence = _readable(current_user(request), pk)
    inline = evidence.is_inline and "download" not in request.GET
    response = _serve(
        request,
        evidence,
        evidence.file,
        evidence.content_type,
        as_attachment=not inline,
        filename=evidence.name,
    )
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
@roles_allowed(*EVERY_ROLE)
def preview(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The small JPEG that was made of a picture."""
    evidence = _readable(current_user(request), pk)
    if not evidence.preview:
        raise Http404
    response = _serve(request, evidence, evidence.preview, "image/jpeg")
    response["Cache-Control"] = "private, max-age=3600"
    return response


@require_POST
@roles_allowed(*FILERS)
def detach(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file off a filing that may be changed now. A script is answered with {} or {"error"}."""
    user = current_user(request)
    evidence = _readable(user, pk)
    update = evidence.update
    if user.is_unit_user and update.assignment.unit_id != user.unit_id:
        raise PermissionDenied
    try:
        detach_evidence(evidence_id=pk, actor=user)
    except WorkflowError as error:
        if is_background(request):
            return JsonResponse({"error": str(error)}, status=CONFLICT)
        messages.error(request, str(error))
    if is_background(request):
        return JsonResponse({})
    return redirect("tasks:filing", assignment_id=update.assignment_id, period_id=update.period_id)


def _readable(user: User, pk: int) -> Evidence:
    """The file, if it is among what the person may read; 404 otherwise."""
    files = Evidence.objects.visible_to(user).select_related(
        "update__assignment", "update__period", "uploaded_by"
    )
    evidence = get_object_or_404(files, pk=pk)
    if evidence.update.period.is_issued:
        evidence.update = (
            ProgressUpdate.objects.annotate_amending().select_related("assignment").get(pk=evidence.update_id)
        )
        as_issued_for(evidence.update, user)
    if not may_read_file(evidence, user):
        raise Http404
    return evidence


def _serve(
    request: HttpRequest,
    evidence: Evidence,
    stored: FieldFile,
    content_type: str,
    *,
    as_attachment: bool = False,
    filename: str = "",
) -> HttpResponseBase:
    """The bytes as they lie in the storage; a page that says so where they are gone."""
    try:
        stream = stored.open("rb")
    except OSError:
        logger.exception("evidence %s is not in the storage", evidence.pk)
        context = {
            "status": 404,
            "title": "文件无法打开",
            "advice": f"“{evidence.name}”已登记，但存储中没有找到这个文件。请联系系统管理员从备份中恢复，或由填报单位重新上传。",
        }
        return render(request, "error.html", context, status=404)
    response = FileResponse(stream, as_attachment=as_attachment, filename=filename, content_type=content_type)
    is_pdf = content_type == "application/pdf"
    response["Content-Security-Policy"] = _PDF_POLICY if is_pdf else _PICTURE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _as_json(request: HttpRequest, evidence: Evidence) -> dict[str, Any]:
    html = render_to_string("tasks/filing/file.html", {"file": evidence, "can_detach": True}, request)
    return {
        "id": evidence.pk,
        "name": evidence.name,
        "size": evidence.size,
        "url": reverse("tasks:evidence", args=[evidence.pk]),
        "preview": reverse("tasks:evidence_preview", args=[evidence.pk]) if evidence.preview else None,
        "html": html,
    }
