"""Which rows: who may read what (`visible_to`), and the sets that the workflow speaks of.

The rule, in one place (design, "Who sees what"): drafts belong to the unit that writes them; a unit reads its own
filings, and as confirmed lead of a measure its supporters' once submitted; leaders read what is approved; the office and
administrators read all but drafts. A draft that the office itself began (代填) it may read on. A filing that an open amendment
(更正) names stays readable to whom the issued edition made it so.
"""

from typing import TYPE_CHECKING, Any, NoReturn, Self

from django.apps import apps
from django.db import models
from django.db.models import F, Q

from tasks.rules import WRITABLE_PERIODS, PeriodState, Status
from units.models import Role, User

if TYPE_CHECKING:
    from tasks.models import Evidence, FilingUpload, ProgressUpdate, ReportingPeriod, StatusChange  # noqa: F401


def _readable_updates(user: User, prefix: str = "") -> Q:
    """The condition under which `user` may read an update reached through `prefix` (ending in __ or empty)."""

    def on(**lookups: Any) -> Q:
        return Q(**{prefix + key: value for key, value in lookups.items()})

    named = on(pk__in=_being_amended())
    if user.is_unit_user:
        own = on(assignment__unit=user.unit_id)
        # The lead of the filing's own quarter: whose duty was ended reads no later ones.
        quarter = F(f"{prefix}period__quarter")
        led = on(
            assignment__measure__lead_confirmed=True,
            assignment__measure__assignments__unit=user.unit_id,
            assignment__measure__assignments__role="lead",
            assignment__measure__assignments__first_quarter__lte=quarter,
            assignment__measure__assignments__last_quarter__gte=quarter,
        )
        return own | (led & (~on(status=Status.DRAFT) | named))
    if user.role == Role.OFFICE:
        return ~on(status=Status.DRAFT) | on(is_proxy=True) | named
    if user.role == Role.ADMIN:
        return ~on(status=Status.DRAFT)
    if user.role == Role.LEADER:
        # By the step that reopened it: approved in the edition that counts until the next is issued.
        issued = apps.get_model("tasks", "StatusChange")._default_manager.filter(
            from_status=Status.APPROVED,
            to_status=Status.RETURNED,
            update__amendments__closed_at__isnull=True,
            update__amendments__opened_at=F("at"),
        )
        return (on(status=Status.APPROVED) & ~named) | on(pk__in=issued.values("update"))
    return Q(pk__in=[])


def _being_amended(**amendment: Any) -> models.QuerySet[Any]:
    """Ids of the filings that an open amendment names."""
    through = apps.get_model("tasks", "Amendment").updates.through
    named: models.QuerySet[Any] = through._default_manager.filter(
        amendment__closed_at__isnull=True, **amendment
    ).values("progressupdate")
    return named


class UpdateQuerySet(models.QuerySet["ProgressUpdate"]):
    """Filings."""

    def visible_to(self, user: User) -> Self:
        """The filings whose text `user` may read."""
        rows = self.filter(_readable_updates(user))
        return rows.distinct() if user.is_unit_user else rows

    def touched_by(self, user: User) -> Self:
        """The filings that `user` wrote, submitted, filed for a unit or put a file to: on these they decide nothing."""
        return self.filter(
            Q(submitted_by=user) | Q(written_by=user) | Q(authors=user) | Q(evidence__uploaded_by=user)
        ).distinct()

    def awaiting_review(self) -> Self:
        """The office's queue, oldest submission first."""
        return self.filter(status=Status.SUBMITTED).order_by("submitted_at", "pk")

    def earlier(self, assignment_id: int, period: "ReportingPeriod") -> Self:
        """What was handed in on a duty in the quarters of its plan's year before `period`, the latest first."""
        return self.filter(assignment=assignment_id).before(period)

    def before(self, period: "ReportingPeriod") -> Self:
        """`earlier` for all duties of the plan at once."""
        rows = self.filter(period__plan=period.plan_id, period__quarter__lt=period.quarter)
        # One that was handed in, counted in an issued bulletin, and taken back while it is being amended, was handed in.
        amended = Q(pk__in=_being_amended())
        return rows.exclude(Q(status=Status.DRAFT) & ~amended).order_by("-period__quarter")

    def being_amended(self) -> Self:
        """The filings that an open amendment (更正) of their issued quarter names."""
        return self.filter(pk__in=_being_amended())

    def annotate_amending(self) -> Self:
        """With `amending`: whether the filing is one of `being_amended`."""
        return self.annotate(amending=models.Exists(_being_amended(progressupdate=models.OuterRef("pk"))))

    def writable(self) -> Self:
        """The filings that may be written, taken back and reviewed now: the quarter takes filings, or an open amendment
        names this one."""
        named = _being_amended(amendment__issuing=False)
        return self.filter(
            Q(period__state__in=WRITABLE_PERIODS) | Q(period__state=PeriodState.ISSUED, pk__in=named)
        )

    def annotate_quarter(self) -> Self:
        """With `quarter` (1–4), so that a period need not be loaded for it."""
        return self.annotate(quarter=models.F("period__quarter"))

    def approved_in(self, period: "ReportingPeriod") -> Self:
        """The filings of a quarter that count."""
        return self.filter(period=period, status=Status.APPROVED)


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    """Files of filings, attached or detached."""

    def visible_to(self, user: User) -> Self:
        """The files of filings that `user` may read, detached ones too: earlier rounds show them."""
        rows = self.filter(_readable_updates(user, "update__"))
        return rows.distinct() if user.is_unit_user else rows

    def attached(self) -> Self:
        """The files that belong to the filing as it stands."""
        return self.filter(detached_at__isnull=True)


class StatusChangeQuerySet(models.QuerySet["StatusChange"]):
    """Rows that are only ever added."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("流转记录只增不改。")

    def delete(self) -> NoReturn:
        raise TypeError("流转记录只增不改。")

    def visible_to(self, user: User) -> Self:
        """The history of filings that `user` may read."""
        rows = self.filter(_readable_updates(user, "update__"))
        return rows.distinct() if user.is_unit_user else rows


class FilingUploadQuerySet(models.QuerySet["FilingUpload"]):
    """Filled-in workbooks."""

    def visible_to(self, user: User) -> Self:
        """Those that `user` uploaded, for the unit that they belong to (the office for any): the text in them is a draft."""
        rows = self.filter(uploaded_by=user)
        if user.role == Role.OFFICE:
            return rows
        return rows.filter(unit=user.unit_id) if user.is_unit_user else rows.none()
