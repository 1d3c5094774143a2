"""Canonical JSON: one spelling, whatever order and type the same content came in."""

import json
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from protocol.canonical import canonical_json, json_hash

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text('aé\U0001f600"', max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_canonical_json__integers_unicode_and_order__is_spelled_as_the_law_says() -> None:
    document = {"b": 10**30, "a": {"é": [1, True, None, "x y"], "z": ()}}
    expected = '{"a":{"z":[],"é":["1",true,null,"x y"]},"b":"1000000000000000000000000000000"}'
    assert canonical_json(document) == expected.encode()
    assert json_hash(document) == "0x" + keccak(text=expected).hex()


@given(documents)
def test_canonical_json__read_back__is_spelled_the_same(document: object) -> None:
    spelled = canonical_json(document)
    assert canonical_json(json.loads(spelled)) == spelled


@given(st.dictionaries(st.text("abc", max_size=3), st.integers(), max_size=6))
def test_canonical_json__keys_in_another_order__is_the_same(document: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(document.items()))) == canonical_json(document)


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), b"a", {1: "a"}, {"a": {None: 1}}, [{1, 2}], object(), "\ud800"]
)
def test_canonical_json__no_exact_spelling__is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        canonical_json(value)


def test_canonical_json__nested_without_end__is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="deeper"):
        canonical_json(endless)
