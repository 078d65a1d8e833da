"""The office's side, and reading one filing."""

from django.urls import path

from tasks.views import desk, review, updates

PLAN = "<slug:plan_code>/q<int:quarter>/"

urlpatterns = [
    path(PLAN + "desk/", desk.desk, name="desk"),
    path("filing/paper/", desk.paper_form, name="paper_form"),
    path(PLAN + "review/", review.review_queue, name="review_queue"),
    path(PLAN + "review/approve/", review.approve_many, name="approve_many"),
    path("review/<int:pk>/", review.review, name="review"),
    path("review/<int:pk>/decide/", review.decide, name="decide"),
    path("review/<int:pk>/reopen/", review.reopen, name="reopen"),
    path("updates/<int:pk>/", updates.update, name="update"),
    path(PLAN + "measures/<int:number>/summary/", updates.measure_summary, name="measure_summary"),
]
