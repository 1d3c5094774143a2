"""Evidence in its one form: what is in it, and that whatever else strangers put there is refused (C-44)."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from protocol.canonical import json_hash
from protocol.evidence import FORM_1, MAX_BYTES, check, document, evidence_hash, observation
from protocol.evidence_files import MAX_FILE_BYTES, check_content, entry

SCHEMA = json.loads((Path(__file__).resolve().parents[3] / "docs" / "evidence.schema.json").read_text())
ID, RAW = "0x" + "ab" * 32, "0x" + "cd" * 32
ONE = observation(source="binance", instant=1_790_000_000, price=2500 * 10**18, raw=RAW)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)
FILE = entry("screen-1.png", PNG)
GOOD = document(
    expiry=ID, price=2500 * 10**18, words="seen\non three venues", observations=[ONE],
    links=["https://a.example/x?y=1"], files=[FILE],
)  # fmt: skip


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """GOOD with another value at one place; without the field where the value is `...`."""
    made: Any = copy.deepcopy(GOOD)
    place = made
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    found: dict[str, Any] = made
    return found


def by_schema(found: object) -> bool:
    return not list(Draft202012Validator(SCHEMA).iter_errors(found))


def by_check(found: object) -> bool:
    try:
        check(found)
    except ValueError:
        return False
    return True


BAD = [
    *[((name,), ...) for name in GOOD],
    *[(("observations", 0, name), ...) for name in ONE],
    (("more",), "1"),
    (("observations", 0, "more"), "1"),
    (("form",), FORM_1),
    (("form",), "assize-evidence-3"),
    (("form",), ["assize-evidence-2"]),
    (("expiry",), ID.upper()),
    (("price",), 2500),
    (("price",), "0"),
    (("price",), "01"),
    (("price",), "-1"),
    (("price",), "2500.5"),
    (("words",), None),
    (("words",), "x" * 4001),
    (("words",), "a\x00b"),
    (("words",), "\x1b[31m"),
    (("words",), "turned \u202e around"),
    (("observations",), {}),
    (("observations",), [ONE] * 501),
    (("observations", 0), [[[[[[]]]]]]),
    (("observations", 0, "source"), "<script>alert(1)</script>"),
    (("observations", 0, "source"), ""),
    (("observations", 0, "source"), " "),
    (("observations", 0, "source"), "a\nb"),
    (("observations", 0, "instant"), "tomorrow"),
    (("observations", 0, "raw"), "0x12"),
    (("links",), ["https://a.example"] * 21),
    (("links", 0), "javascript:alert(1)"),
    (("links", 0), "data:text/html,<svg onload=alert(1)>"),
    (("links", 0), "//a.example"),
    (("links", 0), "https://user:secret@a.example/"),
    (("links", 0), "https://a.example/\"><svg onload=alert(1)>"),
    (("links", 0), "https://a.example/ x"),
    (("links", 0), "https://a.example/\nSet-Cookie: a"),
    (("links", 0), "https://a.example/" + "x" * 500),
    (("links", 0), 7),
    *[(("files", 0, name), ...) for name in FILE],
    (("files", 0, "more"), "1"),
    (("files",), [FILE] * 5),
    (("files", 0, "name"), "screen.html"),
    (("files", 0, "name"), "../screen.png"),
    (("files", 0, "name"), "a.html.png"),
    (("files", 0, "name"), "screen.png\r\nX: 1"),
    (("files", 0, "name"), 7),
    (("files", 0, "type"), "text/html"),
    (("files", 0, "type"), "image/svg+xml"),
    (("files", 0, "type"), "text/plain"),
    (("files", 0, "size"), 38),
    (("files", 0, "size"), "0"),
    (("files", 0, "hash"), "0x12"),
]  # fmt: skip


def test_evidence__in_form__taken_by_both_and_hashed_as_canonical_json() -> None:
    check(GOOD)
    assert by_schema(GOOD)
    assert evidence_hash(GOOD) == json_hash(GOOD) == evidence_hash(json.loads(json.dumps(GOOD, indent=3)))
    assert evidence_hash(changed(("words",), "")) != evidence_hash(GOOD)


@pytest.mark.parametrize("path, value", BAD, ids=[f"{path}={str(value)[:20]!r}" for path, value in BAD])
def test_evidence__one_thing_off__refused_by_check_and_by_schema(path: tuple[Any, ...], value: Any) -> None:
    found = changed(path, value)
    assert not by_check(found)
    assert not by_schema(found)


@pytest.mark.parametrize("found", [None, [], "text", 1, {}, [GOOD]])
def test_evidence__no_object__refused(found: object) -> None:
    assert not by_check(found)
    assert not by_schema(found)


@pytest.mark.parametrize("source", ["Binance BTC/BUSD", "Bybit BTC/USDT", "CME CF (Real-Time) @ 16:00"])
def test_evidence__a_venue_as_an_index_names_it__taken_by_both(source: str) -> None:
    found = changed(("observations", 0, "source"), source)
    check(found)
    assert by_schema(found)


def test_evidence__words_with_markup__are_words() -> None:
    check(changed(("words",), "<script>alert(1)</script> & <svg onload=x>"))


def test_evidence__more_than_128_kib_or_a_price_beyond_all_prices__refused() -> None:
    many = [observation(source="x" * 64, instant=253_402_300_799, price=2**120 - 1, raw=RAW)] * 500
    document(expiry=ID, price=1, observations=many)  # what a reporter makes always fits
    with pytest.raises(ValueError, match=f"at most {MAX_BYTES} bytes"):
        document(expiry=ID, price=1, observations=many, words="€" * 4000, links=["https://a.example/" + "x" * 480] * 20)
    with pytest.raises(ValueError, match=r"price: must be below 2\^120"):
        document(expiry=ID, price=2**120)
    with pytest.raises(ValueError, match="year 10000"):
        check(changed(("observations", 0, "instant"), "999999999999"))


def test_evidence__of_the_first_form__is_still_in_form_and_has_its_hash() -> None:
    old = {name: value for name, value in GOOD.items() if name != "files"} | {"form": FORM_1}
    assert by_check(old)
    assert by_schema(old)
    assert evidence_hash(old) == json_hash(old)


@pytest.mark.parametrize("name, content", [
    ("a.txt", b"<script>alert(1)</script>"), ("a.csv", b"1,2\r\n"), ("a.json", b"{}"), ("a.png", PNG),
    ("a.jpeg", b"\xff\xd8\xff\xe0"), ("a.jpg", b"\xff\xd8\xff\xe0"),
])  # fmt: skip
def test_file__of_each_type__is_taken_as_it_begins(name: str, content: bytes) -> None:
    made = document(expiry=ID, price=1, files=[entry(name, content)])
    assert by_schema(made)


@pytest.mark.parametrize("name, content, said", [
    ("a.html", b"<p>", "type"), ("a", b"x", "type"), ("a.svg", b"<svg/>", "type"), ("a.png", b"<svg/>", "no image/png"),
    ("a.jpg", PNG, "no image/jpeg"), ("a.txt", b"\xff\xfe", "UTF-8"), ("a.txt", b"\x1b[2J", "control"),
    ("a.txt", b"", "size"), ("a.txt", b"x" * (MAX_FILE_BYTES + 1), "size"), ("a b.txt", b"x", "name"),
])  # fmt: skip
def test_file__that_is_not_what_its_name_says__refused(name: str, content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        entry(name, content)


def test_file__other_bytes_than_the_document_names__refused() -> None:
    check_content(FILE, PNG)
    for other in (PNG[:-1] + b"x", PNG + b"x"):
        with pytest.raises(ValueError, match="not the bytes"):
            check_content(FILE, other)
