"""What no view should see: bodies too large, characters that no database takes, headers that anybody can forge."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from units.addresses import is_from_proxy
from xigang_eco import errors

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestGuardMiddleware:
    """413 for a body over REQUEST_MAX_BYTES, 400 for NUL in the address, both in Chinese.

    Also takes away X-Forwarded-Proto where it does not come from a configured proxy: Django would believe it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > settings.REQUEST_MAX_BYTES:
            return errors.too_large(request)
        if not is_from_proxy(request):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query or "\0" in query or "\0" in request.path:
            return errors.bad_request(request)
        return self.get_response(request)
