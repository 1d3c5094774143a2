"""Series.redeem: payoffs to the wei, at the edges, in any order (PROTOCOL 8, C-42)."""

import pytest
from web3.contract import Contract

from tests.contracts.evm import DELAY_S, ETH, UNIT, Court, word
from tests.contracts.twin import n_payoff, p_payoff

TOP = 2**120 - 1
STRIKE = 3_000 * UNIT
AMOUNT = 10 * UNIT + 7


def final_series(court: Court, strike: int, price: int, amount: int = AMOUNT) -> Contract:
    """A series at its final price, of which accounts[1] holds all P and accounts[2] all N."""
    expiry_at = court.evm.now() + 100
    series = court.create_series(strike, expiry_at)
    p_holder, n_holder = court.evm.accounts[1:3]
    court.evm.send(series.functions.split(amount), p_holder, amount)
    court.evm.send(court.tokens(series)[1].functions.transfer(n_holder, amount), p_holder)
    court.evm.set_time(expiry_at)
    court.make_final(series.functions.expiry().call(), price)
    return series


EDGES = [
    (strike, price)
    for strike in (1, STRIKE, TOP)
    for price in sorted({1, strike - 1, strike, strike + 1, TOP})
    if 0 < price <= TOP
]


@pytest.mark.parametrize(("strike", "x"), EDGES)
@pytest.mark.parametrize("amount", [1, AMOUNT])
def test_redeem__price_at_the_edges__pays_as_the_law(court: Court, strike: int, x: int, amount: int) -> None:
    series = final_series(court, strike, x, amount)
    p_holder, n_holder, to = court.evm.accounts[1:4]
    before = court.evm.balance(to)
    p_receipt = court.evm.send(series.functions.redeem(amount, 0, to), p_holder)
    n_receipt = court.evm.send(series.functions.redeem(0, amount, to), n_holder)
    p, n = p_payoff(amount, strike, x), n_payoff(amount, strike, x)
    event = {"account": p_holder, "to": to, "p_amount": amount, "n_amount": 0, "price": x, "paid": p}
    assert court.events(series, "Redeem", p_receipt) == [event]
    event = {"account": n_holder, "to": to, "p_amount": 0, "n_amount": amount, "price": x, "paid": n}
    assert court.events(series, "Redeem", n_receipt) == [event]
    assert court.evm.balance(to) - before == p + n
    assert 0 <= court.evm.balance(series.address) == amount - p - n <= 1
    assert [token.functions.totalSupply().call() for token in court.tokens(series)] == [0, 0]


def test_redeem__uma_pair_at_strike_400__same_payouts(court: Court) -> None:
    # The published payouts of a covered-call pair, per 10^18 units.
    published = {300: 0, 500: 2 * 10**17, 600: 333333333333333333, 1000: 6 * 10**17,
                 1500: 733333333333333333, 2000: 8 * 10**17}
    n_holder = court.evm.accounts[2]
    for i, (price, payout) in enumerate(published.items()):
        expiry_at = court.evm.now() + 100 + i
        series = court.create_series(400 * UNIT, expiry_at)
        court.evm.send(series.functions.split(UNIT), n_holder, UNIT)
        court.evm.set_time(expiry_at)
        court.make_final(series.functions.expiry().call(), price * UNIT)
        assert court.evm.read(series.functions.redeem(0, UNIT, n_holder), n_holder) == payout


def test_redeem__p_and_n_together__each_rounded_down(court: Court) -> None:
    expiry_at = court.evm.now() + 100
    series, account = court.create_series(1, expiry_at), court.evm.accounts[1]
    court.evm.send(series.functions.split(10), account, 10)
    court.evm.set_time(expiry_at)
    court.make_final(series.functions.expiry().call(), 3)
    # 10 * 1 / 3 = 3.3 and 10 * 2 / 3 = 6.6: 9, not 10.
    assert court.evm.read(series.functions.redeem(10, 10, account), account) == 9
    court.evm.send(series.functions.redeem(10, 10, account), account)
    assert court.evm.balance(series.address) == 1


@pytest.mark.parametrize("wait", [-1, 0])
def test_redeem__around_finality__not_before_it(court: Court, wait: int) -> None:
    expiry_at = court.evm.now() + 100
    series, account = court.create_series(STRIKE, expiry_at), court.evm.accounts[1]
    court.evm.send(series.functions.split(10), account, 10)
    redeem = series.functions.redeem(10, 0, account)
    court.evm.set_time(expiry_at)
    court.evm.fails("no final price", redeem, account)
    court.evm.set_time(at := expiry_at + 10)
    court.evm.send(court.submission(court.item(series.functions.expiry().call(), STRIKE)))
    court.evm.set_time(at + DELAY_S + wait)
    if wait < 0:
        court.evm.fails("no final price", redeem, account)
    else:
        assert court.evm.read(redeem, account) == 10


def test_redeem__cancelled_price__pays_the_next(court: Court) -> None:
    expiry_at = court.evm.now() + 100
    series, account = court.create_series(STRIKE, expiry_at), court.evm.accounts[1]
    expiry = series.functions.expiry().call()
    court.evm.send(series.functions.split(10), account, 10)
    court.evm.set_time(expiry_at)
    court.evm.send(court.submission(court.item(expiry, STRIKE)))
    court.evm.send(court.cancellation(expiry, 0))
    court.evm.send(court.submission(court.item(expiry, 2 * STRIKE, attempt=1)))
    court.evm.set_time(court.evm.now() + DELAY_S)
    assert court.evm.read(series.functions.redeem(10, 0, account), account) == 5


def test_redeem__one_submit__serves_every_strike_and_no_other_expiry(court: Court) -> None:
    expiry_at = court.evm.now() + 100
    account = court.evm.accounts[1]
    low, high = (court.create_series(strike * UNIT, expiry_at) for strike in (1_000, 4_000))
    other = court.create_series(1_000 * UNIT, expiry_at, index=word("another index"))
    for series in (low, high, other):
        court.evm.send(series.functions.split(100), account, 100)
    court.evm.set_time(expiry_at)
    court.make_final(low.functions.expiry().call(), 2_000 * UNIT)
    assert court.evm.read(low.functions.redeem(100, 0, account), account) == 50
    assert court.evm.read(high.functions.redeem(100, 0, account), account) == 100
    court.evm.fails("no final price", other.functions.redeem(100, 0, account), account)


def test_redeem__nothing_or_more_than_held_or_held_by_another__refused(court: Court) -> None:
    series = final_series(court, STRIKE, STRIKE)
    p_holder, n_holder = court.evm.accounts[1:3]
    redeem = series.functions.redeem
    court.evm.fails("nothing to redeem", redeem(0, 0, p_holder), p_holder)
    court.evm.fails("balance too small", redeem(AMOUNT + 1, 0, p_holder), p_holder)
    court.evm.fails("balance too small", redeem(0, 1, p_holder), p_holder)
    court.evm.fails("balance too small", redeem(1, 0, n_holder), n_holder)
    for amounts in ((2**128, 0), (0, 2**128)):
        court.evm.fails("amount above 2^128 - 1", redeem(*amounts, p_holder), p_holder)


def test_redeem__to_nowhere__refused(court: Court) -> None:
    series = final_series(court, STRIKE, STRIKE)
    for to in (ETH, series.address):
        court.evm.fails("to can take no collateral", series.functions.redeem(1, 0, to), court.evm.accounts[1])


def test_redeem__twice__second_has_nothing(court: Court) -> None:
    series, holder = final_series(court, STRIKE, STRIKE), court.evm.accounts[1]
    court.evm.send(series.functions.redeem(AMOUNT, 0, holder), holder)
    court.evm.fails("balance too small", series.functions.redeem(1, 0, holder), holder)
