"""All addresses. Django's admin is there for administrators and only for reading."""

from django.urls import include, path

from units.adminsite import site
from xigang_eco import errors, views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("django-admin/", site.urls),
    path("", include("units.urls")),
    path("", include("tasks.urls")),
    path("", include("reports.urls")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
