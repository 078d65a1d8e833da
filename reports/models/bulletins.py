"""通报: a quarter's summary, first a draft that the office edits, then frozen with its data and its files.

A quarter has one edition, or more where what was issued had to be corrected (更正): the latest issued one counts, the
earlier ones stay as they are.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, When

from tasks.models import Amendment, ReportingPeriod

if TYPE_CHECKING:
    from reports.models.renderings import Rendering

ISSUED_FOR_GOOD = "通报印发后不得修改或删除。"


class BulletinStatus(models.TextChoices):
    DRAFT = "draft", "草稿"
    RENDERING = "rendering", "正在生成"
    ISSUED = "issued", "已印发"


class BulletinQuerySet(models.QuerySet["Bulletin"]):
    """Bulletins in bulk: nothing that is issued is changed or deleted, by whatever way."""

    def issued(self) -> Self:
        """What has been issued, superseded editions included."""
        return self.filter(status=BulletinStatus.ISSUED)

    def current(self) -> Self:
        """The edition of each quarter that counts: the latest issued one."""
        return self.issued().filter(~Exists(self._later()))

    def annotate_superseded(self) -> Self:
        """With `superseded`: whether a later edition of the quarter is issued."""
        return self.annotate(superseded=Exists(self._later()))

    def _later(self) -> "BulletinQuerySet":
        later: BulletinQuerySet = self.model._default_manager.filter(
            period=OuterRef("period"), status=BulletinStatus.ISSUED, edition__gt=OuterRef("edition")
        )
        return later

    def unissued(self) -> Self:
        """Drafts, and what is being rendered: at most one for a quarter."""
        return self.exclude(status=BulletinStatus.ISSUED)

    def update(self, **kwargs: Any) -> int:
        if self.filter(status=BulletinStatus.ISSUED).exists():
            raise TypeError(ISSUED_FOR_GOOD)
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        if self.filter(status=BulletinStatus.ISSUED).exists():
            raise TypeError(ISSUED_FOR_GOOD)
        return super().delete()


class Bulletin(models.Model):
    """An edition of a quarter's bulletin: `edition` 1, or a correction of the one before, for `amendment`'s reason.

    `title` may hold line ends where it should break. `body`: [{"kind": "h1" | "h2" | "h3" | "p", "text": …}] in reading
    order, headings without their numbers (see blocks.py); `generated`: the text as it was last written from the data, in
    sentences with keys (words.KeyedBlock), to tell what the office or the data changed since.
    `data` is the whole frozen document (see reports/document.py), written once when the office issues; the pages of an
    issued quarter read from it. Once issued, a row is never saved or deleted again.
    """

    period = models.ForeignKey(
        ReportingPeriod, models.PROTECT, related_name="bulletins", verbose_name="报告期"
    )
    edition = models.PositiveSmallIntegerField("版次", default=1, editable=False)
    amendment = models.OneToOneField(
        Amendment, models.PROTECT, null=True, editable=False, related_name="bulletin", verbose_name="更正"
    )
    status = models.CharField(
        "状态", max_length=10, choices=BulletinStatus.choices, default=BulletinStatus.DRAFT
    )
    version = models.PositiveIntegerField("版本", default=0)
    title = models.CharField("标题", max_length=200)
    body = models.JSONField("正文", default=list)
    generated = models.JSONField("按数据生成的正文", default=list, editable=False)
    document_number = models.CharField("发文字号", max_length=60, blank=True)
    masthead = models.CharField("发文机关标志", max_length=60, blank=True)
    recipients = models.CharField("主送", max_length=300, blank=True)
    cc = models.CharField("抄送", max_length=300, blank=True)
    signatory = models.CharField("署名", max_length=100, blank=True)
    sealed = models.BooleanField("加盖印章", default=False)
    signed_on = models.DateField("成文日期", null=True, blank=True)
    printed_by = models.CharField("印发机关", max_length=100, blank=True)
    printed_on = models.DateField("印发日期", null=True, blank=True)

    data = models.JSONField("冻结数据", null=True, editable=False)
    data_sha256 = models.CharField("数据 SHA-256", max_length=64, blank=True, editable=False)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    updated_at = models.DateTimeField("修改时间", null=True, editable=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name="印发人",
    )
    issued_at = models.DateTimeField("印发时间", null=True, editable=False)

    objects = BulletinQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通报"
        ordering = ["-period__plan__year", "-period__quarter", "-edition"]
        constraints = [
            models.UniqueConstraint(fields=["period", "edition"], name="bulletin_edition_once"),
            models.UniqueConstraint(
                fields=["period"], condition=~Q(status="issued"), name="bulletin_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(edition=1, amendment__isnull=True) | Q(edition__gt=1, amendment__isnull=False),
                name="bulletin_later_edition_why",
            ),
        ]

    def __str__(self) -> str:
        return self.plain_title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._refuse_if_issued()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._refuse_if_issued()
        return super().delete(*args, **kwargs)

    def _refuse_if_issued(self) -> None:
        # Asked of the database: the object at hand may be older than the issue.
        if self.pk and Bulletin.objects.filter(pk=self.pk, status=BulletinStatus.ISSUED).exists():
            raise TypeError(ISSUED_FOR_GOOD)

    @property
    def plain_title(self) -> str:
        """The title in one line."""
        return "".join(self.title.split("\n"))

    @cached_property
    def last_rendering(self) -> "Rendering | None":
        """The last attempt at its files: one that is at work, or why the draft was given back."""
        return self.renderings.select_related("asked_by").defer("document", "content").first()

    @property
    def error(self) -> str:
        """Why the last attempt to issue it came to nothing; empty where there was none."""
        return self.last_rendering.error if self.is_draft and self.last_rendering else ""

    @property
    def is_draft(self) -> bool:
        return self.status == BulletinStatus.DRAFT

    @property
    def is_issued(self) -> bool:
        return self.status == BulletinStatus.ISSUED


class FileFormat(models.TextChoices):
    """What is stored of an issued bulletin; the value is also the name's extension, but for the brief."""

    PDF = "pdf", "PDF"
    DOCX = "docx", "Word"
    XLSX = "xlsx", "Excel 附件"
    BRIEF = "brief", "领导专报"


class BulletinFileQuerySet(models.QuerySet["BulletinFile"]):
    def in_order(self) -> Self:
        """As they are offered, without their bytes."""
        order = [When(format=value, then=place) for place, value in enumerate(FileFormat.values)]
        return self.defer("content").order_by(Case(*order, output_field=models.IntegerField()))

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError(ISSUED_FOR_GOOD)

    def delete(self) -> NoReturn:
        raise TypeError(ISSUED_FOR_GOOD)


class BulletinFile(models.Model):
    """The stored bytes of an issued bulletin, apart from it so that lists never load them. Added, never changed."""

    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="files", verbose_name="通报")
    format = models.CharField("格式", max_length=8, choices=FileFormat.choices)
    content = models.BinaryField("内容")
    size = models.PositiveBigIntegerField("字节数")
    sha256 = models.CharField("SHA-256", max_length=64)
    created_at = models.DateTimeField("生成时间", auto_now_add=True)

    objects = BulletinFileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通报文件"
        constraints = [models.UniqueConstraint(fields=["bulletin", "format"], name="bulletin_file_once")]

    def __str__(self) -> str:
        return f"{self.bulletin} · {self.format}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(ISSUED_FOR_GOOD)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(ISSUED_FOR_GOOD)
