"""The OpenAPI document: valid, complete, and true of real answers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from oracle.models import Expiry
from tests.cast import ETHER, person
from tests.web.story import LIE, PRICE, send_secret_report, to_challenge, to_final

PROBLEM = "application/problem+json"


@pytest.fixture
def schema(client: Client) -> Any:
    response = client.get("/api/schema/")
    assert response.status_code == 200
    return response.json()


def addresses(patterns: list[Any] | None = None, prefix: str = "/") -> list[str]:
    """Every address of the site, as OpenAPI writes it."""
    found: list[str] = []
    for each in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            found += addresses(each.url_patterns, path)
        elif isinstance(each, URLPattern):
            found.append(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path))
    return found


def test_schema__is_valid_openapi_3_1_without_a_warning(schema: Any, tmp_path: Any) -> None:
    assert schema["openapi"].startswith("3.1")
    validate_schema(schema)
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


def test_schema__has_every_address_under_api_v1(schema: Any) -> None:
    ours = {path for path in addresses() if path.startswith("/api/v1/")} - {"/api/v1/"}  # which leads to the document
    assert len(ours) >= 12
    assert ours == set(schema["paths"])


def test_schema__every_answer_that_is_no_success__is_a_problem(schema: Any) -> None:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                if (path, status) == ("/api/v1/status", "503"):
                    continue  # says the same as 200 does, of a service whose database is gone
                fine = "text/event-stream" if path.endswith("/stream") else "application/json"
                kind = fine if int(status) < 400 else PROBLEM
                assert list(answer["content"]) == [kind], (path, method, status)


def test_schema__every_post__documents_what_a_bad_body_gets(schema: Any) -> None:
    posts = [methods["post"] for methods in schema["paths"].values() if "post" in methods]
    assert len(posts) >= 2
    wanted = {"400", "404", "413", "415", "429", "503"}
    for operation in posts:
        answers, name = set(operation["responses"]), operation["operationId"]
        if "401" in answers:  # whoever has a token signs nothing, and names no expiry
            assert wanted - {"404"} <= answers, name
            continue
        signed = name not in ("simulate_with_units", "send_evidence")
        assert wanted | ({"403"} if signed else set()) <= answers, name


def check(schema: Any, response: Any, path: str, method: str = "get") -> None:
    """The answer is one that the document promises for this status."""
    content = schema["paths"][path][method]["responses"][str(response.status_code)]["content"]
    (media_type,) = content
    assert response["Content-Type"].partition(";")[0] == media_type
    document = {**content[media_type]["schema"], "components": schema["components"]}
    Draft202012Validator(document).validate(response.json())


READS = {
    "/api/v1/book": "/api/v1/book",
    "/api/v1/events": "/api/v1/events",
    "/api/v1/service": "/api/v1/service",
    "/api/v1/expiries": "/api/v1/expiries",
    "/api/v1/expiries/{name}": "/api/v1/expiries/eth-usd-test",
    "/api/v1/expiries/{name}/claims": "/api/v1/expiries/eth-usd-test/claims",
    "/api/v1/expiries/{name}/transcript": "/api/v1/expiries/eth-usd-test/transcript",
    "/api/v1/accounts/{address}": f"/api/v1/accounts/{person('alice').address}",
    "/api/v1/accounts/{address}/acts": f"/api/v1/accounts/{person('alice').address}/acts",
    "/api/v1/expiries/{name}/finality": "/api/v1/expiries/eth-usd-test/finality",
    "/api/v1/expiries/{name}/simulate": f"/api/v1/expiries/eth-usd-test/simulate?price={LIE}&units=1",
    "/api/v1/series": "/api/v1/series",
    "/api/v1/publications": "/api/v1/publications",
    "/api/v1/roots": "/api/v1/roots",
    "/api/v1/reserves": "/api/v1/reserves",
}


@pytest.mark.usefixtures("voters")
@pytest.mark.parametrize("stage", ["SCHEDULED", "REPORTING", "CHALLENGE", "FINAL"])
def test_reads__at_each_stage__are_what_the_document_says(
    schema: Any, expiry: Expiry, client: Client, stage: str, request: pytest.FixtureRequest
) -> None:
    if stage != "SCHEDULED":
        request.getfixturevalue("reporting")
    if stage == "REPORTING":
        send_secret_report(expiry)
    if stage == "CHALLENGE":
        now = to_challenge(expiry)
        person("dave").pledge(expiry.id, 1, LIE, ETHER, now + 1)
    if stage == "FINAL":
        to_final(expiry)
    expiry.refresh_from_db()
    assert expiry.stage == stage
    for path, address in READS.items():
        response = client.get(address)
        assert response.status_code in (200, 409)
        check(schema, response, path)


def test_posts__taken_repeated_and_refused__are_what_the_document_says(
    schema: Any, reporting: Expiry, api: Any
) -> None:
    act = send_secret_report(reporting)
    other = person("bob").sign(
        "Report",
        {
            "expiry": reporting.id,
            "price": PRICE,
            "bond": ETHER,
            "evidence": "0x" + "00" * 32,
            "salt": "0x" + "01" * 32,
        },
    )
    wanted = [(other, 201), (act, 200), ({}, 400), ({**act, "signatures": ["0x"]}, 403)]
    for body, status in wanted:
        response = api(body)
        assert response.status_code == status
        check(schema, response, "/api/v1/acts", "post")
    late = person("carol").sign("Stake", {"amount": 10**30, "nonce": 1})
    check(schema, api(late), "/api/v1/acts", "post")
    ruling = {"price": str(PRICE), "reason": "0x" + "00" * 32, "signature": "0x" + "00" * 65}
    response = api(ruling, path="/api/v1/expiries/eth-usd-test/rulings")
    assert response.status_code == 403
    check(schema, response, "/api/v1/expiries/{name}/rulings", "post")
