"""What the page of a dispute tells beside what is signed: at risk, gain, break-even, who would get what."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from oracle.models import Expiry
from tests.cast import ETHER, person
from tests.web.conftest import OPEN, Clock, queries
from tests.web.story import count_units, to_challenge
from tests.web.test_pages import add_series, at_page
from tests.web.test_voting import log_in


@pytest.fixture
def disputed(reporting: Expiry, at: Clock) -> Expiry:
    """In CHALLENGE at 2,500, with 1,000 ETH in a series at 2,450."""
    add_series(reporting, 2_450 * ETHER)
    count_units(reporting, 1_000 * ETHER)
    at.now = to_challenge(reporting)
    return reporting


def ask(client: Client, expiry: Expiry, **fields: str) -> dict[str, Any]:
    found: dict[str, Any] = client.post(at_page(expiry) + "dispute/", fields).json()
    return found


def test_dispute_form__price_and_amount__foretells_what_the_dry_run_says(disputed: Expiry, client: Client) -> None:
    told = ask(client, disputed, price="2400", amount="1", account=person("dave").address)
    assert told["ready"] is True
    rows = dict(told["foretold"]["rows"])
    dry = client.get(f"/api/v1/expiries/{disputed.slug}/simulate?price={2400 * ETHER}&amount={ETHER}").json()["dispute"]
    assert dry["gain"] == str(4 * ETHER // 10)
    assert rows == {
        "Required now": "3 ETH", "Left to fill": "3 ETH", "At risk": "1 ETH", "Gain if right": "0.4 ETH",
        "Break-even": f"{int(dry['break_even']['ppm']) / 10_000} %",
    }  # fmt: skip
    assert "payouts worth 20 ETH would change hands" in told["foretold"]["text"]
    assert told["foretold"]["href"] == f"/simulate/?expiry={disputed.slug}&price=2400&amount=1"
    assert client.get(told["foretold"]["href"]).status_code == 200
    assert {line["field"] for line in told["lines"]} == {"expiry_id", *told["message"]}, "and nothing else is"


@pytest.mark.parametrize(
    "fields", [{}, {"account": person("nobody").address}, {"amount": "0.000001"}], ids=["no wallet", "poor", "little"]
)
def test_dispute_form__that_cannot_be_signed_yet__foretells_all_the_same(
    disputed: Expiry, client: Client, fields: dict[str, str]
) -> None:
    told = ask(client, disputed, price="2400", **fields)
    assert told["ready"] is False
    assert len(told["foretold"]["rows"]) == 5


@pytest.mark.parametrize("price", ["2500", "2500.0000000000000001", "x", ""])
def test_dispute_form__no_price_that_can_be_bonded__foretells_nothing(
    disputed: Expiry, client: Client, price: str
) -> None:
    told = ask(client, disputed, price=price, account=person("dave").address)
    assert (told["ready"], told.get("foretold"), list(told["errors"])) == (False, None, ["price"])


def test_dispute_form__asked_for_an_answer__costs_few_queries(disputed: Expiry, client: Client) -> None:
    assert queries(lambda: ask(client, disputed, price="2400", account=person("dave").address)) <= 12


def test_dispute_page__without_script__leads_to_the_dry_run_of_the_same_price(
    disputed: Expiry, client: Client
) -> None:
    page = client.get(at_page(disputed) + "dispute/?price=2400").content.decode()
    assert f'href="/simulate/?expiry={disputed.slug}&amp;price=2400"' in page
    assert 'id="play"' not in client.get("/me/stake/").content.decode()


def test_report_form__reported_already__says_so_before_a_price_is_asked_for(reporting: Expiry, client: Client) -> None:
    alice, path, said = person("alice"), at_page(reporting) + "report/", "the first report stands"
    assert said not in client.get(path).content.decode()
    assert alice.report(reporting.id, 2_500 * ETHER, ETHER, OPEN + 1).refusal is None
    assert said in client.post(path, {"price": "", "account": alice.address}).json()["note"]
    assert "errors" in client.post(path, {"price": "", "account": "0x\0"}).json(), "no account, no answer about one"
    assert said not in client.get(path).content.decode(), "nobody is logged in"
    log_in(client, "alice")
    assert said in client.get(path).content.decode()
    log_in(client, "bob")
    assert said not in client.get(path).content.decode()
