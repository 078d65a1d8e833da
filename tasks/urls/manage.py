from django.urls import path

from xigang_eco.views import pending

PLAN = "<slug:plan_code>/q<int:quarter>/"

urlpatterns = [
    path("plans/", pending, name="plans"),
    path(PLAN + "manage/", pending, name="plan_manage"),
    path(PLAN + "manage/thresholds/", pending, name="thresholds"),
    path(PLAN + "manage/measures/<int:number>/", pending, name="measure_manage"),
    path(PLAN + "manage/demands/", pending, name="demands"),
    path("manage/periods/<int:pk>/state/", pending, name="period_state"),
    path("manage/periods/<int:pk>/dates/", pending, name="period_dates"),
    path("manage/measures/<int:pk>/lead/", pending, name="measure_lead"),
    path("manage/responsibilities/<int:pk>/settle/", pending, name="settle_party"),
    path("manage/assignments/<int:pk>/quarters/", pending, name="duty_quarters"),
    path("manage/groups/", pending, name="groups"),
    path("manage/groups/<int:pk>/", pending, name="group"),
    path("manage/groups/<int:pk>/members/", pending, name="member_add"),
    path("manage/memberships/<int:pk>/end/", pending, name="member_end"),
    path("manage/demands/<int:pk>/link/", pending, name="demand_link"),
    path("manage/demand-links/<int:pk>/remove/", pending, name="demand_unlink"),
    path("manage/demand-links/<int:pk>/confirm/", pending, name="demand_confirm"),
]
