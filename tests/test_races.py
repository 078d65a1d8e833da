"""Two people in the same second, on PostgreSQL: each race is shown to happen with the locks off, and not with them on.

The threads meet where it hurts: both have read and passed the guards before either writes. With the locks on the second
never gets there, so the meeting ends after WAIT seconds and the first goes on alone.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from tasks.errors import Overtaken, WorkflowError
from tasks.models import ProgressUpdate, StatusChange
from tasks.rules import PeriodState, Status
from tasks.services import common, filing, review
from tasks.services.filing import save_draft, submit_update
from tasks.services.periods import begin_issuing
from tasks.services.review import approve_update, return_update
from tests.conftest import World, build_world

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
# Long enough for the other thread to arrive if nothing holds it up.
WAIT = 1.5


@pytest.fixture
def committed() -> World:
    """The world as committed rows, which other connections see."""
    return build_world()


@pytest.fixture(params=["locks on", "locks off"])
def locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether rows are locked and versions compared; both are taken away together, since either stops most races."""
    if request.param == "locks on":
        return True

    def unlocked(rows: QuerySet, **options: Any) -> QuerySet:
        return rows.all()

    def overwrite(update: ProgressUpdate, fields: tuple[str, ...]) -> None:
        update.version += 1
        ProgressUpdate.objects.filter(pk=update.pk).update(
            **{name: getattr(update, name) for name in (*fields, "version")}
        )

    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)
    monkeypatch.setattr(common, "write", overwrite)
    monkeypatch.setattr(filing, "write", overwrite)
    return False


def meet_before(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Both threads wait for each other on their way into the function, or for WAIT seconds."""
    monkeypatch.setattr(module, name, meeting(threading.Barrier(2), getattr(module, name)))


def meeting(barrier: threading.Barrier, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, but whoever enters waits at the barrier first, WAIT seconds at most."""

    def met(*args: Any, **kwargs: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(WAIT)
        return function(*args, **kwargs)

    return met


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run each call in a thread with a connection of its own; its result, or the WorkflowError it raised."""
    results: list[Any] = [None] * len(calls)

    def run(index: int) -> None:
        try:
            results[index] = calls[index]()
        except WorkflowError as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads), "deadlock"
    return results


def steps(update: ProgressUpdate) -> Iterator[str]:
    return iter(StatusChange.objects.filter(update=update).order_by("pk").values_list("to_status", flat=True))


def test_two_reviewers_make_one_decision(committed: World, locks: bool, monkeypatch: pytest.MonkeyPatch):
    world = committed
    update = world.file(world.support)
    meet_before(monkeypatch, review, "may_decide")
    results = at_once(
        lambda: approve_update(update_id=update.pk, actor=world.cast.office, version=update.version),
        lambda: return_update(
            update_id=update.pk, actor=world.cast.colleague, version=update.version, reason="请补充。"
        ),
    )
    refused = [result for result in results if isinstance(result, Overtaken)]
    decisions = list(steps(update))[1:]
    if locks:
        assert len(refused) == 1
        assert len(decisions) == 1
        update.refresh_from_db()
        assert update.decided_by is not None
        assert f"已由{update.decided_by.name}于" in str(refused[0])
        assert decisions == [update.status]
    else:
        assert refused == []
        assert sorted(decisions) == [Status.APPROVED, Status.RETURNED]


def test_a_double_submit_hands_in_once(committed: World, locks: bool, monkeypatch: pytest.MonkeyPatch):
    world = committed
    draft = save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(),
        base_version=0,
    )
    meet_before(monkeypatch, filing, "_write_content")

    def submit() -> ProgressUpdate:
        return submit_update(
            assignment=world.support,
            period=world.q1,
            actor=world.cast.reporter,
            values=world.values(),
            base_version=draft.version,
        )

    results = at_once(submit, submit)
    # Neither click is told that anything went wrong: the second finds its own text handed in.
    assert [type(result) for result in results] == [ProgressUpdate, ProgressUpdate]
    assert list(steps(draft)) == [Status.SUBMITTED] * (1 if locks else 2)


def test_a_first_filing_clicked_twice_makes_one_row(committed: World):
    world = committed

    def submit() -> ProgressUpdate:
        return submit_update(
            assignment=world.support,
            period=world.q1,
            actor=world.cast.reporter,
            values=world.values(),
            base_version=0,
        )

    results = at_once(submit, submit)
    assert [type(result) for result in results] == [ProgressUpdate, ProgressUpdate]
    assert ProgressUpdate.objects.count() == 1
    assert StatusChange.objects.count() == 1


@pytest.mark.parametrize("what", ["file", "decide"])
def test_issuing_sees_everything_that_stands_in_the_end(
    committed: World, locks: bool, what: str, monkeypatch: pytest.MonkeyPatch
):
    """Whatever is written while the quarter is being issued is either counted by it or refused."""
    world = committed
    update = world.file(world.terminal)
    begun, issued = threading.Event(), threading.Event()
    module, name = (filing, "_write_content") if what == "file" else (review, "may_decide")
    function = getattr(module, name)

    def slowly(*args: Any, **kwargs: Any) -> Any:
        # The guards are passed; now the quarter is issued, unless a lock forbids it.
        begun.set()
        issued.wait(WAIT)
        return function(*args, **kwargs)

    monkeypatch.setattr(module, name, slowly)

    def standing() -> list[tuple[int, str]]:
        return sorted(ProgressUpdate.objects.values_list("assignment_id", "status"))

    def issue() -> list[tuple[int, str]]:
        assert begun.wait(10)
        with transaction.atomic():
            begin_issuing(period_id=world.q1.pk, actor=world.cast.colleague)
            seen = standing()
        issued.set()
        return seen

    def write() -> ProgressUpdate:
        if what == "file":
            return world.file(world.support)
        return approve_update(update_id=update.pk, actor=world.cast.office, version=update.version)

    written, seen = at_once(write, issue)
    assert isinstance(written, ProgressUpdate)
    world.q1.refresh_from_db()
    assert world.q1.state == PeriodState.ISSUING
    assert (seen == standing()) == locks
