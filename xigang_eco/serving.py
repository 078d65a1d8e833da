"""Stored bytes over HTTP: conditional requests and one range, after RFC 9110, reading no more than is sent."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import BinaryField, QuerySet
from django.db.models.functions import Substr
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

_RANGE = re.compile(
    r"^bytes=(?:(?P<first>[0-9]{1,18})-(?P<last>[0-9]{0,18})|-(?P<suffix>[0-9]{1,18}))$", re.ASCII
)


@dataclass(frozen=True)
class Stored:
    """Bytes that never change under their hash. `read(offset, length)` fetches a part of them."""

    sha256: str
    size: int
    content_type: str
    filename: str
    read: Callable[[int, int], bytes]


def parts_of(rows: QuerySet, field: str = "content") -> Callable[[int, int], bytes]:
    """Reads a part of the binary field of the one row, which the database cuts out."""

    def read(offset: int, length: int) -> bytes:
        part = Substr(field, offset + 1, length, output_field=BinaryField())
        content = rows.values_list(part, flat=True).first()
        if content is None:
            # Cleared away a moment ago.
            raise Http404
        return bytes(content)

    return read


def serve(request: HttpRequest, stored: Stored, *, inline: bool) -> HttpResponseBase:
    """The file, a part of it (206, 416), or 304 for whoever has it. Never kept by anything between server and browser."""
    etag = quote_etag(stored.sha256)
    answer = get_conditional_response(request, etag=etag) or _body(request, stored, etag)
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    answer["Accept-Ranges"] = "bytes"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Disposition"] = content_disposition_header(not inline, stored.filename) or ""
    return answer


def _body(request: HttpRequest, stored: Stored, etag: str) -> HttpResponse:
    asked = _asked_range(request, stored.size, etag)
    if asked is None:
        # A HEAD says how long the body is and has none.
        content = b"" if request.method == "HEAD" else stored.read(0, stored.size)
        answer = HttpResponse(content, content_type=stored.content_type)
        answer["Content-Length"] = str(stored.size)
        return answer
    if not asked:
        answer = HttpResponse(status=416, content_type=stored.content_type)
        answer["Content-Range"] = f"bytes */{stored.size}"
        return answer
    content = stored.read(asked.start, len(asked))
    answer = HttpResponse(content, status=206, content_type=stored.content_type)
    answer["Content-Range"] = f"bytes {asked.start}-{asked.stop - 1}/{stored.size}"
    answer["Content-Length"] = str(len(content))
    return answer


def _asked_range(request: HttpRequest, size: int, etag: str) -> range | None:
    """The part that is asked for; empty: none of it exists; None: the whole, as for anything but a single range."""
    header = request.headers.get("Range", "")
    match = _RANGE.match(header.replace(" ", ""))
    # A part of what somebody else had before is of no use: then the whole is sent. There are no dates to compare.
    if request.method != "GET" or not match or request.headers.get("If-Range", etag) != etag:
        return None
    if match["suffix"]:
        return range(max(size - int(match["suffix"]), 0), size) if int(match["suffix"]) else range(0)
    first = int(match["first"])
    last = int(match["last"]) if match["last"] else size - 1
    if match["last"] and last < first:
        return None
    return range(first, min(last, size - 1) + 1) if first < size else range(0)
