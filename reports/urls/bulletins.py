from django.urls import path

from reports.views import bulletins, files, issuing, renderings

PLAN = "<slug:plan_code>/q<int:quarter>/"

urlpatterns = [
    path("bulletins/", bulletins.bulletins, name="bulletins"),
    path(PLAN + "bulletin/", bulletins.bulletin, name="bulletin"),
    path(PLAN + "bulletin/start/", bulletins.start, name="bulletin_start"),
    path(PLAN + "bulletin/draft/", bulletins.draft, name="bulletin_draft"),
    path(PLAN + "bulletin/rewrite/", bulletins.rewrite, name="bulletin_rewrite"),
    path(PLAN + "bulletin/preview.pdf", files.preview, name="bulletin_preview"),
    path(PLAN + "bulletin/issue/", issuing.issue, name="bulletin_issue"),
    path(PLAN + "bulletin/progress/", issuing.progress, name="bulletin_progress"),
    path(PLAN + "bulletin.pdf", files.pdf, name="bulletin_pdf"),
    path("renderings/<slug:key>/", renderings.rendering, name="rendering"),
]
