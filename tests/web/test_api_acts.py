"""POST /api/v1/acts: what is taken, and that nothing bad gets in (PROTOCOL 5 to 7, C-34, C-44)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from oracle import signer
from oracle.api.base import MAX_BODY_BYTES
from oracle.models import Act, Expiry
from protocol import signing
from protocol.acts import Refusal
from tests.cast import ETHER, NO_EVIDENCE, person
from tests.web.conftest import OPEN, Clock, queries

PRICE = 2500 * ETHER
_HALF_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ACTS = "/api/v1/acts"


def report(expiry: Expiry, name: str = "alice", price: int = PRICE, bond: int = ETHER) -> dict[str, Any]:
    """A report as it goes over the wire."""
    fields = {"price": price, "bond": bond, "evidence": NO_EVIDENCE, "salt": "0x" + "ab" * 32}
    return person(name).sign("Report", {"expiry": expiry.id, **fields})


def receipt_signer(receipt: dict[str, Any]) -> str:
    message = signing.parse("Receipt", receipt["message"])
    return signing.recover(signer.digest("Receipt", message), receipt["signature"])


def test_act__taken__201_with_the_services_receipt(reporting: Expiry, api: Any) -> None:
    act = report(reporting)
    response = api(act)
    assert response.status_code == 201
    body = response.json()
    assert body["taken"] is True
    assert receipt_signer(body["receipt"]) == signer.service_address()
    row = Act.objects.get(kind="Report")
    assert body["receipt"]["message"] == {
        "digest": signer.digest("Report", signing.parse("Report", act["message"])),
        "expiry": reporting.id,
        "head": row.head,
        "seq": str(row.seq),
        "book": row.book,
        "at": str(OPEN + 1),
        "code": "",
    }


def test_act__sent_again__200_with_its_first_receipt(reporting: Expiry, api: Any, at: Clock) -> None:
    first = api(report(reporting)).json()
    at.now += 50
    again = api(report(reporting))
    assert (again.status_code, again.json()) == (200, first)
    assert Act.objects.filter(kind="Report").count() == 1


def test_act__refused__problem_with_a_signed_receipt_that_says_why(reporting: Expiry, api: Any) -> None:
    response = api(report(reporting, bond=50 * ETHER))
    assert (response.status_code, response["Content-Type"]) == (409, "application/problem+json")
    problem = response.json()
    assert problem["code"] == problem["receipt"]["message"]["code"] == "bond_out_of_bounds"
    assert (problem["status"], problem["type"]) == (409, "urn:assize:problem:bond_out_of_bounds")
    assert receipt_signer(problem["receipt"]) == signer.service_address()


def test_act__refused_then_possible__may_be_sent_again(reporting: Expiry, api: Any) -> None:
    act = report(reporting, "nadia")
    assert api(act).json()["code"] == "insufficient_balance"
    person("nadia").deposit(ETHER, OPEN + 1)
    assert api(act).status_code == 201


def signed(change: Callable[[dict[str, Any]], Any]) -> Callable[[Expiry], Any]:
    """A good report, spoilt after it was signed."""

    def spoil(expiry: Expiry) -> Any:
        act = report(expiry)
        return change(act) or act

    return spoil


def sets(**fields: Any) -> Callable[[Expiry], Any]:
    return signed(lambda act: act["message"].update(fields))


def with_signature(change: Callable[[str], str]) -> Callable[[Expiry], Any]:
    return signed(lambda act: act.update(signatures=[change(act["signatures"][0])]))


def high_s(signature: str) -> str:
    raw = bytes.fromhex(signature[2:])
    s = _HALF_ORDER - int.from_bytes(raw[32:64], "big")
    return "0x" + (raw[:32] + s.to_bytes(32, "big") + bytes([55 - raw[64]])).hex()


def for_domain(chain_id: int, contract: str | None = None) -> Callable[[Expiry], Any]:
    def sign(expiry: Expiry) -> Any:
        act = report(expiry)
        domain = signing.Domain(chain_id, contract or signer.domain().contract)
        digest = signing.digest(domain, "Report", signing.parse("Report", act["message"]))
        return {**act, "signatures": [signing.sign(person("alice").key, digest)]}

    return sign


def raw(make: Callable[[str], str]) -> Callable[[Expiry], bytes]:
    return lambda expiry: make(json.dumps(report(expiry))).encode()


BAD = {
    "unsigned": (signed(lambda act: act.update(signatures=[])), 400, "malformed"),
    "signatures_missing": (signed(lambda act: act.pop("signatures") and None), 400, "malformed"),
    "signed_by_another": (sets(account=person("bob").address), 403, "bad_signature"),
    "signed_for_another_price": (sets(price=str(PRICE + 1)), 403, "bad_signature"),
    "signed_twice": (signed(lambda act: act.update(signatures=act["signatures"] * 2)), 400, "malformed"),
    "another_chain": (for_domain(1), 403, "bad_signature"),
    "another_contract": (for_domain(31337, "0x" + "99" * 20), 403, "bad_signature"),
    "high_s": (with_signature(high_s), 403, "bad_signature"),
    "v_of_0": (with_signature(lambda s: s[:-2] + "00"), 403, "bad_signature"),
    "signature_too_long": (with_signature(lambda s: s + "00"), 403, "bad_signature"),
    "signature_in_capitals": (with_signature(lambda s: "0x" + s[2:].upper()), 403, "bad_signature"),
    "signature_a_number": (signed(lambda act: act.update(signatures=[1])), 403, "bad_signature"),
    "no_kind": (signed(lambda act: act.pop("kind") and None), 400, "malformed"),
    "unknown_kind": (signed(lambda act: act.update(kind="Coup")), 400, "malformed"),
    "an_act_of_the_service": (signed(lambda act: act.update(kind="Opened")), 400, "malformed"),
    "kind_a_list": (signed(lambda act: act.update(kind=["Report"])), 400, "malformed"),
    "extra_field_of_the_message": (sets(tip="1"), 400, "malformed"),
    "extra_field_of_the_envelope": (signed(lambda act: act.update(now="1")), 400, "malformed"),
    "field_missing": (signed(lambda act: act["message"].pop("salt") and None), 400, "malformed"),
    "number_as_a_number": (sets(price=PRICE), 400, "malformed"),
    "number_with_a_zero_ahead": (sets(price="0" + str(PRICE)), 400, "malformed"),
    "number_negative": (sets(bond="-1"), 400, "malformed"),
    "number_beyond_256_bits": (sets(bond=str(2**256)), 400, "malformed"),
    "address_with_capitals": (sets(account=person("alice").address.upper()), 400, "malformed"),
    "half_a_surrogate_pair": (sets(**{"\ud800": "1"}), 400, "malformed"),
    "null_character": (sets(salt="\x00"), 400, "malformed"),
    "message_a_list": (signed(lambda act: act.update(message=[])), 400, "malformed"),
    "message_null": (signed(lambda act: act.update(message=None)), 400, "malformed"),
    "unknown_expiry": (
        lambda expiry: person("alice").sign(
            "Report",
            report(expiry)["message"]
            | {
                "expiry": "0x" + "77" * 32,
                "price": PRICE,
                "bond": ETHER,
            },
        ),
        404,
        "unknown_expiry",
    ),
    "key_twice": (raw(lambda text: text.replace('"kind"', '"kind": "Pledge", "kind"')), 400, "malformed"),
    "not_a_number": (raw(lambda text: text.replace(f'"{PRICE}"', "NaN")), 400, "malformed"),
    "a_fraction": (raw(lambda text: text.replace(f'"{PRICE}"', "2.5e21")), 400, "malformed"),
    "a_number_of_5000_digits": (raw(lambda text: text.replace(f'"{PRICE}"', "9" * 5000)), 400, "malformed"),
    "not_json": (raw(lambda text: text[:-1]), 400, "malformed"),
    "not_utf8": (lambda expiry: b"\xff\xfe", 400, "malformed"),
    "empty": (lambda expiry: b"", 400, "malformed"),
    "a_list": (lambda expiry: b"[]", 400, "malformed"),
    "deep": (lambda expiry: b'{"kind":' + b"[" * 8000 + b"]" * 8000 + b"}", 400, "malformed"),
    "too_large": (lambda expiry: b" " * (MAX_BODY_BYTES + 1), 413, "too_large"),
    "far_too_large": (lambda expiry: b" " * 1_000_000, 413, "too_large"),
}


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize("name", BAD)
def test_bad_input__any__has_its_code_and_changes_nothing(
    name: str, reporting: Expiry, client: Client
) -> None:
    make, status, code = BAD[name]
    act = make(reporting)
    body = act if isinstance(act, bytes) else json.dumps(act)
    response = client.post(ACTS, body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (status, code), response.json()
    assert response["Content-Type"] == "application/problem+json"


REFUSED: dict[str, tuple[Callable[[Expiry], Any], int, str]] = {
    "late": (report, 100, "wrong_stage"),
    "price_of_0": (lambda expiry: report(expiry, price=0), 0, "price_out_of_bounds"),
    "price_above": (lambda expiry: report(expiry, price=10**30), 0, "price_out_of_bounds"),
    "bond_too_small": (lambda expiry: report(expiry, bond=1), 0, "bond_out_of_bounds"),
    "more_than_it_has": (lambda expiry: report(expiry, "nadia"), 0, "insufficient_balance"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_act__any__409_with_a_receipt_and_no_bond_moved(
    name: str, reporting: Expiry, api: Any, at: Clock
) -> None:
    make, later, code = REFUSED[name]
    at.now += later
    response = api(make(reporting))
    assert (response.status_code, response.json()["code"]) == (409, code)
    assert response.json()["receipt"]["message"]["code"] == code
    assert not Act.objects.filter(kind="Report").exists()


def test_refusal__each_code_of_the_protocol__has_a_status() -> None:
    from oracle.api.problems import Problem

    statuses = {code: Problem(code, "").status_code for code in Refusal}
    assert set(statuses.values()) == {400, 403, 404, 409, 413}
    assert statuses[Refusal.WRONG_STAGE] == 409


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]
)
def test_act__sent_as_something_else__415(reporting: Expiry, client: Client, content_type: str) -> None:
    response = client.generic("POST", ACTS, json.dumps(report(reporting)), content_type=content_type)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert response.json()["detail"] == "Send the body as JSON, with Content-Type: application/json."


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_acts__another_method__405_that_names_those_allowed(db: None, client: Client, method: str) -> None:
    response = client.generic(method, ACTS)
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert "POST" in response["Allow"]
    assert response.json()["detail"] == f"Send one of {response['Allow']} to this address."


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/nothing/", "/api/v1/acts/", "/api/v1/expiries/a/b"]
)
def test_api__no_such_address__404_as_a_problem(db: None, client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_api__our_own_mistake__500_as_a_problem_that_tells_nothing(
    reporting: Expiry, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("oracle.api.acts.take_act", fail)
    client.raise_request_exception = False
    response = client.post(ACTS, report(reporting), content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert b"secret" not in response.content


def test_api__the_database_away__503_and_try_again(
    reporting: Expiry, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def fail(**_: Any) -> None:
        raise OperationalError("connection to 10.0.0.1 refused")

    assert issubclass(OperationalError, DatabaseError)
    monkeypatch.setattr("oracle.api.acts.take_act", fail)
    response = client.post(ACTS, report(reporting), content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert b"10.0.0.1" not in response.content


def test_acts__asked_for_by_a_browser_with_cookies__needs_no_session_and_is_given_none(
    reporting: Expiry, client: Client
) -> None:
    client.cookies["sessionid"] = "made-up"
    response = client.post(
        ACTS, report(reporting), content_type="application/json", headers={"accept": "text/html"}
    )
    assert response.status_code == 201
    assert not any(cookie.value for cookie in response.cookies.values())


def test_act__with_many_reports_behind_it__costs_no_more_queries(reporting: Expiry, api: Any) -> None:
    few = queries(lambda: api(report(reporting, "alice")))
    for n in range(30):
        person(f"crowd {n}").deposit(ETHER, OPEN + 1)
        assert api(report(reporting, f"crowd {n}")).status_code == 201
    assert queries(lambda: api(report(reporting, "bob"))) == few
