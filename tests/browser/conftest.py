"""Chromium for whole journeys: a real server on a database of its own, and a page for each person.

Everything that goes wrong in the browser itself (a script error, a violated Content-Security-Policy, an answer of 500)
fails the test at its end, whatever the test looked at.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from units.models import User

# Playwright's synchronous calls run an event loop in this thread, where Django then refuses its own.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe" / "axe.min.js"
DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}


@dataclass
class People:
    """`page_as(user)` → a new window of that person's browser; None: a stranger's.

    Windows of one person share cookies and storage, as tabs do. `faults` lists what went wrong in any of them.
    """

    browser: Browser
    base_url: str
    contexts: dict[Any, BrowserContext] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def __call__(self, user: User | None, *, path: str = "", **options: Any) -> Page:
        """`options` (viewport, java_script_enabled …) count for the person's first window."""
        key = user.pk if user else None
        if key not in self.contexts:
            options = {"viewport": DESKTOP, "locale": "zh-CN", **options}
            self.contexts[key] = self.browser.new_context(base_url=self.base_url, **options)
            self.contexts[key].on("page", self._watch)
            if user:
                self.log_in(user)
        page = self.contexts[key].new_page()
        page.set_default_timeout(15_000)
        if path:
            page.goto(path)
        return page

    def log_in(self, user: User) -> None:
        """A fresh session for the person's browser, without the login page."""
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.contexts[user.pk].add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": self.base_url, "httpOnly": True}]
        )

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._heard(page, message.type, message.text))
        page.on(
            "response",
            lambda answer: (
                self.faults.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None
            ),
        )

    def _heard(self, page: Page, kind: str, text: str) -> None:
        # Chromium itself reports every 4xx as an error; whether one was right, the test says.
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.faults.append(f"{page.url}: {text}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or "/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page_as(chromium: Browser, live_server: Any) -> Iterator[People]:
    people = People(chromium, live_server.url)
    yield people
    for context in people.contexts.values():
        context.close()
    assert not people.faults, people.faults


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """axe(page) → what axe-core finds serious or critical, one line each."""

    def check(page: Page) -> list[str]:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{found['id']}: {found['help']} – {found['nodes'][0]['html'][:160]}"
            for found in result["violations"]
            if found["impact"] in ("serious", "critical")
        ]

    return check
