"""P and N: the law's arithmetic to the wei, its promise on collateral, and the peers' published numbers."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.payoff import redeem_n, redeem_p

UNIT = 10**18

amounts = st.one_of(st.integers(0, 10), st.integers(0, 2**128 - 1))
prices = st.one_of(st.integers(1, 10), st.integers(1, 2**120 - 1))


def wei(text: str) -> int:
    exact = Fraction(text) * UNIT
    assert exact.denominator == 1
    return int(exact)


@pytest.mark.parametrize(
    ("price", "n"),
    [
        ("300", "0"),
        ("500", ".2"),
        ("600", ".333333333333333333"),
        ("1000", ".6"),
        ("1500", ".733333333333333333"),
        ("2000", ".8"),
    ],
)
def test_redeem_n__covered_call_at_strike_400__pays_what_uma_pays(price: str, n: str) -> None:
    assert redeem_n(UNIT, wei("400"), wei(price)) == wei(n)


def test_redeem__four_units_at_3_to_7_with_one_p_moved_away__pays_what_ctf_pays() -> None:
    strike, price = 3 * UNIT, 10 * UNIT
    assert redeem_p(3 * UNIT, strike, price) + redeem_n(4 * UNIT, strike, price) == wei("3.7")


@given(amounts, prices, prices)
@example(2**128 - 1, 2**120 - 2, 2**120 - 1)
@example(1, 1, 2**120 - 1)
@example(1, 2**120 - 1, 2**120 - 1)
def test_redeem__any__is_the_exact_share_rounded_down(amount: int, strike: int, price: int) -> None:
    exact_p = amount * min(Fraction(1), Fraction(strike, price))
    assert redeem_p(amount, strike, price) == exact_p.__floor__()
    assert redeem_n(amount, strike, price) == (amount - exact_p).__floor__()


@pytest.mark.parametrize(
    ("price", "p", "n"), [(1, 1, 0), (399, 1, 0), (400, 1, 0), (401, 0, 0), (2**120 - 1, 0, 0)]
)
def test_redeem__one_wei_around_strike_400__is_whole_or_nothing(price: int, p: int, n: int) -> None:
    assert (redeem_p(1, 400, price), redeem_n(1, 400, price)) == (p, n)


@given(st.lists(amounts, min_size=1, max_size=8), st.lists(amounts, min_size=1, max_size=8), prices, prices)
def test_redeem__any_splitting__never_overdraws_and_leaves_under_a_wei_each(
    of_p: list[int], of_n: list[int], strike: int, price: int
) -> None:
    collateral = max(sum(of_p), sum(of_n))
    of_p, of_n = [*of_p, collateral - sum(of_p)], [*of_n, collateral - sum(of_n)]
    if collateral >= 2**128:
        return  # more than one series can hold
    paid = sum(redeem_p(a, strike, price) for a in of_p) + sum(redeem_n(a, strike, price) for a in of_n)
    assert collateral - len(of_p) - len(of_n) < paid <= collateral


@pytest.mark.parametrize(
    ("amount", "strike", "price", "word"),
    [
        (-1, 1, 1, "amount"),
        (2**128, 1, 1, "amount"),
        (1, 0, 1, "strike"),
        (1, 2**120, 1, "strike"),
        (1, 1, 0, "price"),
        (1, 1, 2**120, "price"),
    ],
)
def test_redeem__out_of_range__is_refused(amount: int, strike: int, price: int, word: str) -> None:
    for redeem in (redeem_p, redeem_n):
        with pytest.raises(ValueError, match=word):
            redeem(amount, strike, price)
