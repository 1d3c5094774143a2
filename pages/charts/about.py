"""What a chart of prices is about. Anybody may name any price: at one wild one all others would be one spot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pages.charts.marks import Level
from pages.charts.scale import band

ROOM = 10
"""How far from the band money on a price is drawn, in widths of the band."""


def centre_of(levels: Sequence[Level]) -> Level | None:
    """What everything is compared with: the final price, else the one that stands."""
    by_kind = {level.kind: level for level in levels}
    return by_kind.get("final") or by_kind.get("standing")


def around(levels: Sequence[Level], tolerance_ppm: int) -> tuple[int, int] | None:
    """From the least to the greatest price that agrees with what a chart is about; None where nothing stands.

    That is the final price. Before there is one it may be the price that stands or the median, so both are.
    """
    centre = centre_of(levels)
    if centre is None:
        return None
    about = [centre] if centre.kind == "final" else [each for each in levels if each.kind in ("standing", "tentative")]
    bands = [band(each.price, tolerance_ppm) for each in about]
    return min(low for low, _ in bands), max(high for _, high in bands)


def near(prices: Iterable[int], levels: Sequence[Level], tolerance_ppm: int) -> list[int]:
    """The ends of `around`, and those of `prices` that are at most ROOM widths of a band away from them."""
    about = around(levels, tolerance_ppm)
    if about is None:
        return []
    low, high = band(about[1], tolerance_ppm)
    room = ROOM * (high - low)
    return [*about, *(price for price in prices if about[0] - room <= price <= about[1] + room)]
