"""Reports, disputes and money, as people do them: what is clicked, what is read, what is signed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from ledger import selectors
from oracle.models import Act, Expiry
from oracle.services.opening import open_expiry
from tests.browser import court
from tests.browser.conftest import NARROW, WIDE, Clock
from tests.browser.wallet import Wallet
from tests.cast import ETHER, person
from tests.db.conftest import NOW
from tests.web.conftest import OPEN
from tests.web.story import LIE, PRICE, to_challenge

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])


@SIZES
def test_report__from_the_home_page__two_clicks_and_one_signature(
    reporting: Expiry, page: Page, wallet: Wallet, size: dict[str, int]
) -> None:
    page.set_viewport_size(size)
    clicks = court.Clicks(page)
    page.goto("/")
    page.get_by_role("link", name=f"Report {reporting.slug}").click()
    page.get_by_label("Price").fill("2512.45")
    court.ready(page)
    shown = court.lines(page)
    court.button(page).click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    assert clicks.count == 2
    expect(page.get_by_role("link", name="My account")).to_have_count(0)
    onward = page.get_by_role("link", name="The expiry", exact=True)
    expect(onward).to_have_attribute("href", f"/expiries/{reporting.slug}/")
    act = Act.objects.get(kind="Report")
    assert (act.price, act.amount) == (251_245 * ETHER // 100, ETHER // 10)
    assert [
        wallet.count(each) for each in ("eth_signTypedData_v4", "personal_sign", "eth_sendTransaction")
    ] == [1, 0, 0]
    assert wallet.signed[0]["message"] == act.message
    assert shown["price"] == "2,512.45 USD"
    assert shown["bond"] == "0.1 ETH"


def test_report__by_keyboard_alone__from_the_home_page_to_the_receipt(
    reporting: Expiry, page: Page, wallet: Wallet
) -> None:
    page.goto("/")
    tab_to(page, page.get_by_role("link", name=f"Report {reporting.slug}"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Price"))
    page.keyboard.type("2512.45")
    court.ready(page)
    tab_to(page, court.button(page))
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name="Taken")
    expect(heading).to_be_focused()
    assert Act.objects.get(kind="Report").price == 251_245 * ETHER // 100
    tab_to(page, page.get_by_role("link", name="Download act and receipt"))


def tab_to(page: Page, wanted: Locator) -> None:
    """Each place on the way is marked as focused."""
    expect(wanted).to_be_visible()
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        if wanted.evaluate("(each) => each === document.activeElement"):
            return
    raise AssertionError(f"30 times Tab, and not there: {wanted}")


def open_now(expiry: Expiry, at: Clock) -> None:
    open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=OPEN)
    at.now = OPEN + 1


def early(expiry: Expiry, page: Page, at: Clock, before: int) -> None:
    """Alice has the page of a report that many seconds before reports are taken."""
    person("alice").deposit(100 * ETHER, NOW)
    at.now = OPEN - before
    page.goto(f"/expiries/{expiry.slug}/report/")
    expect(court.why(page)).to_contain_text("It does not take reports yet")
    expect(page.locator("#wallet-state")).to_contain_text(person("alice").address)


def test_report__page_opened_before_the_instant__opens_by_itself(
    expiry: Expiry, page: Page, wallet: Wallet, at: Clock
) -> None:
    page.clock.install()
    early(expiry, page, at, before=10)
    open_now(expiry, at)
    page.clock.run_for(12_000)
    expect(page.locator(".banner .stage")).to_have_text("REPORTING")
    page.get_by_label("Price").fill("2500")
    page.clock.run_for(200)
    court.ready(page)


def test_report__page_opened_before_the_instant__typing_opens_it_and_nothing_typed_is_lost(
    expiry: Expiry, page: Page, wallet: Wallet, at: Clock
) -> None:
    early(expiry, page, at, before=3600)
    page.evaluate("window.same = true")
    page.get_by_label("Price").fill("2")
    open_now(expiry, at)
    page.get_by_label("Price").fill("2500")
    court.ready(page)
    expect(page.locator(".banner .stage").first).to_have_text("REPORTING")
    assert page.evaluate("window.same && document.activeElement.id") == "id_price"
    court.button(page).click()
    expect(page.locator("#receipt")).to_contain_text("It also holds what is still sealed.")
    expect(court.why(page)).to_have_text("It was taken. An account reports once on an expiry.")
    page.get_by_label("Price").fill("2501")
    page.wait_for_timeout(500)
    expect(court.why(page)).to_have_text("It was taken. An account reports once on an expiry.")


@SIZES
def test_dispute__from_the_home_page__two_clicks_and_one_signature(
    reporting: Expiry, page: Page, wallet: Wallet, at: Clock, size: dict[str, int]
) -> None:
    at.now = to_challenge(reporting) + 1
    page.set_viewport_size(size)
    clicks = court.Clicks(page)
    page.goto("/")
    page.get_by_role("link", name=f"Dispute {reporting.slug}").click()
    page.get_by_label("The right price").fill("2400")
    court.ready(page)
    assert page.get_by_label("Pledge").input_value() == court.lines(page)["amount"].removesuffix(" ETH")
    assert page.locator("#foretold dt").all_inner_texts()[2:4] == ["At risk", "Gain if right"]
    assert page.locator("#foretold dd").all_inner_texts()[2:4] == ["3 ETH", "1.2 ETH"]
    expect(page.get_by_role("link", name="Play it through")).to_have_attribute(
        "href", f"/simulate/?expiry={reporting.slug}&price=2400"
    )
    court.button(page).click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    expect(page.locator("#receipt")).not_to_contain_text("sealed")
    expect(court.why(page)).to_have_text("It was taken. Load the page again for another one.")
    assert clicks.count == 2
    assert wallet.count("eth_signTypedData_v4") == 1
    act = Act.objects.get(kind="Pledge")
    assert (act.account, act.price, act.message["round"]) == (person("alice").address, LIE, "1")
    reporting.refresh_from_db()
    assert (reporting.round, reporting.standing) == (1, LIE)


@SIZES
def test_dispute__two_people_each_a_part__from_the_home_page_the_claim_is_filled(
    reporting: Expiry, open_context: Callable[..., BrowserContext], at: Clock, size: dict[str, int]
) -> None:
    at.now = to_challenge(reporting) + 1
    for name in ("carol", "dave"):
        context = open_context(viewport=size)
        wallet, page = Wallet(person(name).key).install(context), context.new_page()
        clicks = court.Clicks(page)
        page.goto("/")
        if name == "carol":
            page.get_by_role("link", name=f"Dispute {reporting.slug}").click()
            page.get_by_label("The right price").fill("2400")
            page.get_by_label("Pledge").fill("2")
        else:
            page.get_by_role("link", name=reporting.slug, exact=True).click()
            page.get_by_role("region", name="Stage").get_by_role("link", name="Pledge to it").click()
        court.ready(page)
        court.button(page).click()
        expect(page.get_by_role("heading", name="Taken")).to_be_visible()
        assert clicks.count == {"carol": 2, "dave": 3}[name]
        assert wallet.count("eth_signTypedData_v4") == 1
    reporting.refresh_from_db()
    assert (reporting.round, reporting.standing) == (1, LIE)
    assert {act.account for act in Act.objects.filter(kind="Pledge")} == {
        person(n).address for n in ("carol", "dave")
    }
    assert PRICE != LIE


def test_dispute__the_default_comes_while_somebody_types__what_was_typed_stands(
    reporting: Expiry, page: Page, wallet: Wallet, at: Clock
) -> None:
    at.now = to_challenge(reporting) + 1
    page.goto(f"/expiries/{reporting.slug}/dispute/?price=2400")
    court.ready(page)
    pledge = page.get_by_label("Pledge")
    whole = pledge.input_value()
    pledge.fill("")
    court.ready(page)  # the service has said again what an empty field stands for
    page.keyboard.insert_text("2")
    assert pledge.input_value() == "2"
    court.ready(page)
    assert court.lines(page)["amount"] == "2 ETH"
    pledge.fill("")
    page.get_by_label("The right price").focus()
    assert pledge.input_value() == whole


def test_dispute__another_price__the_default_is_what_that_one_needs(
    reporting: Expiry, page: Page, wallet: Wallet, at: Clock
) -> None:
    at.now = to_challenge(reporting) + 1
    assert person("carol").pledge(reporting.id, 1, 2300 * ETHER, ETHER, at.now).refusal is None
    page.goto(f"/expiries/{reporting.slug}/dispute/?price=2400")
    court.ready(page)
    whole = page.get_by_label("Pledge").input_value()
    page.get_by_label("The right price").fill("2300")
    court.ready(page)
    left = page.get_by_label("Pledge").input_value()
    assert court.lines(page)["amount"] == f"{left} ETH"
    assert float(left) < float(whole)


def test_receipt__downloaded_and_at_its_address__the_service_signed_it(
    reporting: Expiry, page: Page, wallet: Wallet
) -> None:
    page.goto(f"/expiries/{reporting.slug}/report/")
    page.get_by_label("Price").fill("2500")
    court.ready(page)
    court.button(page).click()
    kept = court.receipt(page)
    act = Act.objects.get(kind="Report")
    assert kept["digest"] == act.digest
    assert kept["act"]["message"] == act.message
    assert kept["receipt"]["message"]["digest"] == act.digest
    page.get_by_role("link", name="Its page").click()
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    assert kept["receipt"]["signature"] in page.inner_text("main")
    assert act.message["salt"] not in page.content()


@pytest.mark.parametrize("word, kind", [("stake", "Stake"), ("withdraw", "Withdrawal")])
def test_money__moved_by_a_page__one_signature(
    reporting: Expiry, page: Page, wallet: Wallet, word: str, kind: str
) -> None:
    page.goto(f"/me/{word}/")
    page.get_by_label("Amount").fill("1.5")
    court.ready(page)
    court.button(page).click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    assert Act.objects.get(kind=kind).message["amount"] == str(3 * ETHER // 2)
    assert selectors.balances(person("alice").address)["free"] == 197 * ETHER // 2


def test_unstake__half_of_the_stake__on_its_way(
    voters: None, reporting: Expiry, open_context: Callable[..., BrowserContext]
) -> None:
    context = open_context()
    Wallet(person("vera").key).install(context)
    page = context.new_page()
    page.goto("/me/unstake/")
    page.get_by_label("Amount").fill("11")
    expect(court.error_of(page, "amount")).to_contain_text("10 ETH is staked")
    page.get_by_label("Amount").fill("5")
    court.ready(page)
    court.button(page).click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    assert selectors.balances(person("vera").address)["unbonding"] == 5 * ETHER
