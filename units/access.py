"""Who may call what. Middleware closes every view to strangers; here a view says which roles it serves.

Outside a person's scope the answer is 404, inside but not theirs to change it is 403.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from units.models import UNIT_ROLES, Role, User

View: TypeAlias = Callable[..., HttpResponseBase]

EVERY_ROLE = tuple(Role)
FILERS = (*UNIT_ROLES, Role.OFFICE)
KEEPERS = (Role.OFFICE, Role.ADMIN)
# Whose accounts a role keeps: only administrators make office and administrator accounts, and only those.
MANAGED_ROLES: dict[str, tuple[Role, ...]] = {
    Role.OFFICE: (*UNIT_ROLES, Role.LEADER),
    Role.ADMIN: (Role.OFFICE, Role.ADMIN),
}


def current_user(request: HttpRequest) -> User:
    """The logged-in account; the login wall has seen to it that there is one."""
    return cast(User, request.user)


def roles_allowed(*roles: str) -> Callable[[View], View]:
    """Serve a view to these roles; everyone else gets 403. The roles are kept on the view as `roles`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if current_user(request).role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.roles = roles  # type: ignore[attr-defined]
        return checked

    return decorate
