from django.urls import path

from reports.views import measures, overview
from xigang_eco.views import pending

PLAN = "<slug:plan_code>/q<int:quarter>/"

urlpatterns = [
    path(PLAN + "overview/", overview.overview, name="overview"),
    path(PLAN + "measures/", measures.measures, name="measures"),
    path(PLAN + "measures/<int:number>/", pending, name="measure"),
    path(PLAN + "tasks/", pending, name="tasks"),
    path(PLAN + "tasks/<int:number>/", pending, name="task"),
    path(PLAN + "units/", pending, name="units"),
    path(PLAN + "units/<slug:code>/", pending, name="unit"),
    path(PLAN + "text/", pending, name="text"),
    path(PLAN + "ledger.xlsx", pending, name="ledger"),
]
