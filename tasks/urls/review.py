from django.urls import path

from tasks.views import desk
from xigang_eco.views import pending

PLAN = "<slug:plan_code>/q<int:quarter>/"

urlpatterns = [
    path(PLAN + "desk/", desk.desk, name="desk"),
    path(PLAN + "review/", pending, name="review_queue"),
    path(PLAN + "review/approve/", pending, name="approve_many"),
    path("review/<int:pk>/", pending, name="review"),
    path("review/<int:pk>/decide/", pending, name="decide"),
    path("review/<int:pk>/reopen/", pending, name="reopen"),
    path("updates/<int:pk>/", pending, name="update"),
    path(PLAN + "measures/<int:number>/summary/", pending, name="measure_summary"),
]
