"""What attestors and integrators get over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from dev import accounts
from oracle import signer
from protocol import signing
from settlement.models import AttestorRefusal, AttestorSignature, Publication
from settlement.services.publishing import publish
from settlement.services.series import list_series
from settlement.stages import PublicationStage
from tests.cast import ETHER, person
from tests.chain.conftest import World

web = Browser()


def get(path: str, **query: Any) -> Any:
    answer = web.get(f"/api/v1/{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def post(publication: Publication, **body: Any) -> Any:
    path = f"/api/v1/publications/{publication.pk}/signatures"
    return web.post(path, body, content_type="application/json")


def digest_of(document: dict[str, Any]) -> str:
    """The digest as an attestor works it out from what it was served."""
    return signer.digest("Attestations", signing.parse("Attestations", {"items": document["items"]}))


def attestation(number: int, document: dict[str, Any]) -> str:
    return signing.sign(accounts.key(accounts.ATTESTORS[number]), digest_of(document))


def test_signatures__three_attestors_over_what_they_were_served__signed(world: World) -> None:
    publication, now = world.proposed("one", "two")
    (served,) = get("publications", stage="PLANNED")["results"]
    assert (served["id"], served["signatures"], len(served["items"])) == (str(publication.pk), [], 2)
    for number in (4, 0, 4):
        answer = post(publication, signature=attestation(number, served))
        assert (answer.status_code, answer.json()["stage"]) == (201, "PLANNED")
    answer = post(publication, signature=attestation(2, served))
    assert answer.json()["stage"] == "SIGNED"
    assert sorted(each["attestor"] for each in answer.json()["signatures"]) == sorted(
        accounts.address(accounts.ATTESTORS[number]) for number in (0, 2, 4)
    )
    assert get("publications", stage="PLANNED")["results"] == []
    assert publish(now=now) == 1
    late = post(publication, signature=attestation(1, served))
    assert (late.status_code, late.json()["stage"]) == (201, "SENT")
    assert AttestorSignature.objects.count() == 3


def test_signatures__wrong_in_any_way__refused_and_nothing_is_kept(world: World) -> None:
    publication, _ = world.proposed()
    (served,) = get("publications")["results"]
    stranger = signing.sign(person("mallory").key, digest_of(served))
    other = {**served, "items": [{**served["items"][0], "price": "1"}]}
    good = attestation(0, served)
    r, s = good[:66], int(good[66:130], 16)
    high_s = f"{r}{0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 - s:064x}1b"
    cases = [
        ({"signature": stranger}, 403, "not_an_attestor"),
        ({"signature": attestation(0, other)}, 403, "not_an_attestor"),
        ({"signature": "0x12"}, 403, "bad_signature"),
        ({"signature": good.upper()}, 403, "bad_signature"),
        ({"signature": high_s}, 403, "bad_signature"),
        ({"signature": 5}, 403, "bad_signature"),
        ({"signature": good, "more": 1}, 400, "malformed"),
        ({}, 400, "malformed"),
        ({"attestor": "me", "refusal": "no"}, 400, "malformed"),
        ({"attestor": person("mallory").address, "refusal": "no"}, 403, "not_an_attestor"),
        ({"attestor": accounts.address(6), "refusal": ""}, 400, "malformed"),
        ({"attestor": accounts.address(6), "refusal": ["x"]}, 400, "malformed"),
    ]
    for body, status, code in cases:
        answer = post(publication, **body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
        assert answer["Content-Type"] == "application/problem+json"
    missing = web.post(
        "/api/v1/publications/999/signatures", {"signature": good}, content_type="application/json"
    )
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_publication")
    assert not AttestorSignature.objects.exists()
    assert not AttestorRefusal.objects.exists()


def test_refusals__the_last_words_of_each_until_it_signs__shown(world: World) -> None:
    publication, _ = world.proposed()
    attestor = accounts.address(accounts.ATTESTORS[0])
    post(publication, attestor=attestor, refusal="the head is another")
    post(publication, attestor=attestor, refusal="x" * 5_000)
    (served,) = get("publications")["results"]
    assert [(each["attestor"], each["text"]) for each in served["refusals"]] == [(attestor, "x" * 500)]
    publication.refresh_from_db()
    assert publication.stage == PublicationStage.PLANNED
    assert post(publication, signature=attestation(0, served)).json()["refusals"] == []


def test_signatures__chain_down__503_and_nothing_is_kept(world: World, settings: Any) -> None:
    publication, _ = world.proposed()
    (served,) = get("publications")["results"]
    settings.RPC_URLS = ["http://127.0.0.1:1"]
    answer = post(publication, signature=attestation(0, served))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert not AttestorSignature.objects.exists()


def test_series__pages_and_the_expiry_itself__the_same_rows(world: World) -> None:
    expiry = world.list_expiry()
    strikes = [number * ETHER for number in range(1, 6)]
    rows = list_series(expiry=expiry, strikes=strikes, now=world.node.now())
    seen, cursor = [], None
    while True:
        page = get("series", expiry=expiry.id, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += page["results"]
        cursor = page["next"]
        if cursor is None:
            break
    assert [each["address"] for each in seen] == sorted(row.address for row in rows)
    assert get(f"expiries/{expiry.slug}")["series"] == sorted(seen, key=lambda each: int(each["strike"]))
    assert get("series", expiry="0x" + "00" * 32)["results"] == []
    for query in ({"cursor": "x"}, {"expiry": "x"}, {"limit": "0"}):
        assert web.get("/api/v1/series", query).status_code == 400


def test_publications__stage_and_pages__checked(world: World) -> None:
    world.proposed()
    assert get("publications", stage="FINAL") == {"results": [], "next": None}
    assert len(get("publications", limit=1)["results"]) == 1
    assert web.get("/api/v1/publications", {"stage": "GONE"}).status_code == 400


@pytest.mark.parametrize("path", ["series", "publications"])
def test_lists__one_row_or_many__as_many_queries(
    world: World, django_assert_num_queries: Any, path: str
) -> None:
    expiry = world.list_expiry("grid", ahead=5_000)
    list_series(expiry=expiry, strikes=[number * ETHER for number in range(1, 31)], now=world.node.now())
    publication, _ = world.proposed(*(f"expiry-{number}" for number in range(6)))
    post(publication, signature=attestation(0, get("publications")["results"][0]))
    with django_assert_num_queries(3 if path == "series" else 4):
        get(path)
