"""What a change of the price moves between the holders of P and of N (EXPERIENCE 1.2; PROTOCOL 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from protocol.payoff import redeem_n
from protocol.terms import Index
from protocol.value_secured import UNIT, collateral_rate


@dataclass(frozen=True, slots=True)
class Value:
    """What moves over all series. `rated`: in wei, by the terms' rates, what moves in ETH and in tokens with a rate.
    `unrated`: base units of each token without one, by its address: what those are worth nobody can say here.
    """

    rated: int
    unrated: Mapping[str, int]

    @property
    def wei(self) -> int | None:
        """All of it; None where a part has no rate."""
        return None if self.unrated else self.rated


def moved_to_p(units: int, strike: int, before: int, after: int) -> int:
    """How much more all P of a series are paid at price `after` than at `before`, in base units of its collateral.

    N are paid as much less; below 0 it moves the other way, and 0 says that no payout changes. `units` are the pairs
    of P and N that are out, in base units; prices and strike have 18 decimals.
    """
    return redeem_n(units, strike, before) - redeem_n(units, strike, after)


def value_of(moved: Iterable[tuple[str, int]], value_rates: Mapping[str, int]) -> Value:
    """What moves in many series, each given as (collateral, base units, either way).

    Nothing offsets anything, since whoever attacks holds the side that wins in each series. A rate of 0 is none: it
    says that a token does not count for bonds, not that nobody wants it.
    """
    rated, unrated = 0, dict[str, int]()
    for collateral, amount in moved:
        if rate := collateral_rate(collateral, value_rates):
            rated += abs(amount) * rate // UNIT
        elif amount:
            unrated[collateral] = unrated.get(collateral, 0) + abs(amount)
    return Value(rated, unrated)


def farthest(index: Index, standing: int, strikes: Iterable[int]) -> list[int]:
    """The prices at which most moves from `standing`, of those on the tick that the index allows.

    In every series what moves grows with the distance, on either side: most moves at a bound. Below the lowest strike
    nothing more does, so the first price there comes before the lower bound, at which as much is gained.
    """
    lowest, highest = index.span()
    strike = min(strikes, default=standing)
    ends = [lowest, highest]
    if lowest <= strike < standing:
        ends.insert(0, max(lowest, strike - strike % index.tick))
    return list(dict.fromkeys(ends))
