"""A message as its author's wallet signs it, and as its author reads it before: both out of the same message.

Whoever adds a kind writes its sentence here; every field of the message becomes a line by itself, none can be left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oracle import signer
from oracle.models import Expiry
from oracle.receipts import NOTHING
from protocol import show, signing
from protocol.signing import TYPES, Message

SENTENCES = {
    "Report": "Report {price} for {expiry}, and bond {bond} on it",
    "Pledge": "Pledge up to {amount} that {price} is right for {expiry}, in round {round}",
    "VoteCommit": "Commit to a sealed vote in ballot {ballot} on {expiry}",
    "VoteReveal": "Reveal a vote for {price} in ballot {ballot} on {expiry}",
    "Stake": "Stake {amount} of the free balance, to vote with",
    "Unstake": "Take {amount} out of the stake; it is free after the unbonding delay",
    "Withdrawal": "Withdraw {amount} of the free balance to this account's own address",
}
LABELS = {
    "account": "Account",
    "price": "Price",
    "bond": "Bond",
    "amount": "Amount",
    "round": "Round",
    "ballot": "Ballot",
    "until": "Valid until",
    "evidence": "Evidence",
    "commitment": "Commitment",
    "salt": "Salt",
    "nonce": "Nonce",
}
FINE_PRINT = ("evidence", "commitment", "salt", "nonce", "expiry_id")
"""Shown, but below what people decide by; evidence only where there is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One field of what is signed, in words. `field` is its name in the message."""

    field: str
    label: str
    text: str
    fine: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One act, ready to be signed: what the wallet gets, what the API takes, what its author reads."""

    kind: str
    digest: str
    message: dict[str, Any]
    typed_data: dict[str, Any]
    sentence: str
    lines: list[Line]


def document(kind: str, message: Message, expiry: Expiry | None = None) -> Document:
    """The act of this message; `expiry`, with its index, is the one that it names. ValueError for a bad message."""
    if message.get("expiry", None) != (expiry.id if expiry else None):
        raise ValueError("the message names another expiry than the one that is shown")
    as_json = signing.to_json(kind, message)
    lines = summary(kind, message, expiry)
    words = {line.field: line.text for line in lines}
    return Document(
        kind=kind,
        digest=signer.digest(kind, message),
        message=as_json,
        typed_data=signing.typed_data(signer.domain(), kind, as_json),
        sentence=SENTENCES[kind].format(**words) + ".",
        lines=lines,
    )


def summary(kind: str, message: Message, expiry: Expiry | None = None) -> list[Line]:
    """A line for every field of the message, in the order in which they are signed; the fine print last."""
    lines: list[Line] = []
    for name, _ in TYPES[kind]:
        if name == "expiry":
            assert expiry is not None
            lines.append(Line(name, "Expiry", instant_of(expiry)))
            lines.append(Line("expiry_id", "Id of the expiry", message[name], fine=True))
        else:
            text = _text(name, message[name], expiry)
            fine = name in FINE_PRINT and (name != "evidence" or text == "none")
            lines.append(Line(name, LABELS[name], text, fine))
    return sorted(lines, key=lambda line: line.fine)


def instant_of(expiry: Expiry) -> str:
    """`ETH/USD at 2026-12-25 08:00:00 UTC`"""
    return f"{show.pair(expiry.index.spec, expiry.index.slug)} at {show.utc(expiry.expiry_at)}"


def price_text(price: int, expiry: Expiry) -> str:
    """`2,500.00 USD`: in the index's own unit, where its spec names one."""
    pair = show.pair(expiry.index.spec, "")
    return f"{show.decimal(price)} {pair.partition('/')[2]}".rstrip()


def _text(name: str, value: Any, expiry: Expiry | None) -> str:
    match name:
        case "price":
            assert expiry is not None
            return price_text(value, expiry)
        case "bond" | "amount":
            return show.ether(value)
        case "until":
            return show.utc(value)
        case "evidence" if value == NOTHING:
            return "none"
        case _:
            return str(value)
