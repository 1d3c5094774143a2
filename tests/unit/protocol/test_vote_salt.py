"""The salt of a vote out of a wallet's signature: the published vector, and what must not make a difference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from protocol.signing import Domain, address_of, commitment, sign
from protocol.vote_salt import salt_of, salt_text, text_digest

VECTOR = json.loads((Path(__file__).resolve().parents[3] / "docs" / "voting.vector.json").read_text())
DOMAIN = Domain(int(VECTOR["chain"]), VECTOR["oracle"])
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
KEYS = st.integers(1, ORDER - 1).map(lambda n: f"0x{n:064x}")


def test_vector__text_signature_salt_commitment__are_what_this_computes() -> None:
    v = VECTOR
    assert address_of(v["key"]) == v["account"]
    assert salt_text(DOMAIN, v["expiry"], int(v["ballot"]), v["account"]) == v["text"]
    assert sign(v["key"], text_digest(v["text"])) == v["signature"]
    assert salt_of(v["signature"]) == v["salt"]
    opened = commitment(v["expiry"], int(v["ballot"]), v["account"], int(v["price"]), v["salt"])
    assert opened == v["commitment"]


@given(KEYS, st.integers(1, 2**64))
def test_salt__a_wallets_own_library_signs__the_same(key: str, ballot: int) -> None:
    text = salt_text(DOMAIN, VECTOR["expiry"], ballot, address_of(key))
    by_wallet = Account.sign_message(encode_defunct(text=text), key).signature
    assert salt_of("0x" + bytes(by_wallet).hex()) == salt_of(sign(key, text_digest(text)))


def test_salt__v_spelled_otherwise_or_s_high__the_same() -> None:
    raw = bytes.fromhex(VECTOR["signature"][2:])
    high = (ORDER - int.from_bytes(raw[32:64], "big")).to_bytes(32, "big")
    for other in (raw[:64] + b"\x00", raw[:64] + b"\x01", raw[:32] + high + b"\x1c"):
        assert salt_of("0x" + other.hex()) == VECTOR["salt"]


def test_salt__another_expiry_ballot_or_account__another() -> None:
    key, one = VECTOR["key"], (VECTOR["expiry"], 1, VECTOR["account"])
    others = [("0x" + "ac" * 32, *one[1:]), (one[0], 2, one[2]), (*one[:2], "0x" + "11" * 20)]
    salts = {salt_of(sign(key, text_digest(salt_text(DOMAIN, *each)))) for each in (one, *others)}
    assert len(salts) == 4


@pytest.mark.parametrize("bad", ["", "0x", "0x" + "00" * 64, "0x" + "AA" * 65])
def test_salt__no_signature__refused(bad: str) -> None:
    with pytest.raises(ValueError, match="lower-case hex"):
        salt_of(bad)
