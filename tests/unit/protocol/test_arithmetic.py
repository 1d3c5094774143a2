"""PROTOCOL 4 as properties."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.arithmetic import Stake, agree, distance, forfeit, lower_median, required, share
from protocol.terms import ETHER, PPM, Terms

prices = st.one_of(st.integers(1, 60), st.integers(990_000, 1_010_000), st.integers(1, 2**120 - 1))
amounts = st.one_of(st.integers(1, 50), st.integers(1, 10**24))
tolerances = st.one_of(st.sampled_from([0, 1, 1_000, 10_000]), st.integers(0, PPM - 1))
stakes = st.builds(Stake, st.just("a"), prices, amounts, st.booleans())


@st.composite
def some_terms(draw: st.DrawFn) -> Terms:
    tolerance = draw(tolerances)
    floor = draw(st.integers(1, 10**18))
    return Terms(
        tolerance_ppm=tolerance,
        full_forfeit_ppm=draw(st.integers(tolerance + 1, PPM)),
        min_challenge_bond=floor,
        arbitration_bond=draw(st.integers(floor, floor * 100)),
    )


@given(prices, prices, tolerances)
def test_agree__any_two_prices__symmetric_and_exact(a: int, b: int, tolerance: int) -> None:
    assert agree(a, b, tolerance) == agree(b, a, tolerance)
    assert agree(a, b, tolerance) == (Fraction(abs(a - b), max(a, b)) <= Fraction(tolerance, PPM))
    assert agree(a, a, 0)


@given(prices, prices)
def test_distance__any_two_prices__symmetric_and_rounded_up(a: int, b: int) -> None:
    off = distance(a, b)
    assert off == distance(b, a)
    assert 0 <= off <= PPM
    assert off - 1 < Fraction(abs(a - b) * PPM, max(a, b)) <= off


@given(prices, prices, tolerances)
def test_agree__by_distance__within_tolerance(a: int, b: int, tolerance: int) -> None:
    """Rounding up does not make prices disagree: the forfeit's slope starts above nothing."""
    assert agree(a, b, tolerance) == (distance(a, b) <= tolerance)


@given(st.lists(st.tuples(prices, amounts), min_size=1, max_size=12), st.data())
def test_lower_median__any_majority_of_weight__lies_within_its_span(
    weighted: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Promise 6."""
    median = lower_median(weighted)
    total = sum(weight for _, weight in weighted)
    assert 2 * sum(weight for price, weight in weighted if price <= median) >= total
    assert 2 * sum(weight for price, weight in weighted if price < median) < total
    majority = data.draw(st.lists(st.sampled_from(range(len(weighted))), unique=True))
    if 2 * sum(weighted[place][1] for place in majority) > total:
        chosen = [weighted[place][0] for place in majority]
        assert min(chosen) <= median <= max(chosen)


@given(st.lists(st.tuples(prices, amounts), min_size=1, max_size=8), st.randoms())
def test_lower_median__in_any_order__the_same(weighted: list[tuple[int, int]], random: object) -> None:
    shuffled = list(weighted)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert lower_median(shuffled) == lower_median(weighted)


def test_lower_median__half_reached_exactly__takes_the_lower() -> None:
    assert lower_median([(30, 5), (10, 3), (20, 2)]) == 20
    with pytest.raises(ValueError):
        lower_median([])


@given(stakes, prices, some_terms())
def test_forfeit__any_stake__never_more_than_it_and_nothing_when_right(
    stake: Stake, price: int, terms: Terms
) -> None:
    """Promise 2."""
    lost = forfeit(stake, price, terms)
    right = agree(stake.price, price, terms.tolerance_ppm)
    assert 0 <= lost <= stake.amount
    assert right == (lost == 0)
    if not right and stake.is_pledge:
        assert lost == stake.amount


@given(st.lists(prices, min_size=2, max_size=2), prices, amounts, some_terms())
def test_forfeit__report_further_off__loses_no_less(pair: list[int], price: int, amount: int, terms: Terms) -> None:
    near, far = sorted(pair, key=lambda each: distance(each, price))
    assert forfeit(Stake("a", near, amount), price, terms) <= forfeit(Stake("a", far, amount), price, terms)


def test_forfeit__between_tolerance_and_full__slopes() -> None:
    terms = Terms(tolerance_ppm=1_000, full_forfeit_ppm=10_000)
    report = Stake("a", 1_000_000, 900)
    losses = [forfeit(report, 1_000_000 - off, terms) for off in (1_000, 1_001, 5_500, 9_999, 10_000, 500_000)]
    assert losses == [0, 1, 450, 900, 900, 900]


@given(st.lists(stakes, max_size=10), prices, st.integers(0, 8), some_terms())
def test_required__second_argument_decides__right_stake_is_twice_the_forfeits(
    placed: list[Stake], price: int, round_: int, terms: Terms
) -> None:
    """Promise 3's ground: after the fill, who agrees with the claim stakes twice what the others would forfeit."""
    bond = required(price, placed, round_, terms)
    floor = terms.min_challenge_bond * 2**round_
    assert min(floor, terms.arbitration_bond) <= bond <= terms.arbitration_bond
    right = sum(s.amount for s in placed if agree(s.price, price, terms.tolerance_ppm))
    wrong = sum(forfeit(s, price, terms) for s in placed)
    if floor < bond < terms.arbitration_bond:
        assert right + bond == 2 * wrong
    elif bond < terms.arbitration_bond:
        assert right + bond >= 2 * wrong


@given(st.lists(stakes, max_size=8), prices, st.integers(0, 6), some_terms(), stakes)
def test_required__a_claim_that_disagrees_is_filled__never_falls(
    placed: list[Stake], price: int, round_: int, terms: Terms, other: Stake
) -> None:
    """So an open claim never becomes over-full (PROTOCOL 5)."""
    if not agree(other.price, price, terms.tolerance_ppm):
        before = required(price, placed, round_, terms)
        assert required(price, [*placed, other], round_ + 1, terms) >= before


@given(st.integers(0, 10**30), st.lists(st.integers(0, 10**20), min_size=1, max_size=10).filter(any))
def test_share__any_pool__conserves_it_and_is_within_a_wei_of_fair(pool: int, weights: list[int]) -> None:
    parts = share(pool, weights)
    assert sum(parts) == pool
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(pool * weight, sum(weights))) < 1
    for place in range(1, len(weights)):
        if weights[place] == weights[place - 1]:
            assert parts[place] <= parts[place - 1]  # ties to the earlier


def test_share__largest_remainders__get_the_rest() -> None:
    assert share(10, [1, 1, 1]) == [4, 3, 3]
    assert share(10, [1, 2, 4]) == [1, 3, 6]  # 1.43, 2.86, 5.71
    assert share(0, [5]) == [0]
    with pytest.raises(ValueError):
        share(1, [])
    with pytest.raises(ValueError):
        share(1, [0])


# ---------------------------------------------------------------- the peers' rules (peers.md)


def test_required__two_sides_of_d_each__bonds_run_as_augurs() -> None:
    """Augur: two sides, d at stake, bonds 2, 3, 6, 12, 24, 48 d: each fill makes its side twice the other's."""
    d = ETHER
    terms = Terms(min_challenge_bond=1, min_pledge=1, arbitration_bond=10**6 * ETHER)
    placed, bonds = [Stake("reporter", 2_000, d)], []
    for round_ in range(6):
        price = 1_000 if round_ % 2 == 0 else 2_000
        bond = required(price, placed, round_, terms)
        placed.append(Stake("a", price, bond, is_pledge=True))
        bonds.append(bond // d)
        right = sum(stake.amount for stake in placed if stake.price == price)
        assert right == 2 * sum(stake.amount for stake in placed if stake.price != price)
    assert bonds == [2, 3, 6, 12, 24, 48]


def test_required__floor_decides__doubles_each_round_as_realitys() -> None:
    terms = Terms(min_challenge_bond=ETHER, arbitration_bond=1_000 * ETHER)
    assert [required(5, [], round_, terms) // ETHER for round_ in range(5)] == [1, 2, 4, 8, 16]
