"""What HTTP itself promises: ETags, reading from other origins, who may do what, and the page of docs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from assize.api_docs import document
from assize.client_code import code
from oracle.models import Expiry
from protocol.acts import Refusal
from tests.cast import person
from tests.conftest import ROOT
from tests.web.conftest import queries
from tests.web.story import send_secret_report
from tests.web.test_api_schema import READS


@pytest.mark.parametrize("path", sorted(set(READS.values()) - {"/api/v1/service"}))
def test_etag__of_what_one_has__answers_304_until_it_changes(reporting: Expiry, client: Client, path: str) -> None:
    first = client.get(path)
    assert first["ETag"]
    again = client.get(path, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_etag__after_an_act__is_another(reporting: Expiry, client: Client) -> None:
    paths = [
        "/api/v1/book", "/api/v1/events", f"/api/v1/expiries/{reporting.slug}",
        f"/api/v1/expiries/{reporting.slug}/transcript", f"/api/v1/accounts/{person('alice').address}",
    ]  # fmt: skip
    before = [client.get(path)["ETag"] for path in paths]
    send_secret_report(reporting)
    for path, etag in zip(paths, before, strict=True):
        assert client.get(path, headers={"if-none-match": etag}).status_code == 200, path


def test_etag__of_a_transcript_that_one_has__costs_one_query(reporting: Expiry, client: Client) -> None:
    path = f"/api/v1/expiries/{reporting.slug}/transcript"
    etag = client.get(path)["ETag"]
    assert queries(lambda: client.get(path, headers={"if-none-match": etag})) == 1


def test_cors__reads__are_for_every_origin_and_posts_for_none(reporting: Expiry, client: Client, api: Any) -> None:
    for path in READS.values():
        assert client.get(path)["Access-Control-Allow-Origin"] == "*"
        asked = client.options(path)
        assert (asked.status_code, asked["Access-Control-Allow-Methods"]) == (204, "GET, HEAD")
    assert client.get("/api/v1/expiries/none")["Access-Control-Allow-Origin"] == "*", "problems can be read too"
    assert "Access-Control-Allow-Origin" not in api({})
    assert "Access-Control-Allow-Credentials" not in client.get("/api/v1/book")


ANYBODY = "anybody"
SIGNED = {
    "send_act": "the account, or k guardians, whose signatures stand in the body",
    "sign_ruling": "a guardian of the expiry",
    **dict.fromkeys(
        ("follows", "follow", "unfollow", "webhooks", "add_webhook", "drop_webhook", "deliveries", "replay"),
        "a token of the account",
    ),
    "send_evidence": "anybody; it is shown only where a signed act carries its hash",
    "attest": "an attestor of today's set",
    "attest_root": "an attestor of today's set",
}
"""Who may do what, by operation; everything else is read by anybody, but for what is sealed (test_sealing.py)."""


def test_permissions__every_operation__is_a_public_read_or_wants_a_signature() -> None:
    who = {}
    for methods in document()["paths"].values():
        for method, operation in methods.items():
            name = operation["operationId"]
            who[name] = SIGNED.get(name, ANYBODY if method == "get" or name == "simulate_with_units" else "?")
    assert "?" not in who.values(), who
    assert set(SIGNED) <= set(who)


@pytest.mark.parametrize("path, body", [
    ("acts", {"kind": "Stake", "message": {"account": "0x" + "00" * 20, "amount": "1", "nonce": "1"}}),
    ("expiries/eth-usd-test/rulings", {"price": "1", "reason": "0x" + "00" * 32}),
])  # fmt: skip
def test_permissions__a_login__is_no_signature(
    reporting: Expiry, admin_client: Client, path: str, body: dict[str, Any], nothing_changes: None
) -> None:
    signature = "0x" + "11" * 64 + "1b"
    body |= {"signatures": [signature]} if path == "acts" else {"signature": signature}
    answer = admin_client.post(f"/api/v1/{path}", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, Refusal.BAD_SIGNATURE)


@pytest.mark.parametrize("path", READS.values())
def test_reads__other_methods__405_with_what_is_allowed(reporting: Expiry, client: Client, path: str) -> None:
    answer = client.delete(path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer["Allow"]


def test_docs__have_every_operation_problem_and_shape_and_no_foreign_script(db: None, client: Client) -> None:
    root = client.get("/api/v1/").json()
    assert client.get(root["openapi"]).json()["openapi"].startswith("3.1")
    page = client.get(root["docs"])
    text = page.content.decode()
    assert page.status_code == 200
    for methods in document()["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in text
    for name in document()["components"]["schemas"]:
        assert f'id="shape-{name}"' in text
    assert "<code>evidence</code>" in text
    assert "`" not in text, "is code, and no backticks"
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL)
    assert all('src="/static/' in tag and not inside for tag, inside in scripts), "our own files alone"
    assert queries(lambda: client.get("/api/docs/")) == 1, "whether intake is paused"


def test_schema__every_operation__may_find_the_database_gone_and_every_problem_has_an_example() -> None:
    for path, methods in document()["paths"].items():
        for operation in methods.values():
            assert "503" in operation["responses"], path
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    if (path, status) == ("/api/v1/status", "503"):
                        continue  # says the same as 200 does, of a service whose database is gone
                    example = answer["content"]["application/problem+json"]["example"]
                    assert example["status"] == int(status)


def test_schema__every_value_of_a_pattern__has_an_example() -> None:
    for name, shape in document()["components"]["schemas"].items():
        for field, schema in shape.get("properties", {}).items():
            if "pattern" in schema:
                assert schema["examples"], (name, field)


def test_client__checked_in__is_what_the_document_gives_today() -> None:
    """`python -m dev manage api_client` writes it anew."""
    assert (ROOT / "reporter" / "api.py").read_text() == code(document())
