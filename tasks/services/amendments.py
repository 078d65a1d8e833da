"""更正: filings of an issued quarter are opened again, by name and with a reason. The quarter itself stays issued.

All of it locks the quarter first. What the filings then go through is what filings always go through (filing.py, review.py);
the guard in common.py lets the named ones in, and no others. The bulletin's side (the draft of the new edition, its figures)
is reports' affair and calls these.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tasks.errors import WorkflowError
from tasks.models import Amendment, Evidence, ProgressUpdate, StatusChange
from tasks.querysets import UpdateQuerySet
from tasks.rules import AMENDABLE, Status
from tasks.services.common import lock_period, move, touch_plan
from tasks.services.review import may_decide
from units.models import User

REASON_MAX = 500
_LEFT = {
    Status.SUBMITTED: Status.UNREVIEWED,
    Status.RETURNED: Status.UNMENDED,
    # It counted before; its unit took it back and handed in nothing.
    Status.DRAFT: Status.UNMENDED,
}


@transaction.atomic
def open_amendment(
    *,
    period_id: int,
    actor: User,
    reason: str,
    update_ids: Collection[int] = (),
    at: datetime | None = None,
) -> Amendment:
    """Reopen the named filings of an issued quarter; none of them: only the bulletin's words are mended.

    Each becomes 退回 with the reason. How often it was returned (`returns`) and whether it was late do not change: neither
    speaks of what an issued bulletin turned out to need.
    """
    moment = at or timezone.now()
    period = lock_period(period_id)
    reason = reason.strip()
    if not actor.is_office:
        raise WorkflowError("只有区生态办可以发起更正。")
    if not reason:
        raise WorkflowError("请填写更正原因：原通报哪里有误、为什么更正。")
    if len(reason) > REASON_MAX:
        raise WorkflowError(f"更正原因请控制在 {REASON_MAX} 字以内。")
    if not period.is_issued:
        raise WorkflowError(f"{period}通报尚未印发，不需要更正；可直接退回填报或修改草稿。")
    if Amendment.objects.open().filter(period=period).exists():
        raise WorkflowError(f"{period}已有更正正在办理，请先办结或撤销。")
    updates = _locked(ProgressUpdate.objects.filter(period=period, pk__in=set(update_ids)))
    if len(updates) != len(set(update_ids)):
        raise WorkflowError("所选填报中有的不属于本季度，请刷新页面后重新选择。")
    for update in updates:
        if update.status not in AMENDABLE:
            raise WorkflowError(f"{_name(update)}当前为“{update.get_status_display()}”，不能更正。")
        if not may_decide(update, actor):
            raise WorkflowError(
                f"您参与了{_name(update)}的填写、提交、代填或佐证上传，不能重新打开，请由其他同志发起更正。"
            )
    amendment = Amendment.objects.create(period=period, reason=reason, opened_by=actor, opened_at=moment)
    amendment.updates.set(updates)
    for update in updates:
        fields: tuple[str, ...] = ()
        if update.status != Status.UNMENDED:
            # One that its unit had begun to mend keeps the moment of that return: what was begun stays the unit's own.
            update.decided_by, update.decided_at = actor, moment
            fields = ("decided_by", "decided_at")
        move(
            update,
            Status.RETURNED,
            actor=actor,
            at=moment,
            fields=fields,
            comment=f"更正：{reason}",
            amending=True,
        )
    touch_plan(period.plan_id)
    return amendment


@transaction.atomic
def cancel_amendment(*, amendment_id: int, actor: User, at: datetime | None = None) -> Amendment:
    """Close an amendment without a new edition, every filing as it was; only while none of them has been changed."""
    moment = at or timezone.now()
    amendment = _lock_open(amendment_id, actor)
    updates = _locked(ProgressUpdate.objects.filter(amendments=amendment))
    if amendment.issuing:
        raise WorkflowError("更正后的通报正在生成，不能撤销更正。")
    changes = reopenings(amendment)
    touched = [update for update in updates if is_touched(update, changes[update.pk])]
    if touched:
        raise WorkflowError(
            f"{'、'.join(_name(update) for update in touched)}在重新打开后已有修改，更正不能撤销，请审核后印发更正后的通报。"
        )
    for update in updates:
        _put_back(update, changes[update.pk], actor, moment)
    amendment.closed_at, amendment.cancelled = moment, True
    amendment.save(update_fields=["closed_at", "cancelled"])
    touch_plan(amendment.period.plan_id)
    return amendment


@transaction.atomic
def begin_amending(*, amendment_id: int, actor: User) -> Amendment:
    """Nothing of it is filed or reviewed while the new edition is being made."""
    amendment = _lock_open(amendment_id, actor)
    if amendment.issuing:
        raise WorkflowError(f"{amendment.period}更正后的通报正在生成，请稍候。")
    amendment.issuing = True
    amendment.save(update_fields=["issuing"])
    return amendment


@transaction.atomic
def abort_amending(*, amendment_id: int, actor: User) -> Amendment:
    """The new edition could not be made: its filings may be written again, and the earlier edition still counts."""
    amendment = _lock_open(amendment_id, actor)
    amendment.issuing = False
    amendment.save(update_fields=["issuing"])
    return amendment


@transaction.atomic
def finish_amending(*, amendment_id: int, actor: User, at: datetime | None = None) -> Amendment:
    """The new edition is issued: what was not decided is recorded as when a quarter is issued, and is read-only."""
    moment = at or timezone.now()
    amendment = _lock_open(amendment_id, actor)
    if not amendment.issuing:
        raise WorkflowError(f"{amendment.period}更正后的通报没有在生成。")
    for update in _locked(ProgressUpdate.objects.filter(amendments=amendment, status__in=_LEFT)):
        move(
            update,
            _LEFT[Status(update.status)],
            actor=actor,
            at=moment,
            comment=f"{amendment.period}通报更正后印发",
            amending=True,
        )
    amendment.issuing, amendment.closed_at = False, moment
    amendment.save(update_fields=["issuing", "closed_at"])
    touch_plan(amendment.period.plan_id)
    return amendment


def reopenings(amendment: Amendment) -> dict[int, StatusChange]:
    """Update id → the step by which the amendment reopened it."""
    changes = StatusChange.objects.filter(
        update__amendments=amendment, to_status=Status.RETURNED, at=F("update__amendments__opened_at")
    )
    return {change.update_id: change for change in changes.order_by("pk")}


def is_touched(update: ProgressUpdate, reopening: StatusChange) -> bool:
    """Whether anything of a named filing was changed after it was reopened."""
    if update.version != reopening.version or update.status != Status.RETURNED:
        return True
    files: Collection[int] = {row["id"] for row in reopening.evidence}
    attached = set(Evidence.objects.attached().filter(update=update).values_list("pk", flat=True))
    return attached != files


def _put_back(update: ProgressUpdate, reopening: StatusChange, actor: User, at: datetime) -> None:
    """As the issued edition has it: the state, and who had decided on it when."""
    fields: tuple[str, ...] = ()
    if reopening.from_status == Status.APPROVED:
        approval = (
            # Not the step by which an earlier amendment that was cancelled put it back.
            StatusChange.objects.filter(
                update=update, from_status=Status.SUBMITTED, to_status=Status.APPROVED, pk__lt=reopening.pk
            )
            .order_by("-pk")
            .first()
        )
        if approval is not None:
            update.decided_by, update.decided_at = approval.actor, approval.at
            fields = ("decided_by", "decided_at")
    elif reopening.from_status == Status.UNREVIEWED:
        update.decided_by = update.decided_at = None
        fields = ("decided_by", "decided_at")
    move(
        update,
        Status(reopening.from_status),
        actor=actor,
        at=at,
        fields=fields,
        comment="更正撤销，恢复原状态",
        amending=True,
    )


def _lock_open(amendment_id: int, actor: User) -> Amendment:
    """The amendment, locked after its quarter; refuses when it is closed."""
    period = lock_period(Amendment.objects.values_list("period_id", flat=True).get(pk=amendment_id))
    amendment = Amendment.objects.select_for_update(of=("self",)).get(pk=amendment_id)
    amendment.period = period
    if not actor.is_office:
        raise WorkflowError("只有区生态办可以办理更正。")
    if not amendment.is_open:
        raise WorkflowError(f"{period}的这次更正已经办结，没有作任何改动。")
    return amendment


def _locked(updates: UpdateQuerySet) -> list[ProgressUpdate]:
    return list(
        updates.select_related("assignment__measure", "assignment__unit", "period__plan")
        .select_for_update(of=("self",))
        .order_by("assignment__measure__number", "pk")
    )


def _name(update: ProgressUpdate) -> str:
    return f"措施{update.assignment.measure.number}（{update.assignment.unit.name}）"
