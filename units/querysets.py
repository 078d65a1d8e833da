"""Which rows of accounts and of the change log a person may see, and the names of units and groups."""

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from units.access import MANAGED_ROLES
from units.models import Role, Unit, UnitAlias, UnitGroup, User


def accounts_visible_to(user: User) -> QuerySet[User]:
    """The office sees the accounts it keeps, administrators see all; others none. Units first, in official order."""
    rows = User.objects.select_related("unit").order_by(
        F("unit__kind").asc(nulls_last=True), F("unit__order").asc(nulls_last=True), "role", "username"
    )
    if user.role == Role.ADMIN:
        return rows
    return rows.filter(role__in=MANAGED_ROLES.get(user.role, ()))


def may_manage(user: User, account: User) -> bool:
    """Whether `user` keeps the account; seeing it is not enough."""
    return account.role in MANAGED_ROLES.get(user.role, ())


def changes_visible_to(user: User) -> QuerySet[LogEntry]:
    """The change log, newest first: administrators see all, the office all but other people's accounts."""
    rows = LogEntry.objects.select_related("actor", "content_type").order_by("-timestamp", "-pk")
    models = ContentType.objects.get_for_models(*auditlog.get_models())
    rows = rows.filter(content_type__in=models.values())
    if user.role == Role.ADMIN:
        return rows
    if user.role == Role.OFFICE:
        accounts = models[User]
        kept = User.objects.filter(role__in=MANAGED_ROLES[Role.OFFICE]).values("pk")
        return rows.filter(~Q(content_type=accounts) | Q(object_id__in=kept))
    return rows.none()


def names_of(owner: Unit | UnitGroup) -> QuerySet[UnitAlias]:
    """The names of a unit or group; `is_printed`: a plan prints it, so that it cannot be deleted."""
    # The plan is a layer above: its printed parties are reached through their link to the owner.
    printed = owner.responsibilities.filter(printed=OuterRef("name"))
    return owner.aliases.annotate(is_printed=Exists(printed)).order_by("pk")
