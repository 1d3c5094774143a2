"""What script adds to the page of an expiry: it follows what happens, and says instants in the reader's own time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from oracle.models import Expiry
from oracle.services.time import pass_time
from settlement.alarms import AlarmKind, raise_alarm
from tests.browser.conftest import NARROW, Clock
from tests.browser.test_alerts import logged_in
from tests.browser.test_stages import evidence
from tests.cast import ETHER, person
from tests.web.conftest import OPEN, WINDOW
from tests.web.story import LIE, PRICE, close_reporting, to_ballot, to_challenge
from tests.web.test_pages import add_series
from tests.web.test_series import ADDRESS, STRIKE

AT = "/expiries/eth-usd-test/"


@pytest.fixture(autouse=True)
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """No stream outlives its test."""
    monkeypatch.setattr("oracle.api.stream.LIFE_SECONDS", 10)


def follow(page: Page, path: str = AT) -> None:
    """Open a page, and wait until it listens."""
    with page.expect_response(lambda response: "/events/stream" in response.url) as started:
        page.goto(path)
    assert started.value.status == 200


def test_live__somebody_reports__it_appears_and_is_said(
    reporting: Expiry, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    follow(page)
    expect(page.get_by_text("0 with 0 ETH so far")).to_be_visible()
    expect(said(page)).to_have_text("")
    assert person("alice").report(reporting.id, PRICE, ETHER, OPEN + 1).refusal is None
    expect(page.get_by_text("1 with 1 ETH so far")).to_be_visible()
    expect(said(page)).to_have_text("A report was taken.")


def said(page: Page) -> Locator:
    return page.locator("#happened")


def top(of: Locator) -> float:
    return float(of.evaluate("each => each.getBoundingClientRect().top"))


def focused(page: Page) -> Any:
    return page.evaluate("document.activeElement.getAttribute('href') ?? document.activeElement.textContent.trim()")


def test_live__focus_folds_and_scrolled_tables__stay_as_the_reader_left_them(
    reporting: Expiry, open_context: Callable[..., BrowserContext], at: Clock
) -> None:
    papers = evidence(reporting)
    for name, price in (("alice", PRICE), ("bob", PRICE), ("mallory", LIE)):
        assert person(name).report(reporting.id, price, ETHER, OPEN + 1, papers[name]).refusal is None
    at.now = close_reporting()
    page = open_context(viewport=NARROW).new_page()
    follow(page)
    folded, unfolded = page.locator(".paper").nth(0), page.locator(".paper").nth(2)
    for paper in (folded, unfolded):
        paper.locator("summary").click()
    before = [paper.get_attribute("open") is None for paper in page.locator(".paper").all()]
    bob = page.locator(f'#live a[href="/accounts/{person("bob").address}/"]')
    bob.last.focus()
    table = page.get_by_role("group", name="Reports")
    table.evaluate("each => each.scrollLeft = 20")
    page.evaluate("window.old = document.activeElement")
    place = top(bob.last)
    assert person("dave").pledge(reporting.id, 1, LIE, ETHER, at.now + 1).refusal is None
    expect(said(page)).to_have_text("A pledge was taken.")
    assert abs(top(bob.last) - place) < 1, "what came above has not moved it"
    assert page.evaluate("!window.old.isConnected && document.activeElement !== document.body")
    assert focused(page) == f'/accounts/{person("bob").address}/'
    assert [paper.get_attribute("open") is None for paper in page.locator(".paper").all()] == before
    assert table.evaluate("each => each.scrollLeft") == 20


def test_live__nothing_focused__the_heading_that_is_in_view_stays(
    reporting: Expiry, open_context: Callable[..., BrowserContext], at: Clock
) -> None:
    at.now = to_challenge(reporting)
    page = open_context().new_page()
    follow(page)
    heading = page.locator("#live h2").last  # far below the claims
    page.evaluate("document.documentElement.style.overflowAnchor = 'none'")  # some browsers do not do it themselves
    heading.evaluate("each => scrollTo(0, scrollY + each.getBoundingClientRect().top - 50)")
    place, height = top(heading), page.evaluate("document.body.scrollHeight")
    assert person("dave").pledge(reporting.id, 1, LIE, ETHER, at.now + 1).refusal is None
    expect(said(page)).to_have_text("A pledge was taken.")
    assert page.evaluate("document.body.scrollHeight") != height
    assert abs(top(heading) - place) < 1


def test_live__a_focused_link_asks_for_another_price_now__keeps_the_focus(
    reporting: Expiry, open_context: Callable[..., BrowserContext], at: Clock
) -> None:
    at.now = to_challenge(reporting)
    page = open_context().new_page()
    follow(page)
    link = page.get_by_role("link", name="Dispute at this price")
    link.focus()
    before = link.get_attribute("href")
    assert person("dave").pledge(reporting.id, 1, 2300 * ETHER, ETHER, at.now + 1).refusal is None
    expect(said(page)).to_have_text("A pledge was taken.")
    assert link.get_attribute("href") != before
    expect(link).to_be_focused()


def test_live__what_was_focused_is_gone__the_place_before_it(
    reporting: Expiry, open_context: Callable[..., BrowserContext], at: Clock
) -> None:
    at.now = to_challenge(reporting)
    page = open_context().new_page()
    follow(page)
    page.get_by_role("link", name="Dispute at this price").focus()
    assert person("dave").pledge(reporting.id, 1, LIE, 5 * ETHER, at.now + 1).refusal is None
    for name in ("carol", "bob"):  # nobody has stake: the guardians rule at once
        assert person(name).pledge(reporting.id, 2, PRICE, 2 * ETHER, at.now + 1).refusal is None
    expect(page.locator(".banner .stage")).to_have_text("RULING")
    expect(page.get_by_role("link", name="Dispute at this price")).to_have_count(0)
    assert page.evaluate("document.getElementById('live').contains(document.activeElement)")


@pytest.mark.parametrize("path", ["/", "/expiries/"])
def test_live__a_list__asks_by_itself_and_says_so_only_where_something_changed(
    reporting: Expiry, open_context: Callable[..., BrowserContext], at: Clock, path: str
) -> None:
    page = open_context().new_page()
    page.clock.install()
    page.goto(path)
    page.evaluate("window.old = document.getElementById('live')")
    at.now += 30
    with page.expect_response(lambda response: response.url.endswith(path)):
        page.clock.run_for(31_000)
    assert page.evaluate("window.old.isConnected"), "nothing but the time has changed"
    at.now = to_challenge(reporting)
    page.clock.run_for(31_000)
    expect(page.locator(".stage").first).to_have_text("CHALLENGE")
    expect(said(page)).to_have_text("This page has changed.")


def test_live__my_account__a_deposit_that_is_counted_appears(reporting: Expiry, context: BrowserContext) -> None:
    page = logged_in(context, "/me/")
    page.clock.install()
    page.goto("/me/")
    free = page.locator("#live .facts div", has_text="Free").locator("dd")
    expect(free).to_have_text("100 ETH")
    person("alice").deposit(ETHER, OPEN + 1)
    page.clock.run_for(31_000)
    expect(free).to_have_text("101 ETH")
    expect(said(page)).to_have_text("This page has changed.")


def test_live__an_account__what_it_did_appears(reporting: Expiry, open_context: Callable[..., BrowserContext]) -> None:
    page = open_context().new_page()
    page.clock.install()
    page.goto(f"/accounts/{person('bob').address}/")
    expect(page.locator("#live")).to_contain_text("No bonds on unfinished expiries.")
    assert person("bob").report(reporting.id, PRICE, ETHER, OPEN + 1).refusal is None
    page.clock.run_for(31_000)
    expect(page.locator("#live table", has_text="Bonds")).to_contain_text("eth-usd-test")


def test_live__all_series__a_new_one_appears(
    reporting: Expiry, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    page.clock.install()
    page.goto("/series/")
    expect(page.locator("#live")).to_contain_text("None here.")
    add_series(reporting, STRIKE)
    page.clock.run_for(31_000)
    expect(page.locator("#live table")).to_contain_text("eth-usd-test")


def test_live__status__an_alarm_appears(reporting: Expiry, open_context: Callable[..., BrowserContext]) -> None:
    page = open_context().new_page()
    page.clock.install()
    page.goto("/status")
    expect(page.locator("#live h2", has_text="Alarms")).to_be_visible()
    raise_alarm(AlarmKind.PUBLICATION_STUCK, "publication:1", "in no block", now=OPEN)
    page.clock.run_for(31_000)
    expect(page.locator("#live .alarm")).to_contain_text("in no block")


def test_live__a_series__follows_its_expiry(
    reporting: Expiry, open_context: Callable[..., BrowserContext], at: Clock
) -> None:
    add_series(reporting, STRIKE)
    page = open_context().new_page()
    follow(page, f"/series/{ADDRESS}/")
    expect(page.get_by_text("Known once a price stands.")).to_be_visible()
    at.now = to_challenge(reporting)
    expect(page.locator(".banner .price")).to_have_text("2,500.00 standing")
    expect(page.locator(".facts div", has_text="1 P").locator("dd")).to_have_text("0.8")


def test_live__a_ballot__its_phase_moves_on(
    voters: None, reporting: Expiry, open_context: Callable[..., BrowserContext], at: Clock
) -> None:
    at.now = to_ballot(reporting) + 1
    page = open_context().new_page()
    follow(page, "/vote/eth-usd-test/1/")
    expect(page.locator(".banner .stage")).to_have_text("COMMIT")
    assert person("vera").commit(reporting.id, 1, PRICE, at.now).refusal is None
    expect(said(page)).to_have_text("A sealed vote was taken.")
    at.now += WINDOW
    pass_time(now=at.now)
    expect(page.locator(".banner .stage")).to_have_text("REVEAL")
    expect(said(page)).to_have_text("Votes can be revealed now.")


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
