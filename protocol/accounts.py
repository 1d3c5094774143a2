"""What every account of the book has (PROTOCOL 6 and 7): the fold of deposits, stakes, locks and payouts, in wei.

    outside --deposit--> free --stake--> stake --unstake--> unbonding --delay--> free --withdrawal--> withdrawing
                         free --report, pledge--> the expiry --release, FINAL--> free, stake, treasury
                         free of the reward's account (protocol/reward.py) --Opened--> the expiry

The rules are functions over plain values, so that the service asks the same ones about rows of its database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from protocol.acts import Refusal
from protocol.electorate import Duty, least_held, locked, weigh, worst_cut
from protocol.payouts import Outcome
from protocol.terms import Terms

# ---------------------------------------------------------------- rules


def spend_refusal(amount: int, free: int) -> Refusal | None:
    """Whether `free` wei cover a stake or a withdrawal of `amount` (PROTOCOL 6)."""
    if amount <= 0:
        return Refusal.MALFORMED
    return Refusal.INSUFFICIENT_BALANCE if amount > free else None


def unstake_refusal(amount: int, held: int, duties: Iterable[Duty]) -> Refusal | None:
    """Whether `amount` of `held` stake may leave; `duties` in the order in which their ballots opened (PROTOCOL 8)."""
    if amount <= 0:
        return Refusal.MALFORMED
    if amount > held:
        return Refusal.INSUFFICIENT_STAKE
    return Refusal.STAKE_LOCKED if held - amount < locked(duties) else None


def seasoned(held: int, changes: Iterable[tuple[int, int]], expiry_at: int) -> int:
    """The least stake held from the expiry instant until now: `held` now, `changes` (unix second, wei) in order.

    A change at the instant itself is inside the span: what was held just before it counts too (PROTOCOL 1).
    """
    return least_held(held, [change for at, change in changes if at >= expiry_at])


def still_owed(outcome: Outcome, released: Iterable[tuple[str, int]]) -> dict[str, int]:
    """What a FINAL pays each account: its payouts less the pledges that went back when they were released."""
    owed = dict(outcome.payouts)
    for account, amount in released:
        owed[account] -= amount
    return owed


# ---------------------------------------------------------------- the fold


@dataclass(slots=True)
class Balance:
    """One account, in wei. `changes` of its stake as (unix second, wei), in order."""

    free: int = 0
    stake: int = 0
    unbonding: int = 0
    withdrawing: int = 0
    changes: list[tuple[int, int]] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.free + self.stake + self.unbonding + self.withdrawing


class Accounts:
    """All balances. Methods that move an account's own money answer with a refusal, or None when it was done."""

    def __init__(self, unbonding_delay: int) -> None:
        self.unbonding_delay = unbonding_delay  # seconds
        self.treasury = 0
        self.came = 0  # all deposits
        self.locked: dict[str, int] = {}  # by expiry
        self._balances: dict[str, Balance] = {}
        self._duties: dict[str, dict[str, Duty]] = {}  # by account, then by expiry as their ballots opened
        self._unbonding: list[tuple[int, str, int]] = []  # (due, account, wei), a heap

    def of(self, account: str) -> Balance:
        """An account's balance, all zero where it never had any."""
        return self._balances.get(account) or Balance()

    def _at(self, account: str) -> Balance:
        return self._balances.setdefault(account, Balance())

    def deposit(self, account: str, amount: int) -> Refusal | None:
        if amount <= 0:
            return Refusal.MALFORMED
        self._at(account).free += amount
        self.came += amount
        return None

    def stake(self, account: str, amount: int, at: int) -> Refusal | None:
        if refusal := spend_refusal(amount, self.of(account).free):
            return refusal
        self._at(account).free -= amount
        self._change_stake(account, amount, at)
        return None

    def unstake(self, account: str, amount: int, at: int) -> Refusal | None:
        if refusal := unstake_refusal(amount, self.of(account).stake, self.duties(account)):
            return refusal
        self._change_stake(account, -amount, at)
        self._at(account).unbonding += amount
        heappush(self._unbonding, (at + self.unbonding_delay, account, amount))
        return None

    def withdraw(self, account: str, amount: int) -> Refusal | None:
        if refusal := spend_refusal(amount, self.of(account).free):
            return refusal
        self._at(account).free -= amount
        self._at(account).withdrawing += amount
        return None

    def lock(self, expiry: str, account: str, amount: int) -> None:
        """A report or a pledge; the fold has asked before whether the free balance covers it."""
        self._at(account).free -= amount
        assert self.of(account).free >= 0, f"{account} staked more than it has"
        self.locked[expiry] = self.locked.get(expiry, 0) + amount

    def release(self, expiry: str, account: str, amount: int) -> None:
        self.locked[expiry] -= amount
        self._at(account).free += amount

    def fund(self, expiry: str, account: str, reward: int) -> None:
        """All that is free on the reward's account enters the expiry, with `Opened`."""
        self._at(account).free -= reward
        assert self.of(account).free == 0, "a reward is what its account has, no more and no less"
        self.locked[expiry] = self.locked.get(expiry, 0) + reward

    def pass_time(self, now: int) -> None:
        """Free what has been unbonding until `now`."""
        while self._unbonding and self._unbonding[0][0] <= now:
            _, account, amount = heappop(self._unbonding)
            self._at(account).unbonding -= amount
            self._at(account).free += amount

    def electorate(self, expiry_at: int) -> dict[str, int]:
        """Who may vote on an expiry whose first ballot opens now, with their weight in wei, by address (PROTOCOL 1)."""
        least = {a: seasoned(b.stake, b.changes, expiry_at) for a, b in self._balances.items() if b.stake}
        return weigh(least, {account: self.duties(account) for account in least})

    def bind(self, expiry: str, electorate: Mapping[str, int], terms: Terms) -> None:
        """Lock the stake of an electorate until its expiry is FINAL."""
        for account, weight in electorate.items():
            self._duties.setdefault(account, {})[expiry] = Duty(weight, worst_cut(weight, terms))

    def duties(self, account: str) -> Sequence[Duty]:
        """An account's duties on unfinished expiries, in the order in which their ballots opened."""
        return list(self._duties.get(account, {}).values())

    def settle(
        self, expiry: str, outcome: Outcome, released: Iterable[tuple[str, int]], final_at: int
    ) -> None:
        """Carry out a FINAL: payouts to free, what ballots did to stake, the rest to the treasury; nothing stays."""
        owed = still_owed(outcome, released)
        for account, amount in owed.items():
            self._at(account).free += amount
        for account, change in outcome.stake_changes.items():
            self._change_stake(account, change, final_at)
            del self._duties[account][expiry]
        self.treasury += outcome.treasury
        paid = sum(owed.values()) + outcome.treasury + sum(outcome.stake_changes.values())
        assert self.locked.pop(expiry, 0) == paid, f"expiry {expiry} does not pay exactly what it holds"

    def assert_conserved(self) -> None:
        """Every wei that came is somewhere, and no balance is below zero; walks all accounts (promise 1)."""
        balances = self._balances.values()
        lowest = min((min(b.free, b.stake, b.unbonding, b.withdrawing) for b in balances), default=0)
        assert lowest >= 0, "an account is below zero"
        here = sum(balance.total for balance in balances) + sum(self.locked.values()) + self.treasury
        assert here == self.came, f"{self.came} wei came, {here} wei are here"

    def _change_stake(self, account: str, change: int, at: int) -> None:
        if change == 0:
            return
        balance = self._at(account)
        balance.stake += change
        assert balance.stake >= 0, f"{account} lost more stake than it has"
        balance.changes.append((at, change))
