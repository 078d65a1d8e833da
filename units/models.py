"""Who answers for the plan: units, the names they go by, groups of them, and the accounts of their people."""

from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q

from units.names import normalise_unit_name


class UnitKind(models.IntegerChoices):
    """The kinds of units in official order; the number is the rank."""

    PARTY = 1, "党委部门"
    GOVERNMENT = 2, "政府部门"
    BRANCH = 3, "派驻分局"
    INSTITUTION = 4, "事业单位"
    STREET = 5, "街道"


class UnitManager(models.Manager["Unit"]):
    def get_by_natural_key(self, code: str) -> "Unit":
        return self.get(code=code)


class Unit(models.Model):
    """A responsible unit (责任单位). `order` is its place within its kind: together the official order."""

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("简称", max_length=60, unique=True)
    full_name = models.CharField("全称", max_length=120, blank=True)
    kind = models.PositiveSmallIntegerField("类别", choices=UnitKind.choices, default=UnitKind.GOVERNMENT)
    order = models.PositiveSmallIntegerField("排序", default=100)
    contact = models.CharField("联系人及电话", max_length=120, blank=True)
    is_active = models.BooleanField("在用", default=True)
    confirmed = models.BooleanField("全称与类别已核实", default=False)
    # Figures are cached with the names and order of units in them: this says when these last changed.
    changed_at = models.DateTimeField(auto_now=True, editable=False)

    objects = UnitManager()

    class Meta:
        verbose_name = verbose_name_plural = "责任单位"
        ordering = ["kind", "order", "pk"]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.code,)


class UnitGroupManager(models.Manager["UnitGroup"]):
    def get_by_natural_key(self, code: str) -> "UnitGroup":
        return self.get(code=code)


class UnitGroup(models.Model):
    """Units named together (各街道, 某领导小组成员单位). `confirmed`: the office has checked the members."""

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=80, unique=True)
    note = models.CharField("说明", max_length=200, blank=True)
    confirmed = models.BooleanField("成员已核实", default=False)
    units = models.ManyToManyField(Unit, through="GroupMembership", related_name="groups")

    objects = UnitGroupManager()

    class Meta:
        verbose_name = verbose_name_plural = "单位组"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.code,)


class GroupMembershipManager(models.Manager["GroupMembership"]):
    def get_by_natural_key(self, group: str, unit: str, starts: date | None) -> "GroupMembership":
        return self.get(group__code=group, unit__code=unit, starts=starts)


class GroupMembership(models.Model):
    """A unit's membership of a group, from `starts` to `ends`, both included; None: without limit."""

    group = models.ForeignKey(UnitGroup, models.CASCADE, related_name="memberships", verbose_name="单位组")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="memberships", verbose_name="成员单位")
    starts = models.DateField("加入日期", null=True, blank=True)
    ends = models.DateField("退出日期", null=True, blank=True)

    objects = GroupMembershipManager()

    class Meta:
        verbose_name = verbose_name_plural = "单位组成员"
        ordering = ["group", "unit__kind", "unit__order", "starts"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts__isnull=True) | Q(ends__isnull=True) | Q(starts__lte=models.F("ends")),
                name="membership_dates_in_order",
                violation_error_message="退出日期不能早于加入日期。",
            ),
            models.UniqueConstraint(
                fields=["group", "unit"],
                condition=Q(ends__isnull=True),
                name="membership_one_current",
                violation_error_message="该单位已是本组成员。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} · {self.unit}"

    def natural_key(self) -> tuple[str, str, date | None]:
        return (self.group.code, self.unit.code, self.starts)

    natural_key.dependencies = ["units.unit", "units.unitgroup"]  # type: ignore[attr-defined]


class UnitAliasManager(models.Manager["UnitAlias"]):
    def get_by_natural_key(self, name: str) -> "UnitAlias":
        return self.get(name=name)


class UnitAlias(models.Model):
    """One of the names by which documents call a unit or a group. Every printed name is one."""

    name = models.CharField("名称", max_length=80, unique=True, error_messages={"unique": "该名称已被登记。"})
    normal = models.CharField("规范形", max_length=80, db_index=True, editable=False)
    unit = models.ForeignKey(
        Unit, models.CASCADE, null=True, blank=True, related_name="aliases", verbose_name="单位"
    )
    group = models.ForeignKey(
        UnitGroup, models.CASCADE, null=True, blank=True, related_name="aliases", verbose_name="单位组"
    )

    objects = UnitAliasManager()

    class Meta:
        verbose_name = verbose_name_plural = "简称与别名"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__isnull=False, group__isnull=True)
                | Q(unit__isnull=True, group__isnull=False),
                name="alias_of_unit_or_group",
                violation_error_message="别名应属于一个单位或一个单位组。",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.normal = normalise_unit_name(self.name)
        super().save(*args, **kwargs)

    def natural_key(self) -> tuple[str]:
        return (self.name,)

    natural_key.dependencies = ["units.unit", "units.unitgroup"]  # type: ignore[attr-defined]


class Role(models.TextChoices):
    """What an account may do; each has exactly one."""

    REPORTER = "reporter", "填报员"
    APPROVER = "approver", "单位负责人"
    OFFICE = "office", "区生态办"
    LEADER = "leader", "区领导"
    ADMIN = "admin", "系统管理员"


UNIT_ROLES = (Role.REPORTER, Role.APPROVER)


class AccountManager(UserManager["User"]):
    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        """An administrator's account: there is no user who stands above the roles."""
        return self.create_user(
            username, email, password, **{"role": Role.ADMIN, "name": "系统管理员", **extra}
        )


class User(AbstractUser):
    """An account. `role` says what it may do; reporters and approvers belong to a unit, others to none."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField("姓名", max_length=40)
    phone = models.CharField("电话", max_length=40, blank=True)
    role = models.CharField("角色", max_length=10, choices=Role.choices)
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="accounts", verbose_name="所属单位"
    )
    must_change_password = models.BooleanField("须修改口令", default=True)
    is_demo = models.BooleanField("演示账号", default=False, editable=False)

    objects: ClassVar[AccountManager] = AccountManager()

    REQUIRED_FIELDS = ["name"]

    class Meta(AbstractUser.Meta):
        verbose_name = verbose_name_plural = "账号"
        ordering = ["role", "unit__kind", "unit__order", "username"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["reporter", "approver"], unit__isnull=False)
                | Q(role__in=["office", "leader", "admin"], unit__isnull=True),
                name="account_unit_fits_role",
                violation_error_message="填报员和单位负责人须选择所属单位，其他角色不选单位。",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Django's admin (read-only here) opens for administrators and for nobody else.
        self.is_staff = self.role == Role.ADMIN
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def get_additional_data(self) -> dict[str, str]:
        """What the change log (django-auditlog asks for this) keeps beside the name, which several may share."""
        return {"username": self.username}

    @property
    def is_unit_user(self) -> bool:
        return self.role in UNIT_ROLES

    @property
    def is_office(self) -> bool:
        return self.role == Role.OFFICE

    @property
    def is_leader(self) -> bool:
        return self.role == Role.LEADER

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMIN
