"""From one edition of a bulletin to the next: a correction is opened, given up, and concluded when it is issued."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from reports.amended import Correction
from reports.blocks import keyed, unnumbered
from reports.models import Bulletin
from tasks.errors import WorkflowError
from tasks.models import Amendment
from tasks.rules import Kind
from tasks.services.amendments import (
    abort_amending,
    begin_amending,
    cancel_amendment,
    finish_amending,
    open_amendment,
)
from tasks.services.common import lock_period
from tasks.services.periods import abort_issuing, begin_issuing, finish_issuing
from units.models import User

# What the new edition takes over from the one before. Number and dates are its own.
_KEPT = ("masthead", "recipients", "cc", "signatory", "sealed", "printed_by")
MARK = "（更正）"


@transaction.atomic
def start_correction(
    *,
    period_id: int,
    actor: User,
    reason: str,
    update_ids: Collection[int] = (),
    at: datetime | None = None,
) -> Bulletin:
    """Open a correction of an issued quarter: its filings are reopened, and the draft of the next edition stands ready.

    The draft's text is that of the edition before under a paragraph that names it and says why. `generated` is that one's,
    too, so that the draft page offers the sentences that the mended figures change.
    """
    moment = at or timezone.now()
    amendment = open_amendment(
        period_id=period_id, actor=actor, reason=reason, update_ids=update_ids, at=moment
    )
    before = Bulletin.objects.current().get(period=period_id)
    draft = Bulletin(
        period=before.period,
        edition=before.edition + 1,
        amendment=amendment,
        title=before.title if before.title.endswith(MARK) else before.title + MARK,
        generated=keyed(before.generated),
        updated_by=actor,
        updated_at=moment,
        **{name: getattr(before, name) for name in _KEPT},
    )
    correction = Correction(draft.edition, amendment, before)
    _require_same_kinds(correction)
    draft.body = correction.under_opening(unnumbered(before.body))
    draft.save()
    return draft


@transaction.atomic
def cancel_correction(*, period_id: int, actor: User, at: datetime | None = None) -> Amendment:
    """Give a correction up while no filing has been changed: the filings are as they were, the draft goes."""
    period = lock_period(period_id)
    draft = Bulletin.objects.unissued().filter(period=period, amendment__isnull=False).first()
    if draft is None or draft.amendment_id is None:
        raise WorkflowError(f"{period}没有正在办理的更正。")
    amendment = cancel_amendment(amendment_id=draft.amendment_id, actor=actor, at=at)
    draft.delete()
    return amendment


# --- the three moments of issuing, for a first edition and for a later one -------------------------


def stand_still(bulletin: Bulletin, actor: User, at: datetime) -> None:
    """Before the files are made: nothing is filed or reviewed any more, of the quarter or of what is amended."""
    if bulletin.amendment_id is None:
        begin_issuing(period_id=bulletin.period_id, actor=actor, at=at)
    else:
        begin_amending(amendment_id=bulletin.amendment_id, actor=actor)


def give_back(bulletin: Bulletin, actor: User) -> None:
    """No file came out. A quarter whose correction failed is still issued, with the edition before."""
    if bulletin.amendment_id is None:
        abort_issuing(period_id=bulletin.period_id, actor=actor)
    else:
        abort_amending(amendment_id=bulletin.amendment_id, actor=actor)


def conclude(bulletin: Bulletin, actor: User, at: datetime) -> None:
    """The files are stored: what is undecided is recorded as it stands, for good."""
    if bulletin.amendment_id is None:
        finish_issuing(period_id=bulletin.period_id, actor=actor, at=at)
    else:
        finish_amending(amendment_id=bulletin.amendment_id, actor=actor, at=at)


def _require_same_kinds(correction: Correction) -> None:
    """A filing is mended on the form of its measure's kind, and counts as the kind that was issued."""
    for measure, duty in correction.duties:
        now = correction.updates[duty.assignment_id].assignment.measure.kind
        if now != measure.kind:
            raise WorkflowError(
                f"措施{measure.number}印发时为“{Kind(measure.kind).label}”，现已改为“{Kind(now).label}”，"
                "不能按印发时的类型更正其填报。请先将类型改回，再发起更正。"
            )
