"""Where a value lies in a chart, and what values a chart has room for. Integers, rounded down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from protocol.terms import PPM


@dataclass(frozen=True, slots=True)
class Axis:
    """The values [low, high], drawn from `start` to `end`; upwards where `end` is the smaller."""

    low: int
    high: int
    start: int
    end: int

    def at(self, value: int) -> int:
        return place(value, self.low, self.high, self.start, self.end)

    def holds(self, value: int) -> bool:
        return self.low <= value <= self.high

    def ticks(self) -> list[int]:
        return ticks(self.low, self.high)


def place(value: int, low: int, high: int, start: int, end: int) -> int:
    """Where `value` of [low, high] lies in [start, end], rounded down; the middle where there is no span."""
    if high == low:
        return (start + end) // 2
    return start + (value - low) * (end - start) // (high - low)


def ticks(low: int, high: int, most: int = 5) -> list[int]:
    """At most `most` round values within [low, high]: multiples of 1, 2 or 5 times a power of ten."""
    if high <= low:
        return [low]
    step = 1
    while True:
        for factor in (1, 2, 5):
            first = -(-low // (step * factor)) * step * factor
            if _few(first, high, step * factor, most):
                return list(range(first, high + 1, step * factor))
        step *= 10


def _few(first: int, high: int, step: int, most: int) -> bool:
    return (high - first) // step + 1 <= most


def span(values: Iterable[int]) -> tuple[int, int]:
    """The least and the greatest, with a tenth of room on either side; never below 0."""
    known = list(values)
    low, high = min(known), max(known)
    room = max((high - low) // 10, high // 1000, 1)
    return max(low - room, 0), high + room


def band(price: int, tolerance_ppm: int) -> tuple[int, int]:
    """The least and the greatest price that agree with `price` (PROTOCOL 4)."""
    low = -(-price * (PPM - tolerance_ppm) // PPM)
    return low, price * PPM // (PPM - tolerance_ppm)
