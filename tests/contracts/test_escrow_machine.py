"""The escrow against its Python twin, under an honest book: random deposits, roots, claims and exits (PROTOCOL 8).

At the end of every run the service falls silent: everybody gets out with exactly what is theirs, and nothing is left.
"""

from functools import cache
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.contracts.bonds import EXIT_DELAY_S, FIRST_EPOCH, ROOT_DELAY_S, Leaf, deploy_escrow
from tests.contracts.escrow_twin import Refused, Root, Twin
from tests.contracts.evm import Court, Evm, deploy_court

ACCOUNTS = 4
TREASURY = 3  # earns, and need not deposit

who = st.integers(0, ACCOUNTS - 1)
amounts = st.one_of(st.integers(0, 30), st.integers(1, 10**21))
parts = st.sampled_from([1, 2, 3, 7])
near = st.sampled_from([-1, 0, 0, 0, 1])


@cache
def shared_court() -> Court:
    return deploy_court(Evm())


class EscrowMachine(RuleBasedStateMachine):
    """Beside the twin, the book: what each account owns in all since the beginning, and has asked to withdraw."""

    @initialize(cap=st.sampled_from([0, 0, 7, 10**20]))
    def deploy(self, cap: int) -> None:
        self.court = shared_court()
        self.evm = self.court.evm
        self.snapshot = self.evm.tester.take_snapshot()
        self.bonds = deploy_escrow(self.court, cap)
        self.accounts = self.evm.accounts[1 : 1 + ACCOUNTS]
        at = self.bonds.says("final_root")[3]
        self.twin = Twin(ROOT_DELAY_S, EXIT_DELAY_S, cap, Root(FIRST_EPOCH - 1, (), 0, at), FIRST_EPOCH - 1)
        self.log: list[tuple[int, int, int]] = []  # block, account, amount of every deposit
        self.own, self.asked, self.counted = ([0] * ACCOUNTS for _ in range(3))
        self.counted_to = 0
        self.leaves: list[list[Leaf]] = []  # of every root posted

    def block(self) -> int:
        return int(self.evm.w3.eth.block_number) + 1

    def attempt(self, function: Any, act: Any, *arguments: Any, sender: int = 0, value: int = 0) -> bool:
        """Do it on both, and tell that it was done; or see both refuse it with the same text."""
        from_ = self.accounts[sender]
        try:
            act(*arguments)
        except Refused as refused:
            self.evm.fails(str(refused), function, from_, value)
            return False
        self.evm.send(function, from_, value)
        return True

    @rule(sender=who, to=who, amount=amounts)
    def deposit(self, sender: int, to: int, amount: int) -> None:
        account, block = self.accounts[to], self.block()
        function = self.bonds.escrow.functions.deposit(account)
        if self.attempt(function, self.twin.deposit, account, amount, block, sender=sender, value=amount):
            self.log.append((block, to, amount))

    @rule(loser=who, winner=who, part=parts)
    def judge(self, loser: int, winner: int, part: int) -> None:
        """A bond is forfeited: the book moves what was not asked back yet."""
        amount = (self.own[loser] - self.asked[loser]) // part
        self.own[loser] -= amount
        self.own[winner] += amount

    def count(self, behind: int) -> None:
        """Credit the deposits up to a block that is at least one behind."""
        counted_to = max(self.counted_to, self.block() - 1 - behind)
        for block, account, amount in self.log:
            if self.counted_to < block <= counted_to:
                self.own[account] += amount
                self.counted[account] += amount
        self.counted_to = counted_to

    def root(self, behind: int, part: int) -> list[Leaf]:
        """Deposits are credited, then everybody asks to withdraw a part of what is free."""
        self.count(behind)
        for account in range(ACCOUNTS):
            self.asked[account] += (self.own[account] - self.asked[account]) // part
        return [
            Leaf(self.accounts[i], self.asked[i], self.own[i], self.counted[i])
            for i in range(ACCOUNTS)
            if self.counted[i] or self.own[i] or i == TREASURY
        ]

    def post(self, leaves: list[Leaf], epoch: int, counted_to: int) -> None:
        function = self.bonds.root(leaves, epoch, counted_to)
        act = (epoch, leaves, counted_to, self.evm.now(), self.block())
        if self.attempt(function, self.twin.post, *act):
            self.leaves.append(leaves)

    @rule(behind=st.integers(0, 3), wait=st.sampled_from([True, True, False]), part=parts)
    def post_next(self, behind: int, wait: bool, part: int) -> None:
        self.post(self.root(behind, part), self.twin.epoch + 1, self.counted_to)
        if wait:
            self.bonds.pass_time(ROOT_DELAY_S)
            for account in range(ACCOUNTS):
                self.prove(account, False, self.bonds.claim, self.twin.claim)

    @rule(wrong=st.sampled_from(["epoch before", "epoch after", "counts too far", "counts back"]))
    def post_wrongly(self, wrong: str) -> None:
        leaves, epoch, counted_to = self.root(0, 1_000), self.twin.epoch + 1, self.counted_to
        if wrong.startswith("epoch"):
            epoch += 1 if wrong == "epoch after" else -1
        else:
            # Back behind the final root where there is one: what is refused is a root, never an honest book.
            final = self.twin.final(self.evm.now()).counted_to
            counted_to = self.block() if wrong == "counts too far" else final - 1 if final else counted_to
        self.post(leaves, epoch, counted_to)

    @precondition(lambda self: self.twin.waiting)
    @rule(off=near)
    def cancel(self, off: int) -> None:
        epoch = self.twin.epoch + off
        self.attempt(self.bonds.cancellation(epoch), self.twin.cancel, epoch, self.evm.now())

    @rule(seconds=st.sampled_from([1, ROOT_DELAY_S // 2, ROOT_DELAY_S, ROOT_DELAY_S, EXIT_DELAY_S // 4]))
    def pass_time(self, seconds: int) -> None:
        self.bonds.pass_time(seconds)

    @precondition(lambda self: self.twin.waiting)
    @rule(off=near)
    def reach_finality(self, off: int) -> None:
        self.reach(self.twin.waiting.final_at + off)

    def reach(self, at: int) -> None:
        if at >= self.evm.now():
            self.evm.set_time(at)

    @precondition(lambda self: self.leaves)
    @rule(account=who, new=st.booleans())
    def claim(self, account: int, new: bool) -> None:
        self.prove(account, new, self.bonds.claim, self.twin.claim)

    @rule(account=who, by_leaf=st.booleans(), new=st.booleans(), silence=st.sampled_from([None, None, None, -1, 0]))
    def leave(self, account: int, by_leaf: bool, new: bool, silence: int | None) -> None:
        """Often refused, as it should be; with a silence that is just too short or just long enough before it."""
        if silence is not None and self.twin.status != "ended":
            self.reach(self.twin.final(self.evm.now()).final_at + EXIT_DELAY_S + silence)
        if by_leaf and self.leaves:
            self.prove(account, new, self.bonds.exit, self.twin.exit)
            return
        name = self.accounts[account]
        self.attempt(self.bonds.exit_uncounted(name), self.twin.exit_uncounted, name, self.evm.now())

    def prove(self, account: int, new: bool, call: Any, act: Any) -> None:
        """By the newest root, final or not, or by the final one, which the newest may be."""
        final = list(self.twin.final(self.evm.now()).leaves)
        leaves = self.leaves[-1] if new else final
        for leaf in leaves:
            if leaf.account == self.accounts[account]:
                self.attempt(call(leaf, leaves), act, leaf, leaves, self.evm.now())

    @rule(paused=st.sampled_from([True, False, False, False]))
    def pause(self, paused: bool) -> None:
        function = self.bonds.escrow.functions.set_paused(paused)
        try:
            self.twin.set_paused(paused)
        except Refused as refused:
            self.evm.fails(str(refused), function)
        else:
            self.evm.send(function)

    @invariant()
    def money_is_what_the_twin_says(self) -> None:
        assert self.bonds.held() == self.twin.held() >= 0
        assert self.bonds.says("total_deposited") == sum(self.twin.deposits.values())
        assert self.bonds.says("total_paid") == sum(self.twin.paid.values())

    @invariant()
    def roots_are_what_the_twin_says(self) -> None:
        final = self.twin.final(self.evm.now())
        epoch, _, counted_to, final_at = self.bonds.says("final_root")
        assert (epoch, counted_to, final_at) == (final.epoch, final.counted_to, final.final_at)
        assert self.bonds.says("left_in_epoch") == self.twin.room(self.evm.now())

    def everybody_leaves(self) -> None:
        """After a long silence, by the last final root, whoever calls and in any order: exactly what is theirs."""
        now = self.evm.now()
        final = self.twin.final(now)
        self.evm.set_time(max(now, final.final_at + EXIT_DELAY_S))
        final = self.twin.final(self.evm.now())
        self.evm.set_time(max(self.evm.now(), final.final_at + EXIT_DELAY_S))
        in_root = {leaf.account: leaf for leaf in final.leaves}
        for account in self.accounts:
            leaf, deposits = in_root.get(account), self.twin.deposits[account]
            theirs = leaf.entitled + deposits - leaf.deposited if leaf else deposits
            if theirs > self.twin.paid[account]:
                function = self.bonds.exit(leaf, final.leaves) if leaf else self.bonds.exit_uncounted(account)
                self.evm.send(function, self.accounts[0])
                self.evm.fails("nothing to exit with", function)
            assert self.bonds.says("paid", account) == theirs
        assert self.bonds.held() == 0
        if self.bonds.says("ended"):
            deposit = self.bonds.escrow.functions.deposit(self.accounts[0])
            self.evm.fails("the roots have ended", deposit, value=1)

    def teardown(self) -> None:
        if not hasattr(self, "snapshot"):
            return
        try:
            self.everybody_leaves()
        finally:
            self.evm.tester.revert_to_snapshot(self.snapshot)


TestEscrowMachine = EscrowMachine.TestCase
TestEscrowMachine.settings = settings(
    max_examples=8, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
