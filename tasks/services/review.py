"""What the office decides on filings. Nobody decides on what they wrote, submitted or filed for a unit."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from tasks.errors import StaleUpdate, WorkflowError
from tasks.models import ProgressUpdate
from tasks.rules import HUNDRED, Kind, Progress, Status, progress_choices
from tasks.services.common import lock_update, move
from units.models import User


@dataclass(frozen=True)
class Correction:
    """核定: what the reviewer sets instead of the unit's figures; None or empty leaves the unit's."""

    percent: Decimal | None = None
    status: str = ""
    note: str = ""

    def __bool__(self) -> bool:
        return self.percent is not None or bool(self.status)


@transaction.atomic
def approve_update(
    *,
    update_id: int,
    actor: User,
    version: int,
    correction: Correction | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> ProgressUpdate:
    """Approve, with 核定 figures where the reviewer disagrees (a note is then required).

    `version` is the one the reviewer saw: a later one raises StaleUpdate.
    """
    update = _lock_for_decision(update_id, actor, version)
    correction = correction or Correction()
    if correction:
        _check_correction(update, correction)
        update.approved_percent = correction.percent
        update.approved_status = correction.status
        update.approval_note = correction.note
    update.decided_by, update.decided_at = actor, at or timezone.now()
    move(
        update,
        Status.APPROVED,
        actor=actor,
        at=update.decided_at,
        comment=comment,
        fields=("approved_percent", "approved_status", "approval_note", "decided_by", "decided_at"),
    )
    return update


@transaction.atomic
def return_update(
    *, update_id: int, actor: User, version: int, reason: str, at: datetime | None = None
) -> ProgressUpdate:
    """Send a submitted filing back with a reason."""
    update = _lock_for_decision(update_id, actor, version)
    return _send_back(update, actor=actor, reason=reason, at=at)


@transaction.atomic
def reopen_update(
    *, update_id: int, actor: User, version: int, reason: str, at: datetime | None = None
) -> ProgressUpdate:
    """Take an approval back while the quarter is not issued: the unit may edit again."""
    update = _lock_for_decision(update_id, actor, version)
    if update.status != Status.APPROVED:
        raise WorkflowError("只有已通过的填报才能重新打开。请刷新页面查看最新状态。")
    return _send_back(update, actor=actor, reason=reason, at=at)


def approve_many(
    *, updates: list[tuple[int, int]], actor: User, at: datetime | None = None
) -> tuple[list[ProgressUpdate], list[tuple[int, str]]]:
    """Approve several (id, version) one by one. Returns those approved, and (id, why not) for the others."""
    approved: list[ProgressUpdate] = []
    refused: list[tuple[int, str]] = []
    for update_id, version in updates:
        try:
            approved.append(approve_update(update_id=update_id, actor=actor, version=version, at=at))
        except WorkflowError as error:
            refused.append((update_id, str(error)))
    return approved, refused


def may_decide(update: ProgressUpdate, user: User) -> bool:
    """Whether `user` is of the office and had no part in writing `update`."""
    return (
        user.is_office
        and update.submitted_by_id != user.pk
        and update.written_by_id != user.pk
        and not update.authors.filter(pk=user.pk).exists()
    )


def _lock_for_decision(update_id: int, actor: User, version: int) -> ProgressUpdate:
    update = lock_update(update_id)
    if not actor.is_office:
        raise WorkflowError("只有区生态办可以审核。")
    if update.version != version:
        if update.decided_by_id and update.decided_by_id != actor.pk and update.status != Status.SUBMITTED:
            raise WorkflowError(
                f"本填报刚刚已由{update.decided_by.name}作出“{update.get_status_display()}”的决定，您的操作没有执行。"
            )
        raise StaleUpdate(update)
    if not may_decide(update, actor):
        raise WorkflowError("您参与了本填报的填写或代填，不能审核，请由其他同志审核。")
    return update


def _send_back(update: ProgressUpdate, *, actor: User, reason: str, at: datetime | None) -> ProgressUpdate:
    if not reason.strip():
        raise WorkflowError("请填写退回原因，让填报单位知道如何修改。")
    update.decided_by, update.decided_at = actor, at or timezone.now()
    update.returns += 1
    move(
        update,
        Status.RETURNED,
        actor=actor,
        at=update.decided_at,
        comment=reason.strip(),
        fields=("decided_by", "decided_at", "returns"),
    )
    return update


def _check_correction(update: ProgressUpdate, correction: Correction) -> None:
    """核定 figures obey the same rules as the unit's own, and say why they differ."""
    measure = update.assignment.measure
    if update.no_work:
        raise WorkflowError("“本季度无相关工作”没有可核定的比例或状态；如不属实，请退回。")
    if not correction.note.strip():
        raise WorkflowError("核定结果与单位自评不同，请填写核定说明。")
    status = correction.status or update.self_status
    if status not in dict(progress_choices(measure.kind, update.period.quarter)):
        raise WorkflowError("核定状态不适用于本措施。")
    if measure.kind == Kind.ONGOING:
        if correction.percent is not None:
            raise WorkflowError("常态化措施不核定比例，请核定状态。")
        return
    percent = update.percent if correction.percent is None else correction.percent
    if (status == Progress.DONE) != (percent == HUNDRED):
        raise WorkflowError("“已完成”与完成比例 100% 应当一致，请同时核定状态和比例。")
