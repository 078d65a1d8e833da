"""The application's addresses and /bare/: a Django page that reads session and user and nothing else."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from xigang_eco.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.session.session_key} {request.user.pk}")


urlpatterns = [path("bare/", bare), path("", include("xigang_eco.urls"))]
