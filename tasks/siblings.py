"""The units of one measure in one quarter, each with what a person may read of its filing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from tasks.models import Assignment, Measure, ProgressUpdate, ReportingPeriod
from tasks.readings import readings_of
from tasks.rules import Filing, Status, filing_for
from tasks.standing import as_issued
from units.models import Unit, User


@dataclass(frozen=True)
class Sibling:
    """One duty; `update` and `content` (CONTENT_FIELDS → value) None: nothing that the person may read was handed in."""

    assignment: Assignment
    update: ProgressUpdate | None
    filing: Filing
    content: dict[str, Any] | None

    @property
    def unit(self) -> Unit:
        return self.assignment.unit

    @property
    def is_lead(self) -> bool:
        return self.assignment.is_confirmed_lead


def siblings_of(
    measure: Measure, period: ReportingPeriod, user: User, *, but: Iterable[int] = ()
) -> list[Sibling]:
    """The measure's duties in the quarter, in the printed order, without the assignments `but`; three queries."""
    duties = [
        duty
        for duty in Assignment.objects.select_related("unit", "responsibility")
        .filter(measure=measure, responsibility__is_open=False)
        .exclude(pk__in=but)
        .order_by("responsibility__order", "unit__kind", "unit__order")
        if duty.covers(period.quarter)
    ]
    rows = list(
        ProgressUpdate.objects.visible_to(user)
        .filter(period=period, assignment__in=[duty.pk for duty in duties])
        .annotate_amending()
    )
    as_issued(row for row in rows if not user.is_office or row.status == Status.DRAFT)
    updates = {update.assignment_id: update for update in rows if update.status != Status.DRAFT}
    for duty in duties:
        duty.measure = measure
        if duty.pk in updates:
            updates[duty.pk].assignment = duty
    contents = readings_of(updates.values(), user)
    past_due = period.is_past_due(timezone.now())
    siblings = []
    for duty in duties:
        update = updates.get(duty.pk)
        filing = filing_for(update.status if update else None, past_due=past_due)
        siblings.append(Sibling(duty, update, filing, contents[update.pk] if update else None))
    return siblings
