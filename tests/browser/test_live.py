"""What script adds to the page of an expiry: it follows what happens, and says instants in the reader's own time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from oracle.models import Expiry
from tests.cast import ETHER, person
from tests.web.conftest import OPEN
from tests.web.story import PRICE

AT = "/expiries/eth-usd-test/"


@pytest.fixture(autouse=True)
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """No stream outlives its test."""
    monkeypatch.setattr("oracle.api.stream.LIFE_SECONDS", 10)


def test_live__somebody_reports__it_appears(
    reporting: Expiry, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    page.goto(AT)
    expect(page.get_by_text("0 of 3 reports")).to_be_visible()
    with page.expect_response(lambda response: "/events/stream" in response.url) as started:
        pass
    assert started.value.status == 200
    assert person("alice").report(reporting.id, PRICE, ETHER, OPEN + 1).refusal is None
    expect(page.get_by_text("1 of 3 reports")).to_be_visible()


def test_time__another_zone__says_the_readers_own_time_too(
    reporting: Expiry, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(timezone_id="Asia/Kathmandu", locale="en-GB").new_page()
    page.goto(AT)
    expect(page.locator(".banner .local")).to_contain_text("GMT+5:45")


def test_time__the_page_stays_open__counts_on(reporting: Expiry, open_context: Callable[..., BrowserContext]) -> None:
    page: Any = open_context().new_page()
    page.goto(AT)
    near = page.locator(".banner .near")
    before = near.inner_text()
    expect(near).not_to_have_text(before)
