"""A piece of paper being made: the state of a rendering that runs in a process of its own, off every request."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from reports.models.bulletins import Bulletin


class RenderingState(models.TextChoices):
    WAITING = "waiting", "等待生成"
    RUNNING = "running", "正在生成"
    DONE = "done", "已生成"
    FAILED = "failed", "未能生成"


class Rendering(models.Model):
    """One rendering. With `bulletin`: its issue, whose files go to BulletinFile. Without: a preview, a 专报, a form …, whose
    bytes are kept here for a while (`content`), under `key`: the SHA-256 of document and format, so that each is made once.

    `token` names the process that has it; one whose `heartbeat_at` is old is dead. `step` says in Chinese what it does.
    """

    key = models.CharField(max_length=64, blank=True, editable=False)
    bulletin = models.ForeignKey(
        Bulletin, models.CASCADE, null=True, related_name="renderings", verbose_name="通报"
    )
    document = models.JSONField("文稿数据", null=True)
    format = models.CharField("格式", max_length=8)
    filename = models.CharField("文件名", max_length=200, blank=True)
    state = models.CharField(
        "状态", max_length=8, choices=RenderingState.choices, default=RenderingState.WAITING
    )
    step = models.CharField("进度", max_length=60, blank=True)
    error = models.CharField("失败原因", max_length=300, blank=True)
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("发起时间")
    heartbeat_at = models.DateTimeField("最近进展时间", null=True)
    done_at = models.DateTimeField("完成时间", null=True)
    content = models.BinaryField("内容", null=True)
    size = models.PositiveBigIntegerField("字节数", default=0)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "文件生成"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="rendering_once"),
            models.UniqueConstraint(
                fields=["bulletin"],
                condition=Q(state__in=["waiting", "running"]),
                name="rendering_one_issue",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename or self.bulletin_id} · {self.get_state_display()}"
