from django.urls import path

from reports.views import papers

PLAN = "<slug:plan_code>/q<int:quarter>/"

urlpatterns = [
    path(PLAN + "brief/preview.pdf", papers.brief, name="brief_preview"),
    path(PLAN + "units/<slug:code>/sheet.pdf", papers.sheet, name="unit_sheet"),
    path(PLAN + "units/<slug:code>/forms.pdf", papers.forms, name="unit_forms"),
    path(PLAN + "measures/<int:number>/<slug:code>/form.pdf", papers.forms, name="filing_form"),
]
