"""The price oracle and the series as a quorum of nodes has them (settlement/chain/providers.py), each in one block.

What is read here decides: attempts, prices, the attestor set, which series there are, the value that an expiry secures.
Calls are only built in contracts.py. StaleReads where there is no quorum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from settlement.chain import events, providers
from settlement.chain.contracts import CreatedSeries, Record, Signers, WaitingSet, topic
from settlement.chain.providers import Providers, StaleReads
from settlement.chain.readings import Header, Log
from settlement.chain.views import View, read


@dataclass(frozen=True, slots=True)
class Priced:
    """A price as the oracle's log tells of it, and where the log stands."""

    expiry: str
    attempt: int
    price: int
    transcript: str
    payouts: str
    tx: str
    block_number: int
    block_hash: str


@dataclass(frozen=True, slots=True)
class OracleAt:
    """The price oracle of the settings in the state of one block."""

    nodes: Providers
    block: Header

    def records_of(self, expiries: Sequence[str]) -> dict[str, Record]:
        """All that the oracle keeps of each expiry, also before it is final; many in one request."""
        found = self._read(*(("record_of", expiry) for expiry in expiries))
        return {expiry: Record(*record) for expiry, record in zip(expiries, found, strict=True)}

    def attestors(self) -> tuple[list[str], int]:
        """The set that signs, and how many of it must."""
        members, threshold = self._read(("get_attestors",), ("attestor_threshold",))
        return members, threshold

    def signers(self) -> Signers:
        """The running and the waiting attestor set, and the guardians."""
        asked = ("get_attestors", "attestor_threshold", "get_proposal", "get_guardians", "GUARDIAN_THRESHOLD",
                 "owner", "SET_DELAY")  # fmt: skip
        running, threshold, (nonce, proposed, wanted, applies_from), guardians, of, owner, delay = self._read(
            *((function,) for function in asked)
        )
        waiting = WaitingSet(nonce, tuple(proposed), wanted, applies_from) if applies_from else None
        return Signers(tuple(running), threshold, waiting, tuple(guardians), of, owner, delay)

    def priced(self, expiries: Sequence[str], first: int, last: int) -> list[Priced]:
        """Every price that was set for these expiries in the blocks first to last, in order of the chain."""
        topics = [topic("PriceOracle", "Priced"), list(expiries)]
        return [_priced(each) for each in self.nodes.logs_between([settings.ORACLE_ADDRESS], topics, first, last)]

    def has(self, number: int, hash_: str) -> bool:
        """Whether the block of that number is the one of that hash."""
        return number <= self.block.number and block(self.nodes, number).hash == hash_

    def _read(self, *asked: tuple[str, *tuple[str, ...]]) -> list[Any]:
        """Views, each with its arguments."""
        views = [View("PriceOracle", settings.ORACLE_ADDRESS, function, tuple(rest)) for function, *rest in asked]
        return read(self.nodes, self.block, views)


def oracle(nodes: Providers | None = None, depth: int = 0) -> OracleAt:
    """The oracle in the newest block, or `depth` below it; StaleReads where the chain is not so long."""
    nodes = nodes or providers.connect()
    return OracleAt(nodes, block(nodes, nodes.head() - depth))


def newest_block(nodes: Providers) -> Header:
    """The highest block that a quorum has."""
    return block(nodes, nodes.head())


def block(nodes: Providers, number: int) -> Header:
    """One block that a quorum has; StaleReads where there is none."""
    if number < 0:
        raise StaleReads("the chain has no block so deep yet")
    return nodes.headers([number])[0]


def final_block(nodes: Providers) -> Header | None:
    """The newest final block; None where the chain has none yet."""
    number = nodes.final(nodes.head())
    return None if number < 0 else block(nodes, number)


def series_on(nodes: Providers, expiry: str, last: int) -> list[CreatedSeries]:
    """All series on an expiry, whoever created them, by the factory's logs up to a block."""
    topics = [topic("SeriesFactory", "SeriesCreated"), None, expiry]
    logs = nodes.logs_between([settings.FACTORY_ADDRESS], topics, settings.FACTORY_BLOCK, last)
    return [_created(each) for each in logs]


def collateral_changes(
    nodes: Providers, series: Sequence[CreatedSeries], last: int
) -> list[tuple[str, int, int]]:
    """Splits (+) and merges (-) of these series up to a final block: (series, unix second, base units)."""
    if not series:
        return []
    signs = {"Split": 1, "Merge": -1}
    topics = [[topic("Series", name) for name in signs]]
    first = min(each.block_number for each in series)
    logs = nodes.logs_between([each.address for each in series], topics, first, last)
    times = _times(nodes, logs)
    changes = []
    for each in logs:
        name, told = events.read(each, "Series")
        changes.append((each.address, times[each.block], signs[name] * told["amount"]))
    return changes


def _times(nodes: Providers, logs: Sequence[Log]) -> dict[int, int]:
    """The unix seconds of the blocks that these logs name, by number."""
    hashes = {each.block: each.block_hash for each in logs}
    headers = {header.number: header for header in nodes.headers(sorted(hashes))}
    for number, hash_ in hashes.items():
        if number not in headers or headers[number].hash != hash_:
            raise StaleReads(f"the nodes do not agree on block {number}, which has logs")
    return {number: header.timestamp for number, header in headers.items()}


def _created(entry: Log) -> CreatedSeries:
    told = events.read(entry, "SeriesFactory")[1]
    names = ("expiry", "collateral", "expiry_at", "strike", "p", "n")
    return CreatedSeries(
        address=told["series"],
        **{name: told[name] for name in names},
        block_number=entry.block,
        block_hash=entry.block_hash,
    )


def _priced(entry: Log) -> Priced:
    told = events.read(entry, "PriceOracle")[1]
    names = ("expiry", "attempt", "price", "transcript", "payouts")
    return Priced(
        **{name: told[name] for name in names},
        tx=entry.tx,
        block_number=entry.block,
        block_hash=entry.block_hash,
    )
