"""Requests made up from the OpenAPI document by schemathesis: no 500, and no answer that it does not promise."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.models import Delivery
from alerts.services import follows
from assize.api_docs import document
from evidence import services
from oracle.api import stream
from oracle.models import Act, Expiry
from oracle.services import listing
from oracle.services.opening import open_expiry
from protocol import evidence
from protocol.terms import Terms
from settlement.chain.contracts import Signers
from settlement.models import Publication
from tests.cast import ETHER, person
from tests.db.test_roots import proposed
from tests.web.conftest import OPEN, Clock
from tests.web.story import LIE, to_final
from tests.web.test_api_schema import check
from tests.web.test_pages import add_series

VERA = person("vera").address
SEALED = "eth-usd-sealed"
SIGNERS = Signers((VERA,), 1, None, (VERA,), 1, VERA, 0)

OPERATIONS = [
    (path, method)
    for path, methods in document()["paths"].items()
    for method in methods
]  # fmt: skip


@cache
def fuzzed() -> Any:
    return schemathesis.openapi.from_dict(document())


@pytest.fixture
def real(voters: None, reporting: Expiry, terms: Terms, at: Clock) -> dict[str, Any]:
    """What random words never hit: a row for each part of an address, and a token. Another expiry is SEALED."""
    add_series(reporting, 2_000 * ETHER)
    paper = evidence.document(expiry=reporting.id, price=LIE, words="I saw it.")
    services.keep(document=paper, files=[], now=OPEN)
    carried = evidence.evidence_hash(paper)
    assert person("carol").report(reporting.id, LIE, ETHER // 10, OPEN, carried).refusal is None
    later = OPEN + 1_000
    sealed = listing.list_expiry(slug=SEALED, index=reporting.index, expiry_at=later, terms=terms, now=OPEN)
    to_final(reporting)
    open_expiry(expiry_id=sealed.id, block=1, value_secured=0, now=later)
    at.now = later + 1
    assert person("violet").report(sealed.id, LIE, ETHER, at.now).refusal is None
    hook = follows.add_hook(account=VERA, url="https://hooks.example/")
    follow = follows.follow(account=VERA, now=OPEN, scope="expiry", target=reporting.id, hook=hook)
    follows.send_test(account=VERA, now=OPEN, hook=hook)
    Delivery.objects.update(state="GAVE_UP")
    root = proposed(4)
    return {
        "name": reporting.slug, "address": VERA, "digest": Act.objects.filter(kind="Report")[0].digest,
        "evidence": carried,
        "publication_id": Publication.objects.create(created_at=OPEN).pk, "root_id": root.pk, "epoch": root.epoch,
        "follow": follow.pk, "webhook": hook.pk, "delivery": Delivery.objects.get().pk, "price": LIE,
        "token": follows.add_token(account=VERA, name="schemathesis", now=OPEN),
    }  # fmt: skip


@pytest.mark.parametrize("path, method", OPERATIONS)
def test_api__any_request_of_its_document__is_answered_as_the_document_says(
    path: str, method: str, real: dict[str, Any], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words made up alone, with what there is in their place, and of the expiry that is sealed."""
    monkeypatch.setattr(stream, "LIFE_SECONDS", 0)
    monkeypatch.setattr("settlement.attestors.signers", lambda: SIGNERS)
    client.raise_request_exception = False
    cases, met = fuzzed()[path][method.upper()].as_strategy(), set()
    token = {"Authorization": f"Bearer {real['token']}"}

    @settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(cases, st.sampled_from([{}, real, {**real, "name": SEALED}]))
    def ask(case: Any, known: dict[str, Any]) -> None:
        made, asked = case.path_parameters or {}, case.query or {}
        parts = {name: known.get(name, value) for name, value in made.items()}
        query = {name: known.get(name, value) for name, value in asked.items() if value is not None}
        body = {} if method == "get" else {"data": case.body, "content_type": "application/json"}
        try:
            address = path.format(**parts)
            response = getattr(client, method)(address, query_params=query, headers=token if known else {}, **body)
        except (TypeError, ValueError, UnicodeError):
            return  # nothing that this test's client could write as JSON or as an address
        met.add(response.status_code)
        promised = document()["paths"][path][method]["responses"]
        assert response.status_code != 500, (address, query, body)
        if getattr(response, "streaming", False):
            assert b"".join(response.streaming_content) == b"retry: 2000\n\n"
        else:
            assert str(response.status_code) in promised, (address, query, body, response.content)
            check(document(), response, path, method)

    ask()
    assert 200 in met or method != "get", f"all that was asked was refused: {met}"
