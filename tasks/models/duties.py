"""Who answers for a measure: the parties as printed, and the duties of units that follow from them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from tasks.models.plan import Measure
from units.models import Unit, UnitGroup


class Scope(models.TextChoices):
    """Whom a printed party of a 责任单位 cell means."""

    UNIT = "unit", "单位"
    GROUP = "group", "单位组（全部成员）"
    OTHERS = "others", "单位组（除已列名单位外）"
    SUBSET = "subset", "单位组（部分成员）"
    NOTE = "note", "附注（不单独计算）"


class ResponsibilityManager(models.Manager["Responsibility"]):
    def get_by_natural_key(self, plan: str, measure: int, order: int) -> "Responsibility":
        return self.get(measure__plan__code=plan, measure__number=measure, order=order)


class Responsibility(models.Model):
    """One party as printed in a 责任单位 cell (印发原文), in its printed order.

    `is_open` (待确认): whom it means is not settled, so it asks nobody for anything and has no value. A NOTE
    is neither open nor counted until the office adds units to it.
    """

    measure = models.ForeignKey(
        Measure, models.CASCADE, related_name="responsibilities", verbose_name="工作措施"
    )
    order = models.PositiveSmallIntegerField("次序")
    printed = models.CharField("印发原文", max_length=200)
    scope = models.CharField("所指", max_length=8, choices=Scope.choices, default=Scope.UNIT)
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="responsibilities", verbose_name="单位"
    )
    group = models.ForeignKey(
        UnitGroup,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="responsibilities",
        verbose_name="单位组",
    )
    is_open = models.BooleanField("待确认", default=False)
    # Of a party that stands for several units: who joins it later has no duty before it was settled.
    first_quarter = models.PositiveSmallIntegerField(
        "自季度起", default=1, validators=[MinValueValidator(1), MaxValueValidator(4)]
    )

    objects = ResponsibilityManager()

    class Meta:
        verbose_name = verbose_name_plural = "责任单位（印发原文）"
        ordering = ["measure", "order"]
        constraints = [
            models.UniqueConstraint(fields=["measure", "order"], name="responsibility_order_once"),
            models.CheckConstraint(
                condition=Q(scope="unit", unit__isnull=False, group__isnull=True)
                | Q(scope__in=["group", "others", "subset"], unit__isnull=True, group__isnull=False)
                | Q(scope="note", unit__isnull=True),
                name="responsibility_points_once",
            ),
        ]

    def __str__(self) -> str:
        return self.printed

    def natural_key(self) -> tuple[str, int, int]:
        return (self.measure.plan.code, self.measure.number, self.order)

    natural_key.dependencies = [  # type: ignore[attr-defined]
        "tasks.measure",
        "units.unit",
        "units.unitgroup",
    ]


class AssignmentRole(models.TextChoices):
    """What a unit is on a measure; one of them may lead."""

    LEAD = "lead", "牵头"
    SUPPORT = "support", "配合"


class AssignmentManager(models.Manager["Assignment"]):
    def get_by_natural_key(self, plan: str, measure: int, unit: str) -> "Assignment":
        return self.get(measure__plan__code=plan, measure__number=measure, unit__code=unit)


class Assignment(models.Model):
    """A duty of one unit on one measure, from `first_quarter` to `last_quarter` of the plan's year (1–4, included).

    It belongs to the first printed party that names the unit. `role` LEAD is a proposal until
    `measure.lead_confirmed`.
    """

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="assignments", verbose_name="工作措施")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="assignments", verbose_name="责任单位")
    responsibility = models.ForeignKey(
        Responsibility, models.CASCADE, related_name="assignments", verbose_name="印发原文"
    )
    role = models.CharField(
        "角色", max_length=8, choices=AssignmentRole.choices, default=AssignmentRole.SUPPORT
    )
    first_quarter = models.PositiveSmallIntegerField(
        "起始季度", default=1, validators=[MinValueValidator(1), MaxValueValidator(4)]
    )
    last_quarter = models.PositiveSmallIntegerField(
        "终止季度", default=4, validators=[MinValueValidator(0), MaxValueValidator(4)]
    )

    objects = AssignmentManager()

    class Meta:
        verbose_name = verbose_name_plural = "落实到单位的责任"
        ordering = ["measure", "responsibility__order", "unit__kind", "unit__order"]
        constraints = [
            models.UniqueConstraint(fields=["measure", "unit"], name="assignment_once"),
            models.UniqueConstraint(fields=["measure"], condition=Q(role="lead"), name="assignment_one_lead"),
            models.CheckConstraint(
                condition=Q(first_quarter__gte=1, last_quarter__lte=4), name="assignment_quarters_of_year"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.measure}"

    def natural_key(self) -> tuple[str, int, str]:
        return (self.measure.plan.code, self.measure.number, self.unit.code)

    natural_key.dependencies = ["tasks.responsibility"]  # type: ignore[attr-defined]

    def covers(self, quarter: int) -> bool:
        """Whether the duty stands in `quarter`. Never when it was ended before it began."""
        return self.first_quarter <= quarter <= self.last_quarter

    @property
    def span(self) -> tuple[int, int]:
        """First and last quarter; an empty span where the duty was ended altogether."""
        return self.first_quarter, self.last_quarter

    @property
    def is_confirmed_lead(self) -> bool:
        return self.role == AssignmentRole.LEAD and self.measure.lead_confirmed
