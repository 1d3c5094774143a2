"""What the form of an act says before anything is signed: risk, bounds, and what is in the way."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from oracle.models import Expiry
from oracle.services import listing
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.db.conftest import NOW, SPEC
from tests.web.conftest import OPEN, Clock
from tests.web.story import to_challenge

REPORT, DISPUTE = "/expiries/eth-usd-test/report/", "/expiries/eth-usd-test/dispute/"


def ask(client: Client, path: str, **fields: str) -> dict[str, Any]:
    found: dict[str, Any] = client.post(path, fields).json()
    return found


@pytest.mark.parametrize(
    "path, fields",
    [
        (REPORT, {"price": "2500", "bond": "0.1"}),
        (DISPUTE, {"price": "2400"}),
        ("/me/stake/", {"amount": "1"}),
        ("/me/unstake/", {"amount": "1"}),
        ("/me/withdraw/", {"amount": "1"}),
    ],
)
def test_form__no_account_known__says_nothing_of_its_money(
    reporting: Expiry, client: Client, at: Clock, path: str, fields: dict[str, str]
) -> None:
    if path == DISPUTE:
        at.now = to_challenge(reporting) + 1
    found = ask(client, path, **fields)
    assert (found["ready"], found["note"][:17]) == (False, "Connect a wallet:")
    assert "errors" not in found
    poor = ask(client, path, **fields, account=person("nobody").address)
    assert list(poor["errors"]) == ["bond" if path == REPORT else "amount"]


@pytest.fixture
def cents(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index that is listed next has prices in multiples of 0.01 USD, from 1,000 to 99,999.99."""
    bounds = {"min_price": 1_000 * ETHER - 1, "max_price": 100_000 * ETHER - 1, "tick": ETHER // 100}
    for name, value in bounds.items():
        monkeypatch.setitem(SPEC, name, str(value))


@pytest.fixture
def coarse(cents: None, reporting: Expiry) -> Expiry:
    return reporting


NEAR = "Prices of this index are multiples of 0.01: "
SPAN = "The index has prices from 1,000.00 to 99,999.99; beyond, name the bound itself."


@pytest.mark.parametrize(
    "price, said",
    [
        ("3100.005", f"{NEAR}3,100.00 or 3,100.01."),
        ("99999.995", f"{NEAR}99,999.99."),
        ("999.99", SPAN),
        ("100000", SPAN),
    ],
)
@pytest.mark.parametrize("path", [REPORT, DISPUTE])
def test_price__not_of_the_index__says_which_are_near(
    coarse: Expiry, client: Client, at: Clock, path: str, price: str, said: str
) -> None:
    if path == DISPUTE:
        at.now = to_challenge(coarse) + 1
    assert ask(client, path, price=price, bond="0.1")["errors"] == {"price": said}


@pytest.mark.parametrize("path", [REPORT, DISPUTE])
def test_price__on_the_form__says_bounds_tick_and_what_is_priced(
    coarse: Expiry, client: Client, path: str
) -> None:
    page = client.get(path).content.decode()
    assert "From 1,000.00 to 99,999.99 USD, in multiples of 0.01." in page
    assert '<a href="/expiries/eth-usd-test/#terms">What is priced</a>' in page
    assert 'id="terms"' in client.get("/expiries/eth-usd-test/").content.decode()


def test_price__any_multiple_of_the_least_unit__no_word_of_a_tick(reporting: Expiry, client: Client) -> None:
    page = client.get(REPORT).content.decode()
    assert "to 1,000,000,000.00 USD. <a" in page
    assert "multiples" not in page


def outlook(client: Client, path: str) -> str:
    found = re.search(r'<p class="soft" id="outlook">(.*?)</p>', client.get(path).content.decode())
    return found[1] if found else ""


def test_report_form__before_anything_is_typed__says_what_can_be_lost(
    db: None, terms: Terms, client: Client
) -> None:
    index = listing.list_index(slug="eth-usd", spec=SPEC)
    odd = replace(terms, tolerance_ppm=2_500, full_forfeit_ppm=40_000)
    listing.list_expiry(slug="eth-usd-test", index=index, expiry_at=OPEN, terms=odd, now=NOW)
    assert outlook(client, REPORT) == (
        "A price within 0.25 % of the final one agrees with it and loses nothing. From 4 % off on, all of the bond is"
        " lost; in between, a part of it."
    )
    said = outlook(client, DISPUTE)
    assert "not filled when the window closes comes to nothing, and its pledges go back whole" in said
    assert "all of the pledge is lost unless the final price is within 0.25 % of it" in said


def test_stake_form__expiries_that_run__says_what_voters_can_lose_and_how_long_it_is_held(
    reporting: Expiry, terms: Terms, client: Client, settings: Any
) -> None:
    settings.UNBONDING_DELAY = 3 * 86_400
    harsh = replace(terms, wrong_slash_ppm=70_000, absent_slash_ppm=1)
    listing.list_expiry(slug="harsh", index=reporting.index, expiry_at=OPEN + 1, terms=harsh, now=OPEN)
    said = outlook(client, "/me/stake/")
    assert (
        "up to 7 % is lost for a wrong price, up to 10 % for a vote that is committed and not revealed, up to 0.5 % for"
        in said
    )
    assert "stays locked until that is final; the rest is free 3 d after it is taken out." in said
    assert "is free 3 d after." in outlook(client, "/me/unstake/")


def test_stake_form__nothing_is_listed__leads_to_the_terms(db: None, client: Client) -> None:
    assert outlook(client, "/me/stake/").startswith("The terms of each expiry say how much")


def test_withdraw_form__says_that_a_claim_comes_after(db: None, client: Client, settings: Any) -> None:
    settings.ESCROW_ADDRESS = "0x" + "e5" * 20
    assert "final in the escrow, after a delay, you claim it by a transaction of your own" in outlook(
        client, "/me/withdraw/"
    )
    settings.ESCROW_ADDRESS = ""
    assert outlook(client, "/me/withdraw/") == "There is no escrow here that could pay it."


@pytest.mark.parametrize("word", ["commit", "reveal"])
def test_vote_form__its_risk_stands_below__not_twice(reporting: Expiry, client: Client, word: str) -> None:
    assert outlook(client, f"/expiries/eth-usd-test/{word}/") == ""
