"""The unit's side, and files of filings."""

from django.urls import path

from tasks.views import evidence, filing, filing_books, filing_uploads

PLAN = "<slug:plan_code>/q<int:quarter>/"
FILING = "filing/<int:assignment_id>/<int:period_id>/"

urlpatterns = [
    path(PLAN + "workbench/", filing.workbench, name="workbench"),
    path(PLAN + "units/<slug:code>/filing.xlsx", filing_books.download, name="filing_book"),
    path(PLAN + "units/<slug:code>/filing/upload/", filing_uploads.upload, name="filing_upload"),
    path("filing/uploads/<int:pk>/", filing_uploads.page, name="filing_upload_page"),
    path("filing/uploads/<int:pk>/discard/", filing_uploads.discard, name="filing_upload_discard"),
    path("filing/uploads/<int:pk>/marked.xlsx", filing_uploads.marked, name="filing_upload_marked"),
    path(FILING, filing.filing, name="filing"),
    path(FILING + "autosave/", filing.autosave, name="autosave"),
    path(FILING + "discard/", filing.discard, name="discard"),
    path(FILING + "no-work/", filing.no_work, name="no_work"),
    path(FILING + "evidence/", evidence.upload, name="evidence_upload"),
    path("updates/<int:pk>/withdraw/", filing.withdraw, name="withdraw"),
    path("evidence/<int:pk>/", evidence.download, name="evidence"),
    path("evidence/<int:pk>/preview/", evidence.preview, name="evidence_preview"),
    path("evidence/<int:pk>/detach/", evidence.detach, name="evidence_detach"),
]
