"""Papers made off the request: made once, waited for, started in their turn; and what becomes of processes that die.

Most tests make them in this process (see conftest.py); those that ask for `detached` start real ones, on committed rows.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import psutil
import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.models import Bulletin, BulletinFile, BulletinStatus, Rendering
from reports.renderers import process
from reports.renderers.process import RenderError, render_files
from reports.renderers.registry import formats_of
from reports.services import issuing, renderings
from reports.services.drafts import preview_document, start_draft
from reports.services.issuing import begin_issue, issue_bulletin, release_stalled
from reports.services.renderings import (
    DEAD_AFTER,
    KEPT,
    MOST_WAITING,
    RETRY_AFTER,
    TooManyWaiting,
    request_rendering,
    reserve_next,
    start_waiting,
)
from reports.views.renderings import rendered
from tasks.models import ReportingPeriod
from tasks.rules import PeriodState
from tests.conftest import World, build_world
from tests.factories import PlanFactory
from tests.test_races import WAIT, at_once, meet_before
from units.models import User

Login = Callable[[User | None], Client]
JOB, WORKER = "run_rendering", "reports.renderers.worker"
SCRIPT = {"X-Requested-With": "XMLHttpRequest"}


def draft_of(world: World) -> dict[str, Any]:
    """A small document to print."""
    bulletin = start_draft(period_id=world.q1.pk, actor=world.cast.office)
    return preview_document(bulletin, world.q1, timezone.now())


def ask(world: World, document: dict[str, Any], *, actor: User | None = None, **more: Any) -> Rendering:
    values = {"file_format": "pdf", "filename": "草稿.pdf", **more}
    return request_rendering(document=document, actor=actor or world.cast.office, **values)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Rendering]:
    """Nothing is made: what would have been started."""
    found: list[Rendering] = []
    monkeypatch.setattr(renderings, "start_process", found.append)
    return found


# --- papers -----------------------------------------------------------------------------------------


def test_a_paper_is_made_once_and_is_what_the_renderer_gives(world: World, monkeypatch: pytest.MonkeyPatch):
    document = draft_of(world)
    row = ask(world, document)
    assert (row.state, row.step, row.document) == ("done", "", None)
    assert bytes(row.content or b"") == render_files(document, ["pdf"])["pdf"]
    assert row.size == len(row.content or b"")
    made = []
    monkeypatch.setattr(renderings, "start_process", made.append)
    assert ask(world, document, actor=world.cast.colleague).pk == row.pk
    assert made == []
    assert ask(world, {**document, "title": "另一个标题"}).pk != row.pk
    assert len(made) == 1


def test_asking_for_what_is_made_writes_nothing(world: World, django_assert_num_queries: Any) -> None:
    document = draft_of(world)
    ask(world, document)
    with django_assert_num_queries(1):
        ask(world, document)


def test_what_failed_is_told_first_and_tried_again_by_a_later_look(world: World, started: list[Rendering]):
    document = draft_of(world)
    row = ask(world, document)
    renderings.fail(started[0], "原因。")
    assert (ask(world, document).state, ask(world, document).error) == ("failed", "原因。")
    Rendering.objects.update(done_at=timezone.now() - RETRY_AFTER - timedelta(seconds=1))
    again = ask(world, document, actor=world.cast.colleague)
    assert (again.pk, again.state, again.error) == (row.pk, "running", "")
    assert len(started) == 2
    # The first process, were it still alive, writes nothing any more.
    assert not renderings.fail(started[0], "太晚。")


def test_papers_are_cleared_away_after_a_day_when_the_next_is_asked_for(
    world: World, started: list[Rendering]
):
    document = draft_of(world)
    ask(world, document)
    Rendering.objects.update(state="done", done_at=timezone.now() - KEPT - timedelta(minutes=1))
    other = ask(world, {**document, "title": "另一个标题"})
    assert list(Rendering.objects.all()) == [other]


def test_one_person_has_few_papers_waiting_and_the_newer_takes_the_place_of_the_older(
    world: World, started: list[Rendering], settings: Any
) -> None:
    settings.RENDER_PROCESSES = 1
    document = draft_of(world)
    ask(world, document, filename="在做.pdf")
    for number in range(MOST_WAITING):
        ask(world, {**document, "title": f"标题{number}"}, filename=f"{number}.pdf")
    with pytest.raises(TooManyWaiting):
        ask(world, {**document, "title": "再来一份"}, filename="再来.pdf")
    # Others still may, and the person, too, has the newest state of a paper instead of the older.
    ask(world, {**document, "title": "别人的"}, actor=world.cast.colleague)
    ask(world, {**document, "title": "改过的标题"}, filename="0.pdf")
    titles = [row.document["title"] for row in Rendering.objects.filter(state="waiting") if row.document]
    assert "改过的标题" in titles
    assert "标题0" not in titles
    assert "再来一份" not in titles


def test_no_more_processes_than_allowed_and_issues_go_first(
    world: World, started: list[Rendering], settings: Any
) -> None:
    settings.RENDER_PROCESSES = 2
    document = draft_of(world)
    for number in range(4):
        ask(world, {**document, "title": f"标题{number}"}, filename=f"{number}.pdf")
    assert len(started) == 2
    issue = begin_issue(period_id=world.q1.pk, actor=world.cast.office)
    assert (issue.state, len(started)) == ("waiting", 2)
    renderings.fail(started[0], "结束。")
    following = reserve_next()
    assert following is not None
    assert following.pk == issue.pk
    assert reserve_next() is None


def test_a_dead_process_keeps_nobody_waiting(world: World, started: list[Rendering], settings: Any):
    settings.RENDER_PROCESSES = 1
    document = draft_of(world)
    first = ask(world, document, filename="一.pdf")
    second = ask(world, {**document, "title": "另一个标题"}, filename="二.pdf")
    Rendering.objects.filter(pk=first.pk).update(heartbeat_at=timezone.now() - DEAD_AFTER * 2)
    start_waiting()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.error) == ("failed", renderings.CUT_SHORT)
    assert second.state == "running"


def test_a_row_is_taken_once(world: World, started: list[Rendering]):
    row = ask(world, draft_of(world))
    assert renderings.take(row.pk, started[0].token) is not None
    assert renderings.take(row.pk, started[0].token) is None


# --- the worker -------------------------------------------------------------------------------------


def test_several_files_come_from_one_process_in_turn(world: World) -> None:
    document = draft_of(world)
    heard: list[tuple[str, int]] = []
    files = render_files(document, ["pdf"], listener=lambda *said: heard.append(said))
    assert list(files) == ["pdf"]
    assert [said for index, said in enumerate(heard) if index == 0 or said != heard[index - 1]][-2:] == [
        ("pdf", 0), ("pdf", 1)
    ]  # fmt: skip


def test_too_much_memory_ends_the_worker_with_a_general_word(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(process, "MEMORY_LIMIT", 60 << 20)
    with pytest.raises(RenderError, match="未生成文件"):
        render_files(draft_of(world), ["pdf"])


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


# --- pages ------------------------------------------------------------------------------------------


def test_the_preview_waits_first_and_shows_the_bytes_then(
    world: World, login: Login, started: list[Rendering]
) -> None:
    office = login(world.cast.office)
    start_draft(period_id=world.q1.pk, actor=world.cast.office)
    address = reverse("reports:bulletin_preview", args=["2024", 1])
    answer = office.get(address)
    assert answer.status_code == 202
    # It stands in a frame of the draft's page, under the usual policy.
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    page = answer.content.decode()
    status = reverse("reports:rendering", args=[Rendering.objects.get().key])
    assert status in page
    assert "刷新" in page
    assert office.get(status, headers=SCRIPT).json() == {"state": "running", "step": "正在启动"}

    row = renderings.take(started[0].pk, started[0].token)
    assert row is not None
    renderings.run_paper(row)
    assert office.get(status, headers=SCRIPT).json()["state"] == "done"
    answer = office.get(address)
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-")
    assert office.get(address, headers={"Range": "bytes=0-4"}).content == b"%PDF-"
    assert len(started) == 1


def test_a_paper_that_failed_says_why_and_how_to_go_on(world: World, login: Login, started: list[Rendering]):
    office = login(world.cast.office)
    start_draft(period_id=world.q1.pk, actor=world.cast.office)
    address = reverse("reports:bulletin_preview", args=["2024", 1])
    office.get(address)
    renderings.fail(started[0], "字体不符。")
    answer = office.get(address)
    assert answer.status_code == 503
    assert "字体不符。" in answer.content.decode()
    assert "重试" in answer.content.decode()
    assert "rendering.js" not in answer.content.decode()


def test_too_many_at_once_is_said_on_a_page_too(world: World, started: list[Rendering], settings: Any):
    settings.RENDER_PROCESSES = 1
    document = draft_of(world)
    request = RequestFactory().get("/")
    request.user = world.cast.office
    statuses = [
        rendered(
            request, document={**document, "title": f"{number}"}, file_format="pdf", filename=f"{number}.pdf"
        ).status_code
        for number in range(MOST_WAITING + 2)
    ]
    assert statuses == [202] * (MOST_WAITING + 1) + [429]


def test_looking_at_how_far_it_is_starts_what_nobody_started(
    world: World, login: Login, started: list[Rendering]
):
    row = ask(world, draft_of(world))
    Rendering.objects.update(heartbeat_at=timezone.now() - DEAD_AFTER * 2)
    status = reverse("reports:rendering", args=[row.key])
    assert login(world.cast.office).get(status, headers=SCRIPT).json()["state"] == "failed"
    Rendering.objects.update(state="waiting")
    assert login(world.cast.office).get(status, headers=SCRIPT).json()["state"] == "running"
    assert len(started) == 2


# --- downloads --------------------------------------------------------------------------------------


@pytest.fixture
def stored(world: World) -> Bulletin:
    """An issued bulletin with small files of every format."""
    bulletin = Bulletin.objects.create(
        period=world.q1, title="通报", status=BulletinStatus.ISSUED, data={}, issued_at=timezone.now()
    )
    for file_format in ("pdf", "docx", "xlsx", "brief"):
        content = f"{file_format}-".encode() + bytes(range(200))
        BulletinFile.objects.create(
            bulletin=bulletin, format=file_format, content=content, size=len(content), sha256=file_format * 8
        )
    return bulletin


@pytest.mark.parametrize(
    ("file_format", "name", "kind"),
    [
        ("pdf", "2024年第一季度通报.pdf", "application/pdf"),
        ("docx", "2024年第一季度通报.docx", "wordprocessingml.document"),
        ("xlsx", "2024年第一季度通报附件.xlsx", "spreadsheetml.sheet"),
        ("brief", "2024年第一季度领导专报.pdf", "application/pdf"),
    ],
)
def test_every_file_of_an_edition_is_downloaded_whole_and_in_parts(
    world: World, login: Login, stored: Bulletin, file_format: str, name: str, kind: str
) -> None:
    client = login(world.cast.reporter)
    for address in (
        reverse("reports:bulletin_file", args=["2024", 1, file_format]),
        reverse("reports:edition_file", args=["2024", 1, 1, file_format]),
    ):
        answer = client.get(address)
        assert answer.content == f"{file_format}-".encode() + bytes(range(200))
        assert kind in answer["Content-Type"]
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert name in unquote(answer["Content-Disposition"])
        part = client.get(address, headers={"Range": "bytes=-3"})
        assert (part.status_code, part.content) == (206, bytes([197, 198, 199]))
        etag = answer["ETag"]
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
        head = client.head(address)
        assert (head.content, head["Content-Length"]) == (b"", str(len(answer.content)))
    assert client.get(reverse("reports:edition_file", args=["2024", 1, 2, file_format])).status_code == 404


def test_a_part_is_cut_out_by_the_database(world: World, login: Login, stored: Bulletin) -> None:
    client = login(world.cast.leader)
    address = reverse("reports:bulletin_file", args=["2024", 1, "pdf"])
    with CaptureQueriesContext(connection) as captured:
        client.get(address, headers={"Range": "bytes=1-2"})
    read = [query["sql"] for query in captured if '"content"' in query["sql"]]
    assert len(read) == 1
    assert "SUBSTR" in read[0].upper()
    with CaptureQueriesContext(connection) as captured:
        client.head(address)
        client.get(address, headers={"If-None-Match": f'"{"pdf" * 8}"'})
    assert not [query for query in captured if '"content"' in query["sql"]]


def test_names_of_two_plans_of_one_year_differ(world: World, login: Login, stored: Bulletin) -> None:
    PlanFactory(code="haiyang-2024", year=2024)
    answer = login(world.cast.leader).get(reverse("reports:bulletin_file", args=["2024", 1, "pdf"]))
    assert "2024年第一季度通报（2024）.pdf" in unquote(answer["Content-Disposition"])


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


def meeting(barrier: threading.Barrier, function: Callable[..., Any]) -> Callable[..., Any]:
    def met(*args: Any, **kwargs: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(WAIT)
        return function(*args, **kwargs)

    return met


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
