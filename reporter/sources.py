"""What a source of prices is: one class for each `type` of source in an index spec, and one way to combine them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from reporter.stop import Stop
from reporter.units import PRICE_UNIT


@dataclass(frozen=True)
class Reading:
    """What one venue says. `price` is exact, in quote units; `observations` are those of its evidence."""

    venue: str
    price: Fraction
    observations: Sequence[Mapping[str, str]]  # as protocol/evidence.py makes them


class Source(Protocol):
    """One venue of an index."""

    def read(self, spec: Mapping[str, Any], source: Mapping[str, Any]) -> Reading:
        """The venue's price at the spec's instant. Stop where there is none, with the reason."""


def combine(spec: Mapping[str, Any], prices: Sequence[Fraction]) -> int:
    """One price with 18 decimals on the index's tick out of some venues' exact prices."""
    way, rounding = spec.get("combine"), spec.get("rounding")
    if way not in _COMBINE or rounding != "half_up":
        raise Stop(f"the index combines by {way!r} and rounds by {rounding!r}; known are median and half_up")
    return round_half_up(_COMBINE[way](prices) * PRICE_UNIT, int(spec.get("tick", 1)))


def median(prices: Sequence[Fraction]) -> Fraction:
    """The middle price, or the mean of the two in the middle."""
    ordered, middle = sorted(prices), len(prices) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def round_half_up(value: Fraction, tick: int) -> int:
    """The multiple of `tick` nearest to a value, the higher of two equally near."""
    ticks = value / tick + Fraction(1, 2)
    return ticks.numerator // ticks.denominator * tick


_COMBINE: dict[str, Callable[[Sequence[Fraction]], Fraction]] = {"median": median}
