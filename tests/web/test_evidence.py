"""Evidence over HTTP: sealed until its act is public, harmless whatever is in it (C-44), bounded."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from evidence import selectors
from evidence.models import Document
from oracle.models import Expiry
from protocol.evidence import MAX_BYTES, NO_ANSWER, document, evidence_hash, observation
from protocol.evidence_files import entry
from tests.cast import ETHER, person
from tests.staff import logged_in, root
from tests.web.conftest import OPEN
from tests.web.story import PRICE, close_reporting

IN = "/api/v1/evidence"
PNG = b"\x89PNG\r\n\x1a\n" + b"<script>alert(1)</script>"
RAW = "0x" + "ab" * 32
SEEN = observation(source="kraken", instant=OPEN, price=PRICE, raw=RAW)
SVG = {"name": "a.svg", "type": "image/svg+xml", "size": "6", "hash": RAW}
MARKUP = "<script>alert(1)</script> <svg onload=alert(2)> {{ 7|add:7 }} \U0001f600 \u05d0\u0628"


def made(expiry: Expiry, **fields: Any) -> dict[str, Any]:
    return document(expiry=expiry.id, price=PRICE, **{"words": "seen on two venues", **fields})


def hand_in(api: Any, found: object, files: object = ()) -> Any:
    encoded = [base64.b64encode(each).decode() for each in files] if isinstance(files, tuple | list) else files
    return api({"document": found, "files": encoded}, path=IN)


def report(expiry: Expiry, evidence: str, name: str = "alice", price: int = PRICE, bond: int = ETHER) -> None:
    fields = {"expiry": expiry.id, "price": price, "bond": bond, "evidence": evidence, "salt": "0x" + "01" * 32}
    assert person(name).send("Report", fields, OPEN + 1).refusal is None


def all_report(expiry: Expiry, evidence: str) -> None:
    """Three reports, so that the price stands; closes reporting."""
    for name in ("alice", "bob", "carol"):
        report(expiry, evidence, name)
    close_reporting()


def test_evidence__of_a_sealed_report__is_nowhere_until_reporting_closes(
    reporting: Expiry, client: Client, api: Any
) -> None:
    found = made(reporting, files=[entry("a.txt", b"hello")])
    hash_ = evidence_hash(found)
    report(reporting, hash_)
    first, again = hand_in(api, found, [b"hello"]), hand_in(api, found, [b"hello"])
    assert (first.status_code, first.content) == (again.status_code, again.content) == (202, first.content)
    logged_in(root(), client)
    unknown = client.get(f"{IN}/0x{'12' * 32}")
    sealed = client.get(f"{IN}/{hash_}")
    assert (sealed.status_code, sealed.content) == (unknown.status_code, unknown.content)
    assert sealed.status_code == 404
    assert client.get(f"/evidence/{hash_}/").status_code == client.get(f"/evidence/{hash_}/files/0").status_code == 404
    assert client.get(f"/out/{hash_}/0/").status_code == 404
    for path in (f"/expiries/{reporting.slug}/", reverse("admin:evidence_document_changelist")):
        page = client.get(path).content.decode()
        assert "seen on two venues" not in page and hash_ not in page
    assert client.get(reverse("admin:evidence_document_change", args=[hash_])).status_code == 302
    for name in ("bob", "carol"):
        report(reporting, hash_, name)
    close_reporting()
    shown = client.get(f"{IN}/{hash_}").json()
    assert (shown["document"], len(shown["acts"])) == (found, 3)
    assert client.get(shown["files"][0]).content == b"hello"
    assert "seen on two venues" in client.get(f"/expiries/{reporting.slug}/").content.decode()
    assert client.get(reverse("admin:evidence_document_change", args=[hash_])).status_code == 200


def test_evidence__guessed_under_a_seal__a_pledge_elsewhere_does_not_tell(
    expiry: Expiry, reporting: Expiry, client: Client, api: Any, terms: Any
) -> None:
    from oracle.services import listing
    from oracle.services.opening import open_expiry

    other = listing.list_expiry(slug="other", index=expiry.index, expiry_at=OPEN - 50, terms=terms, now=OPEN - 60)
    open_expiry(expiry_id=other.id, block=1, value_secured=0, now=OPEN)
    found = made(reporting)
    hand_in(api, found)
    report(reporting, evidence_hash(found))
    for name in ("alice", "bob", "carol"):
        report(other, "0x" + "00" * 32, name)
    from oracle.services.time import pass_time

    pass_time(now=OPEN + 100)
    other.refresh_from_db()
    reporting.refresh_from_db()
    Expiry.objects.filter(id=reporting.id).update(stage="REPORTING", standing=None, deadline=OPEN + 10**6)
    fields = {"round": 1, "price": 2 * PRICE, "amount": ETHER, "nonce": 1, "until": OPEN + 200}
    act = {"expiry": other.id, "evidence": evidence_hash(found), **fields}
    assert person("mallory").send("Pledge", act, OPEN + 101).refusal is None
    assert client.get(f"{IN}/{evidence_hash(found)}").status_code == 404


def test_evidence__without_an_act__is_never_shown(reporting: Expiry, client: Client, api: Any) -> None:
    found = made(reporting)
    hand_in(api, found)
    all_report(reporting, "0x" + "00" * 32)
    assert client.get(f"{IN}/{evidence_hash(found)}").status_code == 404
    assert client.get("/evidence/nonsense/").status_code == client.get(f"{IN}/nonsense").status_code == 404


BAD: dict[str, tuple[Any, Any, int]] = {
    "no object": ([], [], 400),
    "an unknown field": ({"more": "1"}, [], 400),
    "a number": ({"price": 2500}, [], 400),
    "a script as source": ({"observations": [SEEN | {"source": "<script>"}]}, [], 400),
    "a javascript link": ({"links": ["javascript:alert(1)"]}, [], 400),
    "text that turns around": ({"words": "a\u202eb"}, [], 400),
    "half a character": ({"words": "a\ud800b"}, [], 400),
    "a NUL": ({"words": "a\x00b"}, [], 400),
    "an expiry that is not listed": ({"expiry": "0x" + "99" * 32}, [], 404),
    "files that it does not name": ({}, [b"x"], 400),
    "files that are no list": ({}, "x", 400),
    "an svg": ({"files": [SVG]}, [b"<svg/>"], 400),
    "html as png": ({"files": [entry("a.png", PNG) | {"size": "3"}]}, [b"<p>"], 400),
    "a file that is missing": ({"files": [entry("a.png", PNG)]}, [], 400),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_evidence__not_in_form__refused_and_nothing_kept(reporting: Expiry, api: Any, name: str) -> None:
    change, files, status = BAD[name]
    found = made(reporting) | change if isinstance(change, dict) else change
    assert hand_in(api, found, files).status_code == status
    assert not Document.objects.exists()


def test_evidence__huge_deep_or_bad_json__refused_before_it_is_read(reporting: Expiry, api: Any) -> None:
    bodies = {
        b" " * 3_000_000: 413,
        b'{"document":' + b"[" * 100_000 + b"]" * 100_000 + b',"files":[]}': 400,
        b'{"document":' + b'{"a":' * 400 + b"1" + b"}" * 400 + b',"files":[]}': 400,
        b'{"document":{},"document":{},"files":[]}': 400,
        b'{"document":NaN,"files":[]}': 400,
        b"\xff\xfe": 400,
    }
    for body, status in bodies.items():
        assert api(body, path=IN).status_code == status, body[:30]
    big = made(reporting) | {"words": "€" * 4000, "links": ["https://a.example/" + "x" * 480] * 20}
    big["observations"] = [observation(source="x" * 64, instant=253_402_300_799, price=2**120 - 1, raw=RAW)] * 500
    answer = hand_in(api, big)
    assert (answer.status_code, str(MAX_BYTES) in answer.json()["detail"]) == (400, True)


def test_evidence__as_large_as_the_form_allows__is_kept_and_shown_bounded(
    reporting: Expiry, client: Client, api: Any
) -> None:
    seen = [
        observation(source=f"venue {n % 3}", instant=OPEN - 500 + n, price=PRICE + n, raw=RAW) for n in range(500)
    ]
    found = made(reporting, words="[{" * 2000, observations=seen, links=["https://a.example/" + "x" * 480] * 20)
    assert hand_in(api, found).status_code == 202
    all_report(reporting, evidence_hash(found))
    page = client.get(f"/expiries/{reporting.slug}/").content
    assert len(page) < 120_000
    assert f"/evidence/{evidence_hash(found)}/".encode() in page


def test_evidence__that_holds_nothing__says_so_folded(reporting: Expiry, client: Client, api: Any) -> None:
    found = made(reporting, words="")
    assert hand_in(api, found).status_code == 202
    all_report(reporting, evidence_hash(found))
    page = client.get(f"/expiries/{reporting.slug}/").content.decode()
    assert "It says nothing but the price." in page
    assert '<details class="paper">' in page and '<details class="paper" open>' not in page


def test_evidence__with_markup__is_text_on_every_page(reporting: Expiry, client: Client, api: Any) -> None:
    found = made(reporting, words=MARKUP, links=["https://evil.example/?a=<b>".replace("<b>", "%3Cb%3E")])
    hand_in(api, found)
    all_report(reporting, evidence_hash(found))
    hash_ = evidence_hash(found)
    for path in (f"/expiries/{reporting.slug}/", f"/evidence/{hash_}/", f"/out/{hash_}/0/"):
        response = client.get(path)
        page = response.content.decode()
        assert response.status_code == 200, path
        assert "<script>alert" not in page and "<svg onload" not in page, path
        assert "script-src 'self'" in response["Content-Security-Policy"]
        if "out" not in path:
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "{{ 7|add:7 }}" in page
            assert 'href="https://evil' not in page, "links lead over /out/"
    out = client.get(f"/out/{hash_}/0/").content.decode()
    assert 'rel="noopener noreferrer nofollow"' in out and "evil.example" in out
    assert client.get(f"/out/{hash_}/1/").status_code == 404


def test_file__however_it_is_asked_for__comes_as_a_download_that_nothing_runs(
    reporting: Expiry, client: Client, api: Any
) -> None:
    contents = {"a.png": PNG, "b.txt": b"<script>alert(1)</script>", "c.json": b"{}"}
    found = made(reporting, files=[entry(name, content) for name, content in contents.items()])
    assert hand_in(api, found, list(contents.values())).status_code == 202
    all_report(reporting, evidence_hash(found))
    types = ("image/png", "text/plain; charset=utf-8", "application/json")
    for n, (name, content, kind) in enumerate(zip(contents, contents.values(), types, strict=True)):
        response = client.get(f"/evidence/{evidence_hash(found)}/files/{n}")
        assert (response.content, response["Content-Type"]) == (content, kind)
        assert response["Content-Disposition"] == f'attachment; filename="{name}"'
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert client.get(f"/evidence/{evidence_hash(found)}/files/3").status_code == 404


def test_evidence__too_much_from_one_address_or_in_all__refused_and_acts_go_on(
    reporting: Expiry, api: Any, settings: Any
) -> None:
    cache.clear()
    settings.EVIDENCE_KIB_PER_MINUTE = 4
    long = made(reporting, words="x" * 3500)
    assert [hand_in(api, long).status_code for _ in range(2)] == [202, 429]
    settings.EVIDENCE_KIB_PER_MINUTE, settings.EVIDENCE_MIB = 0, 0
    answer = hand_in(api, made(reporting))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    report(reporting, evidence_hash(long))
    cache.clear()


def test_evidence__in_the_documents_own_words__is_what_the_api_promises(
    reporting: Expiry, client: Client, api: Any
) -> None:
    from tests.web.test_api_schema import check

    schema = client.get("/api/schema/").json()
    found = made(reporting)
    check(schema, hand_in(api, found), IN, "post")
    check(schema, hand_in(api, {}), IN, "post")
    all_report(reporting, evidence_hash(found))
    check(schema, client.get(f"{IN}/{evidence_hash(found)}"), f"{IN}/{{evidence}}")
    check(schema, client.get(f"{IN}/0x{'12' * 32}"), f"{IN}/{{evidence}}")
    assert json.loads(Document.objects.get().canonical) == found


def test_of_expiry__several_acts__the_most_bonded_first_and_missing_last(reporting: Expiry, api: Any) -> None:
    light, heavy = made(reporting, words="light"), made(reporting, words="heavy")
    for each in (light, heavy):
        hand_in(api, each)
    missing = "0x" + "77" * 32
    report(reporting, missing, "mallory")
    report(reporting, evidence_hash(light), "alice")
    report(reporting, evidence_hash(heavy), "bob")
    report(reporting, evidence_hash(heavy), "carol")
    assert selectors.of_expiry(reporting, limit=10) == ([], 0), "sealed"
    close_reporting()
    reporting.refresh_from_db()
    shown, total = selectors.of_expiry(reporting, limit=10)
    assert [(each.hash, each.weight, each.acts, each.document) for each in shown] == [
        (evidence_hash(heavy), 2 * ETHER, 2, heavy), (evidence_hash(light), ETHER, 1, light), (missing, ETHER, 1, None),
    ]  # fmt: skip
    assert (total, shown[0].prices) == (3, [PRICE])
    assert sorted(shown[0].accounts) == sorted([person("bob").address, person("carol").address])
    few, total = selectors.of_expiry(reporting, limit=1)
    assert ([each.hash for each in few], total) == ([evidence_hash(heavy)], 3)


def test_report_form__with_evidence__prepares_its_hash_and_takes_no_words_from_a_link(
    reporting: Expiry, client: Client
) -> None:
    path = f"/expiries/{reporting.slug}/report/"
    page = client.get(f"{path}?price=2500&words=trust+me").content.decode()
    assert 'value="2500"' in page
    assert "trust me" not in page
    typed = {
        "price": "2500", "bond": "1", "account": person("alice").address, "words": "seen\r\ntwice",
        "links": "https://a.example", "observations": "kraken, 2026-09-22 14:13:20, 2500.5", "entries": "[]",
    }  # fmt: skip
    answer = client.post(path, typed).json()
    observed = [observation(source="kraken", instant=1_790_086_400, price=25005 * ETHER // 10, raw=NO_ANSWER)]
    wanted = made(reporting, words="seen\ntwice", links=["https://a.example"], observations=observed)
    assert (answer["evidence"], answer["message"]["evidence"]) == (wanted, evidence_hash(wanted))
    nothing = dict.fromkeys(("words", "links", "observations", "entries"), "")
    assert client.post(path, typed | nothing).json()["evidence"] is None
    files = ("{", "[[]]", '{"a":1}', "7", '[{"name":7}]', "[" * 5000)
    for wrong in ({"observations": "a, b"}, {"links": "ftp://a"}, *({"entries": text} for text in files)):
        assert list(client.post(path, typed | wrong).json()["errors"]) == list(wrong), wrong
