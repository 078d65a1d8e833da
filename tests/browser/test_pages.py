"""Every page of every role in a real browser: axe-core finds nothing serious, nothing is cut on a phone, A4 holds it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, People
from tests.conftest import World
from tests.stage import build_stage
from tests.test_access import rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What answers with a file, not with a page.
FILES = (
    "tasks:evidence",
    "tasks:filing_book",
    "tasks:plan_book",
    "tasks:filing_upload_marked",
    "tasks:import_file",
    "tasks:import_marked",
    "reports:yearbook",
    "reports:ledger",
    "reports:bulletin_file",
    "reports:edition_file",
    "reports:rendering",
    "reports:bulletin_preview",
    "reports:brief_preview",
    "reports:unit_sheet",
    "reports:unit_forms",
    "reports:filing_form",
    "healthz",
    "admin:",
)
# The width of A4 less its margins, in CSS pixels.
A4 = {"width": 696, "height": 1000}


def pages_of(actor: str) -> list[str]:
    """The addresses that answer `actor` with a page."""
    return [
        address
        for address, method, expected in rows()
        if method == "GET" and expected[actor] == "200" and not address.startswith(FILES)
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page scrolls sideways, once its charts, which wait a moment, have followed the width."""
    if page.locator(".chart svg").count():
        page.wait_for_timeout(200)
    return int(
        page.evaluate(
            """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(
              document.documentElement.scrollWidth - document.documentElement.clientWidth))))"""
        )
    )


@pytest.mark.parametrize("actor", ["anonymous", "reporter", "lead", "office", "leader", "admin"])
def test_pages(world: World, page_as: People, axe: Callable[[Page], list[str]], actor: str) -> None:
    stage = build_stage(world)
    page = page_as(stage.actors()[actor])
    found = []
    for address in pages_of(actor):
        path = stage.url(address)
        page.set_viewport_size(DESKTOP)
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        found += [f"{path} {fault}" for fault in axe(page)]
        if over := sideways(page):
            found.append(f"{path} is {over} px too wide at 1366")
        page.set_viewport_size(PHONE)
        if over := sideways(page):
            found.append(f"{path} is {over} px too wide on a phone")
        page.emulate_media(media="print")
        page.set_viewport_size(A4)
        if over := sideways(page):
            found.append(f"{path} is {over} px too wide on A4")
        page.emulate_media(media="screen")
    assert not found, "\n".join(found)
