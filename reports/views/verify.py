"""验真: whether a file is an issued edition, byte for byte."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from reports.editionpage import EditionRow, editions_of
from reports.forms_editions import VerifyForm
from reports.hashing import HashedUpload, HashingHandler
from reports.models import BulletinFile, BulletinStatus
from tasks.models import ReportingPeriod
from units.access import EVERY_ROLE, roles_allowed
from xigang_eco.http import INVALID


@dataclass(frozen=True)
class Match:
    """The stored file that has these very bytes, and the edition it belongs to."""

    file: BulletinFile
    period: ReportingPeriod
    edition: EditionRow


@csrf_exempt  # Checked below: reading the token reads the body, and by then it must be settled who takes the file.
@require_http_methods(["GET", "HEAD", "POST"])
@roles_allowed(*EVERY_ROLE)
def verify(request: HttpRequest) -> HttpResponse:
    """A file or its SHA-256 in, whether it is an issued edition out. Editions are everybody's once issued; nothing is kept."""
    request.upload_handlers = [HashingHandler(request)]
    return _verify(request)


@csrf_protect
def _verify(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "reports/verify.html", {"form": VerifyForm()})
    form = VerifyForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "reports/verify.html", {"form": form}, status=INVALID)
    upload: HashedUpload | None = form.cleaned_data["file"]
    sha256 = upload.sha256 if upload else form.cleaned_data["sha256"]
    context = {
        "form": VerifyForm(),
        "asked": True,
        "upload": upload,
        "sha256": sha256,
        "match": _match(sha256),
    }
    return render(request, "reports/verify.html", context)


def _match(sha256: str) -> Match | None:
    file = (
        BulletinFile.objects.filter(sha256=sha256, bulletin__status=BulletinStatus.ISSUED)
        .select_related("bulletin__period__plan")
        .defer("content", "bulletin__data", "bulletin__body", "bulletin__generated")
        .first()
    )
    if file is None:
        return None
    period = file.bulletin.period
    edition = next(row for row in editions_of(period) if row.number == file.bulletin.edition)
    return Match(file, period, edition)
