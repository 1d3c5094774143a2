"""Numbers and times as pages show them: exact, to the last digit."""

from __future__ import annotations

import pytest

from protocol import show

E18 = 10**18


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0.00"),
        (1, "0.000000000000000001"),
        (2500 * E18, "2,500.00"),
        (2500 * E18 + E18 // 10, "2,500.10"),
        (17_895_123_456 * 10**15, "17,895,123.456"),
        (2**120 - 1, "1,329,227,995,784,915,872.903807060280344575"),
        (-E18, "-1.00"),
    ],
)
def test_decimal__18_decimals__loses_no_digit(value: int | None, text: str) -> None:
    assert show.decimal(value) == text


@pytest.mark.parametrize(("value", "decimals", "text"), [(5, 0, "5"), (1_500_000, 6, "1.5"), (10**6, 6, "1")])
def test_decimal__of_another_token__by_its_decimals(value: int, decimals: int, text: str) -> None:
    assert show.decimal(value, decimals, least=0) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (None, 18, "–"),
        (0, 18, "0"),
        (E18, 18, "1"),
        (5 * E18 // 6, 18, "0.833333…"),
        (800_001 * 10**12, 18, "0.800001"),
        (74 * E18 // 6, 18, "12.3333…"),
        (1_234_567 * E18 + 1, 18, "1,234,567.00…"),
        (1_234_567_891, 18, "0.00000000123456…"),
        (1_234_567, 6, "1.23456…"),
        (7_654_321, 0, "7,654,321"),
    ],
)
def test_brief__any_amount__is_cut_after_six_digits_and_says_so(value: int | None, decimals: int, text: str) -> None:
    assert show.brief(value, decimals) == text


@pytest.mark.parametrize(
    ("wei", "text"),
    [(0, "0 ETH"), (1, "1 wei"), (10**9 - 1, "999,999,999 wei"), (E18, "1 ETH"), (E18 * 12 // 10, "1.2 ETH")],
)
def test_ether__any_amount__is_short_and_exact(wei: int, text: str) -> None:
    assert show.ether(wei) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_661, "1 h 1 min"), (3_601, "1 h"), (200_000, "2 d 7 h")],
)
def test_duration__any__at_most_two_units(seconds: int, text: str) -> None:
    assert show.duration(seconds) == text


def test_relative__before_now_and_after__says_which() -> None:
    assert [show.relative(second, 100) for second in (40, 100, 160)] == ["1 min ago", "now", "in 1 min"]


def test_utc__an_instant__is_in_utc_and_one_too_late_for_a_calendar_a_number() -> None:
    assert show.utc(1_798_185_600) == "2026-12-25 08:00:00 UTC"
    assert show.utc(2**62) == str(2**62)


@pytest.mark.parametrize(("part", "whole", "text"), [(1, 3, "33.3 %"), (2, 2, "100.0 %"), (0, 0, "–")])
def test_share__of_a_whole__is_cut_to_a_tenth(part: int, whole: int, text: str) -> None:
    assert show.share(part, whole) == text


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (2500 * E18, "0 bp"),
        (2500 * E18 - 1, "-0.00 bp"),
        (2501 * E18, "+4.00 bp"),
        (2500 * E18 - 25 * E18 + 1, "-99.99 bp"),
        (2475 * E18, "-1.00 %"),
        (2500 * E18 * 8858 // 10_000, "-11.42 %"),
        (100_000 * E18, "+3,900.00 %"),
    ],
)
def test_off__from_100_basis_points_on__is_percent(price: int, text: str) -> None:
    assert show.off(price, 2500 * E18) == text
