"""Dashboards, lists, the ledger and the bulletins. Pages of a plan and quarter start with <plan_code>/q<quarter>/."""

from reports.urls import bulletins, papers, seeing

app_name = "reports"

urlpatterns = [*seeing.urlpatterns, *bulletins.urlpatterns, *papers.urlpatterns]
