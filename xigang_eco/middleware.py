"""Requests that no view should see: too large, or with characters that no database takes."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from xigang_eco import errors

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestGuardMiddleware:
    """413 for a body over REQUEST_MAX_BYTES, 400 for NUL in the address, both in Chinese."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > settings.REQUEST_MAX_BYTES:
            return errors.too_large(request)
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query or "\0" in query or "\0" in request.path:
            return errors.bad_request(request)
        return self.get_response(request)
