"""Over 10,000 generated steps: nobody gets a wei too much, too little or twice, whoever leaves when (promise 1)."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from protocol.accounts import Accounts
from protocol.escrow import Dues, Leaf, Statement
from protocol.payouts import Outcome
from protocol.terms import Terms

PEOPLE = [f"0x{number:040x}" for number in range(1, 25)]
TREASURY = "0x" + "7e" * 20
SEEDS, STEPS = range(40), 300


@dataclass
class Twin:
    """What the escrow contract does, in Python: it pays by the last final root alone, and counts what it paid."""

    total: dict[str, int] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    balance: int = 0
    root: Statement | None = None

    def deposit(self, account: str, amount: int, block: int) -> None:
        self.total[account] = self.total.get(account, 0) + amount
        self.first.setdefault(account, block)
        self.balance += amount

    def claim(self, leaf: Leaf, proof: list[str]) -> int:
        assert self.root is not None and leaf.proves(self.root.root, proof)
        return self._pay(leaf.account, leaf.withdrawable)

    def exit(self, leaf: Leaf, proof: list[str]) -> int:
        assert self.root is not None and leaf.proves(self.root.root, proof)
        total = self.total.get(leaf.account, 0)
        return self._pay(leaf.account, leaf.entitled + total - min(total, leaf.deposited))

    def exit_uncounted(self, account: str) -> int:
        if account not in self.first or (self.root and self.first[account] <= self.root.block):
            return 0
        return self._pay(account, self.total[account])

    def _pay(self, account: str, owed: int) -> int:
        amount = max(0, owed - self.paid.get(account, 0))
        self.paid[account] = self.paid.get(account, 0) + amount
        self.balance -= amount
        assert self.balance >= 0, "the escrow would owe more than it holds"
        return amount


class Story:
    """The book's money by Accounts and Dues, beside the contract; deposits are counted some blocks late."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311
        self.accounts, self.dues, self.twin = Accounts(3), Dues(), Twin()
        self.seq = self.block = self.counted_to = self.epoch = 0
        self.pending: list[tuple[str, int, int]] = []
        self.staked: dict[str, list[tuple[str, int]]] = {}
        self.waiting: Statement | None = None

    def step(self) -> None:
        self.block += 1
        self.accounts.pass_time(self.block)
        acts = (
            self.deposit, self.deposit, self.count, self.count, self.stake, self.unstake, self.withdraw, self.bond,
            self.bond, self.release, self.ballot, self.final, self.propose, self.post_or_cancel, self.claim,
        )  # fmt: skip
        self.chance.choice(acts)()
        self.accounts.assert_conserved()

    # ------------------------------------------------------------ what can happen

    def deposit(self) -> None:
        who, amount = self.chance.choice([*PEOPLE, TREASURY]), self.chance.randint(1, 10**6)
        self.twin.deposit(who, amount, self.block)
        self.pending.append((who, amount, self.block))

    def count(self) -> None:
        """Some of the blocks become final: their deposits enter the book."""
        until = self.chance.randint(self.counted_to, self.block - 1)
        for who, amount, block in [each for each in self.pending if each[2] <= until]:
            self.seq += 1
            self.accounts.deposit(who, amount)
            self.dues.deposit(self.seq, who, amount)
            self.pending.remove((who, amount, block))
        self.counted_to = until

    def stake(self) -> None:
        self.accounts.stake(self.someone(), self.chance.randint(1, 10**5), self.block)

    def unstake(self) -> None:
        self.accounts.unstake(self.someone(), self.chance.randint(1, 10**5), self.block)

    def withdraw(self) -> None:
        who, amount = self.chance.choice([*PEOPLE, TREASURY]), self.chance.randint(1, 10**6)
        if self.accounts.withdraw(who, amount) is None:
            self.seq += 1
            self.dues.withdraw(self.seq, who, amount)

    def bond(self) -> None:
        who, expiry = self.someone(), f"0x{self.chance.randrange(4):064x}"
        if free := self.accounts.of(who).free:
            amount = self.chance.randint(1, free)
            self.accounts.lock(expiry, who, amount)
            self.staked.setdefault(expiry, []).append((who, amount))

    def release(self) -> None:
        for expiry, stakes in self.staked.items():
            if stakes:
                self.accounts.release(expiry, *stakes.pop())
                return

    def ballot(self) -> None:
        expiry = f"0x{self.chance.randrange(4):064x}"
        if expiry in self.staked and not any(expiry in held for held in self.accounts._duties.values()):
            self.accounts.bind(expiry, self.accounts.electorate(self.block - 2), Terms())

    def final(self) -> None:
        """Some expiry ends: its stakes and cuts are shared out at random, the rest is the treasury's."""
        if not self.staked:
            return
        expiry = self.chance.choice(sorted(self.staked))
        stakes = self.staked.pop(expiry)
        duties = {who: held[expiry] for who, held in self.accounts._duties.items() if expiry in held}
        changes = {who: -self.chance.randint(0, duty.worst_cut) for who, duty in duties.items()}
        pot = sum(amount for _, amount in stakes) - sum(changes.values())
        payouts = dict.fromkeys((who for who, _ in stakes), 0)
        for who in payouts:
            payouts[who] = self.chance.randint(0, pot - sum(payouts.values()))
        outcome = Outcome(payouts, pot - sum(payouts.values()), changes)
        self.seq += 1
        self.dues.settle(self.seq, outcome, stakes)
        self.accounts.settle(expiry, outcome, [], self.block)

    def propose(self) -> None:
        """A root of now, or of some entry before: an attestor may be past it."""
        if self.waiting is None:
            self.epoch += 1
            leaves = self.dues.leaves(self.seq, TREASURY)
            self.waiting = Statement(self.epoch, self.counted_to, self.seq, leaves)
            assert sum(leaf.entitled for leaf in leaves.values()) == self.accounts.came
            assert all(0 <= leaf.withdrawable <= leaf.entitled for leaf in leaves.values())

    def post_or_cancel(self) -> None:
        if self.waiting is not None:
            again = self.dues.leaves(self.waiting.seq, TREASURY)
            assert again == self.waiting.leaves, "an earlier root can be built again"
            self.twin.root = self.waiting if self.chance.random() < 0.7 else self.twin.root
            self.waiting = None

    def claim(self) -> None:
        root, who = self.twin.root, self.chance.choice([*PEOPLE, TREASURY])
        if root and who in root.leaves:
            leaf, proof = root.leaves[who], root.proof(who)
            self.twin.claim(leaf, proof)
            assert self.twin.claim(leaf, proof) == 0
            assert self.twin.paid[who] <= leaf.entitled

    def everybody_leaves(self) -> None:
        """The exit by the last final root, in any order, by both ways, twice."""
        root, people = self.twin.root, [*PEOPLE, TREASURY] * 2
        self.chance.shuffle(people)
        for who in people:
            ways = [lambda who=who: self.twin.exit_uncounted(who)]
            if root and who in root.leaves:
                ways.append(lambda who=who: self.twin.exit(root.leaves[who], root.proof(who)))
            for way in self.chance.sample(ways, len(ways)):
                way()

    def someone(self) -> str:
        return self.chance.choice(PEOPLE)


@pytest.mark.parametrize("seed", SEEDS)
def test_story__any_steps_then_everybody_leaves__the_escrow_is_empty(seed: int) -> None:
    story = Story(seed)
    for _ in range(STEPS):
        story.step()
    story.everybody_leaves()
    root = story.twin.root
    for who in [*PEOPLE, TREASURY]:
        leaf = root.leaves.get(who, Leaf(who)) if root else Leaf(who)
        assert story.twin.paid.get(who, 0) == leaf.entitled + story.twin.total.get(who, 0) - leaf.deposited, who
    assert story.twin.balance == 0


def test_stories__together__are_more_than_10_000_steps() -> None:
    assert len(SEEDS) * STEPS > 10_000
