"""What happened to a filing, step by step, as those may read it who follow the work (design, "Who sees what").

Only what was handed in is shown of a text: whatever else a StatusChange keeps (a filing half mended when the quarter was
issued) is the unit's own.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tasks.completeness import TEXT_FIELDS
from tasks.models import Evidence, ProgressUpdate, StatusChange
from tasks.numbers import percent_text
from tasks.readings import snapshot_content
from tasks.rules import Progress, Status
from units.models import User

_DONE = {
    (Status.DRAFT, Status.SUBMITTED): "提交",
    (Status.RETURNED, Status.SUBMITTED): "修改后提交",
    (Status.SUBMITTED, Status.DRAFT): "撤回",
    (Status.SUBMITTED, Status.APPROVED): "审核通过",
    (Status.SUBMITTED, Status.RETURNED): "退回",
    (Status.APPROVED, Status.RETURNED): "重新打开，退回修改",
    (Status.SUBMITTED, Status.UNREVIEWED): "印发时尚未审核，记为已报未审",
    (Status.RETURNED, Status.UNMENDED): "印发时尚未修改，记为退回未改",
    (Status.UNREVIEWED, Status.RETURNED): "重新打开，退回修改",
    (Status.UNMENDED, Status.RETURNED): "重新打开，退回修改",
    (Status.DRAFT, Status.UNMENDED): "撤回后未重新报送，记为退回未改",
    (Status.RETURNED, Status.APPROVED): "更正撤销，恢复通过",
    (Status.RETURNED, Status.UNREVIEWED): "更正撤销，恢复已报未审",
}
# Order of a page; the figures stand apart.
TEXTS = ("overall_text", "progress_text", "problems", "next_steps", "decrease_reason")


@dataclass(frozen=True)
class Step:
    """One transition. `content` (CONTENT_FIELDS → value) and `files`: what was handed in; None and empty for other steps.

    `round`: the how-manieth handing-in after returns, 1 for the first; `correction`: the 核定 figures of an approval.
    """

    change: StatusChange
    done: str
    round: int
    content: dict[str, Any] | None
    files: tuple[Evidence, ...]
    correction: str

    @property
    def texts(self) -> list[tuple[str, str]]:
        return [] if self.content is None else texts_of(self.content)


def reads_thread(user: User) -> bool:
    """Leaders read what was approved; how it came about is between the unit and the office."""
    return not user.is_leader


def thread_of(update: ProgressUpdate) -> list[Step]:
    """The steps of a filing, oldest first, in two queries."""
    changes = list(StatusChange.objects.filter(update=update).order_by("pk"))
    files = {file.pk: file for file in update.evidence.all()}
    steps: list[Step] = []
    round_number = 1
    for change in changes:
        handed_in = change.to_status == Status.SUBMITTED
        known = (files.get(row["id"]) for row in change.evidence) if handed_in else ()
        steps.append(
            Step(
                change=change,
                done=_DONE.get(
                    (Status(change.from_status), Status(change.to_status)), change.get_to_status_display()
                ),
                round=round_number,
                content=snapshot_content(change.snapshot) if handed_in else None,
                files=tuple(file for file in known if file is not None),
                correction=_correction(change),
            )
        )
        if change.to_status == Status.RETURNED:
            round_number += 1
    return steps


def current_round(steps: list[Step]) -> Step | None:
    """The last handing-in; None where nothing was handed in."""
    return next((step for step in reversed(steps) if step.content is not None), None)


def earlier_round(steps: list[Step]) -> Step | None:
    """What was returned and led to the current round: the last handing-in of the round before."""
    current = current_round(steps)
    if current is None:
        return None
    return next(
        (step for step in reversed(steps) if step.content is not None and step.round < current.round), None
    )


def texts_of(content: dict[str, Any]) -> list[tuple[str, str]]:
    """(label, text) of the texts that were written."""
    return [(TEXT_FIELDS[name], content[name]) for name in TEXTS if content[name]]


def _correction(change: StatusChange) -> str:
    if change.to_status != Status.APPROVED:
        return ""
    percent, status = change.snapshot.get("approved_percent"), change.snapshot.get("approved_status")
    parts = []
    if status:
        parts.append(f"核定状态：{Progress(status).label}")
    if percent is not None:
        parts.append(f"核定比例：{percent_text(Decimal(percent))}")
    if note := change.snapshot.get("approval_note"):
        parts.append(f"核定说明：{note}")
    return "；".join(parts)
