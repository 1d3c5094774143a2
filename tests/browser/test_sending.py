"""Transactions that people send themselves: deposit, claim, redeem, by the wallet's own way to a real chain."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dev import accounts
from oracle import clock
from settlement.chain import contracts
from settlement.chain.escrow import escrow
from settlement.models import Series
from settlement.selectors import publication_of
from settlement.services.publishing import publish
from settlement.services.series import list_series
from tests.browser import court
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_reading import look_everywhere
from tests.browser.wallet import Mode, Wallet
from tests.cast import ETHER, Person
from tests.chain.conftest import FINALITY, HOLDERS, World, deployed, node, world
from tests.chain.escrow import index_all
from tests.chain.roots import credited, made_final, withdraw

__all__ = ["deployed", "node", "world"]

HOLDER = Person("holder", accounts.key(HOLDERS[0]))
STRIKE, PRICE = 2_000 * ETHER, 2_500 * ETHER
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])


@pytest.fixture
def at() -> None:
    """Here the web process lives by the chain's time (`lives`), not by the stories' of tests/web."""


@pytest.fixture
def lives(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """What time it is for the web process: the newest block's."""
    monkeypatch.setattr(clock, "now", world.node.now)
    return world


@pytest.fixture
def holder(lives: World, open_context: Callable[..., BrowserContext]) -> tuple[Page, Wallet]:
    """A window with the wallet of somebody who has ether on the chain."""
    context = open_context()
    wallet = Wallet(HOLDER.key, rpc_url=lives.node.url).install(context)
    return context.new_page(), wallet


def log_in(page: Page) -> None:
    page.goto("/login/")
    court.button(page).click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()


def sent(page: Page) -> None:
    court.ready(page)
    look_everywhere(page, f"{page.url.rstrip('/').rpartition('/')[2]}-ready")
    court.button(page).click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    look_everywhere(page, f"{page.url.rstrip('/').rpartition('/')[2]}-done")


@SIZES
def test_deposit__from_the_home_page__four_clicks_pending_at_once_free_when_final(
    lives: World, holder: tuple[Page, Wallet], size: dict[str, int]
) -> None:
    page, wallet = holder
    page.set_viewport_size(size)
    clicks = court.Clicks(page)
    page.goto("/")
    page.get_by_role("link", name="Log in").click()
    court.button(page).click()
    page.get_by_role("link", name="Deposit").click()
    page.get_by_label("Amount").fill("1.25")
    sent(page)
    assert clicks.count == 4
    assert [wallet.count(each) for each in ("personal_sign", "eth_sendTransaction")] == [1, 1]
    assert wallet.signed[-1]["value"] == 5 * ETHER // 4
    index_all(lives)
    page.get_by_role("link", name="My account").click()
    page.wait_for_url("**/me/")
    expect(page.get_by_role("main")).to_contain_text("pending: counted when its block is final")
    lives.node.mine(FINALITY)
    index_all(lives)
    page.reload()
    expect(page.locator(".facts div", has_text="Free").locator("dd")).to_have_text("1.25 ETH")
    look_everywhere(page, "me-deposited")


def test_deposit__declined__nothing_sent_and_the_amount_stays(holder: tuple[Page, Wallet]) -> None:
    page, wallet = holder
    wallet.mode = Mode.REJECT
    page.goto("/me/deposit/")
    page.get_by_label("Amount").fill("1")
    court.ready(page)
    court.button(page).click()
    expect(court.problem(page)).to_contain_text("You declined in the wallet")
    assert page.get_by_label("Amount").input_value() == "1"
    assert wallet.signed == []


def test_deposit__more_than_the_wallet_has__its_words_are_shown(holder: tuple[Page, Wallet]) -> None:
    page, wallet = holder
    page.goto("/me/deposit/")
    page.get_by_label("Amount").fill("999999999")
    court.ready(page)
    court.button(page).click()
    expect(court.problem(page)).to_contain_text("The wallet answered:")
    expect(court.problem(page)).to_contain_text("Nothing was sent")


def test_deposit__its_transaction_fails__said_with_its_block_and_what_it_cost(
    holder: tuple[Page, Wallet], monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = holder
    do = Wallet._do

    def failed(wallet: Wallet, method: str, params: list[Any]) -> Any:
        found = do(wallet, method, params)
        return {**found, "status": "0x0"} if method == "eth_getTransactionReceipt" and found else found

    monkeypatch.setattr(Wallet, "_do", failed)
    page.goto("/me/deposit/")
    page.get_by_label("Amount").fill("1")
    court.ready(page)
    court.button(page).click()
    expect(court.problem(page)).to_contain_text(re.compile(r"failed in block \d+\. Only the fee was paid"))


def test_claim__after_a_withdrawal_and_a_root__paid_once(
    lives: World, holder: tuple[Page, Wallet], tmp_path: Path
) -> None:
    page, _ = holder
    credited(lives, (HOLDER, 3 * ETHER))
    assert withdraw(lives, HOLDER, 2 * ETHER).refusal is None
    log_in(page)
    expect(page.get_by_role("main")).to_contain_text("2 ETH wait for the next root")
    made_final(lives, tmp_path)
    page.goto(f"/reserves/?account={HOLDER.address}")
    expect(page.get_by_text("Asked to withdraw, ever")).to_be_visible()
    look_everywhere(page, "reserves-proof")
    page.goto("/me/")
    expect(page.locator(".facts div", has_text="Claimable now").locator("dd")).to_have_text("2 ETH")
    page.get_by_role("link", name="Claim").click()
    sent(page)
    assert escrow(lives.client).paid(HOLDER.address) == 2 * ETHER
    index_all(lives)
    page.goto("/me/claim/")
    expect(court.why(page)).to_contain_text("There is nothing to claim")


@SIZES
def test_redeem__from_the_home_page__three_clicks_and_all_that_is_held_is_paid(
    lives: World, holder: tuple[Page, Wallet], size: dict[str, int]
) -> None:
    page, wallet = holder
    page.set_viewport_size(size)
    clicks = court.Clicks(page)
    expiry = lives.list_expiry()
    [series] = list_series(expiry=expiry, strikes=[STRIKE], now=lives.node.now())
    at = contracts.Series(lives.client, series.address)
    lives.holder().send(at.call("split", 10 * ETHER, value=10 * ETHER))
    path = f"/series/{series.address}/redeem/"
    page.goto(path)
    expect(court.why(page)).to_contain_text("The price is not final yet.")
    now = lives.decide((expiry, PRICE), now=lives.pass_expiry(expiry))
    publication = lives.propose(now)
    lives.sign(publication, 0, 1, 2, now=now)
    publish(now=now)
    page.goto(path)
    expect(court.why(page)).to_contain_text("still on its way to the chain")
    lives.bury()
    publish(now=lives.node.now())
    found = publication_of(expiry.id)
    assert found is not None
    assert found.final_on_chain_at is not None
    page.goto("/")
    page.get_by_role("link", name=expiry.slug, exact=True).click()
    page.get_by_role("link", name="Redeem", exact=True).click()
    court.ready(page)
    expect(page.locator("#onward")).to_be_hidden()
    assert page.get_by_label("Amount of P").input_value() == "10"
    page.get_by_label("Amount of N").fill("4")
    court.ready(page)
    # 10 P pay 10 * 2000 / 2500, 4 N pay 4 * 500 / 2500
    expect(page.locator("[data-line=paid] dd")).to_have_text("8.8 ETH")
    sent(page)
    assert clicks.count == 3
    tokens = [contracts.SeriesToken(lives.client, token) for token in (series.p, series.n)]
    assert [token.read("balanceOf", HOLDER.address) for token in tokens] == [0, 6 * ETHER]
    page.goto(path)  # of P nothing is left: its field stays empty, and N alone is redeemed
    court.ready(page)
    assert [page.get_by_label(f"Amount of {name}").input_value() for name in "PN"] == ["", "6"]
    sent(page)
    page.goto(path)
    expect(court.why(page)).to_have_text("This account holds no P and no N of this series.")
    expect(page.locator("[data-field] .error:visible")).to_have_count(0)
    page.goto(f"{path}?p=1")
    expect(court.why(page)).to_have_text("This account holds no P and no N of this series.")
    assert wallet.count("eth_sendTransaction") == 2
    assert Series.objects.count() == 1
