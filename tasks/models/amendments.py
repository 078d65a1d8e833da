"""更正: an issued quarter is opened again for the filings named, and for nothing else."""

from typing import Any, NoReturn, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from tasks.models.filing import ProgressUpdate
from tasks.models.plan import ReportingPeriod

CLOSED_FOR_GOOD = "更正记录只增不改，办结后不得修改或删除。"


class AmendmentQuerySet(models.QuerySet["Amendment"]):
    """Amendments in bulk: never deleted, and not changed once closed."""

    def open(self) -> Self:
        """Those that are not closed: at most one for a quarter."""
        return self.filter(closed_at__isnull=True)

    def update(self, **kwargs: Any) -> int:
        if self.filter(closed_at__isnull=False).exists():
            raise TypeError(CLOSED_FOR_GOOD)
        return super().update(**kwargs)

    def delete(self) -> NoReturn:
        raise TypeError(CLOSED_FOR_GOOD)


class Amendment(models.Model):
    """A correction of an issued quarter: why, and which filings may be mended. Open until its edition is issued.

    The quarter itself stays issued: only `updates` can be filed and reviewed again, until `closed_at`, and not while the new
    edition is being made (`issuing`). `cancelled`: it was closed without a new edition, with every filing as it was. No
    `updates`: a mistake in the words only.
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
    issuing = models.BooleanField("正在印发", default=False, editable=False)

    objects = AmendmentQuerySet.as_manager()

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

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Asked of the database: the object at hand may be older than the closing.
        if self.pk and Amendment.objects.filter(pk=self.pk, closed_at__isnull=False).exists():
            raise TypeError(CLOSED_FOR_GOOD)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(CLOSED_FOR_GOOD)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None
