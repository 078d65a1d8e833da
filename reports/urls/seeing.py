from django.urls import path

from reports.views import ledger, measures, overview, tasks, text, units, yearbook

PLAN = "<slug:plan_code>/q<int:quarter>/"

urlpatterns = [
    path(PLAN + "overview/", overview.overview, name="overview"),
    path(PLAN + "measures/", measures.measures, name="measures"),
    path(PLAN + "measures/<int:number>/", measures.measure, name="measure"),
    path(PLAN + "tasks/", tasks.tasks, name="tasks"),
    path(PLAN + "tasks/<int:number>/", tasks.task, name="task"),
    path(PLAN + "units/", units.units, name="units"),
    path(PLAN + "units/<slug:code>/", units.unit, name="unit"),
    path(PLAN + "text/", text.text, name="text"),
    path(PLAN + "ledger.xlsx", ledger.ledger, name="ledger"),
    path(PLAN + "yearbook.xlsx", yearbook.yearbook, name="yearbook"),
]
