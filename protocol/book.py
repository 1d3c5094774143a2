"""The fold of the whole book (PROTOCOL 6 and 7): every entry in order, over all expiries and accounts, in memory.

What the service's database must come to, from what it publishes alone; attestors run it before they sign anything.

- Entries go in by `apply`, beats by `hear`, in the order in which they were made: a beat after the entry it names.
- Before an entry at t everything due at <= t on any expiry is processed, one deadline at a time by (deadline, expiry):
  a FINAL pays and cuts stake at once, so it counts for whatever comes later, also in the same second.
- A first ballot that opens owes the book its `Electorate`, a FINAL its `Final`. No other act comes before them.
- After more than 180 s without entry or beat, only what was due before is processed. Then every expiry with an open
  deadline must get its `Outage` over exactly that gap before anything else happens.
- Not known yet is not wrong: `UnknownExpiry` and `PricesNeeded` ask for more, and the same call is made again after.
- What is wrong is a `Contradiction`, and the book is of no use after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, NoReturn

from protocol.accounts import Accounts
from protocol.acts import Refusal
from protocol.contradiction import Contradiction, PricesNeeded, UnknownExpiry
from protocol.entry import Beat, Entry, author_problem, receipt_problem, signer_problem
from protocol.escrow import Dues
from protocol.listing import BookRecord, Expiry, open_listing
from protocol.merkle import electorate_root, payouts_root
from protocol.messages import FOLDED_KINDS, TRANSCRIPT_KINDS, sealed, to_act
from protocol.payouts import settle
from protocol.record import SealedReports
from protocol.replay import MIN_OUTAGE_SECONDS
from protocol.resolution import Event, Released, Staked, judge, pass_time, price_refusal
from protocol.reward import reward_account
from protocol.signing import BOOK_0, Domain, Message, digest, next_book, next_head
from protocol.stages import Stage
from protocol.terms import Terms

__all__ = ["Book", "Contradiction", "PricesNeeded", "UnknownExpiry"]


@dataclass(slots=True)
class Gap:
    """Nobody was heard between `start` and `end`; these expiries still need their Outage."""

    start: int
    end: int
    awaited: set[str]


class Book:
    """The book so far. `service` signs its account-level entries and beats; `unbonding_delay` is in seconds."""

    def __init__(self, domain: Domain, service: str, unbonding_delay: int) -> None:
        self.domain, self.service = domain, service
        self.accounts = Accounts(unbonding_delay)
        self.dues = Dues()
        self.credited: dict[tuple[str, int], Entry] = {}  # Deposits by (tx, log_index)
        self.expiries: dict[str, Expiry] = {}
        self.hashes = [BOOK_0]  # by seq
        self.times = [0]  # by seq
        self.last_sign: int | None = None  # when the service was last heard
        self._digests: set[str] = set()
        self._due: list[tuple[int, str]] = []  # (deadline, expiry), a heap; outdated ones are skipped
        self._owed: set[tuple[str, str]] = set()  # (kind, expiry)
        self._gap: Gap | None = None

    @property
    def seq(self) -> int:
        """The number of the last entry, 0 before the first."""
        return len(self.hashes) - 1

    def list_expiry(self, index: Mapping[str, Any], expiry_at: int, terms: Mapping[str, Any]) -> str:
        """Make an expiry known, and answer with the id that index spec, instant and terms as listed hash to.

        Raises InvalidTerms where PROTOCOL 3 does not allow them. A second time changes nothing.
        """
        record = BookRecord(can_pay=lambda account, amount: self.accounts.of(account).free >= amount)
        expiry = open_listing(index, expiry_at, terms, record)
        record.members = lambda at: self._take_electorate(expiry)
        return self.expiries.setdefault(expiry.id, expiry).id

    def apply(self, entry: Entry) -> None:
        """Take the next entry. Raises Contradiction, or UnknownExpiry and PricesNeeded until they are answered."""
        expiry = self._named(entry)
        self._check_chain(entry)
        self._check_signatures(entry, expiry)
        self._heard(entry.at, entry.seq)
        if entry.kind == "Outage":
            self._check_outage(entry)
        elif (entry.kind, entry.expiry) not in self._owed:
            self._close_gap(entry.seq)
            self.pass_time(entry.at)
        if expiry is None:
            self._take_account_act(entry)
        elif entry.kind in FOLDED_KINDS:
            self._take_folded(entry, expiry)
        else:
            self._take_result(entry, expiry)
        self._append(entry, expiry)

    def hear(self, beat: Beat) -> None:
        """Take a beat, after the entry it names and, if it can be, before the next. Raises as `apply` does.

        One that is heard later must still fit where it belongs; it ends no silence any more.
        """
        seq = beat.seq
        if problem := signer_problem(self.domain, "Beat", beat.message, beat.signature, self.service):
            raise Contradiction(seq, problem)
        if seq > self.seq or beat.book != self.hashes[seq]:
            raise Contradiction(seq, f"a beat at {beat.at} gives the book another hash, {beat.book}")
        if seq < self.seq:
            if not self.times[seq] <= beat.at <= self.times[seq + 1]:
                raise Contradiction(seq, f"a beat at {beat.at} says that this was the last entry then")
            return
        if beat.at < (self.last_sign or 0):
            raise Contradiction(seq, f"a beat at {beat.at} comes after the service was heard at {self.last_sign}")
        self._heard(beat.at, seq)

    def pass_time(self, now: int) -> None:
        """Process everything due at <= now (unix seconds), in order. Raises PricesNeeded; then call it again.

        Only for times at which the service was heard: an outage may still move later deadlines.
        """
        self.accounts.pass_time(now)
        while self._due and self._due[0][0] <= now:
            deadline, id_ = heappop(self._due)
            expiry = self.expiries[id_]
            if expiry.state.deadline != deadline:
                continue
            try:
                events = pass_time(expiry.state, expiry.record, deadline)
            except SealedReports:
                heappush(self._due, (deadline, id_))
                raise PricesNeeded(id_) from None
            self._carry_out(expiry, events)

    def unseal(self, expiry: str, message: Message) -> None:
        """Put in a report's whole message once it is public. Contradiction where it is not what was taken."""
        known = self.expiries[expiry]
        key = digest(self.domain, "Report", message)
        if key not in known.sealed:
            raise Contradiction(self.seq, f"{message['account']}'s report as it is published now was never taken")
        seq, public = known.sealed[key]
        if public != sealed("Report", message):
            raise Contradiction(seq, "the sealed report had another account or bond than its message")
        if refusal := price_refusal(known.state, message["price"]):
            raise Contradiction(seq, f"the law refuses it as {refusal.value}")
        known.record.open_report(message["account"], message["price"])
        del known.sealed[key]

    # ------------------------------------------------------------ what an entry must be

    def _named(self, entry: Entry) -> Expiry | None:
        if entry.expiry is None:
            return None
        if entry.expiry not in self.expiries:
            raise UnknownExpiry(entry.expiry)
        return self.expiries[entry.expiry]

    def _check_chain(self, entry: Entry) -> None:
        seq = entry.seq
        if seq != self.seq + 1:
            raise Contradiction(seq, f"the entry after {self.seq} must come next")
        if entry.at < self.times[-1]:
            raise Contradiction(seq, f"its time {entry.at} lies before that of the entry ahead, {self.times[-1]}")
        if entry.at < (self.last_sign or 0):
            raise Contradiction(seq, f"its time {entry.at} lies before a beat that does not count it, {self.last_sign}")
        if not entry.is_sealed and digest(self.domain, entry.kind, entry.message) != entry.digest:
            raise Contradiction(seq, "its digest is not that of its message")
        if entry.digest in self._digests:
            raise Contradiction(seq, "it stands here a second time, and an act is taken once")
        if next_book(self.hashes[-1], seq, entry.digest, entry.at) != entry.book:
            raise Contradiction(seq, "its book hash does not follow from the entry ahead")

    def _check_signatures(self, entry: Entry, expiry: Expiry | None) -> None:
        terms = expiry.listed if expiry else Terms()
        service = terms.service if expiry else self.service
        if problem := author_problem(entry, service, terms.guardians, terms.guardian_threshold):
            raise Contradiction(entry.seq, problem)
        head = self._head_after(entry, expiry)
        if entry.head != head:
            raise Contradiction(entry.seq, f"it says head {entry.head}, and it is {head}")
        if problem := receipt_problem(self.domain, entry, head, service):
            raise Contradiction(entry.seq, problem)

    def _head_after(self, entry: Entry, expiry: Expiry | None) -> str | None:
        if expiry is None:
            return None
        if entry.kind not in TRANSCRIPT_KINDS:
            return expiry.head
        return next_head(expiry.head, entry.digest, entry.at)

    # ------------------------------------------------------------ silence of the service

    def _heard(self, at: int, seq: int) -> None:
        """The service was heard at `at`; after too long a silence only what was due before it is processed."""
        if self.last_sign is not None and at - self.last_sign > MIN_OUTAGE_SECONDS:
            self._close_gap(seq)
            self.pass_time(self.last_sign)
            awaited = {id_ for id_, expiry in self.expiries.items() if expiry.state.deadline is not None}
            self._gap = Gap(self.last_sign, at, awaited)
        self.last_sign = at

    def _check_outage(self, entry: Entry) -> None:
        gap = self._gap
        if gap is None or (entry.message["from"], entry.message["to"]) != (gap.start, gap.end):
            raise Contradiction(entry.seq, "the book and its beats show no such outage")

    def _close_gap(self, seq: int) -> None:
        if self._gap and self._gap.awaited:
            missing, gap = min(self._gap.awaited), self._gap
            raise Contradiction(seq, f"expiry {missing} has no Outage for {gap.start} to {gap.end}")
        self._gap = None

    # ------------------------------------------------------------ taking it

    def _take_account_act(self, entry: Entry) -> None:
        self._check_nothing_owed(entry)
        message, at, accounts = entry.message, entry.at, self.accounts
        account, amount = message["account"], message["amount"]
        refusal: Refusal | None = None
        match entry.kind:
            case "Deposit":
                self._credit_once(entry)
                refusal = accounts.deposit(account, amount)
            case "Stake":
                refusal = accounts.stake(account, amount, at)
            case "Unstake":
                refusal = accounts.unstake(account, amount, at)
            case "Withdrawal":
                refusal = accounts.withdraw(account, amount)
        if refusal is not None:
            self._refused(entry, refusal)
        if entry.kind == "Deposit":
            self.dues.deposit(entry.seq, account, amount)
        elif entry.kind == "Withdrawal":
            self.dues.withdraw(entry.seq, account, amount)

    def _credit_once(self, entry: Entry) -> None:
        log = (entry.message["tx"], entry.message["log_index"])
        if log in self.credited:
            raise Contradiction(entry.seq, f"log {log[1]} of transaction {log[0]} is credited a second time")
        self.credited[log] = entry

    def _take_folded(self, entry: Entry, expiry: Expiry) -> None:
        if entry.kind != "Outage":
            self._check_nothing_owed(entry)
        judgement = judge(expiry.state, expiry.record, to_act(entry.kind, entry.message, entry.at))
        if judgement.refusal is not None:
            self._refused(entry, judgement.refusal)
        if entry.kind == "Opened":
            expiry.opened = entry.message
            self._fund(entry, expiry)
        elif entry.is_sealed:
            expiry.sealed[entry.digest] = (entry.seq, entry.message)
        elif entry.kind == "Outage" and self._gap:
            self._gap.awaited.discard(expiry.id)
        self._carry_out(expiry, judgement.events)

    def _fund(self, entry: Entry, expiry: Expiry) -> None:
        account, reward = reward_account(expiry.id), entry.message["reward"]
        if reward != (funded := self.accounts.of(account).free):
            raise Contradiction(entry.seq, f"it says reward {reward}, and {funded} wei were deposited for it")
        self.accounts.fund(expiry.id, account, reward)

    def _take_result(self, entry: Entry, expiry: Expiry) -> None:
        """`Electorate` or `Final`: not acts but what came out of them, so they must be exactly that."""
        if (entry.kind, expiry.id) not in self._owed:
            raise Contradiction(entry.seq, f"the acts and deadlines before it give no {entry.kind}")
        expected: dict[str, object]
        if entry.kind == "Electorate":
            expected = {"seq": entry.seq - 1, "root": electorate_root(expiry.record.electorate())}
        else:
            expected = {"price": expiry.state.price, "payouts": expiry.payouts_root}
        for name, value in expected.items():
            if entry.message[name] != value:
                raise Contradiction(entry.seq, f"it says {name} {entry.message[name]}, and it is {value}")
        self._owed.discard((entry.kind, expiry.id))
        if entry.kind == "Final":
            assert expiry.outcome is not None
            self.dues.settle(entry.seq, expiry.outcome, expiry.staked())

    def _check_nothing_owed(self, entry: Entry) -> None:
        if self._owed:
            kind, expiry = min(self._owed)
            raise Contradiction(entry.seq, f"{kind} of expiry {expiry} must come before it")

    def _refused(self, entry: Entry, refusal: Refusal) -> NoReturn:
        raise Contradiction(entry.seq, f"the law refuses it as {refusal.value}")

    def _carry_out(self, expiry: Expiry, events: list[Event]) -> None:
        """Move the money that the fold's events name, and note the next deadline."""
        for event in events:
            match event:
                case Staked(account, amount):
                    self.accounts.lock(expiry.id, account, amount)
                case Released(account, amount):
                    self.accounts.release(expiry.id, account, amount)
        if expiry.state.deadline is not None:
            heappush(self._due, (expiry.state.deadline, expiry.id))
        if expiry.state.stage is Stage.FINAL and expiry.outcome is None:
            self._pay(expiry)

    def _pay(self, expiry: Expiry) -> None:
        expiry.outcome = settle(expiry.state, expiry.record)
        expiry.payouts_root = payouts_root(expiry.outcome.payouts)
        assert expiry.state.final_at is not None
        self.accounts.settle(expiry.id, expiry.outcome, expiry.record.released(), expiry.state.final_at)
        self._owed.add(("Final", expiry.id))

    def _take_electorate(self, expiry: Expiry) -> Mapping[str, int]:
        electorate = self.accounts.electorate(expiry.state.expiry_at)
        self.accounts.bind(expiry.id, electorate, expiry.listed)
        self._owed.add(("Electorate", expiry.id))
        return electorate

    def _append(self, entry: Entry, expiry: Expiry | None) -> None:
        if expiry is not None:
            expiry.head = self._head_after(entry, expiry) or expiry.head
        self._digests.add(entry.digest)
        self.hashes.append(entry.book)
        self.times.append(entry.at)
