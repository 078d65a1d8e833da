from django.urls import path

from xigang_eco.views import pending

PLAN = "<slug:plan_code>/q<int:quarter>/"

urlpatterns = [
    path("bulletins/", pending, name="bulletins"),
    path(PLAN + "bulletin/", pending, name="bulletin"),
    path(PLAN + "bulletin/draft/", pending, name="bulletin_draft"),
    path(PLAN + "bulletin/preview.pdf", pending, name="bulletin_preview"),
    path(PLAN + "bulletin/issue/", pending, name="bulletin_issue"),
    path(PLAN + "bulletin/status/", pending, name="bulletin_status"),
    path(PLAN + "bulletin.pdf", pending, name="bulletin_pdf"),
]
