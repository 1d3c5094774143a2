"""Guardians' signatures over HTTP."""

from __future__ import annotations

from typing import Any

from disputes.models import RulingSignature
from oracle import signer
from oracle.models import Expiry
from protocol import signing
from tests.cast import person
from tests.web.conftest import Clock
from tests.web.story import LIE, PRICE, to_ballot

REASON = "0x" + "5e" * 32


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
