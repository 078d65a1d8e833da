"""The plan as printed: sections and demands, tasks and measures; and the quarters in which it is reported on."""

from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from tasks.rules import (
    EXPECTED_BY_QUARTER,
    QUARTER_NAMES,
    RED_FROM,
    WRITABLE_PERIODS,
    YELLOW_FROM,
    Kind,
    PeriodState,
    is_past_due,
)


class Sample(models.TextChoices):
    """Whether figures shown for a plan are somebody's work or made up."""

    NONE = "", "真实数据"
    DEMO = "demo", "示例数据"
    LOAD = "load", "压力测试数据"


class PlanManager(models.Manager["Plan"]):
    def get_by_natural_key(self, code: str) -> "Plan":
        return self.get(code=code)


class Plan(models.Model):
    """A year's plan (年度计划). `revision` counts every change that figures depend on; caches carry it."""

    code = models.SlugField("代码", max_length=40, unique=True)
    year = models.PositiveSmallIntegerField("年度")
    title = models.CharField("标题", max_length=200)
    issuer = models.CharField("印发机关", max_length=100)
    issued_on = models.DateField("印发日期", null=True, blank=True)
    preamble = models.TextField("前言", blank=True)
    attachment_title = models.CharField("附件标题", max_length=200, blank=True)
    yellow_from = models.PositiveSmallIntegerField("黄灯起点（百分点）", default=YELLOW_FROM)
    red_from = models.PositiveSmallIntegerField("红灯起点（百分点）", default=RED_FROM)
    sample = models.CharField(
        "数据性质", max_length=8, choices=Sample.choices, default=Sample.NONE, blank=True, editable=False
    )
    revision = models.PositiveBigIntegerField(default=0, editable=False)

    objects = PlanManager()

    class Meta:
        verbose_name = verbose_name_plural = "年度计划"
        ordering = ["-year", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(yellow_from__lte=F("red_from"), red_from__lte=100),
                name="plan_thresholds_in_order",
                violation_error_message="黄灯起点不能大于红灯起点，红灯起点不能超过 100。",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def natural_key(self) -> tuple[str]:
        return (self.code,)


class PlanSectionManager(models.Manager["PlanSection"]):
    def get_by_natural_key(self, plan: str, order: int) -> "PlanSection":
        return self.get(plan__code=plan, order=order)


class PlanSection(models.Model):
    """A section of the plan's text (正文章节): 一 … 五 at level 1, （一）… at level 2, with its number as printed."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="sections", verbose_name="计划")
    order = models.PositiveSmallIntegerField("次序")
    level = models.PositiveSmallIntegerField("层级", default=1)
    number = models.CharField("序号", max_length=20)
    heading = models.CharField("标题", max_length=200)
    text = models.TextField("正文", blank=True)

    objects = PlanSectionManager()

    class Meta:
        verbose_name = verbose_name_plural = "正文章节"
        ordering = ["plan", "order"]
        constraints = [models.UniqueConstraint(fields=["plan", "order"], name="section_order_once")]

    def __str__(self) -> str:
        return f"{self.number}{self.heading}" if self.level > 1 else f"{self.number}、{self.heading}"

    def natural_key(self) -> tuple[str, int]:
        return (self.plan.code, self.order)

    natural_key.dependencies = ["tasks.plan"]  # type: ignore[attr-defined]


class TargetTaskManager(models.Manager["TargetTask"]):
    def get_by_natural_key(self, plan: str, number: int) -> "TargetTask":
        return self.get(plan__code=plan, number=number)


class TargetTask(models.Model):
    """目标任务: a numbered row group of the attachment."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="tasks", verbose_name="计划")
    number = models.PositiveSmallIntegerField("序号")
    title = models.CharField("目标任务", max_length=500)
    # What stands above it in the list (类别, a band over the table), outermost first.
    categories = models.JSONField("类别", default=list, blank=True)

    objects = TargetTaskManager()

    class Meta:
        verbose_name = verbose_name_plural = "目标任务"
        ordering = ["plan", "number"]
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="task_number_once")]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

    def natural_key(self) -> tuple[str, int]:
        return (self.plan.code, self.number)

    natural_key.dependencies = ["tasks.plan"]  # type: ignore[attr-defined]


class DeadlineKind(models.TextChoices):
    """What a printed 完成时限 says."""

    NONE = "", "未写明"
    DATE = "date", "限期完成"
    RANGE = "range", "起止期间"
    ONGOING = "ongoing", "持续推进"
    UNKNOWN = "unknown", "按原文"


class MeasureManager(models.Manager["Measure"]):
    def get_by_natural_key(self, plan: str, number: int) -> "Measure":
        return self.get(plan__code=plan, number=number)


class Measure(models.Model):
    """工作措施. `text` without its typed number, `units_text` the printed 责任单位 cell word for word.

    `deadline_text` as printed, with the days that it means where they could be read (DATE: due on `deadline_to`). `extras`:
    further columns of the list, [[head, text]]. `continues`: the measure of the year before that it is or grew out of.

    `expected_q1` … `expected_q4`: a 序时进度 of its own (0–100), None for the usual 25/50/75/100.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="measures", verbose_name="计划")
    task = models.ForeignKey(TargetTask, models.CASCADE, related_name="measures", verbose_name="目标任务")
    number = models.PositiveSmallIntegerField("序号")
    text = models.TextField("工作措施")
    units_text = models.TextField("责任单位（印发原文）", blank=True)
    deadline_text = models.CharField("完成时限（印发原文）", max_length=500, blank=True)
    deadline_kind = models.CharField(
        "时限类型", max_length=8, choices=DeadlineKind.choices, default=DeadlineKind.NONE, blank=True
    )
    deadline_from = models.DateField("起始日期", null=True, blank=True)
    deadline_to = models.DateField("完成日期", null=True, blank=True)
    extras = models.JSONField("其他栏目", default=list, blank=True)
    continues = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="continued_by",
        verbose_name="承接的上年措施",
    )
    kind = models.CharField("类型", max_length=10, choices=Kind.choices, default=Kind.ONGOING)
    kind_confirmed = models.BooleanField("类型已核实", default=False)
    lead_confirmed = models.BooleanField("牵头单位已确认", default=False)
    expected_q1 = models.PositiveSmallIntegerField("一季度序时进度", null=True, blank=True)
    expected_q2 = models.PositiveSmallIntegerField("二季度序时进度", null=True, blank=True)
    expected_q3 = models.PositiveSmallIntegerField("三季度序时进度", null=True, blank=True)
    expected_q4 = models.PositiveSmallIntegerField("四季度序时进度", null=True, blank=True)
    # A part of `text`, word for word, that no demand of the plan's text asks for; the rest is covered by links.
    unasked_part = models.CharField("正文未提及的部分", max_length=200, blank=True)
    indicator = models.CharField("指标名称", max_length=80, blank=True)
    indicator_unit = models.CharField("指标单位", max_length=20, blank=True)
    indicator_target = models.DecimalField(
        "指标目标值", max_digits=12, decimal_places=2, null=True, blank=True
    )

    objects = MeasureManager()

    class Meta:
        verbose_name = verbose_name_plural = "工作措施"
        ordering = ["plan", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="measure_number_once"),
            models.CheckConstraint(
                condition=Q(
                    *[
                        Q(**{f"expected_q{q}__isnull": True}) | Q(**{f"expected_q{q}__lte": 100})
                        for q in (1, 2, 3, 4)
                    ]
                ),
                name="measure_expected_to_100",
                violation_error_message="序时进度应在 0 至 100 之间。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.text[:40]}"

    def natural_key(self) -> tuple[str, int]:
        return (self.plan.code, self.number)

    natural_key.dependencies = ["tasks.plan", "tasks.targettask"]  # type: ignore[attr-defined]

    def expected(self, quarter: int) -> Decimal:
        """序时进度 at the end of `quarter` (1–4), in percent."""
        own = getattr(self, f"expected_q{quarter}")
        return Decimal(EXPECTED_BY_QUARTER[quarter] if own is None else own)


class PlanDemandManager(models.Manager["PlanDemand"]):
    def get_by_natural_key(self, plan: str, section: int, order: int) -> "PlanDemand":
        return self.get(section__plan__code=plan, section__order=section, order=order)


class PlanDemand(models.Model):
    """正文要求: one demand made in the plan's text, verbatim, with the measures that carry it out."""

    section = models.ForeignKey(PlanSection, models.CASCADE, related_name="demands", verbose_name="正文章节")
    order = models.PositiveSmallIntegerField("次序")
    text = models.TextField("正文要求")
    measures = models.ManyToManyField(Measure, through="DemandLink", related_name="demands")

    objects = PlanDemandManager()

    class Meta:
        verbose_name = verbose_name_plural = "正文要求"
        ordering = ["section__order", "order"]
        constraints = [models.UniqueConstraint(fields=["section", "order"], name="demand_order_once")]

    def __str__(self) -> str:
        return self.text[:40]

    def natural_key(self) -> tuple[str, int, int]:
        return (self.section.plan.code, self.section.order, self.order)

    natural_key.dependencies = ["tasks.plansection"]  # type: ignore[attr-defined]


class DemandLinkManager(models.Manager["DemandLink"]):
    def get_by_natural_key(
        self, plan: str, section: int, order: int, measure_plan: str, measure: int
    ) -> "DemandLink":
        return self.get(
            demand__section__plan__code=plan,
            demand__section__order=section,
            demand__order=order,
            measure__plan__code=measure_plan,
            measure__number=measure,
        )


class DemandLink(models.Model):
    """That a measure carries out a demand. Proposed (待核实) until `confirmed`."""

    demand = models.ForeignKey(PlanDemand, models.CASCADE, related_name="links", verbose_name="正文要求")
    measure = models.ForeignKey(Measure, models.CASCADE, related_name="demand_links", verbose_name="工作措施")
    confirmed = models.BooleanField("已核实", default=False)

    objects = DemandLinkManager()

    class Meta:
        verbose_name = verbose_name_plural = "正文要求与措施的对应"
        ordering = ["demand", "measure__number"]
        constraints = [models.UniqueConstraint(fields=["demand", "measure"], name="demand_link_once")]

    def __str__(self) -> str:
        return f"{self.demand} → {self.measure}"

    def natural_key(self) -> tuple[str, int, int, str, int]:
        return (*self.demand.natural_key(), *self.measure.natural_key())

    natural_key.dependencies = ["tasks.measure", "tasks.plandemand"]  # type: ignore[attr-defined]


class ReportingPeriodManager(models.Manager["ReportingPeriod"]):
    def get_by_natural_key(self, plan: str, quarter: int) -> "ReportingPeriod":
        return self.get(plan__code=plan, quarter=quarter)


class ReportingPeriod(models.Model):
    """报告期: a quarter (1–4) of a plan, with the day it opens, the last day to file and its state."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="periods", verbose_name="计划")
    quarter = models.PositiveSmallIntegerField("季度")
    state = models.CharField(
        "状态", max_length=10, choices=PeriodState.choices, default=PeriodState.UPCOMING, db_index=True
    )
    opens_on = models.DateField("开放日期")
    due_on = models.DateField("截止日期")
    dates_default = models.BooleanField("默认日期", default=True)
    closed_at = models.DateTimeField("截止时间", null=True, blank=True, editable=False)

    objects = ReportingPeriodManager()

    class Meta:
        verbose_name = verbose_name_plural = "报告期"
        ordering = ["plan", "quarter"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "quarter"], name="period_quarter_once"),
            models.CheckConstraint(condition=Q(quarter__gte=1, quarter__lte=4), name="period_quarter_1_to_4"),
            models.CheckConstraint(
                condition=Q(opens_on__lte=F("due_on")),
                name="period_dates_in_order",
                violation_error_message="截止日期不能早于开放日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.year}年{self.quarter_name}"

    def natural_key(self) -> tuple[str, int]:
        return (self.plan.code, self.quarter)

    natural_key.dependencies = ["tasks.plan"]  # type: ignore[attr-defined]

    @property
    def key(self) -> str:
        """2024Q1."""
        return f"{self.plan.year}Q{self.quarter}"

    @property
    def quarter_name(self) -> str:
        return QUARTER_NAMES[self.quarter]

    @property
    def is_writable(self) -> bool:
        return self.state in WRITABLE_PERIODS

    @property
    def is_issued(self) -> bool:
        return self.state == PeriodState.ISSUED

    def moment(self, now: datetime) -> datetime:
        """The moment the quarter is judged at: `now` while it is open, its closing time once closed."""
        if self.state in (PeriodState.UPCOMING, PeriodState.OPEN) or self.closed_at is None:
            return now
        return self.closed_at

    def is_past_due(self, now: datetime) -> bool:
        """Whether what is not filed is overdue. Never in a quarter that was not opened, whatever its dates say."""
        return self.state != PeriodState.UPCOMING and is_past_due(self.due_on, self.moment(now))
