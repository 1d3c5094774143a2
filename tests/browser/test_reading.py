"""The pages in a real browser: nothing serious by axe, nothing beyond the edge, also dark and without script."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from evidence import services
from oracle.models import Act, Expiry
from protocol.evidence import document, evidence_hash
from settlement.alarms import AlarmKind, raise_alarm
from settlement.chain.contracts import Signers, WaitingSet
from settlement.models import Series
from tests.browser import axe, court
from tests.browser.conftest import NARROW, WIDE, Clock
from tests.browser.wallet import Mode, Wallet
from tests.cast import ETHER, person
from tests.db.conftest import NOW
from tests.web.conftest import OPEN
from tests.web.story import LIE, PRICE, to_final
from tests.web.test_pages import add_series
from tests.web.test_series import ADDRESS, FOREIGN, STRIKE, add_foreign, redeemed

A4 = {"width": 718, "height": 1_047}
"""Of CSS's pixels, between margins of 1 cm."""
PAGES = {
    "home": "/",
    "expiries": "/expiries/",
    "expiry": "/expiries/eth-usd-test/",
    "transcript": "/expiries/eth-usd-test/transcript",
    "account": f"/accounts/{person('alice').address}/",
    "reserves": "/reserves/",
    "attestors": "/attestors/",
    "status": "/status",
    "series": "/series/",
    "one series": f"/series/{ADDRESS}/",
    "foreign series": f"/series/{FOREIGN}/",
    "receipt": "/receipts/{digest}/",
    "verify": "/expiries/eth-usd-test/verify",
    "simulate": "/simulate/?expiry=eth-usd-test&price=2400&final=2400&amount=1&strike=2450",
    "vote": "/vote/",
    "ballot": "/vote/eth-usd-test/1/",
    "evidence": "/evidence/{evidence}/",
    "out": "/out/{evidence}/0/",
}


@pytest.fixture
def final(voters: None, reporting: Expiry, at: Clock) -> Expiry:
    """One expiry with everything that there can be: reports, claims, a ballot, a final price."""
    add_series(reporting, STRIKE)
    at.now = to_final(reporting) + 60
    reporting.refresh_from_db()
    redeemed(reporting, 3 * ETHER + 1, ETHER)
    add_foreign(reporting, 3_000 * ETHER)
    assert reporting.price == PRICE
    words = (
        f"{reporting.slug}: the oracle has 99, the book {PRICE}; guardians can cancel it until {at.now + 60}"
    )
    raise_alarm(AlarmKind.PRICE_DIFFERS, reporting.id, words, now=at.now)
    return reporting


@pytest.fixture(autouse=True)
def signers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No chain stands behind these pages: five attestors, and a set that waits; nobody has signed yet."""
    running = tuple(sorted(person(name).address for name in ("alice", "bob", "carol", "dave", "erin")))
    waiting = WaitingSet(2, (*running[1:], "0x" + "f" * 40), 2, NOW + 200_000)
    found = Signers(running, 3, waiting, running[:3], 2, running[0], 172_800)
    monkeypatch.setattr("settlement.attestors.signers", lambda: found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_acting__before_and_after__axe_finds_nothing_and_nothing_sticks_out(
    reporting: Expiry, open_context: Callable[..., BrowserContext], scheme: str
) -> None:
    for who, size in (("alice", WIDE), ("bob", NARROW)):
        context = open_context(color_scheme=scheme, viewport=size)
        wallet, page = Wallet(person(who).key, mode=Mode.REJECT).install(context), context.new_page()
        page.goto("/login/?next=/expiries/eth-usd-test/report/")
        court.button(page).click()
        expect(court.problem(page)).to_contain_text("declined")
        wallet.mode = Mode.APPROVE
        court.button(page).click()
        page.get_by_label("Price").fill("nothing")
        expect(court.error_of(page, "price")).to_be_visible()
        look_at(page, f"report-wrong-{size['width']}-{scheme}")
        page.get_by_label("Price").fill("2512.45")
        court.ready(page)
        page.get_by_text("Fine print").click()
        look_at(page, f"report-ready-{size['width']}-{scheme}")
        court.button(page).click()
        expect(page.get_by_role("heading", name="Taken")).to_be_visible()
        look_at(page, f"report-taken-{size['width']}-{scheme}")
        page.goto("/me/")
        look_at(page, f"me-{size['width']}-{scheme}")


def look_at(page: Page, name: str) -> None:
    """Nothing serious, nothing wider than the window; and where SCREENSHOTS names a folder, a picture for people."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    assert axe.findings(page) == [], name
    assert sticks_out(page) == [], name


def look_everywhere(page: Page, name: str) -> None:
    """As it stands, without loading it again: both colour schemes, wide and narrow."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            look_at(page, f"{name}-{size['width']}-{scheme}")


def a_digest() -> str:
    return Act.objects.filter(kind="Pledge").values_list("digest", flat=True)[0]


def test_pages__no_script__say_the_same(
    voters: None, reporting: Expiry, request: pytest.FixtureRequest, open_context: Callable[..., BrowserContext]
) -> None:
    paper = document(expiry=reporting.id, price=LIE, words="I saw it.", links=["https://a.example/x"])
    services.keep(document=paper, files=[], now=OPEN)
    found = evidence_hash(paper)
    assert person("carol").report(reporting.id, LIE, ETHER // 10, OPEN, found).refusal is None
    request.getfixturevalue("final")
    plain, scripted = open_context(java_script_enabled=False).new_page(), open_context().new_page()
    for name, path in PAGES.items():
        path = path.format(digest=a_digest(), evidence=found)
        plain.goto(path)
        scripted.goto(path)
        assert plain.inner_text("h1") == scripted.inner_text("h1"), name
        assert plain.inner_text("main") == scripted.inner_text("main"), name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_print__an_expiry__dark_on_white_with_its_charts_tables_and_instants(
    final: Expiry, open_context: Callable[..., BrowserContext], scheme: str
) -> None:
    page = open_context(color_scheme=scheme, viewport=A4).new_page()
    page.goto("/expiries/eth-usd-test/")
    page.emulate_media(media="print")
    look_at(page, f"print-{scheme}")
    for kind in (".banner", ".scroll", ".chart"):
        expect(page.locator(kind).first).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.locator(".chart:visible")).to_have_count(3)
    expect(page.locator("td time").first).to_be_visible()
    for away in (page.get_by_role("navigation"), page.locator(".near").first):
        expect(away).to_be_hidden()


def sticks_out(page: Page) -> list[str]:
    """Elements of the page that make it wider than its window."""
    return list(
        page.evaluate("""() => {
      const edge = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= edge) return [];
      const found = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > edge + 1)
        .filter((e) => !e.closest('.scroll, pre')).map((e) => e.outerHTML.slice(0, 80));
      if (found.length) return found;
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
      while (texts.nextNode()) {
        range.selectNodeContents(texts.currentNode);
        if (range.getBoundingClientRect().right > edge + 1 && !texts.currentNode.parentElement.closest('.scroll, pre'))
          found.push('a text that does not break: ' + texts.currentNode.data.slice(0, 80));
      }
      return found.length ? found : [`something is ${document.documentElement.scrollWidth} wide in ${edge}`];
    }""")
    )


def test_expiries__narrow__the_act_is_in_sight_beside_a_slug_in_one_line(
    reporting: Expiry, page: Page
) -> None:
    page.set_viewport_size(NARROW)
    for path in ("/", "/expiries/"):
        page.goto(path)
        for slug in (reporting.slug, "eth-usd-2026-12-25", "eth-usd-" + "twap-" * 8 + "2026-12-25"):
            page.evaluate("(slug) => { document.querySelector('tbody th > a').textContent = slug; }", slug)
            button = page.locator("td .button").first.bounding_box()
            assert button is not None
            assert button["x"] + button["width"] <= NARROW["width"], slug
            if len(slug) < 20:
                assert lines(page, "tbody th > a") == [1], slug


def test_series__narrow__itself_and_redeem_are_in_sight(final: Expiry, page: Page) -> None:
    Series.objects.filter(address=ADDRESS).update(strike=PRICE // 3)  # pays what has 18 digits
    page.set_viewport_size(NARROW)
    for path in ("/expiries/eth-usd-test/", "/series/"):
        page.goto(path)
        for link in (f"/series/{ADDRESS}/", f"/series/{ADDRESS}/redeem/"):
            box = page.locator(f'tbody th a[href="{link}"]').bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= NARROW["width"], (path, link)


def test_attestors_and_tiles__narrow__neither_an_address_nor_a_number_breaks(final: Expiry, page: Page) -> None:
    page.set_viewport_size(NARROW)
    page.goto("/attestors/")
    assert set(lines(page, "td summary, th summary")) == {1}
    page.goto("/expiries/eth-usd-test/")
    page.evaluate("document.querySelector('.facts dd').textContent = '1.396363636363636364 ETH'")
    assert lines(page, ".facts dd")[0] == 1
    assert sticks_out(page) == []


def lines(page: Page, selector: str) -> list[int]:
    """How many lines of text each element is high."""
    return list(
        page.evaluate("""(selector) => [...document.querySelectorAll(selector)].map((element) => {
      const style = getComputedStyle(element);
      return Math.round(element.getBoundingClientRect().height / parseFloat(style.lineHeight));
    })""", selector)
    )
