"""更正: an issued quarter is opened again for the filings named, and for nothing else."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from tasks.models.filing import ProgressUpdate
from tasks.models.plan import ReportingPeriod


class Amendment(models.Model):
    """A correction of an issued quarter: why, and which filings may be mended. Open until its edition is issued.

    The quarter itself stays issued: only `updates` can be filed and reviewed again, until `closed_at`. `cancelled`: it was
    closed without a new edition, with every filing as it was.
    """

    period = models.ForeignKey(
        ReportingPeriod, models.PROTECT, related_name="amendments", verbose_name="报告期"
    )
    reason = models.TextField("更正原因", max_length=500)
    updates = models.ManyToManyField(ProgressUpdate, related_name="amendments", verbose_name="填报")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="发起人"
    )
    opened_at = models.DateTimeField("发起时间")
    closed_at = models.DateTimeField("结束时间", null=True, editable=False)
    cancelled = models.BooleanField("已撤销", default=False, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "更正"
        ordering = ["period", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["period"], condition=Q(closed_at__isnull=True), name="amendment_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period}更正"
