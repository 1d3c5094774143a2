"""What a reporter or disputer saw, in one form: the `evidence` of Report and Pledge is its hash (PROTOCOL 7).

docs/evidence.md explains it, docs/evidence.schema.json is the same as a JSON schema; a test holds the two together.
Nothing in it decides anything. It comes from strangers: whoever shows it escapes it, and shows where its links lead.
Forms are told apart by name: a hash that was signed stays the hash of its own form, so old ones are checked for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from protocol.canonical import canonical_json, json_hash
from protocol.evidence_files import MAX_FILES, check_entry
from protocol.terms import MAX_PRICE

FORM_1, FORM = "assize-evidence-1", "assize-evidence-2"
"""The second has `files`; what is made today has it."""
MAX_BYTES = 128 * 1024
"""Of the canonical JSON, which is what is hashed and handed on."""
MAX_OBSERVATIONS, MAX_LINKS, MAX_WORDS, MAX_LINK = 500, 20, 4000, 500
LAST_SECOND = 253_402_300_799  # the year 9999

FIELDS_1 = ("form", "expiry", "price", "words", "observations", "links")
FIELDS = (*FIELDS_1, "files")
OBSERVATION_FIELDS = ("source", "instant", "price", "raw")

NO_ANSWER = "0x" + "0" * 64
"""The `raw` of an observation whose answer nobody kept: typed by hand."""

WORD = re.compile(r"0x[0-9a-f]{64}")
INTEGER = re.compile(r"[1-9][0-9]{0,36}")
# An index names its venues as it likes, "Binance BTC/BUSD" for one.
SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 !#$%&'()*+,./:;=?@_|~-]{0,63}")
# Without a name or password before the host, and without anything that ends an attribute or begins an element.
LINK = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:[0-9]{1,5})?([/?#][A-Za-z0-9!#$%&()*+,./:;=?@_~-]*)?")
# Lines are parted by \n; no other control character, and none that turns the direction of what follows.
WORDS = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]*")


def says_nothing(found: Mapping[str, Any]) -> bool:
    """Whether a document holds no more than its price, which the act that carries it names itself."""
    return not any(found.get(name) for name in ("words", "observations", "links", "files"))


def document(
    *,
    expiry: str,
    price: int,
    words: str = "",
    observations: Sequence[Mapping[str, str]] = (),
    links: Sequence[str] = (),
    files: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """The evidence for a price (18 decimals) on an expiry; ValueError where it is not in form.

    `files` are entries as `protocol.evidence_files.entry` makes them: the document holds their hashes, not their bytes.
    """
    made: dict[str, Any] = {
        "form": FORM,
        "expiry": expiry,
        "price": str(price),
        "words": words,
        "observations": [dict(each) for each in observations],
        "links": list(links),
        "files": [dict(each) for each in files],
    }
    check(made)
    return made


def observation(*, source: str, instant: int, price: int, raw: str) -> dict[str, str]:
    """One price (18 decimals) that a source named at a unix second; `raw` is keccak256 of its answer's bytes."""
    return {"source": source, "instant": str(instant), "price": str(price), "raw": raw}


def evidence_hash(made: Mapping[str, Any]) -> str:
    """What stands in the signed act: keccak256 of the canonical JSON, a bytes32 string."""
    return json_hash(made)


def check(found: object) -> None:
    """Nothing where `found` is evidence in form; else a ValueError that names the first thing that is not."""
    form = found.get("form") if isinstance(found, dict) else None
    fields = _object(found, FIELDS_1 if form == FORM_1 else FIELDS, "evidence")
    _is(form in (FORM_1, FORM), "form", f"must be {FORM}, or {FORM_1} where it has no files")
    _text(fields["expiry"], WORD, "expiry", "must be 0x and 64 lower-case hex digits")
    _price(fields["price"], "price")
    words = fields["words"]
    in_form = isinstance(words, str) and len(words) <= MAX_WORDS and WORDS.fullmatch(words)
    _is(bool(in_form), "words", f"must be a text of at most {MAX_WORDS} characters, without control characters")
    for place, each in enumerate(_list(fields["observations"], MAX_OBSERVATIONS, "observations")):
        _check_observation(each, f"observations[{place}]")
    for place, link in enumerate(_list(fields["links"], MAX_LINKS, "links")):
        name = f"links[{place}]"
        _text(link, LINK, name, "must be an http or https address without name, password or blanks")
        _is(len(link) <= MAX_LINK, name, f"must be at most {MAX_LINK} characters")
    for place, each in enumerate(_list(fields.get("files", []), MAX_FILES, "files")):
        check_entry(each, f"files[{place}]")
    _is(len(canonical_json(fields)) <= MAX_BYTES, "evidence", f"must be at most {MAX_BYTES} bytes")


def _check_observation(found: object, name: str) -> None:
    fields = _object(found, OBSERVATION_FIELDS, name)
    _text(fields["source"], SOURCE, f"{name}.source", "must be 1 to 64 characters of ASCII, none of them < > \" or \\")
    second = fields["instant"]
    _text(second, INTEGER, f"{name}.instant", "must be a unix second as a decimal string")
    _is(int(second) <= LAST_SECOND, f"{name}.instant", "must lie before the year 10000")
    _price(fields["price"], f"{name}.price")
    _text(fields["raw"], WORD, f"{name}.raw", "must be 0x and 64 lower-case hex digits: the hash of the raw answer")


def _object(found: object, names: Sequence[str], name: str) -> Mapping[str, Any]:
    if not isinstance(found, dict) or set(found) != set(names):
        raise ValueError(f"{name}: must be an object with exactly these fields: {', '.join(names)}")
    return found


def _list(found: object, most: int, name: str) -> list[Any]:
    if not isinstance(found, list) or len(found) > most:
        raise ValueError(f"{name}: must be a list of at most {most}")
    return found


def _price(found: object, name: str) -> None:
    _text(found, INTEGER, name, "must be an integer with 18 decimals, as a decimal string")
    _is(int(str(found)) < MAX_PRICE, name, "must be below 2^120")


def _text(found: object, form: re.Pattern[str], name: str, rule: str) -> None:
    _is(isinstance(found, str) and form.fullmatch(found) is not None, name, rule)


def _is(holds: bool, name: str, rule: str) -> None:
    if not holds:
        raise ValueError(f"{name}: {rule}")
