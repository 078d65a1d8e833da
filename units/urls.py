"""Sessions, accounts, units and the change log."""

from django.urls import path

from xigang_eco.views import pending

app_name = "units"

urlpatterns = [
    path("login/", pending, name="login"),
    path("logout/", pending, name="logout"),
    path("password/", pending, name="password"),
    path("accounts/", pending, name="accounts"),
    path("accounts/new/", pending, name="account_new"),
    path("accounts/<int:pk>/", pending, name="account"),
    path("accounts/<int:pk>/reset/", pending, name="account_reset"),
    path("accounts/<int:pk>/unlock/", pending, name="account_unlock"),
    path("accounts/<int:pk>/active/", pending, name="account_active"),
    path("manage/units/", pending, name="unit_list"),
    path("manage/units/new/", pending, name="unit_new"),
    path("manage/units/<int:pk>/", pending, name="unit_edit"),
    path("manage/units/<int:pk>/move/", pending, name="unit_move"),
    path("manage/units/<int:pk>/aliases/", pending, name="alias_add"),
    path("manage/aliases/<int:pk>/delete/", pending, name="alias_delete"),
    path("manage/log/", pending, name="change_log"),
]
