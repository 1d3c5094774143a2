"""Canonical JSON: the one spelling under which an index spec or terms are hashed (PROTOCOL 7)."""

import json
from collections.abc import Mapping, Sequence

from protocol.hashing import keccak, to_hex

MAX_DEPTH = 32  # nobody's spec is deeper, and a hostile one must not exhaust the stack


def canonical_json(value: object) -> bytes:
    """UTF-8 JSON with keys sorted by code point, no spaces, and integers as decimal strings (PROTOCOL 7).

    Takes mappings with string keys, lists and tuples, str, int, bool and None. ValueError for anything else:
    a float has no exact spelling, a lone surrogate no UTF-8. Text is taken as it is, not normalized.
    """
    plain = _plain(value, MAX_DEPTH)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def json_hash(value: object) -> str:
    """keccak256 of the canonical JSON, as a bytes32 string: the hash of an index or of terms (PROTOCOL 7)."""
    return to_hex(keccak(canonical_json(value)))


def _plain(value: object, depth: int) -> object:
    if depth == 0:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("the keys of an object must be strings")
        return {key: _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_plain(item, depth - 1) for item in value]
    raise ValueError(f"{type(value).__name__} has no canonical JSON; integers, strings, lists and objects do")
