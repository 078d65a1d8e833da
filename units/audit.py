"""What the change log (django-auditlog) keeps: which models and fields, and events that are no field."""

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.db import models

from units.models import GroupMembership, Unit, UnitAlias, UnitGroup, User

# Events of an account that no field may show: the hash of a password is nobody's business.
EVENT_LABELS = {"password": "口令", "lockout": "登录锁定"}


def track(
    model: type[models.Model], *, exclude: tuple[str, ...] = (), labels: dict[str, str] | None = None
) -> None:
    """Log every change of the model's fields that people edit; `labels` name them better than the model does.

    auditlog's own choice would add the names of reverse relations and stamps that no person sets.
    """
    fields = [
        field.name
        for field in model._meta.concrete_fields
        if field.editable and not field.primary_key and field.name not in exclude
    ]
    auditlog.register(model, include_fields=fields, mapping_fields=labels or {})


def note(instance: models.Model, event: str, after: str, *, before: str | None = None) -> None:
    """Log an event (a key of EVENT_LABELS) of an object; the actor is the request's, as in every other row."""
    LogEntry.objects.log_create(instance, action=LogEntry.Action.UPDATE, changes={event: [before, after]})


def register() -> None:
    """Register the managed models; called once from the app's ready()."""
    for model in (Unit, UnitAlias, UnitGroup, GroupMembership):
        track(model)
    # A login is not a change, the rest follows from the role or is unused; passwords are noted as events.
    track(
        User,
        exclude=(
            "password",
            "last_login",
            "date_joined",
            "is_staff",
            "is_superuser",
            "email",
            "must_change_password",
        ),
        labels={"is_active": "启用"},
    )
