"""What the fold remembers of the acts behind it, and asks for by key.

The fold never walks all acts to judge one: it asks a `Record` for the row that matters (this account's report, the
claim at this price, this voter's commitment). So one more act costs the same with 10 acts behind it as with
10,000. `MemoryRecord` keeps them in dictionaries; the service keeps them in PostgreSQL (oracle/record.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from protocol.acts import Commit, Pledge, Report, Reveal
from protocol.arithmetic import Stake


@dataclass(slots=True)
class Claim:
    """An open claim: pledges at exactly one price. `required` (wei) was worked out in round `round`."""

    price: int
    required: int
    round: int
    pledged: int = 0
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Vote:
    """One revealed vote, `weight` in wei of seasoned stake."""

    account: str
    price: int
    weight: int


class SealedReports(Exception):
    """A price is asked for that its author has sealed; a follower must open the reports first (PROTOCOL 7)."""


class Record(Protocol):
    """The growing part of an expiry. Writers are called by the fold alone, after every check has passed."""

    def covers(self, account: str, amount: int) -> bool:
        """Whether the account's free balance in the book covers `amount` wei (PROTOCOL 6)."""

    def has_reported(self, account: str) -> bool: ...

    def add_report(self, report: Report) -> None: ...

    def stakes(self) -> Sequence[Stake]:
        """All reports and all pledges of filled claims, in the order in which they were placed.

        Raises SealedReports where a follower of the book does not know a report's price yet.
        """

    def claim_at(self, price: int) -> Claim | None:
        """The open claim at exactly this price."""

    def open_claims(self) -> Sequence[Claim]: ...

    def add_pledge(self, pledge: Pledge, taken: int, claim: Claim) -> None:
        """Store a pledge of `taken` wei and its claim, whose `pledged` counts it already."""

    def fill(self, claim: Claim) -> None:
        """The claim's pledges stand from now on."""

    def release(self, claims: Sequence[Claim]) -> Sequence[tuple[str, int]]:
        """Give the pledges of open claims back, however many: (account, wei), each claim's as they were placed."""

    def released(self) -> Sequence[tuple[str, int]]:
        """Every pledge released so far."""

    def take_electorate(self, at: int) -> int:
        """Freeze the electorate at the opening of the first ballot; its total weight in wei."""

    def electorate(self) -> Mapping[str, int]:
        """The frozen electorate by address, in order of address; empty before the first ballot."""

    def weight_of(self, account: str) -> int: ...

    def commitment_of(self, ballot: int, account: str) -> str | None: ...

    def add_commit(self, commit: Commit) -> None: ...

    def has_revealed(self, ballot: int, account: str) -> bool: ...

    def add_reveal(self, reveal: Reveal) -> None: ...

    def committed(self, ballot: int) -> set[str]: ...

    def votes(self, ballot: int) -> Sequence[Vote]:
        """The revealed votes of one ballot."""


@dataclass(slots=True)
class _Placed:
    stake: Stake
    claim: Claim | None = None


@dataclass(slots=True)
class MemoryRecord:
    """A Record in memory, for cases, transcripts, attestors and tests.

    `members` says who may vote, and with what weight in wei, should a first ballot open at the time it is given.
    Accounts' balances are not its business.
    """

    members: Callable[[int], Mapping[str, int]] = field(default=lambda at: {})
    _placed: list[_Placed] = field(default_factory=list)
    _reporters: set[str] = field(default_factory=set)
    _sealed: dict[str, int] = field(default_factory=dict)
    _open: dict[int, Claim] = field(default_factory=dict)
    _pledged: dict[int, list[tuple[str, int]]] = field(default_factory=dict)  # of open claims, by price
    _released: list[tuple[str, int]] = field(default_factory=list)
    _commitments: dict[tuple[int, str], str] = field(default_factory=dict)
    _votes: dict[int, dict[str, Vote]] = field(default_factory=dict)
    _frozen: dict[str, int] = field(default_factory=dict)

    def covers(self, account: str, amount: int) -> bool:
        return True

    def has_reported(self, account: str) -> bool:
        return account in self._reporters

    def add_report(self, report: Report) -> None:
        self._reporters.add(report.account)
        if report.price is None:
            self._sealed[report.account] = len(self._placed)
        self._placed.append(_Placed(Stake(report.account, report.price or 0, report.bond)))

    def open_report(self, account: str, price: int) -> None:
        """Put the price of a report in its place that was sealed when it was added."""
        place = self._placed[self._sealed.pop(account)]
        place.stake = Stake(account, price, place.stake.amount)

    def stakes(self) -> Sequence[Stake]:
        if self._sealed:
            raise SealedReports
        return [p.stake for p in self._placed if p.claim is None or p.claim.filled]

    def claim_at(self, price: int) -> Claim | None:
        return self._open.get(price)

    def open_claims(self) -> Sequence[Claim]:
        return list(self._open.values())

    def add_pledge(self, pledge: Pledge, taken: int, claim: Claim) -> None:
        self._open[claim.price] = claim
        stake = Stake(pledge.account, pledge.price, taken, is_pledge=True)
        self._placed.append(_Placed(stake, claim))
        self._pledged.setdefault(claim.price, []).append((pledge.account, taken))

    def fill(self, claim: Claim) -> None:
        del self._open[claim.price], self._pledged[claim.price]
        claim.filled = True

    def release(self, claims: Sequence[Claim]) -> Sequence[tuple[str, int]]:
        back: list[tuple[str, int]] = []
        for claim in claims:
            del self._open[claim.price]
            back += self._pledged.pop(claim.price)
        self._released.extend(back)
        return back

    def released(self) -> Sequence[tuple[str, int]]:
        return self._released

    def take_electorate(self, at: int) -> int:
        self._frozen = {account: stake for account, stake in sorted(self.members(at).items()) if stake > 0}
        return sum(self._frozen.values())

    def electorate(self) -> Mapping[str, int]:
        return self._frozen

    def weight_of(self, account: str) -> int:
        return self._frozen.get(account, 0)

    def commitment_of(self, ballot: int, account: str) -> str | None:
        return self._commitments.get((ballot, account))

    def add_commit(self, commit: Commit) -> None:
        self._commitments[commit.ballot, commit.account] = commit.commitment

    def has_revealed(self, ballot: int, account: str) -> bool:
        return account in self._votes.get(ballot, {})

    def add_reveal(self, reveal: Reveal) -> None:
        vote = Vote(reveal.account, reveal.price, self._frozen[reveal.account])
        self._votes.setdefault(reveal.ballot, {})[reveal.account] = vote

    def committed(self, ballot: int) -> set[str]:
        return {account for held, account in self._commitments if held == ballot}

    def votes(self, ballot: int) -> Sequence[Vote]:
        return list(self._votes.get(ballot, {}).values())
