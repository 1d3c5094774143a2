"""Signed stories: expiries whose every act is signed, chained and receipted as the service does it."""

from collections.abc import Mapping, Sequence
from typing import Any

from protocol.merkle import electorate_root
from protocol.replay import Replay
from protocol.signing import (
    BOOK_0,
    Domain,
    address_of,
    commitment,
    digest,
    next_book,
    next_head,
    sign,
    to_json,
)
from protocol.terms import ETHER, Terms
from protocol.transcript import build

DOMAIN = Domain(31337, "0x" + "a5" * 20)
EXPIRY_AT = 1_790_000_000
DAY = 86_400
PRICE = 2_500 * 10**18
WRONG = 2_000 * 10**18
WORD = "0x" + "5a" * 32
INDEX = {"name": "ETH/USD", "min_price": "1", "max_price": str(10**27), "tick": "1", "sources": ["a", "b"]}


def key(number: int) -> str:
    return f"0x{number:064x}"


SERVICE = key(1)
GUARDIANS = [key(11), key(12), key(13)]
REPORTERS = [key(21), key(22), key(23)]
LIAR, CROWD, VOTERS = key(31), [key(41), key(42)], [key(51), key(52), key(53)]
TERMS = Terms(
    arbitration_bond=12 * ETHER,
    service=address_of(SERVICE),
    guardians=tuple(address_of(each) for each in GUARDIANS),
    guardian_threshold=2,
)


class Story:
    """Writes entries as the service would, without asking the law: lies can be told as well."""

    def __init__(self, terms: Terms = TERMS, electorate: Mapping[str, int] | None = None) -> None:
        self.terms = terms
        self.electorate = dict(electorate or {})
        self.expiry = self.head = Replay(INDEX, EXPIRY_AT, terms.to_json(), {}).expiry
        self.seq, self.book = 0, BOOK_0
        self.at = EXPIRY_AT
        self.acts: list[dict[str, Any]] = []

    def add(self, kind: str, message: Mapping[str, Any], keys: Sequence[str], at: int | None = None) -> None:
        """Append one act signed by `keys`; time goes on by a second where `at` is not given."""
        self.at = self.at + 1 if at is None else at
        message = {"expiry": self.expiry, **message}
        signed = digest(DOMAIN, kind, message)
        self.seq += 1
        self.book = next_book(self.book, self.seq, signed, self.at)
        self.head = next_head(self.head, signed, self.at)
        receipt = {
            "digest": signed, "expiry": self.expiry, "head": self.head, "seq": self.seq, "book": self.book,
            "at": self.at, "code": "",
        }
        self.acts.append({
            "kind": kind, "message": to_json(kind, message), "signatures": [sign(each, signed) for each in keys],
            "at": str(self.at), "digest": signed, "seq": str(self.seq),
            "receipt": {
                "message": to_json("Receipt", receipt),
                "signature": sign(SERVICE, digest(DOMAIN, "Receipt", receipt)),
            },
        })

    def skip_entries(self, count: int) -> None:
        """Other expiries' entries stand in between."""
        for _ in range(count):
            self.seq += 1
            self.book = next_book(self.book, self.seq, WORD, self.at)

    def opened(self, at: int = EXPIRY_AT, value_secured: int = 0, reward: int = 0) -> None:
        self.add("Opened", {"block": 7, "value_secured": value_secured, "reward": reward}, [SERVICE], at)

    def report(self, who: str, price: int, bond: int = ETHER, at: int | None = None) -> None:
        message = {"account": address_of(who), "price": price, "bond": bond, "evidence": WORD, "salt": WORD}
        self.add("Report", message, [who], at)

    def pledge(self, who: str, round_: int, price: int, amount: int, at: int | None = None) -> None:
        message = {
            "account": address_of(who), "round": round_, "price": price, "amount": amount, "evidence": WORD,
            "nonce": len(self.acts), "until": EXPIRY_AT + 100 * DAY,
        }
        self.add("Pledge", message, [who], at)

    def electorate_taken(self, at: int | None = None) -> None:
        message = {"seq": self.seq, "root": electorate_root(self.electorate)}
        self.add("Electorate", message, [SERVICE], at)

    def commit(self, who: str, ballot: int, price: int, at: int | None = None) -> None:
        hidden = commitment(self.expiry, ballot, address_of(who), price, WORD)
        self.add("VoteCommit", {"account": address_of(who), "ballot": ballot, "commitment": hidden}, [who], at)

    def reveal(self, who: str, ballot: int, price: int, at: int | None = None) -> None:
        message = {"account": address_of(who), "ballot": ballot, "price": price, "salt": WORD}
        self.add("VoteReveal", message, [who], at)

    def outage(self, from_: int, to: int) -> None:
        self.add("Outage", {"from": from_, "to": to}, [SERVICE], to)

    def ruling(self, price: int, guardians: Sequence[str], at: int | None = None) -> None:
        self.add("Ruling", {"price": price, "reason": WORD}, guardians, at)

    def document(self, now: int) -> dict[str, Any]:
        return build(
            domain=DOMAIN, index=INDEX, expiry_at=EXPIRY_AT, terms=self.terms.to_json(), acts=self.acts,
            electorate=self.electorate if any(act["kind"] == "Electorate" for act in self.acts) else {}, now=now,
        )


def reported() -> Story:
    """Three reports agree; the challenge window is open."""
    story = Story(electorate={address_of(each): 32 * ETHER for each in VOTERS})
    story.opened(reward=ETHER)
    for number, who in enumerate(REPORTERS):
        story.report(who, PRICE + number)
        story.skip_entries(number)
    return story


def voted() -> Story:
    """A liar's claim, a crowd's answer, the liar's escalation to a ballot, an outage, a vote for the right price."""
    story = reported()
    story.pledge(LIAR, 1, WRONG, 9 * ETHER, at=EXPIRY_AT + DAY + 10)  # takes 6 ether
    story.pledge(CROWD[0], 2, PRICE, 2 * ETHER)
    story.pledge(CROWD[1], 2, PRICE, 99 * ETHER)  # takes what is left to fill
    story.pledge(LIAR, 3, WRONG, 99 * ETHER)  # capped at the arbitration bond
    story.electorate_taken()
    for who in VOTERS:
        story.commit(who, 1, WRONG if who == VOTERS[2] else PRICE)
    story.outage(story.at, story.at + 7_200)
    reveals_from = int(story.acts[-5]["at"]) - 1 + 2 * DAY + 7_200
    story.reveal(VOTERS[0], 1, PRICE, at=reveals_from)
    story.reveal(VOTERS[1], 1, PRICE)
    story.reveal(VOTERS[2], 1, WRONG)
    return story


def ruled() -> Story:
    """Nobody may vote, so that the guardians decide."""
    story = Story()
    story.opened()
    story.report(REPORTERS[0], PRICE)
    story.electorate_taken(at=EXPIRY_AT + 3 * DAY + 5)
    story.ruling(PRICE, GUARDIANS[:2])
    return story


LATER = EXPIRY_AT + 60 * DAY
