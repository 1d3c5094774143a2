"""A grid of strikes on one expiry, created in batches, one transaction of the factory each (DESIGN 3.1).

Each batch is stored with its signed transaction before that is sent. Whatever was interrupted, the next call looks what
the chain has, waits for what is under way and creates only the rest. What it has is a quorum's word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from operators.models import Proposal
from oracle.models import Expiry
from protocol.canonical import json_hash
from protocol.terms import MAX_PRICE
from settlement.chain import contracts, quorum, views
from settlement.chain.client import GAS_MARGIN_PPM, Call, Client, Connection, connect
from settlement.chain.contracts import CreatedSeries, SeriesFactory
from settlement.chain.errors import ChainError, Reverted
from settlement.chain.providers import Providers
from settlement.chain.readings import Header
from settlement.chain.views import View
from settlement.models import ETH, ChainTransaction, Series
from settlement.series_models import SeriesBatch
from settlement.services import sending
from settlement.services.transactions import Draft
from settlement.strikes import MAX_STRIKES

PURPOSE = "series"
MAX_TRANSACTION_GAS = 2**24
"""EIP-7825."""
MOST_IN_A_BATCH = 50
"""Of the factory's create_grid."""
GAS_PER_SERIES, GAS_PER_BATCH = 206_000, 60_000
"""Measured (tests/contracts/test_series_factory.py)."""

Progress = Callable[[str], None]


class InvalidSeries(ValueError):
    """These series cannot be listed; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where each strike's series is or would be; what is missing, in batches; gas of each batch's transaction."""

    addresses: dict[int, str]
    batches: list[list[int]]
    gas: list[int]


def list_series(
    *,
    expiry: Expiry,
    strikes: Sequence[int],
    collateral: str = ETH,
    now: int,
    patience_seconds: float = 60,
    progress: Progress = lambda line: None,
) -> list[Series]:
    """Have the factory create a series at each strike (18 decimals) and keep what it created, in order of strikes.

    Repeatable: a strike that exists is found, a transaction of an earlier, interrupted call is waited for. Raises
    InvalidSeries, or a ChainError where the chain does not answer or no block takes a batch in time (for each batch
    `patience_seconds`).
    """
    check(expiry, strikes, now)
    client = connect()
    for row in under_way(client, expiry, collateral):
        progress(f"waiting for {row.hash} of an earlier call")
        sending.wait(client, row, now=now, patience_seconds=patience_seconds)
    addresses, batches = missing(client, expiry, strikes, collateral)
    for number, batch in enumerate(batches, start=1):
        drafted = draft_batch(client, expiry, batch, collateral, now=now)
        row = store_batch(drafted, expiry, batch, collateral, now=now)
        progress(f"batch {number} of {len(batches)}: {len(batch)} series, {row.hash}")
        sending.wait(client, row, now=now, patience_seconds=patience_seconds)
    return keep(client.nodes, expiry, list(addresses.values()))


def plan_series(*, expiry: Expiry, strikes: Sequence[int], collateral: str = ETH, now: int) -> Plan:
    """What `list_series` would do, without doing any of it. Errors as there."""
    check(expiry, strikes, now)
    client = connect()
    factory = contracts.factory(client)
    addresses, batches = missing(client, expiry, strikes, collateral)
    try:
        gas = [client.price(ETH, grid_call(factory, expiry, batch, collateral)).gas for batch in batches]
    except Reverted as error:
        raise InvalidSeries(f"the factory would refuse it: {error}") from error
    return Plan(addresses, batches, gas)


def batch_call(client: Client, batch: SeriesBatch) -> Call:
    """The call of a stored batch, built again."""
    return grid_call(contracts.factory(client), batch.expiry, [int(s) for s in batch.strikes], batch.collateral)


def grid_call(factory: SeriesFactory, expiry: Expiry, strikes: Sequence[int], collateral: str) -> Call:
    """One transaction that creates a series at each strike that has none."""
    return factory.create_grid(expiry.index_id, expiry.expiry_at, json_hash(expiry.terms), strikes, collateral)


def batch_size(block_gas: int) -> int:
    """Series in one transaction: with its margin it stays below three quarters of EIP-7825's limit and half a block."""
    room = min(MAX_TRANSACTION_GAS * 3 // 4, block_gas // 2)
    gas = room * 10**6 // (10**6 + GAS_MARGIN_PPM) - GAS_PER_BATCH
    return max(1, min(MOST_IN_A_BATCH, gas // GAS_PER_SERIES))


def check(expiry: Expiry, strikes: Sequence[int], now: int) -> None:
    """InvalidSeries where this grid can never be created."""
    if not 1 <= len(strikes) <= MAX_STRIKES or len(set(strikes)) != len(strikes):
        raise InvalidSeries(f"1 to {MAX_STRIKES} different strikes are wanted")
    if not all(0 < strike < MAX_PRICE for strike in strikes):
        raise InvalidSeries("a strike lies between 1 and 2^120 - 1; it has 18 decimals")
    if expiry.expiry_at <= now:
        raise InvalidSeries(f"{expiry.slug} expired at {expiry.expiry_at}; series are created before that")


def missing(
    client: Connection, expiry: Expiry, strikes: Sequence[int], collateral: str
) -> tuple[dict[int, str], list[list[int]]]:
    """The address of each strike, and those that do not exist yet, in batches."""
    nodes, head, wanted = client.nodes, quorum.newest_block(client.nodes), sorted(strikes)
    places = [_factory("address_of", expiry.id, expiry.expiry_at, strike, collateral) for strike in wanted]
    addresses = dict(zip(wanted, views.read(nodes, head, places), strict=True))
    made = views.read(nodes, head, [_factory("is_series", address) for address in addresses.values()])
    missing = [strike for strike, is_made in zip(addresses, made, strict=True) if not is_made]
    size = batch_size(client.block_gas())
    return addresses, [missing[start : start + size] for start in range(0, len(missing), size)]


def _factory(function: str, *arguments: object) -> View:
    return View("SeriesFactory", settings.FACTORY_ADDRESS, function, arguments)


def under_way(client: Connection, expiry: Expiry, collateral: str) -> list[ChainTransaction]:
    """Transactions of earlier calls on this grid that no block is known to have, in the order of their making."""
    batches = SeriesBatch.objects.filter(expiry=expiry, collateral=collateral).order_by("pk")
    found = [sending.under_way(client, f"{PURPOSE}:{pk}") for pk in batches.values_list("pk", flat=True)]
    return [row for row in found if row is not None]


def draft_batch(
    client: Connection,
    expiry: Expiry,
    strikes: list[int],
    collateral: str,
    *,
    proposal: Proposal | None = None,
    now: int,
) -> Draft:
    """One batch's transaction, signed; for two people where there is a proposal."""
    call = grid_call(contracts.factory(client), expiry, strikes, collateral)
    try:
        drafted = sending.draft(client, PURPOSE, call, proposal=proposal, now=now)
    except Reverted as error:
        raise InvalidSeries(f"the factory would refuse it: {error}") from error
    if drafted.price.gas > MAX_TRANSACTION_GAS:
        raise ChainError(f"{len(strikes)} series would need {drafted.price.gas} gas, more than a transaction may")
    return drafted


def store_batch(
    drafted: Draft, expiry: Expiry, strikes: list[int], collateral: str, *, proposal: Proposal | None = None, now: int
) -> ChainTransaction:
    """Store one batch with its signed transaction."""
    with transaction.atomic():
        words = [str(strike) for strike in strikes]
        batch = SeriesBatch.objects.create(
            expiry=expiry, collateral=collateral, strikes=words, proposal=proposal, created_at=now
        )
        return sending.store(drafted, purpose=f"{PURPOSE}:{batch.pk}", now=now)


def keep(nodes: Providers, expiry: Expiry, addresses: list[str]) -> list[Series]:
    """Rows for all of these, read from the chain where we have none yet."""
    known = set(Series.objects.filter(address__in=addresses).values_list("address", flat=True))
    if fresh := set(addresses) - known:
        head = quorum.newest_block(nodes)
        created = quorum.series_on(nodes, expiry.id, head.number)
        rows = _rows(nodes, head, expiry, [each for each in created if each.address in fresh])
        Series.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Series.objects.filter(address__in=addresses).order_by("strike"))


def _rows(nodes: Providers, head: Header, expiry: Expiry, created: Sequence[CreatedSeries]) -> list[Series]:
    """A row for what each log tells, once the contract at that address says the same of itself."""
    told = _told(nodes, head, created)
    rows = []
    for each, (about, decimals, p_symbol, n_symbol) in zip(created, told, strict=True):
        wanted = {
            "expiry": expiry.id,
            "expiry_at": expiry.expiry_at,
            "strike": each.strike,
            "oracle": settings.ORACLE_ADDRESS,
            "collateral": each.collateral,
            "p": each.p,
            "n": each.n,
        }
        if about != wanted:
            raise InvalidSeries(f"{each.address} says {about}, wanted is {wanted}: is FACTORY_ADDRESS right?")
        rows.append(
            Series(
                address=each.address,
                expiry=expiry,
                strike=each.strike,
                collateral=each.collateral,
                decimals=decimals,
                p=each.p,
                n=each.n,
                p_symbol=p_symbol,
                n_symbol=n_symbol,
                created_block=each.block_number,
                created_block_hash=each.block_hash,
            )
        )
    return rows


def _told(
    nodes: Providers, head: Header, created: Sequence[CreatedSeries]
) -> list[tuple[dict[str, object], int, str, str]]:
    """What each contract says of itself, its decimals, and the symbols of P and N."""
    names = ("expiry", "expiry_at", "strike", "oracle", "collateral", "p", "n", "decimals")
    asked: list[View] = []
    for each in created:
        asked += [View("Series", each.address, name) for name in names]
        asked += [View("SeriesToken", token, "symbol") for token in (each.p, each.n)]
    answers = iter(views.read(nodes, head, asked))
    found = []
    for _ in created:
        about: dict[str, object] = {name: next(answers) for name in names}
        found.append((about, int(str(about.pop("decimals"))), str(next(answers)), str(next(answers))))
    return found
