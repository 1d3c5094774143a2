"""A series against its Python twin: random splits, merges, transfers and redemptions (PROTOCOL 8, I-19, C-42)."""

from functools import cache
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.contracts.evm import ETH, UNIT, Court, Evm, deploy_court
from tests.contracts.twin import n_payoff, p_payoff

TOP = 2**120 - 1
LIFE_S = 5_000
SIDES = ("P", "N")

holders = st.integers(0, 2)
amounts = st.one_of(st.integers(0, 30), st.integers(0, 10**21))
parts = st.sampled_from([1, 2, 3, 7, 1_000])
prices = st.one_of(st.sampled_from([1, 2, 3, TOP]), st.integers(1, 10_000 * UNIT), st.integers(1, TOP))
near = st.integers(-2, 2)


@cache
def shared_court() -> Court:
    return deploy_court(Evm())


class SeriesMachine(RuleBasedStateMachine):
    """The twin: what each holder has of P and N, and what the series holds of the collateral."""

    @initialize(strike=prices, use_token=st.booleans())
    def open_series(self, strike: int, use_token: bool) -> None:
        self.court = shared_court()
        self.evm = self.court.evm
        self.snapshot = self.evm.tester.take_snapshot()
        self.holders = self.evm.accounts[1:4]
        self.token = self.evm.deploy_mock("PlainToken", 18, 0) if use_token else None
        collateral = self.token.address if self.token else ETH
        self.strike, self.price, self.closed = strike, 0, False
        self.expiry_at = self.evm.now() + LIFE_S
        self.series = self.court.create_series(strike, self.expiry_at, collateral)
        self.tokens = dict(zip(SIDES, self.court.tokens(self.series), strict=True))
        for holder in self.holders if self.token else []:
            self.evm.send(self.token.functions.faucet(holder, 10**24))
            self.evm.send(self.token.functions.approve(self.series.address, 10**24), holder)
        self.has = {side: [0, 0, 0] for side in SIDES}
        self.collateral = self.taken_in = self.redeemed = 0

    def attempt(self, reason: str, function: Any, who: int, value: int = 0) -> bool:
        """Send it and tell that it was done, or see it refused with the reason that the twin expects."""
        if reason:
            self.evm.fails(reason, function, self.holders[who], value)
        else:
            self.evm.send(function, self.holders[who], value)
        return not reason

    @rule(who=holders, to=holders, amount=amounts)
    def split(self, who: int, to: int, amount: int) -> None:
        reason = "split closed at the expiry" if self.closed else "" if amount else "amount is zero"
        function = self.series.functions.split_to(amount, self.holders[to])
        if self.attempt(reason, function, who, 0 if self.token else amount):
            for side in SIDES:
                self.has[side][to] += amount
            self.collateral += amount
            self.taken_in += amount

    @rule(who=holders, part=parts, off=near)
    def merge(self, who: int, part: int, off: int) -> None:
        least = min(self.has[side][who] for side in SIDES)
        amount = max(0, least // part + off)
        reason = "amount is zero" if not amount else "balance too small" if amount > least else ""
        if self.attempt(reason, self.series.functions.merge(amount), who):
            for side in SIDES:
                self.has[side][who] -= amount
            self.collateral -= amount
            self.taken_in -= amount

    @rule(side=st.sampled_from(SIDES), who=holders, to=holders, part=parts, off=near)
    def transfer(self, side: str, who: int, to: int, part: int, off: int) -> None:
        held = self.has[side][who]
        amount = max(0, held // part + off)
        reason = "balance too small" if amount > held else ""
        if self.attempt(reason, self.tokens[side].functions.transfer(self.holders[to], amount), who):
            self.has[side][who] -= amount
            self.has[side][to] += amount

    @precondition(lambda self: not self.closed)
    @rule()
    def expire(self) -> None:
        if self.evm.now() < self.expiry_at:
            self.evm.set_time(self.expiry_at)
        self.closed = True

    @precondition(lambda self: self.closed and not self.price)
    @rule(price=prices, relation=st.sampled_from(["any", "below", "at", "above"]))
    def settle(self, price: int, relation: str) -> None:
        at_edge = {"any": price, "below": self.strike - 1, "at": self.strike, "above": self.strike + 1}[relation]
        self.price = min(max(at_edge, 1), TOP)
        self.court.make_final(self.series.functions.expiry().call(), self.price)

    @rule(who=holders, p_part=parts, n_part=parts, p_off=near, n_off=near)
    def redeem(self, who: int, p_part: int, n_part: int, p_off: int, n_off: int) -> None:
        p_amount = max(0, self.has["P"][who] // p_part + p_off)
        n_amount = max(0, self.has["N"][who] // n_part + n_off)
        reason = ""
        if not p_amount and not n_amount:
            reason = "nothing to redeem"
        elif not self.price:
            reason = "no final price"
        elif p_amount > self.has["P"][who] or n_amount > self.has["N"][who]:
            reason = "balance too small"
        if self.attempt(reason, self.series.functions.redeem(p_amount, n_amount, self.holders[who]), who):
            self.has["P"][who] -= p_amount
            self.has["N"][who] -= n_amount
            paid = p_payoff(p_amount, self.strike, self.price) + n_payoff(n_amount, self.strike, self.price)
            self.collateral -= paid
            self.redeemed += paid

    def held_by_series(self) -> int:
        if self.token:
            return int(self.token.functions.balanceOf(self.series.address).call())
        return self.evm.balance(self.series.address)

    @invariant()
    def collateral_is_what_the_twin_says_and_covers_every_claim(self) -> None:
        assert self.held_by_series() == self.collateral
        assert self.redeemed <= self.taken_in
        supply = {side: sum(self.has[side]) for side in SIDES}
        if self.price:
            owed = p_payoff(supply["P"], self.strike, self.price) + n_payoff(supply["N"], self.strike, self.price)
            assert owed <= self.collateral
        else:
            assert supply["P"] == supply["N"] == self.collateral

    def teardown(self) -> None:
        if not hasattr(self, "snapshot"):
            return
        try:
            for side, token in self.tokens.items():
                held = [token.functions.balanceOf(holder).call() for holder in self.holders]
                assert held == self.has[side]
                assert token.functions.totalSupply().call() == sum(held)
        finally:
            self.evm.tester.revert_to_snapshot(self.snapshot)


TestSeriesMachine = SeriesMachine.TestCase
TestSeriesMachine.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
