"""How units change: made, edited, put in official order. Only the office does it.

Figures are cached under `Unit.changed_at`, so every change of a unit goes through `save()`, which moves it.
"""

from django.db import transaction
from django.db.models import Max

from units.models import Unit, User
from units.names import clean_name
from units.services.names import fit_name, free_code, keep_names, names_once, refuse_taken, require_office


def _lock_order() -> None:
    """Serialise changes of the order: places are counted, so two at a time would give one place twice."""
    list(Unit.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def create_unit(
    *,
    actor: User,
    name: str,
    kind: int,
    full_name: str = "",
    contact: str = "",
    is_active: bool = True,
    confirmed: bool = False,
) -> Unit:
    """A new unit at the end of its kind, known by its name."""
    require_office(actor)
    name, full_name = fit_name(name), clean_name(full_name)
    _lock_order()
    refuse_taken(name, None)
    with names_once(name):
        unit = Unit.objects.create(
            code=free_code(Unit, "unit-"),
            name=name,
            full_name=full_name,
            kind=kind,
            order=_last_place(kind),
            contact=contact,
            is_active=is_active,
            confirmed=confirmed,
        )
        keep_names(unit, name)
    _number(kind)
    return unit


@transaction.atomic
def update_unit(
    *,
    unit_id: int,
    actor: User,
    name: str,
    kind: int,
    full_name: str = "",
    contact: str = "",
    is_active: bool = True,
    confirmed: bool = False,
) -> Unit:
    """Edit a unit. The old name stays one of its aliases; a changed kind puts it at the end of the new one."""
    require_office(actor)
    name, full_name = fit_name(name), clean_name(full_name)
    _lock_order()
    unit = Unit.objects.get(pk=unit_id)
    refuse_taken(name, unit)
    old_name, old_kind = unit.name, unit.kind
    if kind != old_kind:
        unit.order = _last_place(kind)
    unit.name, unit.full_name, unit.kind, unit.contact = name, full_name, kind, contact
    unit.is_active, unit.confirmed = is_active, confirmed
    with names_once(name):
        unit.save()
        keep_names(unit, old_name, name)
    if kind != old_kind:
        _number(old_kind)
        _number(kind)
    return unit


@transaction.atomic
def move_unit(*, unit_id: int, actor: User, up: bool) -> Unit:
    """Change places with the neighbour within the kind; at the end of the list nothing happens."""
    require_office(actor)
    _lock_order()
    unit = Unit.objects.get(pk=unit_id)
    row = list(Unit.objects.filter(kind=unit.kind))
    place = row.index(unit)
    other = place - 1 if up else place + 1
    if 0 <= other < len(row):
        row[place], row[other] = row[other], row[place]
    _number(unit.kind, row)
    unit.refresh_from_db()
    return unit


def _last_place(kind: int) -> int:
    """The place after all units of the kind, however they are numbered."""
    last: int | None = Unit.objects.filter(kind=kind).aggregate(last=Max("order"))["last"]
    return (last or 0) + 1


def _number(kind: int, row: list[Unit] | None = None) -> None:
    """Number the units of a kind 1, 2, 3 … as they stand in `row` (by default as they stand)."""
    for place, unit in enumerate(row if row is not None else Unit.objects.filter(kind=kind), start=1):
        if unit.order != place:
            unit.order = place
            unit.save(update_fields=["order", "changed_at"])
