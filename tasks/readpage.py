"""The page of one filing for whoever may read it: what they read of it, and what they may do about it."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from tasks.models import Evidence, Measure, ProgressUpdate, ReportingPeriod
from tasks.querysets import UpdateQuerySet
from tasks.readings import evidence_of, reading_of, reads_live
from tasks.rules import Kind, Light, Progress, Status, counted_percent, light_for
from tasks.services.review import may_decide
from tasks.standing import takes_changes
from tasks.thread import Step, current_round, reads_thread, texts_of, thread_of
from units.models import User


@dataclass
class ReadPage:
    """One visible filing before one person. `update` comes with assignment, measure, unit, period, plan and people."""

    update: ProgressUpdate
    user: User

    @property
    def period(self) -> ReportingPeriod:
        return self.update.period

    @property
    def measure(self) -> Measure:
        return self.update.assignment.measure

    @cached_property
    def content(self) -> dict[str, Any]:
        """CONTENT_FIELDS → what this person reads."""
        return reading_of(self.update, self.user)

    @property
    def is_live(self) -> bool:
        """Whether that is the filing as it stands; otherwise it is what was last handed in."""
        return reads_live(self.update, self.user)

    @property
    def texts(self) -> list[tuple[str, str]]:
        return texts_of(self.content)

    @cached_property
    def evidence(self) -> list[Evidence]:
        return evidence_of(self.update, self.user)

    @cached_property
    def steps(self) -> list[Step]:
        """The thread, oldest first; empty for those who read the result only. One read as issued ends where it was reopened."""
        steps = thread_of(self.update) if reads_thread(self.user) else []
        reopening = self.update.reopening
        return [step for step in steps if reopening is None or step.change.pk <= reopening.pk]

    @cached_property
    def current(self) -> Step | None:
        """The last handing-in."""
        return current_round(self.steps)

    @property
    def last_return(self) -> Step | None:
        """The last return with its reason."""
        return next((row for row in reversed(self.steps) if row.change.to_status == Status.RETURNED), None)

    @property
    def is_terminal(self) -> bool:
        return self.measure.kind == Kind.TERMINAL

    @property
    def expected(self) -> Decimal:
        """序时进度 in percent."""
        return self.measure.expected(self.period.quarter)

    @property
    def light(self) -> Light | None:
        """The 进展灯 that the unit's own figures amount to; None where it filed none, and once the quarter is issued.

        Then the bulletin's figures are what counts: today's thresholds and 序时进度 have no say any more.
        """
        status, percent = self.content["self_status"], self.content["percent"]
        if (
            self.period.is_issued
            or self.content["no_work"]
            or not status
            or (self.is_terminal and percent is None)
        ):
            return None
        plan = self.period.plan
        return light_for(
            counted_percent(self.measure.kind, status, percent, self.expected),
            self.expected,
            done=status == Progress.DONE,
            lagging=status == Progress.LAGGING,
            yellow_from=plan.yellow_from,
            red_from=plan.red_from,
        )

    @property
    def is_approved(self) -> bool:
        return self.update.status == Status.APPROVED

    @property
    def is_corrected(self) -> bool:
        """Whether 核定 figures stand: an approval taken back takes them along."""
        return self.is_approved and self.update.is_corrected

    # --- what the person may do now ---------------------------------------------------------------
    @cached_property
    def is_writable(self) -> bool:
        """Whether the quarter takes changes of this filing: also one of an issued quarter that is being corrected."""
        return self.update.reopening is None and takes_changes(self.update, self.period)

    @property
    def is_own(self) -> bool:
        return self.user.is_unit_user and self.user.unit_id == self.update.assignment.unit_id

    @property
    def can_withdraw(self) -> bool:
        return self.is_own and self.is_writable and self.update.status == Status.SUBMITTED

    @property
    def can_edit(self) -> bool:
        """The unit its own; the office what it files for a unit."""
        writes = self.is_own or (self.user.is_office and self.update.is_proxy)
        return writes and self.is_writable and self.update.is_editable

    @property
    def can_review(self) -> bool:
        """Whether the office has something to decide here, whoever of it may."""
        return self.user.is_office and self.is_writable and self.update.status == Status.SUBMITTED

    @property
    def can_reopen(self) -> bool:
        return self.user.is_office and self.is_writable and self.is_approved and self.may_decide

    @cached_property
    def may_decide(self) -> bool:
        """Whether the person had no part in the filing."""
        return may_decide(self.update, self.user)


def load_for(user: User) -> UpdateQuerySet:
    """The filings that `user` may read, with everything beside them that a page of one needs."""
    return with_people(ProgressUpdate.objects.visible_to(user).annotate_amending())


def with_people(updates: UpdateQuerySet) -> UpdateQuerySet:
    """With the measure, the unit, the quarter and who had a hand in it."""
    return updates.select_related(
        "assignment__measure__task",
        "assignment__measure__plan",
        "assignment__unit",
        "period__plan",
        "written_by",
        "submitted_by",
        "decided_by",
    )
