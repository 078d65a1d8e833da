"""What is filed on the plan: a unit's progress in a quarter, its evidence, and everything that happened to it."""

import uuid
from decimal import Decimal
from typing import Any, NoReturn

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from tasks.models.duties import Assignment
from tasks.models.plan import Measure, ReportingPeriod
from tasks.querysets import EvidenceQuerySet, StatusChangeQuerySet, UpdateQuerySet
from tasks.rules import EDITABLE, Progress, Status

# Also the limits that the form shows; a text of this length fills some four printed pages.
TEXT_MAX = 3000
_PERCENT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]


def evidence_storage() -> Storage:
    """The private storage of evidence (a callable, so that migrations carry no path)."""
    return storages["evidence"]


def evidence_path(instance: "Evidence", filename: str) -> str:
    """A random name: nothing of the original name reaches the disk."""
    token = uuid.uuid4().hex
    return f"{token[:2]}/{token}"


class ProgressUpdate(models.Model):
    """进展填报: one for an assignment and a quarter.

    `percent` (0–100) is asked of measures with an end only. `approved_percent` and `approved_status` hold the
    reviewer's 核定 figures where they differ, None or empty where not. `version` counts every write and is
    compared before each: a write on an older one is refused.
    """

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="updates", verbose_name="责任")
    period = models.ForeignKey(ReportingPeriod, models.PROTECT, related_name="updates", verbose_name="报告期")
    status = models.CharField("流转状态", max_length=10, choices=Status.choices, default=Status.DRAFT)
    version = models.PositiveIntegerField("版本", default=0)

    no_work = models.BooleanField("本季度无相关工作", default=False)
    percent = models.DecimalField(
        "完成比例", max_digits=4, decimal_places=1, null=True, blank=True, validators=_PERCENT
    )
    self_status = models.CharField("自评状态", max_length=12, choices=Progress.choices, blank=True)
    progress_text = models.TextField("工作进展", blank=True, max_length=TEXT_MAX)
    problems = models.TextField("存在问题", blank=True, max_length=TEXT_MAX)
    next_steps = models.TextField("下一步工作", blank=True, max_length=TEXT_MAX)
    overall_text = models.TextField("本措施总体进展", blank=True, max_length=TEXT_MAX)
    decrease_reason = models.CharField("比例下降原因", max_length=300, blank=True)
    indicator_value = models.DecimalField(
        "指标实际值", max_digits=12, decimal_places=2, null=True, blank=True
    )

    approved_percent = models.DecimalField(
        "核定比例", max_digits=4, decimal_places=1, null=True, blank=True, validators=_PERCENT
    )
    approved_status = models.CharField("核定状态", max_length=12, choices=Progress.choices, blank=True)
    approval_note = models.CharField("核定说明", max_length=500, blank=True)

    authors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="authored_updates", blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="填写人"
    )
    written_at = models.DateTimeField("填写时间", null=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="提交人"
    )
    submitted_at = models.DateTimeField("提交时间", null=True)
    first_submitted_at = models.DateTimeField("首次提交时间", null=True)
    is_proxy = models.BooleanField("区生态办代填", default=False)
    is_late = models.BooleanField("逾期报送", default=False)
    returns = models.PositiveSmallIntegerField("退回次数", default=0)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="审核人"
    )
    decided_at = models.DateTimeField("审核时间", null=True)

    objects = UpdateQuerySet.as_manager()

    # The step by which an amendment reopened it, on an object that standing.as_issued has turned back.
    reopening: "StatusChange | None" = None

    class Meta:
        verbose_name = verbose_name_plural = "进展填报"
        ordering = ["period", "assignment"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "period"], name="update_once"),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gte=0, percent__lte=100),
                name="update_percent_0_to_100",
            ),
            models.CheckConstraint(
                condition=Q(approved_percent__isnull=True)
                | Q(approved_percent__gte=0, approved_percent__lte=100),
                name="update_approved_0_to_100",
            ),
        ]
        indexes = [models.Index(fields=["period", "status"], name="update_period_status")]

    def __str__(self) -> str:
        return f"{self.assignment} · {self.period}"

    @property
    def is_editable(self) -> bool:
        """Whether its text may still change, as far as the filing itself goes (the quarter decides too)."""
        return self.status in EDITABLE

    @property
    def final_percent(self) -> Decimal | None:
        """核定比例 where the reviewer set one, otherwise the unit's."""
        return self.percent if self.approved_percent is None else self.approved_percent

    @property
    def final_status(self) -> str:
        """核定状态 where the reviewer set one, otherwise the unit's 自评状态."""
        return self.approved_status or self.self_status

    @property
    def is_corrected(self) -> bool:
        """Whether the reviewer's figures differ from the unit's."""
        return self.approved_percent is not None or bool(self.approved_status)


class MeasureSummary(models.Model):
    """本措施总体进展 as the office writes it, where the measure has no lead or the lead wrote none."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="summaries", verbose_name="工作措施")
    period = models.ForeignKey(
        ReportingPeriod, models.CASCADE, related_name="summaries", verbose_name="报告期"
    )
    text = models.TextField("本措施总体进展", max_length=TEXT_MAX)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="填写人"
    )
    written_at = models.DateTimeField("填写时间")

    class Meta:
        verbose_name = verbose_name_plural = "本措施总体进展"
        ordering = ["period", "measure"]
        constraints = [models.UniqueConstraint(fields=["measure", "period"], name="summary_once")]

    def __str__(self) -> str:
        return f"{self.measure} · {self.period}"


class UpdateDraft(models.Model):
    """What one person has typed in one tab and not saved: raw form values, never shown to anyone else.

    Kept apart from the update, so that autosave can neither overwrite a colleague's text nor half-change a filing.
    """

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="drafts")
    period = models.ForeignKey(ReportingPeriod, models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    tab = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    base_version = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "自动保存"
        constraints = [
            models.UniqueConstraint(fields=["assignment", "period", "user", "tab"], name="draft_per_tab")
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.assignment_id}/{self.period_id}"


class Evidence(models.Model):
    """佐证材料: a file under a random name. A submitted one is detached, never deleted."""

    update = models.ForeignKey(ProgressUpdate, models.PROTECT, related_name="evidence", verbose_name="填报")
    file = models.FileField("文件", storage=evidence_storage, upload_to=evidence_path, max_length=100)
    preview = models.FileField(
        "预览图", storage=evidence_storage, upload_to=evidence_path, max_length=100, blank=True
    )
    name = models.CharField("文件名", max_length=200)
    content_type = models.CharField("类型", max_length=100)
    size = models.PositiveBigIntegerField("字节数")
    sha256 = models.CharField("SHA-256", max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)
    detached_at = models.DateTimeField("移除时间", null=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "佐证材料"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def extension(self) -> str:
        """The name's extension in small letters, without the dot."""
        return self.name.rpartition(".")[2].lower()

    @property
    def is_inline(self) -> bool:
        """Whether a browser may open it in place: pictures that it can show, and PDF."""
        return self.content_type in {"application/pdf", "image/jpeg", "image/png"}


class StatusChange(models.Model):
    """流转记录: one row for each transition, with text and figures as they stood. Never edited, never deleted.

    `snapshot`: field → text; `evidence`: [{"id", "name", "sha256"}] of the files attached at that moment.
    """

    update = models.ForeignKey(ProgressUpdate, models.PROTECT, related_name="changes", verbose_name="填报")
    from_status = models.CharField("原状态", max_length=10, choices=Status.choices)
    to_status = models.CharField("新状态", max_length=10, choices=Status.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人"
    )
    actor_name = models.CharField("经办人姓名", max_length=40)
    actor_unit = models.CharField("经办人单位", max_length=60)
    at = models.DateTimeField("时间")
    comment = models.TextField("意见", blank=True)
    is_proxy = models.BooleanField("代填", default=False)
    version = models.PositiveIntegerField("版本")
    snapshot = models.JSONField("当时内容", default=dict)
    evidence = models.JSONField("当时佐证", default=list)

    objects = StatusChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "流转记录"
        ordering = ["update", "pk"]

    def __str__(self) -> str:
        return f"{self.get_from_status_display()} → {self.get_to_status_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self._refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    @staticmethod
    def _refuse() -> NoReturn:
        raise TypeError("流转记录只增不改。")
