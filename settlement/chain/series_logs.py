"""What final blocks say of series: created by the factory, split, merged, redeemed. By a quorum of nodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from settlement.chain import events
from settlement.chain.contracts import topic
from settlement.chain.providers import Providers, StaleReads
from settlement.chain.readings import Header, Log

KINDS = ("Split", "Merge", "Redeem")


@dataclass(frozen=True, slots=True)
class Told:
    """An event with its arguments, where it stands, and the unix second of its block."""

    name: str
    arguments: dict[str, Any]
    place: Log
    at: int


@dataclass(frozen=True, slots=True)
class Read:
    """All that the blocks first to last say, in order of the chain; `last` is the header of the last."""

    created: Sequence[Told]
    moved: Sequence[Told]
    last: Header


def read(nodes: Providers, known: Iterable[str], first: int, last: int) -> Read:
    """The final blocks first to last, for the series `known` and those created in them. StaleReads without a quorum."""
    made = nodes.logs_between([settings.FACTORY_ADDRESS], [topic("SeriesFactory", "SeriesCreated")], first, last)
    created = [(each, *events.read(each, "SeriesFactory")) for each in made]
    addresses = [*known, *(arguments["series"] for _, _, arguments in created)]
    topics = [[topic("Series", name) for name in KINDS]]
    moved = nodes.logs_between(addresses, topics, first, last) if addresses else []
    headers = _headers(nodes, [*made, *moved], last)
    return Read(
        [Told(name, arguments, each, headers[each.block].timestamp) for each, name, arguments in created],
        [Told(*events.read(each, "Series"), each, headers[each.block].timestamp) for each in moved],
        headers[last],
    )


def _headers(nodes: Providers, logs: Sequence[Log], last: int) -> dict[int, Header]:
    """The blocks that these logs name, and the last one; the logs' hashes must be theirs."""
    hashes = {each.block: each.block_hash for each in logs}
    headers = {header.number: header for header in nodes.headers(sorted({*hashes, last}))}
    for number in {*hashes, last}:
        if number not in headers or hashes.get(number, headers[number].hash) != headers[number].hash:
            raise StaleReads(f"the nodes do not agree on block {number}")
    return headers
