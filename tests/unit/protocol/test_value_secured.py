"""The value that raises an expiry's bonds (PROTOCOL 3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.value_secured import ETH, SPAN, UNIT, collateral_rate, value_secured

AT = 1_790_000_000
TOKEN = "0x" + "22" * 20
A, B = "0x" + "aa" * 20, "0x" + "bb" * 20


def test_collateral_rate__eth_a_rated_and_an_unrated_token__one_rate_nothing() -> None:
    rates = {TOKEN: 5 * 10**14}
    assert [collateral_rate(each, rates) for each in (ETH, TOKEN, A)] == [UNIT, 5 * 10**14, 0]


@pytest.mark.parametrize(
    ("changes", "wei"),
    [
        ([], 0),
        ([(A, AT - 2 * SPAN, 100)], 100),  # all day
        ([(A, AT - SPAN // 2, 100)], 50),  # half a day
        ([(A, AT - SPAN, 100), (A, AT - SPAN // 4, -100)], 75),  # merged before the end
        ([(A, AT, 100)], 0),  # at the instant itself
        ([(A, AT - 2 * SPAN, 100), (A, AT - SPAN - 1, -100)], 0),  # came and went before
        ([(A, AT - 1, SPAN), (B, AT - 1, SPAN)], 2),
        ([(A, AT - 1, SPAN - 1), (B, AT - 1, SPAN - 1)], 1),  # rounded once, not by series
    ],
)
def test_value_secured__eth__is_the_mean_over_the_day(changes: list[tuple[str, int, int]], wei: int) -> None:
    assert value_secured(changes, {A: UNIT, B: UNIT}, AT) == wei


def test_value_secured__rates__weigh_each_series() -> None:
    changes = [(A, AT - SPAN, 10), (B, AT - SPAN, 10)]
    assert value_secured(changes, {A: UNIT, B: 3 * UNIT}, AT) == 40


def test_value_secured__series_without_a_rate__is_an_error() -> None:
    with pytest.raises(KeyError):
        value_secured([(A, AT - 5, 1)], {}, AT)


@given(st.lists(st.tuples(st.sampled_from([A, B]), st.integers(AT - 2 * SPAN, AT + 10), st.integers(0, 10**24))))
def test_value_secured__any_order__the_same_and_never_above_what_came(
    changes: list[tuple[str, int, int]],
) -> None:
    rates = {A: UNIT, B: UNIT}
    value = value_secured(changes, rates, AT)
    assert value == value_secured(changes[::-1], rates, AT)
    assert 0 <= value <= sum(delta for _, _, delta in changes)
