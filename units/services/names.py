"""The names by which documents call units and groups: each means one of them. Only the office keeps them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from django.db import IntegrityError, transaction

from units.errors import Refused
from units.models import Unit, UnitAlias, UnitGroup, User
from units.names import clean_name

Owner: TypeAlias = Unit | UnitGroup


@transaction.atomic
def add_alias(*, owner: Owner, actor: User, name: str) -> UnitAlias:
    """Another name under which documents mean this unit or group."""
    require_office(actor)
    owner = _lock(owner)
    name = fit_name(name)
    if owner.aliases.filter(name=name).exists():
        raise Refused(f"“{name}”已是{owner.name}的名称，无需重复登记。")
    refuse_taken(name, owner)
    with names_once(name):
        return UnitAlias.objects.create(name=name, **_owned_by(owner))


@transaction.atomic
def delete_alias(*, alias_id: int, actor: User) -> UnitAlias:
    """Forget a name. The owner's own name stays, and so does what a plan prints: it could not be read any more."""
    require_office(actor)
    rows = UnitAlias.objects.select_for_update(of=("self",)).select_related("unit", "group")
    alias = rows.filter(pk=alias_id).first()
    if alias is None:
        raise Refused("该名称已被删除。")
    owner = alias.unit or alias.group
    assert owner is not None  # a constraint of the database
    if alias.name == owner.name:
        raise Refused(f"“{alias.name}”是{owner.name}现用的名称，不能删除。")
    # The plan is a layer above and unknown here; its printed parties are reached through their link to the owner.
    party = owner.responsibilities.select_related("measure__plan").filter(printed=alias.name).first()
    if party is not None:
        measure = party.measure
        raise Refused(
            f"“{alias.name}”是《{measure.plan.title}》第{measure.number}项措施印发的责任单位名称，不能删除。"
        )
    alias.delete()
    return alias


def require_office(actor: User) -> None:
    """Refuse everyone but the office."""
    if not actor.is_office:
        raise Refused("只有区生态办可以维护责任单位和单位组。")


def fit_name(name: str) -> str:
    """The name as it is kept; refuses an empty one."""
    name = clean_name(name)
    if not name:
        raise Refused("请填写名称。")
    return name


def refuse_taken(name: str, owner: Owner | None) -> None:
    """Refuse a name by which another unit or group is known; `owner` None: one that is yet to be made."""
    alias = UnitAlias.objects.select_related("unit", "group").filter(name=name).first()
    if alias is not None and (alias.unit or alias.group) != owner:
        raise Refused(f"“{name}”已是{alias.unit or alias.group}的名称，请核对。")
    holders = (*Unit.objects.filter(name=name), *UnitGroup.objects.filter(name=name))
    if any(holder != owner for holder in holders):
        raise Refused(f"“{name}”已被另一单位或单位组使用，请核对。")


@contextmanager
def names_once(name: str) -> Iterator[None]:
    """Two people giving one name at the same moment: the second is told, as if they had come later."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Refused(f"“{name}”刚刚被登记为其他单位或单位组的名称，请核对后重试。") from None


def keep_names(owner: Owner, *names: str) -> None:
    """Register those of the names that are not yet. IntegrityError where one has come to mean another owner."""
    for name in dict.fromkeys(names):
        UnitAlias.objects.get_or_create(name=name, **_owned_by(owner))


def free_code(model: type[Unit] | type[UnitGroup], prefix: str) -> str:
    """A code for what is made in the application: it stands in addresses and is never shown as a name."""
    taken = set(model._default_manager.filter(code__startswith=prefix).values_list("code", flat=True))
    number = len(taken) + 1
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"


def _lock(owner: Owner) -> Owner:
    row: Owner | None = type(owner)._default_manager.select_for_update().filter(pk=owner.pk).first()
    if row is None:
        raise Refused(f"“{owner}”刚刚已被删除。")
    return row


def _owned_by(owner: Owner) -> dict[str, Any]:
    return {"unit": owner} if isinstance(owner, Unit) else {"group": owner}
