"""PROTOCOL 4: how far prices lie apart, what a stake loses, what a claim must stake. Integers only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from protocol.terms import PPM, Terms


@dataclass(frozen=True, slots=True)
class Stake:
    """A report, or one pledge of a claim. `price` with 18 decimals, `amount` in wei."""

    account: str
    price: int
    amount: int
    is_pledge: bool = False


@dataclass(frozen=True, slots=True)
class Pile:
    """`count` stakes that are alike, whoever placed them. Prices lie on a tick and bonds are usual ones: of thousands
    of stakes there are few piles, and no rounding differs, since each stake is rounded by itself."""

    price: int
    amount: int
    is_pledge: bool
    count: int = 1


def piles_of(stakes: Iterable[Stake]) -> list[Pile]:
    """Stakes that are alike together."""
    found = Counter((stake.price, stake.amount, stake.is_pledge) for stake in stakes)
    return [Pile(*alike, count) for alike, count in found.items()]


def agree(a: int, b: int, tolerance_ppm: int) -> bool:
    """Whether two prices count as the same; symmetric."""
    return abs(a - b) * PPM <= tolerance_ppm * max(a, b)


def distance(a: int, b: int) -> int:
    """How far two prices lie apart, in ppm of the larger, rounded up."""
    return -(-abs(a - b) * PPM // max(a, b))


def lower_median(weighted: Iterable[tuple[int, int]]) -> int:
    """The first price, from below, at which half of all weight is reached. `weighted` are (price, weight) pairs.

    Raises ValueError when there are none.
    """
    ordered = sorted(weighted)
    total = sum(weight for _, weight in ordered)
    below = 0
    for price, weight in ordered:
        below += weight
        if 2 * below >= total:
            return price
    raise ValueError("nothing to take a median of")


def forfeit(stake: Stake | Pile, price: int, terms: Terms) -> int:
    """What this stake, or one of a pile, loses in wei if `price` is right: never more than its amount (promise 2)."""
    if agree(stake.price, price, terms.tolerance_ppm):
        return 0
    off = distance(stake.price, price)
    if stake.is_pledge or off >= terms.full_forfeit_ppm:
        return stake.amount
    span = terms.full_forfeit_ppm - terms.tolerance_ppm
    return -(-stake.amount * (off - terms.tolerance_ppm) // span)


def required(price: int, stakes: Iterable[Stake], round_: int, terms: Terms) -> int:
    """The bond in wei that a claim at `price` must fill over `stakes` (all reports, all pledges of filled claims).

    `round_` is the number of claims filled so far. Capped at `arbitration_bond`; filling one at the cap opens a ballot.
    """
    wrong = agreeing = 0
    for stake in stakes:
        if agree(stake.price, price, terms.tolerance_ppm):
            agreeing += stake.amount
        else:
            wrong += forfeit(stake, price, terms)
    return bond(wrong, agreeing, round_, terms)


def bond(wrong: int, agreeing: int, round_: int, terms: Terms) -> int:
    """The same, where it is known what the others would lose and what is staked on the price already."""
    floor = terms.min_challenge_bond << round_
    return min(max(floor, 2 * wrong - agreeing), terms.arbitration_bond)


def share(pool: int, weights: Sequence[int]) -> list[int]:
    """Split `pool` wei by weight, to the wei: floors first, the rest by largest remainder, ties to the earlier."""
    total = sum(weights)
    if total <= 0:
        raise ValueError("nobody to share among")
    parts = [pool * weight // total for weight in weights]
    left = pool - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(pool * weights[i] % total), i))
    for i in by_remainder[:left]:
        parts[i] += 1
    return parts
