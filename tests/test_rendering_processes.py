"""The processes that render, real ones: what they tell, what becomes of those that die, and two people at the same moment."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psutil
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reports.models import Bulletin, BulletinFile, BulletinStatus, Rendering
from reports.renderers import process
from reports.renderers.process import RenderError, render_files
from reports.renderers.registry import formats_of
from reports.services import issuing, renderings
from reports.services.drafts import start_draft
from reports.services.issuing import begin_issue, issue_bulletin, release_stalled
from reports.services.renderings import (
    DEAD_AFTER,
    reserve_next,
)
from tasks.models import ReportingPeriod
from tasks.rules import PeriodState
from tests.conftest import World, build_world
from tests.papers import ask, draft_of
from tests.test_races import at_once, meet_before, meeting
from units.models import User

Login = Callable[[User | None], Client]
JOB, WORKER = "run_rendering", "reports.renderers.worker"
SCRIPT = {"X-Requested-With": "XMLHttpRequest"}


# --- the worker -------------------------------------------------------------------------------------


def test_several_files_come_from_one_process_in_turn(world: World) -> None:
    document = draft_of(world)
    heard: list[tuple[str, int]] = []
    formats = formats_of("bulletin")
    files = render_files(document, formats, listener=lambda *said: heard.append(said))
    assert list(files) == formats
    # Each is said to be begun when those before it are made.
    begun = [heard.index((file_format, made)) for made, file_format in enumerate(formats)]
    assert begun == sorted(begun)
    assert heard[-1][1] == len(formats)


def test_too_much_memory_ends_the_worker_with_a_general_word(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(process, "MEMORY_LIMIT", 60 << 20)
    with pytest.raises(RenderError, match="未生成文件"):
        render_files(draft_of(world), ["pdf"])


@pytest.mark.parametrize("attempt", range(3))
def test_a_worker_that_fails_while_charts_are_drawn_ends_at_once(world: World, attempt: int) -> None:
    """It was killed for its time only: V8, taken apart while it drew, waited for itself. Most times, so it is tried thrice."""
    document = draft_of(world)
    del document["kind"]
    with pytest.raises(RenderError, match="生成 PDF 时出错"):
        render_files(document, ["pdf"], seconds=20)


def test_a_listener_that_gives_up_ends_the_worker(world: World) -> None:
    def give_up(current: str, made: int) -> None:
        raise renderings.Lost("不再需要。")

    with pytest.raises(RenderError, match="不再需要"):
        render_files(draft_of(world), ["pdf"], listener=give_up)
    assert not workers()


def workers() -> list[psutil.Process]:
    """Processes that render, or were to have something rendered, for this test: its children, or on its database."""
    found = psutil.Process().children(recursive=True)
    mine = {child.pid for child in found}
    for other in psutil.process_iter(["environ"]):
        database = (other.info["environ"] or {}).get("OPEN_TEST_DATABASE")
        if other.pid not in mine and database == str(connection.settings_dict["NAME"]):
            found.append(other)
    return [one for one in found if kind_of(one)]


def kind_of(process: psutil.Process) -> str:
    """What a living process does of the work; empty for anything else."""
    with suppress(psutil.Error):
        line = " ".join(process.cmdline())
        if process.status() != psutil.STATUS_ZOMBIE:
            return next((kind for kind in (JOB, WORKER) if kind in line), "")
    return ""


# --- real processes ---------------------------------------------------------------------------------


@pytest.fixture
def live(transactional_db: None, detached: None, settings: Any) -> Iterator[World]:
    """A world of committed rows; processes start for real, and none is left behind."""
    world = build_world()
    world.approve(world.file(world.support))
    yield world
    for other in workers():
        with suppress(psutil.Error):
            other.kill()
    until(lambda: not workers())


def until(happened: Callable[[], Any], seconds: float = 40) -> Any:
    """What `happened` returns once it is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := happened():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


def working(kind: str) -> psutil.Process:
    """The process of the kind, as soon as there is one."""
    return until(lambda: next((found for found in workers() if kind_of(found) == kind), None))


def test_issuing_by_a_click_runs_beside_the_requests(live: World, login: Login) -> None:
    office = login(live.cast.office)
    start_draft(period_id=live.q1.pk, actor=live.cast.office)
    begin_issue(period_id=live.q1.pk, actor=live.cast.office)
    assert os.getsid(working(JOB).pid) != os.getsid(0)
    # Others go on with everything else, and are told how far it is.
    assert "正在印发" in office.get(reverse("reports:bulletin", args=["2024", 1])).content.decode()
    steps = set()

    def ended() -> bool:
        told = office.post(reverse("reports:bulletin_progress", args=["2024", 1]), headers=SCRIPT).json()
        steps.add(told.get("step"))
        return told["state"] == "ended"

    until(ended)
    bulletin = Bulletin.objects.get()
    assert bulletin.is_issued
    assert any(step and step.startswith("正在排版 PDF") for step in steps)
    files = {file.format: bytes(file.content) for file in bulletin.files.all()}
    assert files == render_files(bulletin.data or {}, formats_of("bulletin"))
    assert "已印发" in office.get(reverse("reports:bulletin", args=["2024", 1])).content.decode()
    until(lambda: not workers())


def test_a_killed_job_takes_its_worker_along_and_the_next_look_gives_the_draft_back(
    live: World, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_issue(period_id=live.q1.pk, actor=live.cast.office)
    until(lambda: Rendering.objects.get().step.startswith("正在排版"))
    # Held, so that it cannot end by itself.
    os.kill(working(WORKER).pid, signal.SIGSTOP)
    os.kill(working(JOB).pid, signal.SIGKILL)
    until(lambda: not workers())
    assert Bulletin.objects.get().status == BulletinStatus.RENDERING
    monkeypatch.setattr(renderings, "DEAD_AFTER", timedelta(seconds=0.2))
    time.sleep(0.3)
    colleague = login(live.cast.colleague)
    answer = colleague.post(reverse("reports:bulletin_progress", args=["2024", 1]), headers=SCRIPT)
    assert answer.json() == {"state": "ended"}
    given_back(renderings.CUT_SHORT)


def given_back(reason: str) -> None:
    bulletin = Bulletin.objects.get()
    assert bulletin.is_draft
    assert reason in bulletin.error
    assert ReportingPeriod.objects.get(pk=bulletin.period_id).state == PeriodState.CLOSED
    assert not BulletinFile.objects.exists()


def test_a_killed_worker_gives_the_draft_back_at_once(live: World) -> None:
    begin_issue(period_id=live.q1.pk, actor=live.cast.office)
    os.kill(working(WORKER).pid, signal.SIGKILL)
    until(lambda: Bulletin.objects.get().is_draft)
    given_back("程序被中止")
    # And the next try is issued.
    issue_bulletin(period_id=live.q1.pk, actor=live.cast.office)


def test_a_server_that_is_stopped_gives_the_draft_back_at_once(live: World) -> None:
    begin_issue(period_id=live.q1.pk, actor=live.cast.office)
    working(WORKER)
    os.kill(working(JOB).pid, signal.SIGTERM)
    until(lambda: Bulletin.objects.get().is_draft)
    given_back(renderings.CUT_SHORT)
    until(lambda: not workers())


def test_more_papers_than_processes_are_made_one_after_the_other(
    live: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RENDER_PROCESSES = 1
    # The process reads its own settings.
    monkeypatch.setenv("RENDER_PROCESSES", "1")
    document = draft_of(live)
    for number in range(3):
        ask(live, {**document, "title": f"标题{number}"}, filename=f"{number}.pdf")
    most = 0

    def made() -> bool:
        nonlocal most
        most = max(most, [kind_of(found) for found in workers()].count(JOB))
        return Rendering.objects.filter(state="done").count() == 3

    until(made, 60)
    assert most == 1


# --- at the same moment -----------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_issue_at_once_start_one_process(started: list[Rendering]) -> None:
    world = build_world()
    draft = start_draft(period_id=world.q1.pk, actor=world.cast.office)
    results = at_once(
        lambda: begin_issue(period_id=world.q1.pk, actor=world.cast.office, version=draft.version),
        lambda: begin_issue(period_id=world.q1.pk, actor=world.cast.colleague, version=draft.version),
    )
    assert sorted(type(result).__name__ for result in results) == ["Rendering", "WorkflowError"]
    assert len(started) == Rendering.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_two_who_look_at_once_do_not_both_find_the_last_place(
    locked: bool, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RENDER_PROCESSES = 1
    world = build_world()
    for number in range(2):
        Rendering.objects.create(
            key=str(number) * 64, format="pdf", asked_by=world.cast.office, asked_at=timezone.now()
        )
    if not locked:
        monkeypatch.setattr("django.db.models.QuerySet.select_for_update", lambda rows, **_: rows.all())
    meet_before(monkeypatch, Rendering, "save")
    places = [row for row in at_once(reserve_next, reserve_next) if row is not None]
    assert len(places) == (1 if locked else 2)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_look_that_gives_back_and_a_process_that_stores_do_not_both_win(monkeypatch: pytest.MonkeyPatch):
    world = build_world()
    row = issuing._freeze(world.q1.pk, world.cast.office, timezone.now(), None, None, True, running=True)
    Rendering.objects.update(heartbeat_at=timezone.now() - DEAD_AFTER * 2)
    # Both have passed their guards before either writes: with the locks on, the second never gets there.
    barrier = threading.Barrier(2)
    for name in ("fail", "conclude"):
        monkeypatch.setattr(issuing, name, meeting(barrier, getattr(issuing, name)))

    def store() -> Bulletin | RenderError:
        try:
            return issuing._store(row, {"pdf": b"%PDF-"})
        except RenderError as error:
            return error

    stored, released = at_once(
        store, lambda: release_stalled(period_id=world.q1.pk, actor=world.cast.colleague)
    )
    # Neither ran into the other: one waited, and then found it settled.
    assert isinstance(released, bool)
    assert isinstance(stored, Bulletin | RenderError)
    assert isinstance(stored, Bulletin) != released
    assert Bulletin.objects.get().is_issued != released
    assert BulletinFile.objects.exists() != released
