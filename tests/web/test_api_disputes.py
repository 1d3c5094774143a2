"""Quotes and guardians' signatures over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from disputes.models import RulingSignature
from oracle import signer
from oracle.models import Expiry
from protocol import signing
from tests.cast import ETHER, person
from tests.web.conftest import Clock
from tests.web.story import LIE, PRICE, to_ballot, to_challenge

REASON = "0x" + "5e" * 32


def quote(client: Client, expiry: Expiry, price: object) -> Any:
    return client.get(f"/api/v1/expiries/{expiry.slug}/quote", {"price": price})


def test_quote__in_challenge__is_a_dry_run_in_decimal_strings(reporting: Expiry, client: Client) -> None:
    to_challenge(reporting)
    body = quote(client, reporting, LIE).json()
    # 2 x 2 ETH that PRICE's reporters would lose, less the liar's own 1 ETH
    assert (body["at_risk"], body["left"], body["standing"]) == (str(3 * ETHER), str(3 * ETHER), str(PRICE))
    assert body["rounds"][0] == {
        "round": "1", "price": str(LIE), "required": str(3 * ETHER), "opens_ballot": False,
    }  # fmt: skip


@pytest.mark.parametrize("price", ["", "abc", "-1", "1.5", str(2**120), "9" * 400, "٣"])
def test_quote__no_price__400(reporting: Expiry, client: Client, price: str) -> None:
    response = quote(client, reporting, price)
    assert (response.status_code, response.json()["code"]) == (400, "malformed")


def test_quote__that_nobody_could_bond__409_that_says_why(reporting: Expiry, client: Client) -> None:
    assert quote(client, reporting, LIE).json()["code"] == "wrong_stage"
    to_challenge(reporting)
    assert quote(client, reporting, PRICE).json()["code"] == "agrees_with_standing"
    assert quote(client, reporting, 0).json()["code"] == "price_out_of_bounds"


def ruling(expiry: Expiry, name: str, price: int = PRICE) -> dict[str, str]:
    message = {"expiry": expiry.id, "price": price, "reason": REASON}
    signature = signing.sign(person(name).key, signer.digest("Ruling", message))
    return {"price": str(price), "reason": REASON, "signature": signature}


def test_rulings__until_enough_have_signed__202_then_201_with_the_receipt(
    reporting: Expiry, api: Any, at: Clock
) -> None:
    at.now = to_ballot(reporting)  # nobody has stake: the guardians rule at once
    path = f"/api/v1/expiries/{reporting.slug}/rulings"
    first = api(ruling(reporting, "gustav"), path=path)
    assert (first.status_code, first.json()["collected"], first.json()["needed"]) == (202, "1", "2")
    assert first.json()["receipt"] is None
    second = api(ruling(reporting, "george"), path=path)
    assert second.status_code == 201
    assert second.json()["receipt"]["message"]["code"] == ""
    reporting.refresh_from_db()
    assert (reporting.stage, reporting.price, reporting.decided_by) == ("FINAL", PRICE, "ruling")


def test_rulings__bad_ones__have_their_code_and_are_not_kept(reporting: Expiry, api: Any, at: Clock) -> None:
    at.now = to_ballot(reporting)
    path = f"/api/v1/expiries/{reporting.slug}/rulings"
    good = ruling(reporting, "gustav")
    bad: list[tuple[dict[str, Any], int, str]] = [
        (ruling(reporting, "alice"), 403, "bad_signature"),
        ({**good, "price": str(LIE)}, 403, "bad_signature"),
        (ruling(reporting, "gustav", PRICE + 7), 409, "not_a_candidate"),
        ({**good, "signature": 7}, 403, "bad_signature"),
        ({**good, "price": PRICE}, 400, "malformed"),
        ({**good, "reason": "why not"}, 400, "malformed"),
        ({**good, "more": "1"}, 400, "malformed"),
    ]
    for body, status, code in bad:
        response = api(body, path=path)
        assert (response.status_code, response.json()["code"]) == (status, code), body
    assert RulingSignature.objects.count() == 0


def test_rulings__before_it_is_the_guardians_turn__409(reporting: Expiry, api: Any) -> None:
    response = api(ruling(reporting, "gustav"), path=f"/api/v1/expiries/{reporting.slug}/rulings")
    assert (response.status_code, response.json()["code"]) == (409, "wrong_stage")


def test_rulings__on_no_expiry__404(reporting: Expiry, api: Any) -> None:
    response = api(ruling(reporting, "gustav"), path="/api/v1/expiries/none/rulings")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
