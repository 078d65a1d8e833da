from django.urls import path

from xigang_eco.views import pending

PLAN = "<slug:plan_code>/q<int:quarter>/"
FILING = "filing/<int:assignment_id>/<int:period_id>/"

urlpatterns = [
    path(PLAN + "workbench/", pending, name="workbench"),
    path(FILING, pending, name="filing"),
    path(FILING + "autosave/", pending, name="autosave"),
    path(FILING + "discard/", pending, name="discard"),
    path(FILING + "no-work/", pending, name="no_work"),
    path(FILING + "evidence/", pending, name="evidence_upload"),
    path("updates/<int:pk>/withdraw/", pending, name="withdraw"),
    path("evidence/<int:pk>/", pending, name="evidence"),
    path("evidence/<int:pk>/preview/", pending, name="evidence_preview"),
    path("evidence/<int:pk>/detach/", pending, name="evidence_detach"),
]
