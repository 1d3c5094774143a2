"""Balances: the rules that service and followers share, and that no wei appears or vanishes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.accounts import Accounts, seasoned, spend_refusal, still_owed, unstake_refusal
from protocol.acts import Refusal
from protocol.electorate import Duty
from protocol.payouts import Outcome
from protocol.terms import Terms

A, B = "0x" + "aa" * 20, "0x" + "bb" * 20
EXPIRY = "0x" + "e1" * 32


@pytest.mark.parametrize(
    ("amount", "free", "refusal"),
    [(1, 1, None), (2, 1, Refusal.INSUFFICIENT_BALANCE), (0, 1, Refusal.MALFORMED), (-1, 1, Refusal.MALFORMED)],
)
def test_spend_refusal__amount_and_balance__covers_or_not(amount: int, free: int, refusal: Refusal | None) -> None:
    assert spend_refusal(amount, free) is refusal


@pytest.mark.parametrize(
    ("amount", "duties", "refusal"),
    [
        (100, [], None),
        (101, [], Refusal.INSUFFICIENT_STAKE),
        (40, [Duty(60, 30)], None),
        (41, [Duty(60, 30)], Refusal.STAKE_LOCKED),
        (31, [Duty(60, 30), Duty(40, 20)], Refusal.STAKE_LOCKED),  # the second needs the first one's cut beside it
        (30, [Duty(60, 30), Duty(40, 20)], None),
        (0, [], Refusal.MALFORMED),
    ],
)
def test_unstake_refusal__of_100__leaves_what_is_locked(
    amount: int, duties: list[Duty], refusal: Refusal | None
) -> None:
    assert unstake_refusal(amount, 100, duties) is refusal


@pytest.mark.parametrize(
    ("changes", "least"),
    [
        ([], 10),
        ([(49, 10)], 10),  # before the instant
        ([(50, 10)], 0),  # at it: what was held just before counts
        ([(51, -5), (52, 5)], 5),
        ([(40, 20), (60, -10)], 10),
    ],
)
def test_seasoned__held_10_now__least_since_50(changes: list[tuple[int, int]], least: int) -> None:
    assert seasoned(10, changes, 50) == least


def test_still_owed__released_pledges__were_paid_already() -> None:
    assert still_owed(Outcome({A: 7, B: 3}, 0, {}), [(A, 2), (A, 1)]) == {A: 4, B: 3}


def test_settle__more_than_the_expiry_holds__is_an_error() -> None:
    accounts = Accounts(10)
    accounts.deposit(A, 5)
    accounts.lock(EXPIRY, A, 5)
    with pytest.raises(AssertionError, match="exactly what it holds"):
        accounts.settle(EXPIRY, Outcome({A: 6}, 0, {}), [], 1)


def test_lock__more_than_free__is_an_error() -> None:
    accounts = Accounts(10)
    with pytest.raises(AssertionError, match="staked more"):
        accounts.lock(EXPIRY, A, 1)


def test_bind__until_settled__locks_stake() -> None:
    accounts = Accounts(10)
    accounts.deposit(A, 100)
    accounts.stake(A, 100, 1)
    electorate = accounts.electorate(5)
    assert electorate == {A: 100}
    accounts.bind(EXPIRY, electorate, Terms())
    assert accounts.unstake(A, 1, 6) is Refusal.STAKE_LOCKED
    accounts.settle(EXPIRY, Outcome({}, 3, {A: -3}), [], 7)
    assert accounts.unstake(A, 97, 8) is None
    assert (accounts.treasury, accounts.of(A).unbonding) == (3, 97)
    accounts.assert_conserved()


MOVES = st.tuples(
    st.sampled_from(["deposit", "stake", "unstake", "withdraw", "lock", "release", "wait"]),
    st.sampled_from([A, B]),
    st.integers(0, 50),
)


@given(st.lists(MOVES, max_size=60))
def test_accounts__any_moves__conserve_every_wei(moves: list[tuple[str, str, int]]) -> None:
    accounts, now = Accounts(10), 0
    locked: dict[str, int] = {A: 0, B: 0}
    for name, who, amount in moves:
        now += 1
        if name == "lock":
            amount = min(amount, accounts.of(who).free)
            accounts.lock(EXPIRY, who, amount)
            locked[who] += amount
        elif name == "release":
            amount = min(amount, locked[who])
            if amount:
                accounts.release(EXPIRY, who, amount)
            locked[who] -= amount
        elif name == "wait":
            accounts.pass_time(now)
        else:
            before = snapshot(accounts)
            arguments: tuple[Any, ...] = (who, amount) if name in ("deposit", "withdraw") else (who, amount, now)
            if getattr(accounts, name)(*arguments) is not None:
                assert snapshot(accounts) == before, "a refusal changes nothing"
        accounts.assert_conserved()
    accounts.pass_time(now + 10)
    assert accounts.of(A).unbonding == accounts.of(B).unbonding == 0


def snapshot(accounts: Accounts) -> object:
    held = [accounts.of(who) for who in (A, B)]
    return accounts.came, [(each.free, each.stake, each.unbonding, each.withdrawing) for each in held]
