"""How groups of units come and go, and what they are called. Their members are kept with the duties that follow them.

No figure holds a group's name: the printed party stands there, as the plan has it.
"""

from django.db import transaction

from units.errors import Refused
from units.models import UnitGroup, User
from units.services.names import fit_name, free_code, keep_names, names_once, refuse_taken, require_office


@transaction.atomic
def create_group(*, actor: User, name: str, note: str = "") -> UnitGroup:
    """A group without members, known by its name."""
    require_office(actor)
    name = fit_name(name)
    _lock_all()
    refuse_taken(name, None)
    with names_once(name):
        group = UnitGroup.objects.create(code=free_code(UnitGroup, "group-"), name=name, note=note)
        keep_names(group, name)
    return group


@transaction.atomic
def update_group(*, group_id: int, actor: User, name: str, note: str = "") -> UnitGroup:
    """Rename or describe a group. The old name stays one of its aliases."""
    require_office(actor)
    name = fit_name(name)
    _lock_all()
    group = _find(group_id)
    refuse_taken(name, group)
    old_name = group.name
    group.name, group.note = name, note
    with names_once(name):
        group.save(update_fields=["name", "note"])
        keep_names(group, old_name, name)
    return group


@transaction.atomic
def delete_group(*, group_id: int, actor: User) -> UnitGroup:
    """Take back a group that was made by mistake, with its names. One that has or had members, or that a plan prints,
    stays: duties and earlier quarters are read through it."""
    require_office(actor)
    _lock_all()
    group = _find(group_id)
    if group.responsibilities.exists():
        raise Refused(f"“{group}”是计划中的责任单位，不能删除。")
    if group.memberships.exists():
        raise Refused(f"“{group}”登记有成员，不能删除。误建的单位组，请先删除误加的成员。")
    group.delete()
    return group


def _lock_all() -> None:
    """One at a time: codes are counted, and whoever got a code second would be told that the name is taken."""
    list(UnitGroup.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


def _find(group_id: int) -> UnitGroup:
    group = UnitGroup.objects.filter(pk=group_id).first()
    if group is None:
        raise Refused("该单位组刚刚已被删除。")
    return group
