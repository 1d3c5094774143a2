"""Requests made up from the OpenAPI document by schemathesis: no 500, and no answer that it does not promise."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assize.api_docs import document
from oracle.api import stream
from oracle.models import Act, Expiry
from tests.cast import person
from tests.web.story import send_secret_report
from tests.web.test_api_schema import check

REAL = {"name": "eth-usd-test", "address": person("alice").address}
"""What random words never hit."""

OPERATIONS = [
    (path, method)
    for path, methods in document()["paths"].items()
    for method in methods
]  # fmt: skip


@cache
def fuzzed() -> Any:
    return schemathesis.openapi.from_dict(document())


@pytest.mark.parametrize("path, method", OPERATIONS)
def test_api__any_request_of_its_document__is_answered_as_the_document_says(
    path: str, method: str, reporting: Expiry, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LIFE_SECONDS", 0)
    send_secret_report(reporting)
    known = {**REAL, "digest": Act.objects.get(kind="Report").digest}
    client.raise_request_exception = False
    cases = fuzzed()[path][method.upper()].as_strategy()

    @settings(max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(cases, st.booleans())
    def ask(case: Any, real: bool) -> None:
        made = case.path_parameters or {}
        parts = {name: known.get(name, value) if real else value for name, value in made.items()}
        query = {name: value for name, value in (case.query or {}).items() if value is not None}
        body = {} if method == "get" else {"data": case.body, "content_type": "application/json"}
        try:
            address = path.format(**parts)
            response = getattr(client, method)(address, query_params=query, **body)
        except (TypeError, ValueError, UnicodeError):
            return  # nothing that this test's client could write as JSON or as an address
        promised = document()["paths"][path][method]["responses"]
        assert response.status_code != 500, (address, query, body)
        if getattr(response, "streaming", False):
            assert b"".join(response.streaming_content) == b"retry: 2000\n\n"
        else:
            assert str(response.status_code) in promised, (address, query, body, response.content)
            check(document(), response, path, method)

    ask()
