"""The escrow in Python (PROTOCOL 8): what each call does, or the text with which it is refused.

Signatures are taken as good, a root is the list of its leaves, and a proof is a leaf with the list that it is proven
from: of another list it proves nothing, though the leaf stands in both. Amounts in wei, times in unix seconds.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from tests.contracts.bonds import Leaf


class Refused(Exception):
    """With the contract's text."""


@dataclass(frozen=True)
class Root:
    epoch: int
    leaves: tuple[Leaf, ...]
    counted_to: int
    final_at: int


def demand(truth: object, reason: str) -> None:
    if not truth:
        raise Refused(reason)


def whole(act: Callable[..., int]) -> Callable[..., int]:
    """A refused act changes nothing: what it wrote is taken back, as a revert does."""

    @wraps(act)
    def wrapped(self: "Twin", *arguments: Any, **named: Any) -> int:
        before = self.status, self.waiting
        try:
            return act(self, *arguments, **named)
        except Refused:
            self.status, self.waiting = before
            raise

    return wrapped


@dataclass
class Twin:
    delay: int
    exit_delay: int
    cap: int
    root: Root  # the final one when the last root was posted
    epoch: int
    waiting: Root | None = None
    status: str = "open"
    deposits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    first_block: dict[str, int] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    taken: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # by claims, of each epoch

    def final(self, now: int) -> Root:
        return self.waiting if self.waiting and now >= self.waiting.final_at else self.root

    def held(self) -> int:
        return sum(self.deposits.values()) - sum(self.paid.values())

    def check_open(self) -> None:
        demand(self.status != "paused", "paused")
        demand(self.status != "ended", "the roots have ended")

    def deposit(self, account: str, amount: int, block: int) -> None:
        self.check_open()
        demand(amount, "nothing deposited")
        self.deposits[account] += amount
        self.first_block.setdefault(account, block)

    def post(self, epoch: int, leaves: Sequence[Leaf], counted_to: int, now: int, block: int) -> None:
        self.check_open()
        final = self.final(now)
        demand(epoch == self.epoch + 1, "not the next epoch")
        demand(self.waiting in (None, final), "a root is waiting")
        demand(counted_to < block, "counted_to is not past")
        demand(counted_to >= final.counted_to, "counted_to goes back")
        self.root, self.epoch = final, epoch
        self.waiting = Root(epoch, tuple(leaves), counted_to, now + self.delay)

    def cancel(self, epoch: int, now: int) -> None:
        waiting = self.waiting
        if waiting is None:
            raise Refused("no root to cancel")
        demand(waiting.epoch == epoch, "not the waiting epoch")
        demand(now < waiting.final_at, "the root is final")
        self.waiting = None

    def set_paused(self, paused: bool) -> None:
        demand(self.status != "ended", "the roots have ended")
        self.status = "paused" if paused else "open"

    def room(self, now: int) -> int:
        return self.cap - self.taken[self.final(now).epoch] if self.cap else 2**128 - 1

    def check_leaf(self, leaf: Leaf, leaves: Sequence[Leaf], now: int) -> None:
        demand(leaf in leaves and set(leaves) == set(self.final(now).leaves), "not in the final root")

    def claim(self, leaf: Leaf, leaves: Sequence[Leaf], now: int) -> int:
        self.check_leaf(leaf, leaves, now)
        due = leaf.withdrawable - self.paid[leaf.account]
        demand(due > 0, "nothing to claim")
        demand(self.room(now) > 0, "the epoch's outflow is used up")
        amount = min(due, self.room(now))
        self.taken[self.final(now).epoch] += amount
        self.paid[leaf.account] += amount
        return amount

    def end(self, now: int) -> None:
        if self.status == "ended":
            return
        self.root = self.final(now)
        demand(now >= self.root.final_at + self.exit_delay, "the exit is not open")
        self.waiting, self.status = None, "ended"

    @whole
    def exit(self, leaf: Leaf, leaves: Sequence[Leaf], now: int) -> int:
        self.end(now)
        self.check_leaf(leaf, leaves, now)
        return self.leave(leaf.account, leaf.entitled + max(0, self.deposits[leaf.account] - leaf.deposited))

    @whole
    def exit_uncounted(self, account: str, now: int) -> int:
        self.end(now)
        demand(account in self.first_block, "never deposited")
        demand(self.first_block[account] > self.final(now).counted_to, "the final root counts its deposits")
        return self.leave(account, self.deposits[account])

    def leave(self, account: str, owed: int) -> int:
        due = owed - self.paid[account]
        demand(due > 0, "nothing to exit with")
        self.paid[account] = owed
        return due
