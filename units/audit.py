"""Which models of this app write the change log (django-auditlog): what the office and administrators manage."""

from auditlog.registry import auditlog

from units.models import GroupMembership, Unit, UnitAlias, UnitGroup, User


def register() -> None:
    """Register the managed models; called once from the app's ready()."""
    for model in (Unit, UnitAlias, UnitGroup, GroupMembership):
        auditlog.register(model)
    # The hash of a password is nobody's business, and a login is not a change.
    auditlog.register(User, exclude_fields=["password", "last_login"])
