"""How units change: made, edited, put in official order, and the names they go by. Only the office does it.

Figures are cached under `Unit.changed_at`, so every change of a unit goes through `save()`, which moves it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.db.models import Max

from units.errors import Refused
from units.models import Unit, UnitAlias, UnitGroup, User
from units.names import clean_name


def _require_office(actor: User) -> None:
    if not actor.is_office:
        raise Refused("只有区生态办可以维护责任单位。")


def _lock_order() -> None:
    """Serialise changes of the order: places are counted, so two at a time would give one place twice."""
    list(Unit.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


@contextmanager
def _names_once(name: str) -> Iterator[None]:
    """Two people giving one name at the same moment: the second is told, as if they had come later."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Refused(f"“{name}”刚刚被登记为其他单位的名称，请核对后重试。") from None


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
    _require_office(actor)
    name, full_name = _fit_names(name, full_name)
    _lock_order()
    _refuse_taken(name, None)
    with _names_once(name):
        unit = Unit.objects.create(
            code=_free_code(),
            name=name,
            full_name=full_name,
            kind=kind,
            order=_last_place(kind),
            contact=contact,
            is_active=is_active,
            confirmed=confirmed,
        )
        UnitAlias.objects.create(name=name, unit=unit)
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
    _require_office(actor)
    name, full_name = _fit_names(name, full_name)
    _lock_order()
    unit = Unit.objects.get(pk=unit_id)
    _refuse_taken(name, unit)
    old_name, old_kind = unit.name, unit.kind
    if kind != old_kind:
        unit.order = _last_place(kind)
    unit.name, unit.full_name, unit.kind, unit.contact = name, full_name, kind, contact
    unit.is_active, unit.confirmed = is_active, confirmed
    with _names_once(name):
        unit.save()
        for known in dict.fromkeys((old_name, name)):
            UnitAlias.objects.get_or_create(name=known, defaults={"unit": unit})
    if kind != old_kind:
        _number(old_kind)
        _number(kind)
    return unit


@transaction.atomic
def move_unit(*, unit_id: int, actor: User, up: bool) -> Unit:
    """Change places with the neighbour within the kind; at the end of the list nothing happens."""
    _require_office(actor)
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


@transaction.atomic
def add_alias(*, unit_id: int, actor: User, name: str) -> UnitAlias:
    """Another name under which documents mean this unit."""
    _require_office(actor)
    unit = Unit.objects.select_for_update().get(pk=unit_id)
    name = clean_name(name)
    if not name:
        raise Refused("请填写名称。")
    if unit.aliases.filter(name=name).exists():
        raise Refused(f"“{name}”已是{unit.name}的名称，无需重复登记。")
    _refuse_taken(name, unit)
    with _names_once(name):
        return UnitAlias.objects.create(name=name, unit=unit)


@transaction.atomic
def delete_alias(*, alias_id: int, actor: User) -> UnitAlias:
    """Forget a name. The unit's own name stays, and so does what a plan prints: it could not be read any more."""
    _require_office(actor)
    rows = UnitAlias.objects.select_for_update(of=("self",)).select_related("unit", "group")
    alias = rows.filter(pk=alias_id).first()
    if alias is None:
        raise Refused("该名称已被删除。")
    owner = alias.unit or alias.group
    assert owner is not None  # a constraint of the database
    if alias.name == owner.name:
        raise Refused(f"“{alias.name}”是{owner.name}现用的名称，不能删除。")
    # The plan is a layer above and unknown here; its printed parties are reached through their link to the unit.
    party = owner.responsibilities.select_related("measure__plan").filter(printed=alias.name).first()
    if party is not None:
        measure = party.measure
        raise Refused(
            f"“{alias.name}”是《{measure.plan.title}》第{measure.number}项措施印发的责任单位名称，不能删除。"
        )
    alias.delete()
    return alias


def _fit_names(name: str, full_name: str) -> tuple[str, str]:
    name = clean_name(name)
    if not name:
        raise Refused("请填写单位简称。")
    return name, clean_name(full_name)


def _refuse_taken(name: str, unit: Unit | None) -> None:
    """Refuse a name by which another unit or a group is known."""
    alias = UnitAlias.objects.select_related("unit", "group").filter(name=name).first()
    if alias is not None and (unit is None or alias.unit_id != unit.pk):
        raise Refused(f"“{name}”已是{alias.unit or alias.group}的名称，请核对。")
    others = Unit.objects.exclude(pk=unit.pk) if unit else Unit.objects.all()
    if others.filter(name=name).exists() or UnitGroup.objects.filter(name=name).exists():
        raise Refused(f"“{name}”已被另一单位或单位组使用，请核对。")


def _free_code() -> str:
    """A code for a unit made in the application: it stands in addresses and is never shown as a name."""
    taken = set(Unit.objects.filter(code__startswith="unit-").values_list("code", flat=True))
    number = len(taken) + 1
    while f"unit-{number}" in taken:
        number += 1
    return f"unit-{number}"


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
