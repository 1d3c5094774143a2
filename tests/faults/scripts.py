"""Random stories: signed acts at their seconds, and what they fold to in memory, refusals and all.

The fold itself guides what is tried, so that stories come to claims, ballots and rulings; about one act in six is
nonsense. Nothing here asks a database.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

from oracle import signer
from protocol import signing
from protocol.acts import Opened, Outage
from protocol.canonical import json_hash
from protocol.messages import to_act
from protocol.record import MemoryRecord
from protocol.resolution import State, candidates, judge, pass_time
from protocol.stages import Stage
from protocol.terms import Index, Terms
from tests.cast import ETHER, NO_EVIDENCE, person
from tests.db.conftest import GUARDIANS, SPEC
from tests.flows.story import LIE, PRICE

BONDERS = ("alice", "bob", "carol", "dave", "mallory")
WEIGHTS = {"vera": 5 * ETHER, "victor": 3 * ETHER, "violet": 2 * ETHER}
PRICES = (PRICE, PRICE, PRICE + PRICE // 2_000, PRICE + PRICE // 200, LIE)
"""The truth, one that agrees with it, one that forfeits a part, and a lie."""
NONSENSE_ONE_IN = 6
LONGEST = 170
"""Seconds between two acts of a story without outages: below 180, so that nobody needs to beat."""
OUTAGE_ONE_IN = 4
ACTS: dict[Stage, tuple[str, ...]] = {
    Stage.REPORTING: ("Report",),
    Stage.CHALLENGE: ("Pledge",),
    Stage.COMMIT: ("VoteCommit",),
    Stage.REVEAL: ("VoteReveal",),
    Stage.RULING: ("Ruling", "Pledge", "Report"),  # guardians take their time
    Stage.FINAL: ("Report", "Pledge", "VoteCommit", "VoteReveal", "Ruling"),
}


@dataclass(frozen=True)
class Line:
    """Somebody sends this at second `at`; the fold says `refusal` to it. Where `gap` is true, the service was away
    since the line before it, at `since`.
    """

    since: int
    at: int
    act: dict[str, Any]
    refusal: str | None
    gap: bool


class Script:
    """A story from its opening at second `at` until it is final: the same for the same seed."""

    def __init__(self, seed: int, at: int, *, outages: bool) -> None:
        self.chance, self.outages, self.at = Random(seed), outages, at
        self.terms = _terms(self.chance)
        self.expiry = signing.expiry_id(json_hash(SPEC), at, json_hash(self.terms.to_json()))
        self.record = MemoryRecord(lambda at: {person(name).address: w for name, w in WEIGHTS.items()})
        self.state = State(Index.from_json(SPEC), self.terms, at)
        self.staked: Counter[str] = Counter()
        self.lines: list[Line] = []
        self._taken: set[str] = set()
        judge(self.state, self.record, Opened(at))
        while self.state.stage is not Stage.FINAL:
            self.lines.append(self._next_line())

    def _next_line(self) -> Line:
        since = self.lines[-1].at if self.lines else self.at
        gap = self.outages and self.chance.randrange(OUTAGE_ONE_IN) == 0
        at = since + (self.chance.randint(181, 5_000) if gap else self.chance.randint(1, LONGEST))
        if gap:
            judge(self.state, self.record, Outage(since, at))
        pass_time(self.state, self.record, at)
        kind, message = self._choose_new(at)
        verdict = judge(self.state, self.record, to_act(kind, message, at))
        if verdict.refusal is None:
            self._taken.add(signer.digest(kind, message))
            self.staked[message.get("account", "")] += verdict.staked
        return Line(since, at, _signed(kind, message), verdict.refusal, gap)

    def _choose_new(self, at: int) -> tuple[str, dict[str, Any]]:
        """What was taken before would only get its first receipt again, and show no life."""
        while True:
            kind, message = self._choose(at)
            if signer.digest(kind, message) not in self._taken:
                return kind, message

    def _choose(self, at: int) -> tuple[str, dict[str, Any]]:
        nonsense = self.chance.randrange(NONSENSE_ONE_IN) == 0
        kind = self.chance.choice(ACTS[Stage.FINAL if nonsense else self.state.stage])
        who = person(self.chance.choice(tuple(WEIGHTS) if kind.startswith("Vote") else BONDERS))
        price = self.chance.choice((*PRICES, 0) if nonsense else PRICES)
        ballot = self.state.ballot + (nonsense and self.chance.randint(0, 1))
        fields: dict[str, Any]
        if kind == "Report":
            bond = self.chance.choice((ETHER // 10, ETHER // 3, 2 * ETHER, 2 * ETHER + nonsense))
            fields = {"price": price, "bond": bond, "evidence": NO_EVIDENCE, "salt": self._word()}
        elif kind == "Pledge":
            amount = self.chance.choice((ETHER // 100, ETHER // 3, ETHER, 5 * ETHER))
            fields = {"round": self.state.round + 1, "price": price, "amount": amount}
            fields |= {"evidence": NO_EVIDENCE, "nonce": int(self._word(), 16), "until": at - nonsense}
        elif kind == "VoteCommit":
            salt = who.salt(self.expiry, ballot)
            fields = {"commitment": signing.commitment(self.expiry, ballot, who.address, price, salt)}
            fields |= {"ballot": ballot}
        elif kind == "VoteReveal":
            fields = {"ballot": ballot, "price": price, "salt": who.salt(self.expiry, ballot)}
            if not nonsense:
                fields["price"] = self._committed_price(ballot, who.address, fields["salt"])
        else:
            ruled = self.chance.choice(sorted(candidates(self.state, self.record)) or [PRICE])
            return kind, {
                "expiry": self.expiry,
                "price": price if nonsense else ruled,
                "reason": self._word(),
            }
        return kind, {"account": who.address, "expiry": self.expiry, **fields}

    def _committed_price(self, ballot: int, account: str, salt: str) -> int:
        """The price that opens the account's commitment; any where it has none."""
        known = self.record.commitment_of(ballot, account)
        opening = [p for p in PRICES if signing.commitment(self.expiry, ballot, account, p, salt) == known]
        return opening[0] if opening else PRICE

    def _word(self) -> str:
        return f"0x{self.chance.getrandbits(256):064x}"


def _terms(chance: Random) -> Terms:
    windows = ("report_window", "challenge_window", "commit_window", "reveal_window", "ruling_window")
    return Terms(
        min_reports=chance.randint(1, 3),
        report_extensions=chance.randint(0, 1),
        vote_retries=chance.randint(0, 1),
        arbitration_bond=chance.choice((ETHER, 3 * ETHER)),
        service=signer.service_address(),
        guardians=tuple(person(name).address for name in GUARDIANS),
        guardian_threshold=2,
        **{name: chance.randint(200, 700) for name in windows},
    )


def _signed(kind: str, message: dict[str, Any]) -> dict[str, Any]:
    """The act as it goes over the wire, signed by its author, or by two guardians."""
    digest = signer.digest(kind, message)
    everybody = (*BONDERS, *WEIGHTS)
    authors = [person(name) for name in everybody if person(name).address == message.get("account")]
    signers = authors or [person(name) for name in GUARDIANS[:2]]
    signatures = [signing.sign(each.key, digest) for each in signers]
    return {"kind": kind, "message": signing.to_json(kind, message), "signatures": signatures}
