"""What prices an index takes, in words. Prices have 18 decimals."""

from __future__ import annotations

from protocol.acts import Refusal
from protocol.show import decimal
from protocol.terms import Index


def allowed(index: Index, unit: str) -> str:
    """`From 1.00 to 100,000.00 USD, in multiples of 0.01.`"""
    lowest, highest = map(decimal, index.span())
    steps = f", in multiples of {decimal(index.tick)}" if index.tick > 1 else ""
    return f"From {lowest} to {highest} {unit}".rstrip() + f"{steps}."


def not_allowed(index: Index, price: int, refusal: Refusal) -> str | None:
    """What could be named in place of a price; None where it was refused for something else than the index."""
    lowest, highest = index.span()
    if refusal is Refusal.PRICE_OUT_OF_BOUNDS:
        return f"The index has prices from {decimal(lowest)} to {decimal(highest)}; beyond, name the bound itself."
    if refusal is Refusal.PRICE_OFF_TICK:
        below = price - price % index.tick
        near = [decimal(each) for each in (below, below + index.tick) if lowest <= each <= highest]
        return f"Prices of this index are multiples of {decimal(index.tick)}: {' or '.join(near)}."
    return None
