"""What a source of prices is: one class for each `type` of source in an index spec, and one way to combine them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Protocol

from reporter.stop import Stop
from reporter.units import PRICE_UNIT


@dataclass(frozen=True)
class Reading:
    """What one venue says. `price` is exact, in quote units; `observations` are those of its evidence."""

    venue: str
    price: Fraction
    observations: Sequence[Mapping[str, str]]  # as protocol/evidence.py makes them

    def age(self, instant: int, window: int) -> int:
        """Seconds between the instant and what was observed; over a window, its longest stretch without observation."""
        seen = sorted(int(each["instant"]) for each in self.observations)
        if not window:
            return max(abs(instant - second) for second in seen)
        return max(after - before for before, after in pairwise([instant - window, *seen, instant]))


class Source(Protocol):
    """One venue of an index."""

    def read(self, spec: Mapping[str, Any], source: Mapping[str, Any]) -> Reading:
        """The venue's price at the spec's instant. Stop where there is none, with the reason."""


def combine(spec: Mapping[str, Any], prices: Sequence[Fraction]) -> int:
    """One price with 18 decimals on the index's tick out of some venues' exact prices."""
    way, _ = way_of(spec)
    return round_half_up(_COMBINE[way](prices) * PRICE_UNIT, int(spec.get("tick", 1)))


def way_of(spec: Mapping[str, Any]) -> tuple[str, str]:
    """How an index combines and rounds, `median` and `half_up` where it says nothing. Stop where it is another way."""
    way, rounding = spec.get("combine", "median"), spec.get("rounding", "half_up")
    if way not in _COMBINE or rounding != "half_up":
        raise Stop(
            f"the index combines by {way!r} and rounds by {rounding!r}; known are median and half_up:"
            " work the price out as it says, and give it by --price"
        )
    return way, rounding


def instant_of(spec: Mapping[str, Any], expiry_at: int | None) -> int:
    """The unix second that is observed: the spec's own where it names one, else the expiry's."""
    instant = spec.get("instant", expiry_at)
    if instant is None:
        raise Stop("the index names no instant: ask for an expiry of it")
    if not re.fullmatch(r"[0-9]{1,12}", str(instant)):
        raise Stop(f"the index's instant is {instant!r}, no unix second: give the price by --price")
    return int(instant)


def window_of(spec: Mapping[str, Any]) -> int:
    """Seconds before the instant over which a venue's price is a mean; 0 where the index takes the price at it."""
    window = str(spec.get("window", 0))
    if not re.fullmatch(r"[0-9]{1,9}", window):
        raise Stop(f"the index's window is {window!r}, no number of seconds: give the price by --price")
    return int(window)


def median(prices: Sequence[Fraction]) -> Fraction:
    """The middle price, or the mean of the two in the middle."""
    ordered, middle = sorted(prices), len(prices) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def round_half_up(value: Fraction, tick: int) -> int:
    """The multiple of `tick` nearest to a value, the higher of two equally near."""
    ticks = value / tick + Fraction(1, 2)
    return ticks.numerator // ticks.denominator * tick


_COMBINE: dict[str, Callable[[Sequence[Fraction]], Fraction]] = {"median": median}
