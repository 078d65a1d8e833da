"""Bulletins, for administrators to look at. The stored files are downloaded from the bulletin's own page."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from reports.models import Bulletin, BulletinFile, Rendering
from units.adminsite import ReadOnlyAdmin, site


@admin.register(Bulletin, site=site)
class BulletinAdmin(ReadOnlyAdmin):
    # The frozen document is long and made for programs.
    hidden = ("data",)
    list_display = ("title", "period", "status", "document_number", "issued_by", "issued_at")
    list_filter = ("status",)
    list_select_related = ("period__plan", "issued_by")
    search_fields = ("title", "document_number")


@admin.register(BulletinFile, site=site)
class BulletinFileAdmin(ReadOnlyAdmin):
    list_display = ("bulletin", "format", "size", "sha256", "created_at")
    list_select_related = ("bulletin",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulletinFile]:
        return super().get_queryset(request).defer("content")


@admin.register(Rendering, site=site)
class RenderingAdmin(ReadOnlyAdmin):
    # Made for programs, and long.
    hidden = ("document", "content")
    list_display = ("filename", "format", "state", "step", "error", "asked_by", "asked_at", "done_at")
    list_filter = ("state",)
    list_select_related = ("asked_by",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rendering]:
        return super().get_queryset(request).defer("document", "content")
