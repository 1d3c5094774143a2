"""Typed data against eth_account, heads and ids against eth_abi, and the sources of both against the law's
text.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.signing import (
    BOOK_0,
    KINDS,
    TYPES,
    BadSignature,
    Domain,
    address_of,
    commitment,
    digest,
    expiry_id,
    next_book,
    next_head,
    parse,
    recover,
    sign,
    to_json,
    typed_data,
)
from protocol.typed_data import encode_type

uints = st.one_of(st.integers(0, 10), st.integers(0, 2**256 - 1), st.sampled_from([2**255, 2**256 - 1]))
words = st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex())
addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
keys = st.integers(1, 2**255).map(lambda number: f"0x{number:064x}")
domains = st.builds(Domain, uints, addresses)


def messages_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    values = {"uint256": uints, "bytes32": words, "address": addresses, "string": texts}
    return st.fixed_dictionaries(
        {
            field.name: st.lists(messages_of(field.item_kind), min_size=1, max_size=3)
            if field.item_kind
            else values[field.type]
            for field in TYPES[kind]
        }
    )


signables = st.sampled_from(sorted(KINDS)).flatmap(lambda kind: st.tuples(st.just(kind), messages_of(kind)))


def theirs(document: dict[str, Any]) -> str:
    signable = encode_typed_data(full_message=document)
    return "0x" + keccak(b"\x19" + signable.version + signable.header + signable.body).hex()


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_digest__any_message_of_every_kind__is_eth_accounts(kind: str, data: st.DataObject) -> None:
    domain, message = data.draw(domains), data.draw(messages_of(kind))
    assert digest(domain, kind, message) == theirs(typed_data(domain, kind, message))


def test_types__beside_the_text_of_the_law__are_those_it_names(shared: Path) -> None:
    block = (shared / "PROTOCOL.md").read_text().split("\n## 7.")[1].split("```")[1]
    assert {re.sub(r"\)\w+\(.*", ")", encode_type(kind)) for kind in TYPES} == set(
        re.findall(r"\w+\([^)]*\)", block)
    )


def test_kinds__attestation_alone__cannot_be_signed() -> None:
    with pytest.raises(ValueError, match="kind: must be one of"):
        parse("Attestation", {})


@given(signables)
def test_parse__what_to_json_wrote__is_the_message(signable: tuple[str, dict[str, Any]]) -> None:
    kind, message = signable
    assert parse(kind, to_json(kind, message)) == message


@settings(max_examples=50, deadline=None)
@given(keys, words)
def test_sign__any_key__is_low_recovers_and_equals_eth_accounts(key: str, hashed: str) -> None:
    signature = sign(key, hashed)
    assert recover(hashed, signature) == address_of(key) == Account.from_key(key).address.lower()
    assert signature == "0x" + Account.unsafe_sign_hash(hashed, key).signature.hex().removeprefix("0x")


@pytest.mark.parametrize("key", ["0x" + "00" * 32, "0x" + "ff" * 32, "11" * 32, "0x11", 17, None])
def test_sign__bad_key__says_so_without_the_key(key: Any) -> None:
    with pytest.raises(ValueError, match="a private key must be") as caught:
        sign(key, "0x" + "00" * 32)
    assert str(key) not in str(caught.value)


def test_recover__r_fits_no_point__is_a_bad_signature() -> None:
    # x = 5 is on no point of secp256k1: 5^3 + 7 is no square
    with pytest.raises(BadSignature, match="no key can have made"):
        recover("0x" + "11" * 32, "0x" + f"{5:064x}" + f"{1:064x}" + "1b")


@pytest.mark.parametrize(
    ("chain_id", "contract"),
    [
        (-1, "0x" + "ab" * 20),
        (2**256, "0x" + "ab" * 20),
        (True, "0x" + "ab" * 20),
        ("1", "0x" + "ab" * 20),
        (1, "0x" + "AB" * 20),
        (1, "ab" * 20),
        (1, "0x" + "ab" * 32),
        (1, None),
    ],
)
def test_domain__not_canonical__is_refused(chain_id: Any, contract: Any) -> None:
    with pytest.raises(ValueError, match="domain"):
        Domain(chain_id, contract)


def test_domain__same_values__is_equal_and_hashes_alike() -> None:
    assert {Domain(1, "0x" + "ab" * 20)} == {Domain(1, "0x" + "ab" * 20)}
    assert Domain(1, "0x" + "ab" * 20) != Domain(2, "0x" + "ab" * 20)


def raw(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def abi_hash(types: list[str], values: list[object]) -> str:
    return "0x" + keccak(encode(types, values)).hex()


@given(words, uints, words)
def test_expiry_id__any__is_the_abi_hash(index: str, at: int, terms: str) -> None:
    assert expiry_id(index, at, terms) == abi_hash(
        ["bytes32", "uint256", "bytes32"], [raw(index), at, raw(terms)]
    )


@given(words, uints, addresses, uints, words)
def test_commitment__any__is_the_abi_hash(
    expiry: str, ballot: int, voter: str, price: int, salt: str
) -> None:
    types = ["bytes32", "uint256", "address", "uint256", "bytes32"]
    assert commitment(expiry, ballot, voter, price, salt) == abi_hash(
        types, [raw(expiry), ballot, voter, price, raw(salt)]
    )


@given(words, uints, words, uints)
def test_heads_and_book__any__are_the_abi_hashes(before: str, n: int, hashed: str, at: int) -> None:
    assert next_head(before, hashed, at) == abi_hash(
        ["bytes32", "bytes32", "uint256"], [raw(before), raw(hashed), at]
    )
    types = ["bytes32", "uint256", "bytes32", "uint256"]
    assert next_book(before, n, hashed, at) == abi_hash(types, [raw(before), n, raw(hashed), at])


def test_book__before_the_first_entry__is_the_hash_of_the_name() -> None:
    assert "0x" + keccak(text="Assize").hex() == BOOK_0
