"""已报未审 and 退回未改 of an issued quarter go into the next one with one click, and overwrite nothing."""

from typing import Any

import pytest
from django.utils import timezone

from tasks.errors import StaleUpdate, WorkflowError
from tasks.models import ProgressUpdate
from tasks.rules import PeriodState, Status
from tasks.services.carry import carry_over, left_undecided
from tasks.services.filing import save_draft
from tasks.services.periods import begin_issuing, finish_issuing
from tasks.services.review import return_update
from tests.conftest import World
from tests.factories import open_quarter


@pytest.fixture
def after(world: World) -> World:
    """Q1 is issued over a filing of 区发改局 that waits and one of a street that was sent back; Q2 is open."""
    world.file(world.support, progress_text="一季度核算12家。", problems="数据不全。", next_steps="补齐。")
    update = world.file(world.street_duties[0], progress_text="交出的文字。")
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充。")
    save_draft(
        assignment=world.street_duties[0],
        period=world.q1,
        actor=world.cast.street,
        values={"progress_text": "改到一半的文字。"},
        base_version=ProgressUpdate.objects.get(pk=update.pk).version,
    )
    world.approve(world.file(world.terminal))
    begin_issuing(period_id=world.q1.pk, actor=world.cast.office)
    finish_issuing(period_id=world.q1.pk, actor=world.cast.office)
    world.q2 = open_quarter(world.plan, 2)
    return world


def carry(world: World, duty: Any, actor: Any, base_version: int = 0) -> ProgressUpdate:
    return carry_over(assignment=duty, period=world.q2, actor=actor, base_version=base_version)


def test_the_words_are_copied_and_figures_are_asked_anew(after: World) -> None:
    update = carry(after, after.support, after.cast.reporter)
    assert (update.status, update.period, update.version) == (Status.DRAFT, after.q2, 1)
    assert (update.progress_text, update.problems, update.next_steps) == (
        "一季度核算12家。",
        "数据不全。",
        "补齐。",
    )
    assert (update.percent, update.self_status, update.written_by) == (None, "", after.cast.reporter)
    old = ProgressUpdate.objects.get(assignment=after.support, period=after.q1)
    assert (old.status, old.progress_text) == (Status.UNREVIEWED, "一季度核算12家。")


def test_the_unit_copies_what_it_was_mending_the_office_only_what_was_handed_in(after: World) -> None:
    duty = after.street_duties[0]
    assert carry(after, duty, after.cast.office).progress_text == "交出的文字。"
    ProgressUpdate.objects.get(assignment=duty, period=after.q2).delete()
    assert carry(after, duty, after.cast.street).progress_text == "改到一半的文字。"


def test_nothing_that_is_written_already_is_overwritten(after: World) -> None:
    update = save_draft(
        assignment=after.support,
        period=after.q2,
        actor=after.cast.reporter,
        values={"next_steps": "二季度已写。"},
        base_version=0,
    )
    with pytest.raises(WorkflowError, match="已经填写了内容"):
        carry(after, after.support, after.cast.reporter, update.version)
    save_draft(
        assignment=after.support,
        period=after.q2,
        actor=after.cast.reporter,
        values={"next_steps": ""},
        base_version=update.version,
    )
    with pytest.raises(StaleUpdate):
        carry(after, after.support, after.cast.reporter, update.version)
    assert carry(after, after.support, after.cast.reporter, update.version + 1).problems == "数据不全。"


def test_there_is_nothing_to_copy_from_what_was_decided_or_by_others(after: World) -> None:
    assert left_undecided(after.terminal, after.q2) is None
    with pytest.raises(WorkflowError, match="没有“已报未审”"):
        carry(after, after.terminal, after.cast.reporter)
    with pytest.raises(WorkflowError, match="本单位"):
        carry(after, after.support, after.cast.other)
    assert not ProgressUpdate.objects.filter(period=after.q2).exists()


def test_an_issued_quarter_takes_no_copies(after: World) -> None:
    after.plan.periods.filter(quarter=2).update(state=PeriodState.ISSUED, closed_at=timezone.now())
    with pytest.raises(WorkflowError):
        carry(after, after.support, after.cast.reporter)
