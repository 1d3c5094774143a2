"""A real browser on the real server, with real PostgreSQL behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from dev import chromium
from dev.problem import Problem
from tests.browser.wallet import Wallet
from tests.cast import person
from tests.db.conftest import expiry, reporting
from tests.web.conftest import Clock, at, terms, voters

__all__ = ["Clock", "at", "expiry", "reporting", "terms", "voters"]

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
PATIENCE_MS = 10_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a file. Playwright's loop runs in the test's own thread, which Django forbids unless told otherwise."""
    try:
        found = chromium.find()
    except Problem as problem:
        pytest.fail(str(problem), pytrace=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with sync_playwright() as playwright:
            launched = playwright.chromium.launch(
                executable_path=str(found.program), args=list(chromium.FLAGS), env=found.env or None
            )
            yield launched
            launched.close()


@pytest.fixture
def url(live_server: Any, settings: Any) -> str:
    """Where the web process is."""
    settings.PUBLIC_URL = live_server.url
    return str(live_server.url)


@pytest.fixture
def open_context(browser: Browser, url: str) -> Iterator[Callable[..., BrowserContext]]:
    """Windows of separate people: cookies and storage are each one's own. Every script error fails the test."""
    contexts, errors = [], []

    def made(**options: Any) -> BrowserContext:
        context = browser.new_context(base_url=url, **{"viewport": WIDE, **options})
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on(
            "console", lambda said: errors.append(said.text) if "Content Security" in said.text else None
        )
        contexts.append(context)
        return context

    yield made
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def context(open_context: Callable[..., BrowserContext]) -> BrowserContext:
    return open_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A window without any wallet."""
    return context.new_page()


@pytest.fixture
def wallet(context: BrowserContext) -> Wallet:
    """Alice's, in the window of `page`; it knows this site already."""
    return Wallet(person("alice").key).install(context)
