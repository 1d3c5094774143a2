"""Finality and the dry run of a dispute over HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from ledger.selectors import balances
from oracle.models import Expiry
from oracle.services.time import pass_time
from protocol.horizon import Unbounded
from protocol.materiality import Value
from settlement.alarms import AlarmKind, raise_alarm
from settlement.finality import MEANING, Reason
from settlement.models import (
    ChainSeries,
    ChainTransaction,
    EscrowBlock,
    OracleRecord,
    Publication,
    PublicationItem,
    Series,
)
from settlement.simulation import Ask, simulate
from tests.cast import ETHER, person
from tests.web.conftest import OPEN, WINDOW, Clock, queries
from tests.web.story import LIE, PRICE, send_secret_report, to_ballot, to_challenge, to_final
from tests.web.test_pages import read

SERIES = "0x" + "5e" * 20


def get(client: Client, expiry: Expiry, what: str, **query: Any) -> Any:
    return client.get(f"/api/v1/expiries/{expiry.slug}/{what}", query)


@pytest.fixture
def series(expiry: Expiry) -> Series:
    """One at 2,450, between the two prices of the story, in ETH."""
    return Series.objects.create(
        address=SERIES, expiry=expiry, strike=2450 * ETHER, collateral="0x" + "00" * 20, decimals=18,
        p="0x" + "aa" * 20, n="0x" + "bb" * 20, created_block=1, created_block_hash="0x" + "1" * 64,
    )  # fmt: skip


# ---------------------------------------------------------------- simulate


def test_simulate__in_challenge__is_a_dry_run_in_decimal_strings(
    reporting: Expiry, series: Series, client: Client
) -> None:
    to_challenge(reporting)
    body = get(client, reporting, "simulate", price=LIE, units=1000 * ETHER).json()
    dispute = body["dispute"]
    # 2 x 2 ETH that PRICE's reporters would lose, less the liar's own 1 ETH; 1.6 ETH shared over 1 + 3
    assert (dispute["at_risk"], dispute["left"], body["standing"]) == (
        str(3 * ETHER),
        str(3 * ETHER),
        str(PRICE),
    )
    assert (dispute["gain"], dispute["net"]) == (str(12 * ETHER // 10), str(12 * ETHER // 10))
    assert dispute["break_even"] == {"numerator": "5", "denominator": "7", "ppm": "714286"}
    assert dispute["rounds"][0] == {
        "round": "1", "price": str(LIE), "required": str(3 * ETHER), "opens_ballot": False,
    }  # fmt: skip
    (moved,) = body["series"]
    # N are paid 50/2500 of 1,000 ETH at PRICE, and nothing at LIE
    assert (moved["moved_to_p"], body["moved_value"]) == (str(20 * ETHER), str(20 * ETHER))
    assert (moved["standing"]["n"], moved["counter"]["n"]) == (str(ETHER // 50), "0")
    security = body["security"]
    # 3 to begin with; the answer of 3.2 opens the ballot. Nobody has staked.
    assert (security["bonds"], security["stake"], security["gain"]) == (str(3 * ETHER), "0", str(20 * ETHER))
    assert (security["margin"], security["from_value_secured"]) == (str(-17 * ETHER), False)


def test_simulate__the_worst_price__has_the_least_margin_whatever_was_asked(
    reporting: Expiry, series: Series, client: Client
) -> None:
    to_challenge(reporting)
    body = get(client, reporting, "simulate", price=2495 * ETHER, units=1000 * ETHER).json()
    worst = body["worst"]
    # At the upper bound, 10^9 USD, nearly all goes to N; 4 ETH would be lost by reports, and a claim needs 3.2 at most.
    assert worst["price"] == str(10**27)
    assert int(worst["moved_value"]) // ETHER == 979
    assert worst["moved_value"] == worst["moved_rated"] == worst["security"]["gain"]
    assert worst["security"]["could_pay"] is True
    assert int(worst["security"]["margin"]) == 32 * ETHER // 10 - int(worst["moved_value"])
    assert get(client, reporting, "simulate", price=PRICE, units=1000 * ETHER).json()["worst"] == worst


def test_simulate__a_token_without_a_rate__is_no_value_and_no_margin(
    reporting: Expiry, series: Series, client: Client
) -> None:
    token = "0x" + "12" * 20
    Series.objects.update(collateral=token)
    to_challenge(reporting)
    body = get(client, reporting, "simulate", price=LIE, units=1000 * ETHER).json()
    assert (body["moved_value"], body["moved_rated"]) == (None, "0")
    assert body["moved_unrated"] == [{"collateral": token, "amount": str(20 * ETHER)}]
    for found in (body["security"], body["worst"]["security"]):
        assert (found["gain"], found["margin"], found["could_pay"]) == (None, None, None)
        assert found["from_value_secured"] is False
    # Nor against the value secured, in which it counts for nothing.
    unknown = get(client, reporting, "simulate", price=LIE).json()
    assert (unknown["security"]["margin"], unknown["security"]["from_value_secured"]) == (None, True)
    reporting.refresh_from_db()
    reporting.raised = {**(reporting.raised or {}), "value_rates": {token: str(ETHER // 10)}}
    rated = simulate(reporting, Ask(LIE, units={SERIES: 1000 * ETHER}))
    assert rated.value == Value(2 * ETHER, {})
    assert rated.forced is not None
    assert rated.forced.security.margin == ETHER


def test_simulate__then_really_pledged_and_won__pays_the_simulated_gain(
    reporting: Expiry, client: Client
) -> None:
    now = to_challenge(reporting)
    foretold = get(client, reporting, "simulate", price=LIE).json()["dispute"]
    before = balances(person("dave").address)["free"]
    assert person("dave").pledge(reporting.id, 1, LIE, int(foretold["left"]), now + 1).refusal is None
    pass_time(now=now + 1 + WINDOW)
    assert balances(person("dave").address)["free"] - before == int(foretold["gain"])


def test_simulate__another_final_price__loses_what_is_at_risk(reporting: Expiry, client: Client) -> None:
    to_challenge(reporting)
    body = get(client, reporting, "simulate", price=LIE, final=PRICE, amount=ETHER).json()
    assert (body["dispute"]["at_risk"], body["dispute"]["net"]) == (str(ETHER), str(-ETHER))


def test_simulate__posted_with_the_units_of_a_series__is_the_same(
    reporting: Expiry, series: Series, client: Client, api: Any
) -> None:
    to_challenge(reporting)
    path = f"/api/v1/expiries/{reporting.slug}/simulate"
    posted = api({"price": str(LIE), "units": {SERIES: str(7 * ETHER)}}, path=path)
    assert posted.status_code == 200
    assert posted.json() == get(client, reporting, "simulate", price=LIE, units=7 * ETHER).json()
    unknown = api({"price": str(LIE)}, path=path).json()
    assert (unknown["moved_value"], unknown["security"]["from_value_secured"]) == (None, True)


def test_simulate__units_are_counted__are_what_is_out_unless_one_says_otherwise(
    reporting: Expiry, series: Series, client: Client
) -> None:
    to_challenge(reporting)
    ChainSeries.objects.create(
        address=SERIES, expiry=reporting.id, expiry_at=reporting.expiry_at, strike=series.strike, p=series.p,
        n=series.n, collateral=series.collateral, block=1, block_hash="0x" + "1" * 64, split=9 * ETHER,
        merged=2 * ETHER,
    )  # fmt: skip
    counted = get(client, reporting, "simulate", price=LIE).json()
    assert counted["series"][0]["units"] == str(7 * ETHER)
    assert counted == get(client, reporting, "simulate", price=LIE, units=7 * ETHER).json()
    assert get(client, reporting, "simulate", price=LIE, units=1).json()["series"][0]["units"] == "1"


@pytest.mark.parametrize("body", [
    {}, {"price": 1}, {"price": "1.5"}, {"price": "1", "more": "1"}, {"price": "1", "units": "2"},
    {"price": "1", "units": {"x": "2"}}, {"price": "1", "units": {SERIES: 2}}, {"price": "1", "amount": "0"}, [],
])  # fmt: skip
def test_simulate__a_body_that_means_nothing__400(reporting: Expiry, api: Any, body: Any) -> None:
    response = api(body, path=f"/api/v1/expiries/{reporting.slug}/simulate")
    assert (response.status_code, response.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("price", ["", "abc", "-1", "0", "1.5", str(2**120), "9" * 400, "٣"])
def test_simulate__no_price__400(reporting: Expiry, client: Client, price: str) -> None:
    response = get(client, reporting, "simulate", price=price)
    assert (response.status_code, response.json()["code"]) == (400, "malformed")


def test_simulate__that_nobody_could_bond__says_why_and_still_shows_payouts(
    reporting: Expiry, series: Series, client: Client
) -> None:
    body = get(client, reporting, "simulate", price=LIE).json()
    assert (body["dispute"], body["security"], body["worst"], body["refusal"]) == (None, None, None, "wrong_stage")
    assert (body["series"][0]["standing"], body["series"][0]["counter"]["n"]) == (None, "0")
    to_challenge(reporting)
    assert get(client, reporting, "simulate", price=PRICE).json()["refusal"] == "agrees_with_standing"
    assert get(client, reporting, "simulate", price=10**30).json()["refusal"] == "price_out_of_bounds"


def test_simulate__while_reports_are_sealed__tells_nothing_of_them(reporting: Expiry, client: Client) -> None:
    before = get(client, reporting, "simulate", price=LIE).json()
    send_secret_report(reporting)
    assert get(client, reporting, "simulate", price=LIE).json() == before


# ---------------------------------------------------------------- finality


def codes(client: Client, expiry: Expiry) -> list[str]:
    body = get(client, expiry, "finality").json()
    assert body["safe_to_settle"] is (
        body["reasons"] == [{"code": "final_on_chain", "means": MEANING[Reason.FINAL_ON_CHAIN]}]
    )
    return [reason["code"] for reason in body["reasons"]]


def test_finality__through_its_life__says_why_not_and_when(
    expiry: Expiry, series: Series, client: Client, at: Clock, request: pytest.FixtureRequest
) -> None:
    at.now = OPEN - 1
    found = get(client, expiry, "finality").json()
    assert [r["code"] for r in found["reasons"]] == ["not_open"]
    assert (found["undisputed_final_at"], found["unbounded"]) == (
        str(OPEN + 2 * WINDOW),
        Unbounded.OPENING_WAITS,
    )
    request.getfixturevalue("reporting")
    at.now = OPEN
    assert codes(client, expiry) == ["reports_sealed"]
    at.now = to_challenge(expiry)
    found = get(client, expiry, "finality").json()
    assert codes(client, expiry) == ["may_be_challenged"]
    assert (found["standing"], found["price"], found["chain"]) == (str(PRICE), None, None)
    assert [(p["series"], p["n"]) for p in found["payouts"]] == [(SERIES, str(ETHER // 50))]
    # nobody has staked: one claim at the cap, and the guardians may rule at once
    assert (found["earliest_final_at"], found["undisputed_final_at"]) == (str(at.now), str(at.now + WINDOW))
    assert found["unbounded"] == "ruling_may_wait"
    at.now += WINDOW
    assert codes(client, expiry) == ["may_be_challenged", "deadline_passed"]


def test_finality__a_ruling_that_nobody_voted_before__has_no_latest_time(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    at.now = to_ballot(reporting)  # nobody has stake
    found = get(client, reporting, "finality").json()
    assert codes(client, reporting) == ["guardians_decide", "no_deadline"]
    assert (found["latest_final_at"], found["unbounded"]) == (None, "ruling_waits")


MINED = {"tx_hash": "0x" + "7a" * 32, "block_number": 90, "block_hash": "0x" + "9a" * 32}


def publish(expiry: Expiry, now: int, **columns: Any) -> Publication:
    """A publication of its price alone."""
    publication = Publication.objects.create(created_at=now, **columns)
    PublicationItem.objects.create(
        publication=publication, position=0, expiry=expiry, attempt=0, price=PRICE,
        transcript=expiry.head, payouts="0x" + "00" * 32,
    )  # fmt: skip
    return publication


def record(expiry: Expiry, state: str, **columns: Any) -> None:
    """What the oracle was last seen to have."""
    known = {"since": OPEN, "attempt": 0, "block": 100, "looked_at": OPEN, "price": None, "final_at": None}
    OracleRecord.objects.update_or_create(expiry=expiry, defaults={**known, "state": state, **columns})


def pays_from(client: Client, expiry: Expiry) -> str | None:
    found: str | None = get(client, expiry, "finality").json()["chain"]["pays_from"]
    return found


def test_finality__delay_runs__says_from_when_series_pay(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    at.now = to_challenge(reporting) + WINDOW
    pass_time(now=at.now)
    reporting.refresh_from_db()
    publish(reporting, at.now, stage="MINED", **MINED)
    record(reporting, "DELAY", price=PRICE, final_at=at.now + 600, block=89)
    assert pays_from(client, reporting) is None, "what was seen before its block is of an earlier attempt"
    page = f"/expiries/{reporting.slug}/"
    assert "series pay" not in read(client, page)
    record(reporting, "DELAY", price=PRICE, final_at=at.now + 600, block=90)
    assert pays_from(client, reporting) == str(at.now + 600)
    text = read(client, page)
    assert re.search(r"Unless guardians cancel it before, series pay by it from 2026-\S+ \S+ UTC \(in 10 min\)", text)
    assert re.search(r"Series pay by it, unless guardians cancel it before 2026-\S+ \S+ UTC \(in 10 min\)", text)
    at.now += 660
    text = read(client, page)
    assert re.search(r"Unless guardians cancelled it in between, series pay by it since .* \(1 min ago\)", text)
    Publication.objects.update(stage="FINAL", final_at=at.now)
    record(reporting, "EQUAL", price=PRICE, final_at=at.now - 60)
    assert pays_from(client, reporting) == str(at.now - 60)
    assert "nless guardians" not in read(client, page)


def test_finality__guardians_cancelled__says_so_until_a_later_block_has_the_price(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    at.now = to_challenge(reporting) + WINDOW
    pass_time(now=at.now)
    reporting.refresh_from_db()
    record(reporting, "CANCELLED", attempt=1, block=95)
    assert codes(client, reporting) == ["not_published", "cancelled"]
    assert f"waits for the attestors' signatures; {MEANING[Reason.CANCELLED]}." in read(
        client, f"/expiries/{reporting.slug}/"
    )
    publish(reporting, at.now, stage="MINED", **MINED)
    assert codes(client, reporting) == ["not_deep", "cancelled"], "its own block, and then it was cancelled"
    assert pays_from(client, reporting) is None
    Publication.objects.update(block_number=96)
    assert codes(client, reporting) == ["not_deep"]


@pytest.mark.usefixtures("voters")
def test_finality__final_in_the_book__is_safe_only_once_it_is_final_on_chain(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    at.now = to_final(reporting)
    reporting.refresh_from_db()
    assert codes(client, reporting) == ["not_published"]
    publication = publish(reporting, at.now, stage="PLANNED")
    assert codes(client, reporting) == ["not_published"]
    Publication.objects.update(stage="SIGNED")
    assert codes(client, reporting) == ["not_in_a_block"], "attestors have done their part"
    tx = ChainTransaction.objects.create(
        chain="0x1", sender="0x" + "01" * 20, nonce=1, purpose="publication:1",
        to="0x" + "02" * 20, data="0x", hash="0x" + "7a" * 32,
        created_at=at.now,
    )  # fmt: skip
    Publication.objects.filter(pk=publication.pk).update(stage="SENT", transaction=tx)
    assert codes(client, reporting) == ["not_in_a_block"]
    Publication.objects.update(
        stage="MINED", tx_hash=tx.hash, block_number=90, block_hash="0x" + "9a" * 32
    )
    EscrowBlock.objects.create(number=101, hash="0x" + "b1" * 32, parent="0x" + "b0" * 32, timestamp=at.now)
    assert codes(client, reporting) == ["not_deep"]
    Publication.objects.update(stage="FINAL", final_at=at.now)
    found = get(client, reporting, "finality").json()
    assert codes(client, reporting) == ["final_on_chain"]
    assert (found["chain"]["block"], found["chain"]["depth"], found["price"]) == ("90", "11", str(PRICE))
    raise_alarm(AlarmKind.PRICE_DIFFERS, reporting.id, "it differs", now=at.now)
    assert codes(client, reporting) == ["final_on_chain", "chain_differs"]


def test_finality__its_reasons__have_one_line_of_meaning_each_here_and_in_the_docs() -> None:
    from tests.conftest import ROOT

    assert set(MEANING) == set(Reason)
    page = (ROOT / "docs" / "api.md").read_text()
    for reason in Reason:
        assert f"| `{reason}` | {MEANING[reason]} |" in page, reason


@pytest.mark.usefixtures("voters")
def test_finality_and_simulate__cost_a_bounded_number_of_queries(
    reporting: Expiry, series: Series, client: Client
) -> None:
    to_challenge(reporting)
    assert queries(lambda: get(client, reporting, "finality")) <= 6
    assert queries(lambda: get(client, reporting, "simulate", price=LIE)) <= 12
