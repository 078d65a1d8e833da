"""Sessions, accounts, units and the change log."""

from django.urls import path

from units.views import accounts, log, session, units

app_name = "units"

urlpatterns = [
    path("login/", session.Login.as_view(), name="login"),
    path("logout/", session.logout, name="logout"),
    path("password/", session.password, name="password"),
    path("accounts/", accounts.account_list, name="accounts"),
    path("accounts/new/", accounts.account_new, name="account_new"),
    path("accounts/<int:pk>/", accounts.account, name="account"),
    path("accounts/<int:pk>/reset/", accounts.account_reset, name="account_reset"),
    path("accounts/<int:pk>/unlock/", accounts.account_unlock, name="account_unlock"),
    path("accounts/<int:pk>/active/", accounts.account_active, name="account_active"),
    path("manage/units/", units.unit_list, name="unit_list"),
    path("manage/units/new/", units.unit_new, name="unit_new"),
    path("manage/units/<int:pk>/", units.unit_edit, name="unit_edit"),
    path("manage/units/<int:pk>/move/", units.unit_move, name="unit_move"),
    path("manage/units/<int:pk>/aliases/", units.alias_add, name="alias_add"),
    path("manage/aliases/<int:pk>/delete/", units.alias_delete, name="alias_delete"),
    path("manage/log/", log.change_log, name="change_log"),
]
