"""What a page says before somebody signs is what is signed: every number parses back to the message's field."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from eth_abi.abi import decode
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import signer
from oracle.models import Expiry, Index
from pages.acting import transactions
from pages.acting.document import SENTENCES, document
from pages.acting.transactions import Transaction
from protocol.hashing import keccak
from protocol.messages import ACCOUNT_ACTS
from protocol.payoff import redeem_n, redeem_p
from protocol.signing import TYPES
from settlement.models import Series

ID, OTHER_ID = "0x" + "ab" * 32, "0x" + "cd" * 32
INDEX = Index(id="0x" + "11" * 32, slug="eth-usd", version=1, spec={"pair": "ETH/USD"})
EXPIRY = Expiry(id=ID, slug="eth-usd-test", index=INDEX, expiry_at=1_790_000_000)
WORD = st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex())
ADDRESS = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
SMALL = st.integers(0, 2**31)
BY_NAME = {
    "expiry": st.just(ID),
    "price": st.integers(1, 2**120 - 1),
    "bond": st.integers(1, 2**128),
    "amount": st.integers(1, 2**128),
    "until": st.integers(0, 253_402_300_799),
    "nonce": st.integers(0, 2**256 - 1),
    "round": SMALL,
    "ballot": SMALL,
}
BY_TYPE = {"address": ADDRESS, "bytes32": WORD}


def messages(kind: str) -> Any:
    return st.fixed_dictionaries(
        {f.name: BY_NAME[f.name] if f.name in BY_NAME else BY_TYPE[f.type] for f in TYPES[kind]}
    )


def number(text: str) -> int:
    """The integer with 18 decimals behind a number with its unit, read by other code than wrote it."""
    figure, _, unit = text.partition(" ")
    value = Fraction(figure.replace(",", "")) * (1 if unit == "wei" else 10**18)
    assert value.denominator == 1
    return int(value)


def read_back(name: str, text: str) -> Any:
    """The field's value, from nothing but what a person reads."""
    if name in ("price", "bond", "amount"):
        return number(text)
    if name in ("round", "ballot", "nonce"):
        return int(text)
    if name == "until":
        return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC).timestamp())
    if name == "evidence" and text == "none":
        return "0x" + "00" * 32
    return text


@pytest.mark.parametrize("kind", ACCOUNT_ACTS)
@settings(max_examples=40)
@given(data=st.data())
def test_summary__any_message__every_field_parses_back_to_what_is_signed(
    kind: str, data: st.DataObject
) -> None:
    message = data.draw(messages(kind))
    expiry = EXPIRY if "expiry" in message else None
    made = document(kind, message, expiry)
    words = {line.field: line.text for line in made.lines}
    assert words.pop("expiry", None) == ("ETH/USD at 2026-09-21 14:13:20 UTC" if expiry else None)
    shown = {"expiry" if name == "expiry_id" else name: read_back(name, text) for name, text in words.items()}
    assert shown == message
    in_wallet = made.typed_data["message"]
    assert in_wallet == made.message
    assert {k: str(v) for k, v in in_wallet.items()} == {k: str(v) for k, v in message.items()}


@pytest.mark.parametrize("kind", ACCOUNT_ACTS)
@settings(max_examples=40)
@given(data=st.data())
def test_document__what_a_wallet_hashes__is_the_digest(kind: str, data: st.DataObject) -> None:
    message = data.draw(messages(kind))
    made = document(kind, message, EXPIRY if "expiry" in message else None)
    signable = encode_typed_data(full_message=made.typed_data)
    assert "0x" + keccak(b"\x19" + signable.version + signable.header + signable.body).hex() == made.digest
    assert made.digest == signer.digest(kind, message)


@pytest.mark.parametrize("kind", ACCOUNT_ACTS)
@settings(max_examples=40)
@given(data=st.data())
def test_sentence__its_numbers__are_those_of_the_lines(kind: str, data: st.DataObject) -> None:
    message = data.draw(messages(kind))
    made = document(kind, message, EXPIRY if "expiry" in message else None)
    words = {line.field: line.text for line in made.lines}
    named = re.findall(r"{(\w+)}", SENTENCES[kind])
    assert named
    assert all(words[name] in made.sentence for name in named)


def test_document__shown_with_another_expiry__refused() -> None:
    message = {"account": "0x" + "22" * 20, "expiry": OTHER_ID, "ballot": 1, "commitment": ID}
    with pytest.raises(ValueError, match="another expiry"):
        document("VoteCommit", message, EXPIRY)


def called(made: Transaction) -> tuple[Any, ...]:
    """The arguments, out of the bytes that are sent."""
    types = [type_ for _, type_, _ in made.arguments]
    raw = bytes.fromhex(made.data[2:])
    assert raw[:4] == keccak(f"{made.function}({','.join(types)})".encode())[:4]
    return decode(types, raw[4:])


@settings(max_examples=40)
@given(ADDRESS, st.integers(1, 2**128))
def test_deposit__what_is_shown__is_what_is_sent(account: str, amount: int) -> None:
    made = transactions.deposit(account, amount)
    words = {line.field: line.text for line in made.lines}
    sent = made.to_json()
    assert called(made) == (words["account"],) == (account,)
    assert number(words["value"]) == int(sent["value"], 16) == amount
    assert words["to"] == sent["to"]


@given(
    st.integers(0, 2**100), st.integers(0, 2**100), st.integers(1, 2**119), st.integers(1, 2**119), ADDRESS
)
def test_redeem__what_is_shown__is_what_is_sent(p: int, n: int, strike: int, price: int, to: str) -> None:
    series = Series(
        address="0x" + "33" * 20, expiry=EXPIRY, strike=strike, collateral=transactions.ETH, decimals=18,
        p_symbol="P", n_symbol="N",
    )  # fmt: skip
    made = transactions.redeem(series, price, p, n, to)
    words = {line.field: line.text for line in made.lines}
    assert called(made) == (number(words["p_amount"]), number(words["n_amount"]), words["to"]) == (p, n, to)
    assert number(words["paid"]) == redeem_p(p, strike, price) + redeem_n(n, strike, price)
    assert made.value == 0
