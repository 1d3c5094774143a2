"""Strike grids as operators write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.terms import MAX_PRICE
from settlement.strikes import InvalidStrikes, decimal, parse_strikes

UNIT = 10**18


def test_parse_strikes__ranges_and_single_values__one_ascending_grid() -> None:
    grid = [number * UNIT for number in (2000, 2100, 2200, 2300)]
    assert parse_strikes(["4500.5", "2000:2300:100"]) == [*grid, 45005 * UNIT // 10]
    assert parse_strikes(["7:7:1"]) == [7 * UNIT]
    assert parse_strikes(["0.1:0.3:0.1"]) == [UNIT // 10, UNIT // 5, 3 * UNIT // 10]
    assert parse_strikes(["0.000000000000000001"]) == [1]


@pytest.mark.parametrize(("words", "why"), [
    ([], "no strike is named"),
    (["2000", "1900:2100:100"], "2000 is named twice"),
    (["1.50", "1.5"], "1.5 is named twice"),
    (["2000:2050:100"], "do not land on 2050"),
    (["3000:2000:100"], "ends before it begins"),
    (["1:2"], "a range is FROM:TO:STEP"),
    (["1:2:1:1"], "a range is FROM:TO:STEP"),
    (["1:2:0"], "'0': a price is above 0"),
    (["0"], "a price is above 0"),
    (["1e3"], "is no decimal number"),
    (["-5"], "is no decimal number"),
    (["0.0000000000000000001"], "at most 18 decimals"),
    (["NaN"], "is no decimal number"),
    (["1,000"], "is no decimal number"),
    (["٣"], "is no decimal number"),
    ([decimal(MAX_PRICE)], "below 2"),
    (["1:1001:1"], "more than 1000 strikes"),
    (["1:1000:1", "5000"], "more than 1000 strikes"),
    (["1:1000000000000000000:0.000000000000000001"], "more than 1000 strikes"),
])
def test_parse_strikes__no_grid__one_line_says_why(words: list[str], why: str) -> None:
    with pytest.raises(InvalidStrikes, match=why) as found:
        parse_strikes(words)
    assert "\n" not in str(found.value)


@given(st.integers(1, MAX_PRICE - 1))
def test_decimal__any_strike__is_read_back_exactly(strike: int) -> None:
    assert parse_strikes([decimal(strike)]) == [strike]
