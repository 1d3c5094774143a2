"""The one cast of all flows: each account has a key, and is named by what it does."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from oracle import signer
from oracle.services import funding
from oracle.services.acts import take_act
from oracle.services.answer import Answer
from protocol import signing
from protocol.canonical import json_hash

ETHER = 10**18
NO_EVIDENCE = "0x" + "0" * 64


@dataclass(frozen=True)
class Person:
    """Somebody with a key, who signs what they do and sends it to the service."""

    name: str
    key: str

    @property
    def address(self) -> str:
        return signing.address_of(self.key)

    def sign(self, kind: str, message: dict[str, Any]) -> dict[str, Any]:
        """The act as it goes over the wire."""
        message = {"account": self.address, **message}
        signature = signing.sign(self.key, signer.digest(kind, message))
        return {"kind": kind, "message": signing.to_json(kind, message), "signatures": [signature]}

    def send(self, kind: str, message: dict[str, Any], now: int) -> Answer:
        return take_act(**self.sign(kind, message), now=now)

    def deposit(self, amount: int, now: int) -> None:
        funding.deposit(account=self.address, amount=amount, now=now)

    def stake(self, amount: int, now: int) -> Answer:
        return self.send("Stake", {"amount": amount, "nonce": secrets.randbits(64)}, now)

    def unstake(self, amount: int, now: int) -> Answer:
        return self.send("Unstake", {"amount": amount, "nonce": secrets.randbits(64)}, now)

    def report(self, expiry: str, price: int, bond: int, now: int, evidence: str = NO_EVIDENCE) -> Answer:
        fields = {"price": price, "bond": bond, "evidence": evidence, "salt": "0x" + secrets.token_hex(32)}
        return self.send("Report", {"expiry": expiry, **fields}, now)

    def pledge(
        self, expiry: str, round_: int, price: int, amount: int, now: int, evidence: str = NO_EVIDENCE
    ) -> Answer:
        fields = {"round": round_, "price": price, "amount": amount, "evidence": evidence}
        fields |= {"nonce": secrets.randbits(64), "until": now + 3600}
        return self.send("Pledge", {"expiry": expiry, **fields}, now)

    def commit(self, expiry: str, ballot: int, price: int, now: int) -> Answer:
        commitment = signing.commitment(expiry, ballot, self.address, price, self.salt(expiry, ballot))
        return self.send("VoteCommit", {"expiry": expiry, "ballot": ballot, "commitment": commitment}, now)

    def reveal(self, expiry: str, ballot: int, price: int, now: int) -> Answer:
        fields = {"ballot": ballot, "price": price, "salt": self.salt(expiry, ballot)}
        return self.send("VoteReveal", {"expiry": expiry, **fields}, now)

    def salt(self, expiry: str, ballot: int) -> str:
        """A salt that only this key gives, the same each time."""
        return json_hash([self.key, expiry, str(ballot)])


def person(name: str) -> Person:
    """The cast's account of this name, with a key that follows from the name."""
    return Person(name, json_hash(["assize tests", name]))
