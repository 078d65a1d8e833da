"""Papers made off the request: made once, waited for, started in their turn. They are made in this process (see conftest.py)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from reports.models import Rendering
from reports.renderers.process import render_files
from reports.services import renderings
from reports.services.drafts import start_draft
from reports.services.issuing import begin_issue
from reports.services.renderings import (
    DEAD_AFTER,
    KEPT,
    MOST_WAITING,
    RETRY_AFTER,
    TooManyWaiting,
    reserve_next,
    start_waiting,
)
from reports.views.renderings import rendered
from tests.conftest import World
from tests.papers import ask, draft_of
from units.models import User

Login = Callable[[User | None], Client]
SCRIPT = {"X-Requested-With": "XMLHttpRequest"}


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
