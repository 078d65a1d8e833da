"""The plan and what is filed on it, for administrators to look at: no power over the workflow, and no drafts."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from tasks.models import (
    Amendment,
    Assignment,
    DemandLink,
    Evidence,
    FilingUpload,
    Measure,
    MeasureSummary,
    Plan,
    PlanDemand,
    PlanImport,
    PlanSection,
    ProgressUpdate,
    ReportingPeriod,
    Responsibility,
    SourceFile,
    StatusChange,
    TargetTask,
)
from units.access import current_user
from units.adminsite import ReadOnlyAdmin, site


@admin.register(Plan, site=site)
class PlanAdmin(ReadOnlyAdmin):
    list_display = ("title", "code", "year", "issued_on", "sample", "revision")
    list_filter = ("year", "sample")
    search_fields = ("title", "code")


@admin.register(PlanSection, site=site)
class PlanSectionAdmin(ReadOnlyAdmin):
    list_display = ("plan", "order", "number", "heading")
    list_select_related = ("plan",)
    search_fields = ("heading", "text")


@admin.register(PlanDemand, site=site)
class PlanDemandAdmin(ReadOnlyAdmin):
    list_display = ("section", "order", "text")
    list_select_related = ("section",)
    search_fields = ("text",)


@admin.register(DemandLink, site=site)
class DemandLinkAdmin(ReadOnlyAdmin):
    list_display = ("demand", "measure", "confirmed")
    list_filter = ("confirmed",)
    list_select_related = ("demand", "measure")
    search_fields = ("demand__text", "measure__text")


@admin.register(TargetTask, site=site)
class TargetTaskAdmin(ReadOnlyAdmin):
    list_display = ("plan", "number", "title")
    list_select_related = ("plan",)
    search_fields = ("title",)


@admin.register(Measure, site=site)
class MeasureAdmin(ReadOnlyAdmin):
    list_display = ("plan", "number", "text", "units_text", "kind", "lead_confirmed")
    list_filter = ("kind", "kind_confirmed", "lead_confirmed")
    list_select_related = ("plan",)
    search_fields = ("text", "units_text")


@admin.register(Responsibility, site=site)
class ResponsibilityAdmin(ReadOnlyAdmin):
    list_display = ("measure", "order", "printed", "scope", "unit", "group", "is_open")
    list_filter = ("scope", "is_open")
    list_select_related = ("measure", "unit", "group")
    search_fields = ("printed",)


@admin.register(Assignment, site=site)
class AssignmentAdmin(ReadOnlyAdmin):
    list_display = ("measure", "unit", "role", "first_quarter", "last_quarter")
    list_filter = ("role",)
    list_select_related = ("measure", "unit")
    search_fields = ("unit__name", "measure__text")


@admin.register(ReportingPeriod, site=site)
class ReportingPeriodAdmin(ReadOnlyAdmin):
    list_display = ("plan", "quarter", "state", "opens_on", "due_on", "closed_at")
    list_filter = ("state", "quarter")
    list_select_related = ("plan",)
    search_fields = ("plan__title", "plan__code")


class _FiledAdmin(ReadOnlyAdmin):
    """Rows of filings: an administrator reads what the rule of `visible_to` lets them, here too."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.filter(pk__in=self.model.objects.visible_to(current_user(request)).values("pk"))


@admin.register(ProgressUpdate, site=site)
class ProgressUpdateAdmin(_FiledAdmin):
    list_display = (
        "assignment",
        "period",
        "status",
        "percent",
        "self_status",
        "submitted_by",
        "submitted_at",
    )
    list_filter = ("status", "is_late", "is_proxy", "period__quarter")
    list_select_related = ("assignment__unit", "assignment__measure", "period__plan", "submitted_by")
    search_fields = ("assignment__unit__name", "assignment__measure__text", "progress_text")


@admin.register(Evidence, site=site)
class EvidenceAdmin(_FiledAdmin):
    # The file itself is opened through its checked view only.
    hidden = ("file", "preview")
    list_display = ("name", "update", "content_type", "size", "uploaded_by", "uploaded_at", "detached_at")
    list_filter = ("content_type",)
    list_select_related = (
        "update__assignment__unit",
        "update__assignment__measure",
        "update__period__plan",
        "uploaded_by",
    )
    search_fields = ("name", "sha256")


@admin.register(StatusChange, site=site)
class StatusChangeAdmin(_FiledAdmin):
    list_display = ("at", "from_status", "to_status", "actor_name", "actor_unit", "comment", "update")
    list_filter = ("to_status", "is_proxy")
    list_select_related = (
        "update__assignment__unit",
        "update__assignment__measure",
        "update__period__plan",
    )
    search_fields = ("actor_name", "actor_unit", "comment")
    date_hierarchy = "at"


@admin.register(Amendment, site=site)
class AmendmentAdmin(ReadOnlyAdmin):
    list_display = ("period", "reason", "opened_by", "opened_at", "closed_at", "cancelled")
    list_filter = ("cancelled",)
    list_select_related = ("period__plan", "opened_by")
    search_fields = ("reason",)


@admin.register(MeasureSummary, site=site)
class MeasureSummaryAdmin(ReadOnlyAdmin):
    list_display = ("measure", "period", "written_by", "written_at")
    list_select_related = ("measure", "period__plan", "written_by")
    search_fields = ("measure__text", "text")


class _BroughtAdmin(ReadOnlyAdmin):
    """What refers to a file: its bytes stay in the database while lists are shown. `beside`: what its columns name besides."""

    beside: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Django leaves `list_select_related` aside where something is selected already.
        return super().get_queryset(request).select_related("file", *self.beside).defer("file__content")


@admin.register(SourceFile, site=site)
class SourceFileAdmin(ReadOnlyAdmin):
    list_display = ("name", "size", "sha256", "uploaded_by", "uploaded_at")
    list_select_related = ("uploaded_by",)
    search_fields = ("name", "sha256")
    date_hierarchy = "uploaded_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SourceFile]:
        return super().get_queryset(request).defer("content")


@admin.register(PlanImport, site=site)
class PlanImportAdmin(_BroughtAdmin):
    list_display = ("file", "year", "started_by", "started_at", "plan", "imported_by", "imported_at")
    beside = ("started_by", "plan", "imported_by")
    search_fields = ("file__name", "file__sha256", "plan__title", "plan__code")


@admin.register(FilingUpload, site=site)
class FilingUploadAdmin(_BroughtAdmin):
    # What a unit wrote is its own until it is handed in; then it stands in the filing.
    hidden = ("rows", "problems", "outcome")
    list_display = ("unit", "period", "file", "uploaded_by", "uploaded_at", "applied_at")
    beside = ("unit", "period__plan", "uploaded_by")
    search_fields = ("unit__name", "file__name", "file__sha256")
