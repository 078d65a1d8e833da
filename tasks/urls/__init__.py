"""Filing, reviewing and keeping the plan. Pages of a plan and quarter start with <plan_code>/q<quarter>/."""

from tasks.urls import filing, imports, manage, review

app_name = "tasks"

urlpatterns = [*filing.urlpatterns, *review.urlpatterns, *manage.urlpatterns, *imports.urlpatterns]
