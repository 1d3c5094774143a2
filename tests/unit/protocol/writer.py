"""Writes a book as the service does, over many expiries and accounts, and keeps its own fold of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from protocol.book import Book
from protocol.entry import Beat, Entry
from protocol.merkle import electorate_root
from protocol.messages import SERVICE_ACTS, TRANSCRIPT_KINDS, sealed
from protocol.reward import reward_account
from protocol.signing import address_of, commitment, digest, next_book, next_head, sign, to_json
from protocol.terms import Terms
from tests.unit.protocol.story import DOMAIN, EXPIRY_AT, GUARDIANS, INDEX, SERVICE, TERMS, WORD

ZERO = "0x" + "00" * 32
DELAY = 7 * 86_400


class Writer:
    """`book` is the service's own fold; `log` holds what it published, in order. Lies are told with `entry`."""

    def __init__(self, terms: Sequence[Terms] = (TERMS,), expiry_at: int = EXPIRY_AT) -> None:
        self.listings = [(INDEX, expiry_at + number, each.to_json()) for number, each in enumerate(terms)]
        self.book = Book(DOMAIN, address_of(SERVICE), DELAY)
        self.expiries = [self.book.list_expiry(*listing) for listing in self.listings]
        self.heads = {each: each for each in self.expiries}
        self.log: list[Entry | Beat] = []
        self.nonce = 0

    @property
    def expiry(self) -> str:
        return self.expiries[0]

    def follower(self) -> Book:
        """Somebody else's book that knows the same listings and nothing else."""
        book = Book(DOMAIN, address_of(SERVICE), DELAY)
        for listing in self.listings:
            book.list_expiry(*listing)
        return book

    def replayed(self, hide_reports: bool = False) -> Book:
        """Follow the whole log from its beginning."""
        book = self.follower()
        for item in self.log:
            feed(book, hidden(item) if hide_reports else item)
        return book

    # ------------------------------------------------------------ entries

    def entry(self, kind: str, message: Mapping[str, Any], keys: Sequence[str], at: int) -> Entry:
        """The next entry, whatever the law says of it."""
        message = dict(message)
        seq, signed = self.book.seq + 1, digest(DOMAIN, kind, message)
        after = next_book(self.book.hashes[-1], seq, signed, at)
        expiry = message.get("expiry")
        head = self.heads[expiry] if expiry else None
        if head and kind in TRANSCRIPT_KINDS:
            head = next_head(head, signed, at)
        receipt = {
            "digest": signed, "expiry": expiry or ZERO, "head": head or ZERO, "seq": seq, "book": after, "at": at,
            "code": "",
        }
        signatures = tuple(sign(each, signed) for each in keys)
        stamp = sign(SERVICE, digest(DOMAIN, "Receipt", receipt))
        return Entry(seq, at, kind, signed, message, signatures, after, head, receipt, stamp)

    def add(self, kind: str, message: Mapping[str, Any], keys: Sequence[str], at: int) -> Entry:
        entry = self.entry(kind, message, keys, at)
        self.book.apply(entry)
        self.log.append(entry)
        if entry.expiry and entry.head:
            self.heads[entry.expiry] = entry.head
        return entry

    def beat(self, at: int) -> Beat:
        message = {"seq": self.book.seq, "book": self.book.hashes[-1], "at": at}
        beat = Beat(**message, signature=sign(SERVICE, digest(DOMAIN, "Beat", message)))
        self.book.hear(beat)
        self.log.append(beat)
        return beat

    def beats_until(self, at: int) -> None:
        """Sign life every 100 seconds, so that time passes without an outage; what comes due gets its entry."""
        while self.book.last_sign is not None and self.book.last_sign < at:
            now = min(self.book.last_sign + 100, at)
            self.settle(now)
            self.beat(now)

    def settle(self, at: int) -> None:
        """Write what deadlines <= at owe the book."""
        self.book.pass_time(at)
        for kind, expiry in sorted(self.book._owed):
            self.add(kind, self.result(kind, expiry), [SERVICE], at)

    def result(self, kind: str, expiry: str) -> dict[str, Any]:
        known = self.book.expiries[expiry]
        if kind == "Electorate":
            root = electorate_root(known.record.electorate())
            return {"expiry": expiry, "seq": self.book.seq, "root": root}
        return {"expiry": expiry, "price": known.state.price, "payouts": known.payouts_root}

    # ------------------------------------------------------------ acts

    def deposit(self, who: str, amount: int, at: int) -> None:
        self.deposit_to(address_of(who), amount, at)

    def deposit_to(self, account: str, amount: int, at: int) -> None:
        self.nonce += 1
        tx = f"0x{self.nonce:064x}"
        message = {"account": account, "amount": amount, "block": 0, "tx": tx, "log_index": 0}
        self.add("Deposit", message, [SERVICE], at)

    def move(self, kind: str, who: str, amount: int, at: int) -> None:
        """Stake, Unstake or Withdrawal."""
        self.nonce += 1
        self.add(kind, {"account": address_of(who), "amount": amount, "nonce": self.nonce}, [who], at)

    def open(self, at: int, expiry: str | None = None, value_secured: int = 0, reward: int = 0) -> None:
        """Open an expiry; its reward is deposited just before."""
        if reward:
            self.deposit_to(reward_account(expiry or self.expiry), reward, at)
        message = {"expiry": expiry or self.expiry, "block": 7, "value_secured": value_secured, "reward": reward}
        self.add("Opened", message, [SERVICE], at)

    def report(self, who: str, price: int, bond: int, at: int, expiry: str | None = None) -> Entry:
        message = {
            "account": address_of(who), "expiry": expiry or self.expiry, "price": price, "bond": bond,
            "evidence": WORD, "salt": WORD,
        }
        return self.add("Report", message, [who], at)

    def pledge(self, who: str, round_: int, price: int, amount: int, at: int, expiry: str | None = None) -> None:
        self.nonce += 1
        message = {
            "account": address_of(who), "expiry": expiry or self.expiry, "round": round_, "price": price,
            "amount": amount, "evidence": WORD, "nonce": self.nonce, "until": at + 3600,
        }
        self.add("Pledge", message, [who], at)
        self.settle(at)

    def commit(self, who: str, price: int, at: int, expiry: str | None = None) -> None:
        expiry = expiry or self.expiry
        secret = commitment(expiry, 1, address_of(who), price, WORD)
        message = {"account": address_of(who), "expiry": expiry, "ballot": 1, "commitment": secret}
        self.add("VoteCommit", message, [who], at)

    def reveal(self, who: str, price: int, at: int, expiry: str | None = None) -> None:
        expiry = expiry or self.expiry
        message = {"account": address_of(who), "expiry": expiry, "ballot": 1, "price": price, "salt": WORD}
        self.add("VoteReveal", message, [who], at)

    def outage(self, start: int, end: int, expiry: str | None = None) -> None:
        self.add("Outage", {"expiry": expiry or self.expiry, "from": start, "to": end}, [SERVICE], end)

    def rule(self, price: int, at: int, guardians: Sequence[str] = tuple(GUARDIANS[:2])) -> None:
        self.add("Ruling", {"expiry": self.expiry, "price": price, "reason": WORD}, guardians, at)


def feed(book: Book, item: Entry | Beat) -> None:
    if isinstance(item, Beat):
        book.hear(item)
    else:
        book.apply(item)


def hidden(item: Entry | Beat) -> Entry | Beat:
    """A Report as it is public while it is sealed."""
    if isinstance(item, Beat) or item.kind != "Report":
        return item
    return replace(item, message=sealed("Report", item.message))


def as_json(entry: Entry) -> dict[str, Any]:
    """An entry in the form of GET /api/v1/book."""
    message = to_json(entry.kind, entry.message)
    author = None if entry.kind in SERVICE_ACTS else entry.message.get("account")
    return {
        "seq": str(entry.seq), "at": str(entry.at), "kind": entry.kind, "digest": entry.digest, "account": author,
        "expiry": entry.expiry, "message": message, "sealed": False, "signatures": list(entry.signatures),
        "head": entry.head, "book": entry.book,
        "receipt": {"message": to_json("Receipt", entry.receipt), "signature": entry.receipt_signature},
    }
