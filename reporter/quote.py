"""An index's price: the venues of its spec, asked and combined as the spec says (PROTOCOL 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.recording import Recording
from reporter.sources import Reading, Source, combine
from reporter.stop import Stop
from reporter.units import PPM


@dataclass(frozen=True)
class Quote:
    """The prices of some venues and what they come to. `price` has 18 decimals and lies on the tick."""

    readings: tuple[Reading, ...]
    price: int

    @property
    def spread_ppm(self) -> int:
        """How far the venues lie apart, in ppm of the highest, rounded up."""
        prices = [reading.price for reading in self.readings]
        off = (max(prices) - min(prices)) * PPM / max(prices)
        return -(-off.numerator // off.denominator)


def read_quote(
    spec: Mapping[str, Any],
    folder: Path,
    venues: Sequence[str] = (),
    sources: Mapping[str, Source] | None = None,
) -> Quote:
    """Ask the venues of an index (all, or those named) and combine them as its spec says.

    `folder` holds recordings. Stop where a venue is unknown or answers with no price.
    """
    known = sources or default_sources(folder)
    listed = {source["venue"]: source for source in spec.get("sources", [])}
    if unknown := [venue for venue in venues if venue not in listed]:
        raise Stop(f"the index has no venue {unknown[0]!r}; it has {', '.join(listed)}")
    readings = []
    for source in (listed[venue] for venue in (venues or listed)):
        if source.get("type") not in known:
            raise Stop(f"{source['venue']}: no source of type {source.get('type')!r} is built in")
        readings.append(known[source["type"]].read(spec, source))
    if not readings:
        raise Stop("the index names no sources")
    return Quote(tuple(readings), combine(spec, [reading.price for reading in readings]))


def default_sources(folder: Path) -> dict[str, Source]:
    """The sources that are built in, by the `type` under which a spec names them."""
    return {"recording": Recording(folder)}
