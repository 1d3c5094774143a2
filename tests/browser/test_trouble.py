"""What can go wrong between person, wallet and service: each says what happened and what to do, and keeps the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from oracle.models import Act, Expiry
from oracle.services.time import pass_time
from tests.browser import court
from tests.browser.conftest import Clock
from tests.browser.wallet import Mode, Refused, Wallet
from tests.cast import ETHER, person
from tests.web.conftest import OPEN, WINDOW
from tests.web.story import LIE, PRICE, to_challenge

PATH = "/expiries/eth-usd-test/report/"
DISPUTE = "/expiries/eth-usd-test/dispute/"


def fill(page: Page, path: str = PATH, label: str = "Price", price: str = "2512.45") -> None:
    page.goto(path)
    page.get_by_label(label).fill(price)


def ready(page: Page, path: str = PATH, label: str = "Price", price: str = "2512.45") -> None:
    fill(page, path, label, price)
    court.ready(page)


def signs(page: Page) -> None:
    """In the end it works, with what was typed."""
    court.ready(page)
    court.button(page).click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()


def test_no_wallet__said_at_the_button_with_another_way(reporting: Expiry, page: Page) -> None:
    fill(page)
    expect(court.why(page)).to_contain_text("No wallet was found in this browser. Install or unlock one")
    expect(court.why(page)).to_contain_text("python -m reporter report")
    expect(court.button(page)).to_be_disabled()


def test_wallet__not_connected__the_button_connects_then_signs(
    reporting: Expiry, page: Page, wallet: Wallet
) -> None:
    wallet.connected = False
    fill(page)
    court.button(page).get_by_text("Connect Test Wallet").click()
    signs(page)


def test_wallets__two__one_chooses_and_is_remembered(
    reporting: Expiry, page: Page, context: BrowserContext, wallet: Wallet
) -> None:
    other = Wallet(person("bob").key, name="Second Wallet").install(context)
    fill(page)
    expect(court.why(page)).to_have_text("Choose a wallet above.")
    page.get_by_role("button", name="Second Wallet").click()
    signs(page)
    assert Act.objects.get(kind="Report").account == other.address.lower()
    page.goto(PATH)
    expect(page.locator("#wallet-state")).to_contain_text(f"Second Wallet: {other.address.lower()}")


def test_chain__wrong__the_button_switches_it(reporting: Expiry, page: Page, wallet: Wallet) -> None:
    wallet.chain_id = 1
    fill(page)
    expect(court.why(page)).to_contain_text(
        "The wallet is on chain 1. What is signed counts on chain 31337 alone."
    )
    court.button(page).get_by_text("Switch the wallet to chain 31337").click()
    signs(page)


def test_chain__unknown_to_the_wallet__said_what_to_do(reporting: Expiry, page: Page, wallet: Wallet) -> None:
    wallet.chain_id, wallet.knows_chain = 1, False
    fill(page)
    court.button(page).click()
    expect(court.problem(page)).to_contain_text("does not know this chain. Add it there")


def test_chain__changed_in_the_wallet_meanwhile__noticed(
    reporting: Expiry, page: Page, wallet: Wallet
) -> None:
    ready(page)
    wallet.switch_chain(page, 10)
    expect(court.button(page)).to_have_text("Switch the wallet to chain 31337")
    wallet.switch_chain(page, 31337)
    signs(page)


def test_signature__declined__said_and_tried_again(reporting: Expiry, page: Page, wallet: Wallet) -> None:
    wallet.mode = Mode.REJECT
    ready(page)
    court.button(page).click()
    expect(court.problem(page)).to_contain_text("You declined in the wallet. Nothing was signed or sent")
    assert page.get_by_label("Price").input_value() == "2512.45"
    wallet.mode = Mode.APPROVE
    signs(page)


@pytest.mark.parametrize(
    "code, said",
    [
        (4100, "Select the account in the wallet"),
        (4200, "Try another one"),
        (4900, "lost its connection"),
        (4901, "not connected to this chain"),
        (-32002, "has a question open already. Answer it there"),
        (-32603, "The wallet answered: Ledger device: locked. Nothing was sent as far as we know"),
    ],
)
def test_wallet__answers_with_an_error__said_in_words_and_tried_again(
    reporting: Expiry, page: Page, wallet: Wallet, code: int, said: str
) -> None:
    wallet.trouble = Refused(code, "Ledger device: locked.")
    ready(page)
    court.button(page).click()
    expect(court.problem(page)).to_contain_text(said)
    assert page.get_by_label("Price").input_value() == "2512.45"
    wallet.trouble = None
    signs(page)


def test_chain__unknown_to_a_wallet_that_hides_the_code__said_what_to_do(
    reporting: Expiry, page: Page, wallet: Wallet
) -> None:
    wallet.chain_id, wallet.trouble = 1, Refused(-32603, "Internal error", under=4902)
    fill(page)
    court.button(page).click()
    expect(court.problem(page)).to_contain_text("does not know this chain. Add it there")


def test_signature__declined_then_another_chain__the_old_answer_is_gone(
    reporting: Expiry, page: Page, wallet: Wallet
) -> None:
    wallet.mode = Mode.REJECT
    ready(page)
    court.button(page).click()
    expect(court.problem(page)).to_contain_text("You declined")
    wallet.switch_chain(page, 10)
    expect(court.button(page)).to_have_text("Switch the wallet to chain 31337")
    expect(court.problem(page)).to_be_empty()
    court.button(page).click()
    expect(court.problem(page)).to_contain_text("You declined")


def test_wallet__never_answers__one_stops_waiting(reporting: Expiry, page: Page, wallet: Wallet) -> None:
    wallet.mode = Mode.SILENT
    ready(page)
    court.button(page).click()
    expect(page.locator("#status")).to_contain_text("Confirm in Test Wallet")
    expect(court.button(page)).to_be_disabled()
    page.get_by_role("button", name="Stop waiting").click()
    expect(court.problem(page)).to_contain_text("We wait no more")
    wallet.mode = Mode.APPROVE
    signs(page)


def test_window__closed_while_signing__what_was_typed_is_still_there(
    reporting: Expiry, context: BrowserContext, wallet: Wallet
) -> None:
    wallet.mode, first = Mode.SILENT, context.new_page()
    ready(first)
    court.button(first).click()
    expect(first.locator("#status")).to_contain_text("Confirm")
    first.close()
    wallet.mode, second = Mode.APPROVE, context.new_page()
    second.goto(PATH)
    assert second.get_by_label("Price").input_value() == "2512.45"
    signs(second)
    second.goto(PATH)
    assert second.get_by_label("Price").input_value() == ""


def test_account__switched_in_the_wallet__the_act_is_made_anew_for_it(
    reporting: Expiry, page: Page, wallet: Wallet
) -> None:
    ready(page)
    assert court.lines(page)["account"] == person("alice").address
    wallet.switch_account(page, person("bob").key)
    expect(page.locator("[data-line=account] dd")).to_have_text(person("bob").address)
    signs(page)
    assert Act.objects.get(kind="Report").account == person("bob").address


def test_account__not_the_one_logged_in__said_which_to_select(
    reporting: Expiry, page: Page, wallet: Wallet
) -> None:
    page.goto("/login/")
    court.button(page).click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    ready(page)
    wallet.switch_account(page, person("bob").key)
    expect(court.why(page)).to_contain_text("You are logged in as")
    expect(court.button(page)).to_be_disabled()
    wallet.switch_account(page, person("alice").key)
    signs(page)


def test_account__signed_with_another_than_in_the_message__the_service_says_so(
    reporting: Expiry, page: Page, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(page)
    wallet.key = person("bob").key  # a wallet that answers for another account, and says nothing
    monkeypatch.setattr(Wallet, "address", person("alice").address)
    court.button(page).click()
    expect(court.problem(page)).to_contain_text("Not taken: signed by")
    assert not Act.objects.filter(kind="Report").exists()


def test_balance__too_low__said_at_the_field_with_the_way_to_deposit(
    reporting: Expiry, open_context: Callable[..., BrowserContext]
) -> None:
    context = open_context()
    Wallet(person("nobody").key).install(context)
    page = context.new_page()
    fill(page)
    expect(court.error_of(page, "bond")).to_contain_text("The free balance is 0 ETH: 0.1 ETH more is needed.")
    expect(court.button(page)).to_be_disabled()
    expect(court.why(page)).to_have_text("Look at what is marked above.")
    assert page.get_by_label("Bond").get_attribute("aria-invalid") == "true"
    page.get_by_role("link", name="Deposit 0.1 ETH").click()
    assert page.get_by_label("Amount").input_value() == "0.1"


@pytest.mark.parametrize(
    "price, said",
    [
        ("1,234", "nothing between thousands"),
        ("two", "Write a number"),
        ("0", "more than 0"),
        ("1" * 28, "The index has prices from"),
    ],
)
def test_price__none__said_at_the_field(
    reporting: Expiry, page: Page, wallet: Wallet, price: str, said: str
) -> None:
    fill(page, price=price)
    expect(court.error_of(page, "price")).to_contain_text(said)
    expect(court.button(page)).to_be_disabled()


def test_reporting__closes_while_one_signs__refused_with_a_signed_answer(
    reporting: Expiry, page: Page, wallet: Wallet, at: Clock
) -> None:
    ready(page)
    at.now = OPEN + WINDOW + 1
    pass_time(now=at.now)
    court.button(page).click()
    expect(court.problem(page)).to_contain_text(
        "Not taken: The expiry does not take this act in the stage it is in now."
    )
    expect(court.why(page)).to_contain_text("Reporting has closed")
    assert page.get_by_label("Price").input_value() == "2512.45"
    page.get_by_role("button", name="Keep the signed refusal").click()
    assert court.receipt(page)["receipt"]["message"]["code"] == "wrong_stage"


def test_round__filled_by_others_meanwhile__refused_and_shown_anew(
    reporting: Expiry, page: Page, wallet: Wallet, at: Clock
) -> None:
    at.now = to_challenge(reporting) + 1
    ready(page, DISPUTE, "The right price", "2450")
    before = court.lines(page)
    assert person("dave").pledge(reporting.id, 1, LIE, 5 * ETHER, at.now).refusal is None
    court.button(page).click()
    expect(court.problem(page)).to_contain_text("Not taken: A claim was filled meanwhile")
    court.ready(page)
    assert (before["round"], court.lines(page)["round"]) == ("1", "2")
    signs(page)


def test_dispute__of_the_same_price__said_at_the_field(
    reporting: Expiry, page: Page, wallet: Wallet, at: Clock
) -> None:
    at.now = to_challenge(reporting) + 1
    fill(page, DISPUTE, "The right price", str(PRICE // ETHER))
    expect(court.error_of(page, "price")).to_contain_text("agrees with the standing price")


def test_report__a_second_one__said_at_the_button(reporting: Expiry, page: Page, wallet: Wallet) -> None:
    assert person("alice").report(reporting.id, PRICE, ETHER, OPEN + 1).refusal is None
    fill(page)
    expect(court.why(page)).to_contain_text("This account has reported on this expiry")


def test_answer__lost_on_the_way__sent_again_and_taken_once(
    reporting: Expiry, page: Page, wallet: Wallet
) -> None:
    def lose(route: Any) -> None:
        route.fetch()  # it arrives, and its answer does not
        route.abort()

    ready(page)
    page.route("**/api/v1/acts", lose, times=1)
    court.button(page).click()
    expect(court.problem(page)).to_contain_text(
        "It may have been taken. Send the same again: it counts once."
    )
    page.reload()
    expect(court.problem(page)).to_contain_text("It may have been taken")
    page.get_by_role("button", name="Send the same again").click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    assert Act.objects.filter(kind="Report").count() == 1
    assert wallet.count("eth_signTypedData_v4") == 1


def test_signature__v_of_a_hardware_wallet__taken(reporting: Expiry, page: Page, wallet: Wallet) -> None:
    wallet.legacy_v = True
    ready(page)
    signs(page)


def test_login__and_out_again__the_page_says_who(reporting: Expiry, page: Page, wallet: Wallet) -> None:
    wallet.connected, wallet.chain_id = False, 1
    page.goto("/me/")
    court.button(page).click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(person("alice").address)
    assert "wants you to sign in with your Ethereum account" in wallet.signed[0]
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


def test_login__service_does_not_answer__said_and_tried_again(
    reporting: Expiry, page: Page, wallet: Wallet
) -> None:
    page.goto("/login/")
    page.route("**/login/text", lambda route: route.abort(), times=1)
    page.route("**/login/enter", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"), times=1)
    for _ in ("the text", "the signature"):
        court.button(page).click()
        expect(court.problem(page)).to_contain_text("The service did not answer, so you are not logged in.")
    court.button(page).click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()


def test_login__declined__said_and_tried_again(reporting: Expiry, page: Page, wallet: Wallet) -> None:
    wallet.mode = Mode.REJECT
    page.goto("/login/")
    court.button(page).click()
    expect(court.problem(page)).to_contain_text("You declined in the wallet")
    wallet.mode = Mode.APPROVE
    court.button(page).click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
