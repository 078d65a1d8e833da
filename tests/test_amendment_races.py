"""Corrections and two people in the same second, on PostgreSQL: as test_races.py has it of filing and review."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError

from reports.models import Bulletin
from reports.services import issuing
from reports.services.editions import cancel_correction, start_correction
from reports.services.issuing import issue_bulletin
from tasks.errors import WorkflowError
from tasks.models import Amendment, ProgressUpdate
from tasks.rules import Status
from tasks.services import amendments, filing, review
from tasks.services.filing import save_draft
from tasks.services.review import approve_update
from tests.archive_parts import issue, quick_files
from tests.conftest import World, build_world
from tests.test_races import at_once, locks, meet_before, meeting

__all__ = ["locks"]
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def issued(monkeypatch: pytest.MonkeyPatch) -> World:
    """The first quarter, issued with one approved filing, as committed rows."""
    quick_files(monkeypatch)
    world = build_world()
    world.approve(world.file(world.terminal))
    issue(world)
    return world


def update_of(world: World) -> ProgressUpdate:
    return ProgressUpdate.objects.get(assignment=world.terminal, period=world.q1)


def correct(world: World, *, by: str = "office") -> Bulletin | IntegrityError:
    """Open a correction that names the filing; what the database itself refuses is an answer, too."""
    try:
        return start_correction(
            period_id=world.q1.pk,
            actor=getattr(world.cast, by),
            reason="完成比例有误",
            update_ids=[update_of(world).pk],
        )
    except IntegrityError as error:
        return error


def test_two_who_open_a_correction_at_once_open_one(
    issued: World, locks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, amendments, "_locked")
    results = at_once(lambda: correct(issued), lambda: correct(issued, by="colleague"))
    refused = next(result for result in results if not isinstance(result, Bulletin))
    # Without the lock the constraint is left to say it, and to nobody who understands.
    assert type(refused) is (WorkflowError if locks else IntegrityError)
    if locks:
        assert "已有更正正在办理" in str(refused)
    assert Amendment.objects.count() == 1
    assert Bulletin.objects.filter(edition=2).count() == 1
    returned = update_of(issued).changes.filter(to_status=Status.RETURNED)
    assert returned.count() == 1


def test_a_correction_is_not_given_up_while_its_unit_writes(
    issued: World, locks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(issued)
    update = update_of(issued)
    barrier = threading.Barrier(2)
    for module, name in ((amendments, "is_touched"), (filing, "_write_content")):
        monkeypatch.setattr(module, name, meeting(barrier, getattr(module, name)))
    cancelled, saved = at_once(
        lambda: cancel_correction(period_id=issued.q1.pk, actor=issued.cast.office),
        lambda: save_draft(
            assignment=issued.terminal,
            period=issued.q1,
            actor=issued.cast.reporter,
            values=issued.values(percent=40, self_status="in_progress", progress_text="改后的内容。"),
            base_version=update.version,
        ),
    )
    refused = [result for result in (cancelled, saved) if isinstance(result, WorkflowError)]
    assert len(refused) == (1 if locks else 0)
    if locks:
        update.refresh_from_db()
        kept = update.status == Status.RETURNED
        assert kept == (update.progress_text == "改后的内容。") == isinstance(cancelled, WorkflowError)
        assert Amendment.objects.open().exists() == kept


def test_an_edition_says_of_a_filing_what_was_decided_or_the_decision_is_refused(
    issued: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(issued)
    update = issued.file(issued.terminal, percent=40)
    barrier = threading.Barrier(2)
    for module, name in ((review, "may_decide"), (issuing, "build_document")):
        monkeypatch.setattr(module, name, meeting(barrier, getattr(module, name)))
    decided, edition = at_once(
        lambda: approve_update(update_id=update.pk, actor=issued.cast.colleague, version=update.version),
        lambda: issue_bulletin(period_id=issued.q1.pk, actor=issued.cast.office),
    )
    assert isinstance(edition, Bulletin)
    update.refresh_from_db()
    approved = not isinstance(decided, WorkflowError)
    assert update.status == (Status.APPROVED if approved else Status.UNREVIEWED)
    undecided: list[Any] = (edition.data or {})["undecided"]
    assert (undecided == []) == approved
    assert Amendment.objects.get().closed_at is not None
