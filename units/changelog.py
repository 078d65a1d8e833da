"""The change log in words: entries of django-auditlog as people read them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from units.audit import EVENT_LABELS

NOTHING = "（空）"
ACTIONS: dict[int, str] = {
    LogEntry.Action.CREATE: "新建",
    LogEntry.Action.UPDATE: "修改",
    LogEntry.Action.DELETE: "删除",
}
# Longer values are shown folded.
LONG = 120


@dataclass(frozen=True)
class FieldChange:
    """A field with its values before and after; None: there was no value to compare with (new, deleted, an event)."""

    label: str
    before: str | None
    after: str | None

    @property
    def is_long(self) -> bool:
        return len(self.before or "") + len(self.after or "") > LONG


@dataclass(frozen=True)
class Change:
    """An entry: who, when, from where, what, and its fields."""

    at: datetime
    who: str
    account: str
    address: str
    kind: str
    subject: str
    action: str
    # Whether there is a before and an after: in words, not new and not deleted.
    is_update: bool
    fields: tuple[FieldChange, ...]


def read(entries: Iterable[LogEntry]) -> list[Change]:
    """The entries, actor and content type loaded, in words. No query."""
    return [_read(entry) for entry in entries]


def _read(entry: LogEntry) -> Change:
    model = entry.content_type.model_class()
    actor = entry.actor
    return Change(
        at=entry.timestamp,
        who=actor.name if actor else "系统",
        account=actor.username if actor else "",
        address=entry.remote_addr or "",
        kind=str(model._meta.verbose_name) if model else entry.content_type.model,
        subject=_subject(entry),
        action=ACTIONS.get(entry.action, ""),
        is_update=entry.action == LogEntry.Action.UPDATE,
        fields=tuple(_fields(model, entry)),
    )


def _subject(entry: LogEntry) -> str:
    """The object's name as it was; of people, who may share a name, the user name too."""
    username = (entry.additional_data or {}).get("username")
    return f"{entry.object_repr}（{username}）" if username else entry.object_repr


def _fields(model: type[models.Model] | None, entry: LogEntry) -> Iterable[FieldChange]:
    known = model is not None and auditlog.contains(model)
    labels = auditlog.get_model_fields(model)["mapping_fields"] if known else {}
    for name, values in _in_order(model, entry.changes or {}):
        if name in EVENT_LABELS:
            yield FieldChange(EVENT_LABELS[name], None, str(values[1]))
            continue
        field = _field(model, name)
        # Relations that point here are no fields of the object; older entries may hold them.
        if field is None or not isinstance(values, list) or len(values) != 2:
            continue
        before, after = (_words(field, value) for value in values)
        label = labels.get(name, str(field.verbose_name))
        if entry.action == LogEntry.Action.UPDATE:
            yield FieldChange(label, before, after)
        elif entry.action == LogEntry.Action.CREATE and after != NOTHING:
            yield FieldChange(label, None, after)
        elif entry.action == LogEntry.Action.DELETE and before != NOTHING:
            yield FieldChange(label, before, None)


def _field(model: type[models.Model] | None, name: str) -> models.Field | None:
    try:
        field = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.Field) else None


def _in_order(model: type[models.Model] | None, changes: dict[str, Any]) -> list[tuple[str, Any]]:
    """The changed fields in the model's own order: auditlog keeps them in none."""
    places = {field.name: place for place, field in enumerate(model._meta.concrete_fields)} if model else {}
    return sorted(changes.items(), key=lambda item: (places.get(item[0], len(places)), item[0]))


def _words(field: models.Field, value: Any) -> str:
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "是" if value else "否"
    choices = dict(field.flatchoices)
    if choices:
        return str(choices.get(value, value))
    if isinstance(field, models.DateTimeField):
        # auditlog stores moments in UTC without saying so.
        moment = parse_datetime(str(value))
        if moment is not None:
            aware = moment if timezone.is_aware(moment) else timezone.make_aware(moment, UTC)
            return f"{timezone.localtime(aware):%Y-%m-%d %H:%M}"
    if isinstance(value, list):
        return "\n".join(
            str(item.get("text", item)) if isinstance(item, dict) else str(item) for item in value
        )
    return str(value)
