"""Waiting for papers in a real browser, with and without scripts, in the frame of the draft and in a window of its own."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from reports.models import Bulletin, Rendering
from reports.services import renderings
from reports.services.drafts import start_draft
from tests.browser.conftest import PHONE, People
from tests.conftest import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BULLETIN = "/2024/q1/bulletin/"


@pytest.fixture
def draft(world: World) -> Bulletin:
    world.approve(world.file(world.support))
    return start_draft(period_id=world.q1.pk, actor=world.cast.office)


def test_the_frame_beside_the_draft_waits_and_then_shows_the_preview(
    world: World, draft: Bulletin, page_as: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Rendering] = []
    monkeypatch.setattr(renderings, "start_process", started.append)
    page = page_as(world.cast.office, path=f"{BULLETIN}draft/")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="正在生成")).to_be_visible()
    expect(frame.get_by_role("status")).to_have_text("正在启动")
    Rendering.objects.update(step="正在排版 PDF", heartbeat_at=timezone.now())
    expect(frame.get_by_role("status")).to_have_text("正在排版 PDF")
    row = renderings.take(started[0].pk, started[0].token)
    assert row is not None
    with page.expect_response(
        lambda answer: answer.url.endswith("preview.pdf") and answer.status == 200, timeout=30_000
    ) as shown:
        renderings.run_paper(row)
    assert shown.value.headers["content-type"] == "application/pdf"
    assert len(started) == 1


def test_a_failure_is_told_where_the_paper_was_to_be(
    world: World, draft: Bulletin, page_as: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Rendering] = []
    monkeypatch.setattr(renderings, "start_process", started.append)
    page = page_as(world.cast.office, path=f"{BULLETIN}preview.pdf")
    expect(page.get_by_role("heading", name="正在生成")).to_be_visible()
    renderings.fail(started[0], "字体不符，请联系系统管理员。")
    expect(page.get_by_role("alert")).to_have_text("字体不符，请联系系统管理员。")
    expect(page.get_by_role("link", name="重试")).to_be_visible()
    # The page's own status was 503, which it is told by.
    page_as.faults.clear()


@pytest.mark.parametrize("size", [None, PHONE])
def test_the_waiting_pages_are_usable_by_everybody(
    world: World,
    draft: Bulletin,
    page_as: People,
    axe: Callable[[Page], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    size: dict[str, int] | None,
) -> None:
    monkeypatch.setattr(renderings, "start_process", lambda _: None)
    options: dict[str, Any] = {"viewport": size} if size else {}
    page = page_as(world.cast.office, path=f"{BULLETIN}preview.pdf", **options)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert axe(page) == []
    page.goto(f"{BULLETIN}issue/")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#issue-form button[type=submit]").click()
    expect(page.get_by_role("heading", name="正在印发")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert axe(page) == []
    # One that died is told by the page itself, without anybody pressing anything.
    Rendering.objects.update(heartbeat_at=timezone.now() - 2 * renderings.DEAD_AFTER)
    expect(page.get_by_text("上一次印发没有完成：生成中途停止")).to_be_visible()


def test_without_scripts_a_button_looks_again(
    world: World, draft: Bulletin, detached: None, page_as: People
) -> None:
    page = page_as(world.cast.office, path=f"{BULLETIN}issue/", java_script_enabled=False)
    page.locator("#issue-form button[type=submit]").click()
    for _ in range(60):
        if page.get_by_role("link", name="下载 PDF").count():
            break
        page.get_by_role("button", name="刷新").click()
        page.wait_for_timeout(500)
    expect(page.get_by_role("link", name="下载 PDF")).to_be_visible()
    assert Bulletin.objects.get().is_issued
