"""Fees from history, and bumps that nodes accept. Integers throughout."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settlement.chain.fees import Fees, History, bumped, suggested

GWEI = 10**9
wei = st.integers(0, 10**12)


def test_suggested__history__twice_the_base_fee_and_the_median_of_what_was_paid() -> None:
    history = History(10 * GWEI, [3 * GWEI, 0, GWEI, 2 * GWEI, 0])
    assert suggested(history, least_tip=GWEI, ceiling=100 * GWEI) == Fees(22 * GWEI, 2 * GWEI)


def test_suggested__nobody_paid_anything__the_least_tip() -> None:
    assert suggested(History(7, [0, 0]), least_tip=5, ceiling=100) == Fees(19, 5)
    assert suggested(History(7, []), least_tip=5, ceiling=100) == Fees(19, 5)


def test_suggested__above_the_ceiling__the_ceiling() -> None:
    assert suggested(History(60, [50]), least_tip=1, ceiling=100) == Fees(100, 50)
    assert suggested(History(60, [500]), least_tip=1, ceiling=100) == Fees(100, 100)


def test_bumped__odd_numbers__rounded_up() -> None:
    assert bumped(Fees(9, 1), Fees(0, 0), ceiling=100) == Fees(11, 2)
    assert bumped(Fees(80, 8), Fees(0, 0), ceiling=90) == Fees(90, 9)
    assert bumped(Fees(80, 8), Fees(0, 0), ceiling=89) is None


def test_bumped__today_is_dearer__today() -> None:
    assert bumped(Fees(80, 8), Fees(500, 20), ceiling=1000) == Fees(500, 20)
    assert bumped(Fees(80, 8), Fees(5000, 20), ceiling=1000) == Fees(1000, 20)


@settings(suppress_health_check=[HealthCheck.too_slow])  # of the first draw, on a busy machine
@given(wei, wei, wei, st.lists(wei, max_size=10), st.integers(1, 10**12))
def test_bumped__any_numbers__an_eighth_more_and_below_the_ceiling(
    max_fee: int, tip: int, base_fee: int, tips: list[int], ceiling: int
) -> None:
    last = Fees(max_fee, min(tip, max_fee))
    today = suggested(History(base_fee, tips), least_tip=1, ceiling=ceiling)
    assert 0 <= today.tip <= today.max_fee <= ceiling
    more = bumped(last, today, ceiling=ceiling)
    if more is None:
        assert last.max_fee * 9 + 8 > ceiling * 8
        return
    assert more.max_fee * 8 >= last.max_fee * 9
    assert more.tip * 8 >= last.tip * 9
    assert today.max_fee <= more.max_fee <= ceiling
    assert today.tip <= more.tip <= more.max_fee
