"""Numbers as people type them: exact, or refused with what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages import reading
from protocol import show

ONE = 10**18


@pytest.mark.parametrize(
    "text, value",
    [
        ("2500", 2500 * ONE),
        ("2500.25", 250_025 * ONE // 100),
        (" 2 500.5 ", 25_005 * ONE // 10),
        ("2,500.25", 250_025 * ONE // 100),
        ("1,234,567", 1_234_567 * ONE),
        (".5", ONE // 2),
        ("7.", 7 * ONE),
        ("0.000000000000000001", 1),
        ("1.1000000000000000000000", 11 * ONE // 10),
    ],
)
def test_decimal__one_meaning__the_integer(text: str, value: int) -> None:
    assert reading.decimal(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "1,234",
        "2,5",
        "1.234,5",
        "1e18",
        "-1",
        "+1",
        "0x10",
        "٣",
        "1.5.5",
        "1,23,456.0",
        "NaN",
        "9" * 61,
    ],
)
def test_decimal__none_or_two_meanings__refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Write a number|longer"):
        reading.decimal(text)


def test_decimal__finer_than_there_is__refused() -> None:
    with pytest.raises(ValueError, match="more than 6 decimals"):
        reading.decimal("1.0000001", 6)
    assert reading.decimal("3", 0) == 3


@given(st.integers(0, 2**120), st.integers(0, 24))
def test_decimal__what_a_page_shows__comes_back(value: int, decimals: int) -> None:
    shown = show.decimal(value, decimals)
    assert show.typed(value, decimals) == show.typed(
        reading.decimal(show.typed(value, decimals), decimals), decimals
    )
    if "." in shown:
        assert reading.decimal(shown, decimals) == value
