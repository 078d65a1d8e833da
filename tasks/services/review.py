"""What the office decides on filings. Nobody decides on what they wrote, submitted or filed for a unit."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from tasks.errors import BadCorrection, Overtaken, StaleUpdate, WorkflowError
from tasks.models import ProgressUpdate
from tasks.rules import HUNDRED, ZERO, Kind, Progress, Status, progress_choices
from tasks.services.common import lock_update, move
from units.models import User

OWN_PART = "您参与了本填报的填写、提交、代填或佐证上传，不能审核，请由其他同志审核。"
_DECISIONS = {Status.APPROVED: "审核通过", Status.RETURNED: "退回"}


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

    `version` is the one the reviewer saw. Raises Overtaken when the filing has moved on since, BadCorrection.
    """
    update = _lock_for_decision(update_id, actor, version, Status.SUBMITTED)
    correction = _checked(update, correction or Correction())
    update.approved_percent = correction.percent
    update.approved_status = correction.status
    update.approval_note = correction.note
    _decide(
        update,
        Status.APPROVED,
        actor=actor,
        at=at or timezone.now(),
        comment=comment.strip(),
        fields=("approved_percent", "approved_status", "approval_note"),
    )
    return update


@transaction.atomic
def return_update(
    *, update_id: int, actor: User, version: int, reason: str, at: datetime | None = None
) -> ProgressUpdate:
    """Send a submitted filing back with a reason. Raises Overtaken when it has moved on since `version`."""
    update = _lock_for_decision(update_id, actor, version, Status.SUBMITTED)
    return _send_back(update, actor=actor, reason=reason, at=at)


@transaction.atomic
def reopen_update(
    *, update_id: int, actor: User, version: int, reason: str, at: datetime | None = None
) -> ProgressUpdate:
    """Take an approval back while the quarter is not issued: the unit may edit again."""
    update = _lock_for_decision(update_id, actor, version, Status.APPROVED)
    return _send_back(update, actor=actor, reason=reason, at=at)


def approve_many(
    *, updates: list[tuple[int, int]], actor: User, at: datetime | None = None
) -> tuple[list[ProgressUpdate], list[tuple[int, str]]]:
    """Approve several (id, version), each in a transaction of its own.

    Returns those approved, and (id, why not) for the others. A pair given twice counts once.
    """
    approved: list[ProgressUpdate] = []
    refused: list[tuple[int, str]] = []
    for update_id, version in dict(updates).items():
        try:
            approved.append(approve_update(update_id=update_id, actor=actor, version=version, at=at))
        except WorkflowError as error:
            refused.append((update_id, str(error)))
    return approved, refused


def may_decide(update: ProgressUpdate, user: User) -> bool:
    """Whether `user` is of the office and had no part in writing `update`."""
    return user.is_office and not ProgressUpdate.objects.filter(pk=update.pk).touched_by(user).exists()


def _lock_for_decision(update_id: int, actor: User, version: int, wanted: Status) -> ProgressUpdate:
    """The filing, locked after its quarter, in the state that the decision is about and as the reviewer saw it."""
    if not actor.is_office:
        raise WorkflowError("只有区生态办可以审核。")
    try:
        update = lock_update(update_id)
    except ProgressUpdate.DoesNotExist:
        raise WorkflowError("该填报不存在或已被删除。") from None
    if update.version != version or update.status != wanted:
        raise overtaken(update, actor)
    if not may_decide(update, actor):
        raise WorkflowError(OWN_PART)
    return update


def overtaken(update: ProgressUpdate, actor: User) -> Overtaken:
    """What became of a filing while the reviewer looked at it: who decided and what, or what the unit did."""
    if update.status == Status.SUBMITTED:
        text = "填报单位已撤回并重新提交本填报，您的操作没有执行。请按最新内容重新审核。"
    elif update.status == Status.DRAFT:
        text = "填报单位已撤回本填报，您的操作没有执行。待其重新提交后再审核。"
    elif (who := update.decided_by) is not None and update.decided_at is not None:
        name = "您本人" if who.pk == actor.pk else who.name
        when = timezone.localtime(update.decided_at)
        done = _DECISIONS.get(Status(update.status), update.get_status_display())
        text = f"本填报已由{name}于{when.month}月{when.day}日{when:%H:%M}{done}，您的操作没有执行。"
    else:
        text = f"本填报当前为“{update.get_status_display()}”，您的操作没有执行。"
    return Overtaken(update, text)


def _decide(
    update: ProgressUpdate,
    new: Status,
    *,
    actor: User,
    at: datetime,
    comment: str,
    fields: tuple[str, ...],
) -> None:
    update.decided_by, update.decided_at = actor, at
    try:
        move(update, new, actor=actor, at=at, comment=comment, fields=(*fields, "decided_by", "decided_at"))
    except StaleUpdate as error:
        # A database without row locks: the other decision was written between our reading and our writing.
        current = ProgressUpdate.objects.select_related("decided_by").get(pk=update.pk)
        raise overtaken(current, actor) from error


def _send_back(update: ProgressUpdate, *, actor: User, reason: str, at: datetime | None) -> ProgressUpdate:
    if not reason.strip():
        raise WorkflowError("请填写退回原因，让填报单位知道如何修改。")
    update.returns += 1
    _decide(
        update,
        Status.RETURNED,
        actor=actor,
        at=at or timezone.now(),
        comment=reason.strip(),
        fields=("returns",),
    )
    return update


def _checked(update: ProgressUpdate, correction: Correction) -> Correction:
    """The part of `correction` that differs from the unit's figures. It obeys the same rules, and says why it differs."""
    if not correction:
        return Correction()
    if update.no_work:
        raise BadCorrection("“本季度无相关工作”没有可核定的比例或状态；如不属实，请退回。")
    measure = update.assignment.measure
    status = correction.status or update.self_status
    percent = update.percent if correction.percent is None else correction.percent
    if measure.kind == Kind.ONGOING and correction.percent is not None:
        raise BadCorrection("常态化措施不核定比例，请核定状态。")
    if correction.percent is not None and not (
        correction.percent.is_finite() and ZERO <= correction.percent <= HUNDRED
    ):
        raise BadCorrection("核定比例应在 0 至 100 之间。")
    if status not in dict(progress_choices(measure.kind, update.period.quarter)):
        raise BadCorrection("核定状态不适用于本措施。")
    if measure.kind == Kind.TERMINAL:
        if (status == Progress.DONE) != (percent == HUNDRED):
            raise BadCorrection("“已完成”与完成比例 100% 应当一致，请同时核定状态和比例。")
        if status == Progress.NOT_STARTED and percent != ZERO:
            raise BadCorrection("核定为“未启动”时，完成比例应为 0，请同时核定状态和比例。")
    different = Correction(
        percent=None if percent == update.percent else percent,
        status="" if status == update.self_status else status,
        note=correction.note.strip(),
    )
    if not different:
        raise BadCorrection("核定结果与单位自评相同，无需核定。如有意见，请填写在审核意见中。")
    if not different.note:
        raise BadCorrection("核定结果与单位自评不同，请填写核定说明。")
    return different
