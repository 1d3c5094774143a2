"""The price oracle and the series as a quorum of nodes has them (settlement/chain/providers.py), each in one block.

What is read here decides: attempts, prices, the attestor set, the value that an expiry secures. Calls are only built in
contracts.py, and sent by one node. StaleReads where there is no quorum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from protocol.hashing import from_hex, keccak
from settlement.chain import events, providers
from settlement.chain.contracts import CreatedSeries, Record, topic
from settlement.chain.errors import NotDeployed
from settlement.chain.providers import Header, Log, Providers, StaleReads

_RECORD = ("uint256", "uint256", "uint256", "uint256", "bool")


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
        found = self._read("record_of(bytes32)", _RECORD, [from_hex(expiry, 32) for expiry in expiries])
        return {expiry: Record(*record) for expiry, record in zip(expiries, found, strict=True)}

    def attestors(self) -> tuple[list[str], int]:
        """The set that signs, and how many of it must."""
        ((members,),) = self._read("get_attestors()", ("address[]",), [b""])
        ((threshold,),) = self._read("attestor_threshold()", ("uint256",), [b""])
        return [str(each).lower() for each in members], int(threshold)

    def priced(self, expiries: Sequence[str], first: int, last: int) -> list[Priced]:
        """Every price that was set for these expiries in the blocks first to last, in order of the chain."""
        topics = [topic("PriceOracle", "Priced"), list(expiries)]
        return [_priced(each) for each in self.nodes.logs_between([settings.ORACLE_ADDRESS], topics, first, last)]

    def has(self, number: int, hash_: str) -> bool:
        """Whether the block of that number is the one of that hash."""
        return number <= self.block.number and block(self.nodes, number).hash == hash_

    def _read(self, function: str, types: Sequence[str], arguments: Sequence[bytes]) -> list[tuple[Any, ...]]:
        if not settings.ORACLE_ADDRESS:
            raise NotDeployed("the address of PriceOracle is not known; run manage.py deploy_contracts")
        selector = keccak(function.encode())[:4]
        answers = self.nodes.calls(
            self.block, [(settings.ORACLE_ADDRESS, selector + each) for each in arguments]
        )
        try:
            return [decode(types, answer) for answer in answers]
        except DecodingError as error:
            raise NotDeployed(f"no price oracle at {settings.ORACLE_ADDRESS}: {error}") from error


def oracle(depth: int = 0) -> OracleAt:
    """The oracle in the newest block, or `depth` below it; StaleReads where the chain is not so long."""
    nodes = providers.connect()
    return OracleAt(nodes, block(nodes, nodes.head() - depth))


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
    """All series on an expiry, whoever created them, by the factory's logs up to a final block."""
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
