"""Documents that people bring: a year's plan as a file, a unit's filled-in workbook; and what became of each.

The bytes are kept as they came, under their SHA-256. What a person decided on the way stands beside them until it is carried
out in one transaction, so that a document left lying changes nothing.
"""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q

from tasks.models.plan import Plan, ReportingPeriod
from tasks.querysets import FilingUploadQuerySet
from units.models import Unit


class SourceFile(models.Model):
    """原始文件: what was uploaded, byte for byte. `name` as the sender called it, never used as a path.

    Pasted text is kept as UTF-8. Large: lists leave `content` out (`defer`).
    """

    name = models.CharField("文件名", max_length=200)
    size = models.PositiveBigIntegerField("字节数")
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    content = models.BinaryField("内容")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "原始文件"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self._refuse()
        super().save(*args, **kwargs)

    @staticmethod
    def _refuse() -> NoReturn:
        raise TypeError("原始文件不可修改。")


class PlanImport(models.Model):
    """计划导入: a document on its way to become a plan. The office's people share it until it is imported or discarded.

    `year`: where a person knows better than the document. `details`: of title, issuer, issued_on (ISO), attachment_title and
    code, what a person set. `choices`: printed name → whom it means, as `tasks.importing.choices` writes it. `accepted`: keys of
    the problems that somebody has looked at. None of these has any effect before the import itself.
    """

    file = models.ForeignKey(SourceFile, models.PROTECT, related_name="plan_imports", verbose_name="原始文件")
    year = models.PositiveSmallIntegerField("年度", null=True, blank=True)
    details = models.JSONField("计划信息", default=dict, blank=True)
    choices = models.JSONField("名称的认定", default=dict, blank=True)
    accepted = models.JSONField("已核对的问题", default=list, blank=True)
    # The earlier plan that it was compared with, and took settings over from.
    compared_with = models.ForeignKey(
        Plan, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="对照的上年计划"
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="上传人"
    )
    started_at = models.DateTimeField("上传时间", auto_now_add=True)
    plan = models.OneToOneField(
        Plan, models.PROTECT, null=True, blank=True, related_name="imported_from", verbose_name="导入的计划"
    )
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="导入人"
    )
    imported_at = models.DateTimeField("导入时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "计划导入"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(plan__isnull=True, imported_at__isnull=True)
                | Q(plan__isnull=False, imported_at__isnull=False),
                name="import_done_with_its_plan",
            )
        ]

    def __str__(self) -> str:
        return f"{self.file}"

    @property
    def is_done(self) -> bool:
        return self.plan_id is not None


class FilingUpload(models.Model):
    """A unit's 季度填报表 as somebody filled it in and brought it back, for one unit and quarter.

    `rows`: the cells as read, [{"row", "key", "values": {field: text}}], each as its sheet shows it; `problems` of the file itself,
    [{"row", "column", "message"}]. Only who uploaded it sees it, since its text is a draft. `outcome`: number of a row → what
    became of it, once applied ({"number", "result", "message", "marks"}, see tasks.services.filing_uploads).
    """

    file = models.ForeignKey(
        SourceFile, models.PROTECT, related_name="filing_uploads", verbose_name="原始文件"
    )
    period = models.ForeignKey(
        ReportingPeriod, models.CASCADE, related_name="filing_uploads", verbose_name="报告期"
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="filing_uploads", verbose_name="责任单位")
    rows = models.JSONField("填报行", default=list)
    problems = models.JSONField("文件问题", default=list)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="filing_uploads", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)
    applied_at = models.DateTimeField("写入时间", null=True)
    outcome = models.JSONField("写入结果", default=dict)

    objects = FilingUploadQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "填报表上传"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.unit} · {self.period}"
