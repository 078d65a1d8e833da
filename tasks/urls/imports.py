"""计划导入: from a document to a plan."""

from django.urls import path

from tasks.views import imports

ONE = "manage/imports/<int:pk>/"

urlpatterns = [
    path("manage/imports/", imports.imports, name="imports"),
    path(ONE, imports.plan_import, name="plan_import"),
    path(ONE + "file/", imports.original, name="import_file"),
    path(ONE + "marked/", imports.marked, name="import_marked"),
    path(ONE + "replace/", imports.replace, name="import_replace"),
    path(ONE + "details/", imports.details, name="import_details"),
    path(ONE + "choose/", imports.choose_name, name="import_choose"),
    path(ONE + "accept/", imports.accept, name="import_accept"),
    path(ONE + "compare/", imports.compare, name="import_compare"),
    path(ONE + "discard/", imports.discard, name="import_discard"),
    path(ONE + "confirm/", imports.confirm, name="import_confirm"),
]
