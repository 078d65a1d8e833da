"""Keeping the plan, its quarters and the groups of units."""

from django.urls import path

from tasks.views import demands, groups, manage, measures, plan_book

PLAN = "<slug:plan_code>/q<int:quarter>/"
MEASURE = PLAN + "manage/measures/<int:number>/"

urlpatterns = [
    path("plans/", manage.plans, name="plans"),
    path(PLAN + "manage/", manage.plan_manage, name="plan_manage"),
    path(PLAN + "manage/plan.xlsx", plan_book.plan_book, name="plan_book"),
    path(PLAN + "manage/thresholds/", manage.thresholds, name="thresholds"),
    path(PLAN + "manage/quarters/<int:target>/state/", manage.period_state, name="period_state"),
    path(PLAN + "manage/quarters/<int:target>/dates/", manage.period_dates, name="period_dates"),
    path(MEASURE, measures.measure_manage, name="measure_manage"),
    path(MEASURE + "kind/", measures.measure_kind, name="measure_kind"),
    path(MEASURE + "deadline/", measures.measure_deadline, name="measure_deadline"),
    path(MEASURE + "lead/", measures.measure_lead, name="measure_lead"),
    path(MEASURE + "parties/<int:order>/", measures.settle, name="settle_party"),
    path(MEASURE + "duties/<int:pk>/", measures.duty_quarters, name="duty_quarters"),
    path(PLAN + "manage/demands/", demands.demands, name="demands"),
    path(PLAN + "manage/demands/confirm/", demands.demand_confirm, name="demand_confirm"),
    path(PLAN + "manage/demands/<int:pk>/link/", demands.demand_link, name="demand_link"),
    path(PLAN + "manage/demand-links/<int:pk>/remove/", demands.demand_unlink, name="demand_unlink"),
    path("manage/groups/", groups.groups, name="groups"),
    path("manage/groups/new/", groups.group_new, name="group_new"),
    path("manage/groups/<int:pk>/", groups.group, name="group"),
    path("manage/groups/<int:pk>/delete/", groups.group_delete, name="group_delete"),
    path("manage/groups/<int:pk>/aliases/", groups.group_alias_add, name="group_alias_add"),
    path("manage/group-aliases/<int:pk>/delete/", groups.group_alias_delete, name="group_alias_delete"),
    path("manage/groups/<int:pk>/confirm/", groups.group_confirm, name="group_confirm"),
    path("manage/groups/<int:pk>/members/", groups.member_add, name="member_add"),
    path("manage/memberships/<int:pk>/end/", groups.member_end, name="member_end"),
    path("manage/memberships/<int:pk>/remove/", groups.member_remove, name="member_remove"),
]
