"""The value that an expiry secures when it opens (PROTOCOL 3): one reading for the service and for every attestor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SPAN = 86_400
"""Seconds before the expiry instant over which collateral is averaged."""

ETH = "0x" + "00" * 20
"""The zero address stands for ETH, the asset of the bonds, in a series' `collateral`."""

UNIT = 10**18


def collateral_rate(collateral: str, value_rates: Mapping[str, int]) -> int:
    """What 10^18 base units of a collateral count for, in wei: ETH one to one, a token without a rate for nothing."""
    return UNIT if collateral == ETH else value_rates.get(collateral, 0)


def value_secured(changes: Iterable[tuple[str, int, int]], rates: Mapping[str, int], expiry_at: int) -> int:
    """The time-weighted mean of all series' collateral over the 24 hours before `expiry_at`, in wei (PROTOCOL 3).

    `changes` are (series, unix second of its block, base units: > 0 for a split, < 0 for a merge) from the first
    split on, in any order; those at or after `expiry_at` do not count. `rates` gives each series' `collateral_rate`;
    KeyError for a series without one. Rounded down once, at the end.
    """
    start = expiry_at - SPAN
    weighed = sum(
        rates[series] * delta * (expiry_at - max(at, start)) for series, at, delta in changes if at < expiry_at
    )
    return weighed // (UNIT * SPAN)
