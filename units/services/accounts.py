"""How accounts change: made, edited, switched off and on, unlocked, given a new password.

The office keeps the accounts of units and leaders, administrators those of the office and of administrators
(access.MANAGED_ROLES). A password that is handed out is random, known to nobody else, and to be changed at once.
"""

from django.db import IntegrityError, transaction
from django.db.models import Q

from units import lockout
from units.access import MANAGED_ROLES
from units.audit import note
from units.errors import Refused
from units.models import UNIT_ROLES, Role, Unit, User
from units.passwords import new_password
from units.querysets import may_manage


def _require_role(actor: User, role: str) -> None:
    if role not in MANAGED_ROLES.get(actor.role, ()):
        raise Refused("您不能管理该角色的账号。")


def _lock(account_id: int, actor: User) -> tuple[User, bool]:
    """The account, locked, and whether it is the last active administrator's.

    The administrators' rows are locked with it, in one order: two of them may not switch each other off.
    """
    rows = (
        User.objects.select_for_update(of=("self",))
        .select_related("unit")
        .filter(Q(pk=account_id) | Q(role=Role.ADMIN, is_active=True))
        .order_by("pk")
    )
    found = {row.pk: row for row in rows}
    account = found.pop(account_id)
    if not may_manage(actor, account):
        raise Refused("您不能管理该账号。")
    last = account.is_administrator and account.is_active and not found
    return account, last


def _fitting_unit(role: str, unit: Unit | None, *, current: Unit | None = None) -> Unit | None:
    """The unit that goes with the role; a unit out of use takes no new accounts."""
    if role not in UNIT_ROLES:
        if unit is not None:
            raise Refused("只有填报员和单位负责人的账号属于责任单位，其他角色请勿选择单位。")
        return None
    if unit is None:
        raise Refused("填报员和单位负责人的账号须选择所属单位。")
    if not unit.is_active and unit != current:
        raise Refused(f"{unit.name}已停用，请选择在用的单位。")
    return unit


_LAST_ADMINISTRATOR = "这是最后一个启用的系统管理员账号，不能停用或改变角色。请先新建另一个系统管理员账号。"


@transaction.atomic
def create_account(
    *, actor: User, username: str, name: str, role: str, unit: Unit | None = None, phone: str = ""
) -> tuple[User, str]:
    """A new account and its first password, which is shown once and stored nowhere in clear."""
    _require_role(actor, role)
    unit = _fitting_unit(role, unit)
    taken = Refused(f"用户名“{username}”已被使用，请换一个。")
    # Names that differ in case alone would be mistaken for each other.
    if User.objects.filter(username__iexact=username).exists():
        raise taken
    password = new_password()
    account = User(username=username, name=name, phone=phone, role=role, unit=unit)
    account.set_password(password)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError:
        raise taken from None
    return account, password


@transaction.atomic
def update_account(
    *, account_id: int, actor: User, name: str, role: str, unit: Unit | None = None, phone: str = ""
) -> User:
    """Change the person's name, telephone, role and unit. Nobody changes their own role."""
    account, last = _lock(account_id, actor)
    if role != account.role:
        _require_role(actor, role)
        if account == actor:
            raise Refused("不能改变自己的角色。")
        if last:
            raise Refused(_LAST_ADMINISTRATOR)
    account.unit = _fitting_unit(role, unit, current=account.unit)
    account.name, account.phone, account.role = name, phone, role
    account.save()
    return account


@transaction.atomic
def set_account_active(*, account_id: int, actor: User, active: bool) -> User:
    """Switch an account off or on. Off: its sessions end with the next request (a session needs an active account)."""
    account, last = _lock(account_id, actor)
    if not active:
        if account == actor:
            raise Refused("不能停用自己的账号。")
        if last:
            raise Refused(_LAST_ADMINISTRATOR)
    elif account.unit and not account.unit.is_active:
        raise Refused(f"{account.unit.name}已停用，请先启用该单位，或把账号改到在用的单位。")
    account.is_active = active
    account.save()
    return account


@transaction.atomic
def reset_password(*, account_id: int, actor: User) -> tuple[User, str]:
    """A new random password; every session of the account ends, a lock-out too."""
    account, _ = _lock(account_id, actor)
    if account == actor:
        raise Refused("请通过“修改口令”修改自己的口令。")
    password = new_password()
    account.set_password(password)
    account.must_change_password = True
    account.save()
    note(account, "password", "已重置")
    lockout.unlock(account.username)
    return account, password


@transaction.atomic
def unlock_account(*, account_id: int, actor: User) -> User:
    """Let a person who was locked out after repeated failures try again at once."""
    account, _ = _lock(account_id, actor)
    if not lockout.unlock(account.username):
        raise Refused("该账号未被锁定，无需解锁。")
    note(account, "lockout", "已解除")
    return account


@transaction.atomic
def change_own_password(*, user: User, password: str) -> User:
    """Set the person's own, validated password; their other sessions end."""
    account = User.objects.select_for_update().get(pk=user.pk)
    account.set_password(password)
    account.must_change_password = False
    account.save(update_fields=["password", "must_change_password"])
    note(account, "password", "本人已修改")
    return account
