"""An index's price: the venues of its spec, asked and combined as the spec says (PROTOCOL 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.own_source import OwnSource
from reporter.recording import Recording
from reporter.sources import Reading, Source, combine, instant_of, way_of, window_of
from reporter.stop import Stop
from reporter.units import PPM, PRICE_UNIT


@dataclass(frozen=True)
class Sources:
    """Where prices are read: recordings in `folder`, or the operator's own source; of some venues, or of all."""

    folder: Path
    venues: Sequence[str] = ()
    own: OwnSource | None = None


@dataclass(frozen=True)
class Quote:
    """The prices of some venues and what they come to. `price` has 18 decimals and lies on the tick."""

    readings: tuple[Reading, ...]
    price: int
    instant: int
    wanted: tuple[str, ...]
    """The venues that were asked for by name: those chosen, else those that the index names."""
    ages: tuple[int, ...]
    """By reading, in seconds, as `Reading.age` counts them."""
    way: str
    """How they were combined, in words."""
    answer: bytes = b""
    """What the operator's own source said; the `raw` of its observations is the hash."""

    @property
    def spread_ppm(self) -> int:
        """How far the venues lie apart, in ppm of the highest, rounded up."""
        prices = [reading.price for reading in self.readings]
        off = (max(prices) - min(prices)) * PPM / max(prices)
        return -(-off.numerator // off.denominator)


def read_quote(spec: Mapping[str, Any], sources: Sources, expiry_at: int | None = None) -> Quote:
    """Ask the venues of an index (all, or those chosen) for its price at an expiry's second; combine them as it says.

    Stop where a venue is unknown or no price can be had.
    """
    at, wanted, window = instant_of(spec, expiry_at), _wanted(spec, sources.venues), window_of(spec)
    if sources.own:
        readings, answer = sources.own.read(spec, at)
    else:
        readings, answer = _built_in({**spec, "instant": at}, sources.folder, wanted), b""
    if wanted and not sources.venues and (unknown := [each.venue for each in readings if each.venue not in wanted]):
        raise Stop(f"the index has no venue {unknown[0]!r}; it has {', '.join(wanted)}")
    readings = [each for each in readings if not wanted or each.venue in wanted]
    if not readings:
        raise Stop("no source of the index said anything")
    prices = [each.price for each in readings]
    if min(prices) * PRICE_UNIT < 1:
        raise Stop("a source says that the price is zero")
    return Quote(
        tuple(readings), combine(spec, prices), at, wanted, tuple(each.age(at, window) for each in readings),
        _way(spec, len(readings)), answer,
    )  # fmt: skip


def _named(spec: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The venues that a spec names, as words or as `{"venue": ...}`, with all that it says of each."""
    sources = spec.get("sources", [])
    try:
        if isinstance(sources, list):
            return {each["venue"]: each for each in ({"venue": s} if isinstance(s, str) else s for s in sources)}
    except (KeyError, TypeError):
        pass
    raise Stop("the index names its sources in a form that is not known: give the price by --price")


def _wanted(spec: Mapping[str, Any], venues: Sequence[str]) -> tuple[str, ...]:
    named = _named(spec)
    if named and (unknown := [venue for venue in venues if venue not in named]):
        raise Stop(f"the index has no venue {unknown[0]!r}; it has {', '.join(named)}")
    return tuple(venues or named)


def _built_in(spec: Mapping[str, Any], folder: Path, wanted: Sequence[str]) -> list[Reading]:
    known: dict[str, Source] = {"recording": Recording(folder)}  # by the `type` under which a spec names them
    listed, readings = _named(spec), []
    for source in (listed[venue] for venue in wanted if venue in listed):
        if source.get("type") not in known:
            kind = f"type {source['type']!r}" if "type" in source else "this name"
            raise Stop(f"{source['venue']}: no source of {kind} is built in; name your own by --source-command")
        readings.append(known[source["type"]].read(spec, source))
    if not readings:
        raise Stop("the index names no sources; name your own by --source-command")
    return readings


def _way(spec: Mapping[str, Any], count: int) -> str:
    way, rounding = way_of(spec)
    silent = "" if "combine" in spec and "rounding" in spec else "; the index does not say how"
    return f"{way} of {count}, rounded {rounding}{silent}"
