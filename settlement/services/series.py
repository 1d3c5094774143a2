"""A grid of strikes on one expiry, created in one transaction of the factory (DESIGN 3.1)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from oracle.models import Expiry
from protocol.canonical import json_hash
from protocol.terms import MAX_PRICE
from settlement.chain import contracts
from settlement.chain.client import Client, connect
from settlement.chain.contracts import CreatedSeries, SeriesFactory, SeriesToken
from settlement.chain.errors import ChainDown, ChainError, Reverted
from settlement.models import ETH, ChainTransaction, Series
from settlement.services import transactions
from settlement.stages import TransactionState

MAX_STRIKES = 50
POLL_SECONDS = 0.2


class InvalidSeries(ValueError):
    """These series cannot be listed; the text says why and what to do."""


def list_series(
    *, expiry: Expiry, strikes: Sequence[int], collateral: str = ETH, now: int, patience_seconds: float = 60
) -> list[Series]:
    """Have the factory create a series at each strike (18 decimals) and keep what it created, in order of strikes.

    Repeatable: a strike that exists is found, a transaction of an earlier, interrupted call is waited for. Raises
    InvalidSeries, or a ChainError where the chain does not answer or no block takes it in time.
    """
    _check(expiry, strikes, now)
    client = connect()
    factory = contracts.factory(client)
    wanted = {factory.address_of(expiry.id, expiry.expiry_at, strike, collateral) for strike in strikes}
    if missing := [address for address in sorted(wanted) if not client.has_code(address)]:
        row = _under_way(client, expiry, missing) or _create(
            client, factory, expiry, strikes, collateral, missing, now
        )
        _wait(client, row, patience_seconds)
    found = factory.created(expiry.id, settings.FACTORY_BLOCK, client.block().number)
    rows = [_row(client, expiry, each) for each in found if each.address in wanted]
    Series.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Series.objects.filter(address__in=wanted).order_by("strike"))


def _check(expiry: Expiry, strikes: Sequence[int], now: int) -> None:
    if not 1 <= len(strikes) <= MAX_STRIKES or len(set(strikes)) != len(strikes):
        raise InvalidSeries(f"1 to {MAX_STRIKES} different strikes are wanted")
    if not all(0 < strike < MAX_PRICE for strike in strikes):
        raise InvalidSeries("a strike lies between 1 and 2^120 - 1; it has 18 decimals")
    if expiry.expiry_at <= now:
        raise InvalidSeries(f"{expiry.slug} expired at {expiry.expiry_at}; series are created before that")


def _purpose(missing: Sequence[str]) -> str:
    return f"series:{json_hash(list(missing))}"


def _under_way(client: Client, expiry: Expiry, missing: Sequence[str]) -> ChainTransaction | None:
    rows = ChainTransaction.objects.filter(chain=client.genesis, purpose=_purpose(missing))
    return rows.filter(state=TransactionState.SENT).first()


def _create(
    client: Client,
    factory: SeriesFactory,
    expiry: Expiry,
    strikes: Sequence[int],
    collateral: str,
    missing: Sequence[str],
    now: int,
) -> ChainTransaction:
    terms = json_hash(expiry.terms)
    call = factory.create_grid(expiry.index_id, expiry.expiry_at, terms, strikes, collateral)
    try:
        drafted = transactions.draft(client, call)
    except Reverted as error:
        raise InvalidSeries(f"the factory would refuse it: {error}") from error
    with transaction.atomic():
        row = transactions.store(drafted, purpose=_purpose(missing), now=now)
    transactions.broadcast(client, row, now=now)
    return row


def _wait(client: Client, row: ChainTransaction, patience_seconds: float) -> None:
    deadline = time.monotonic() + patience_seconds
    while (receipt := client.receipt(row.hash)) is None:
        if time.monotonic() > deadline:
            raise ChainDown(f"{row.hash} waits for a block; run the command again to look for it")
        time.sleep(POLL_SECONDS)
    if not receipt.succeeded:
        raise ChainError(f"{row.hash} reverted in block {receipt.block_number}")


def _row(client: Client, expiry: Expiry, created: CreatedSeries) -> Series:
    """A row for what the log tells, once the contract at that address says the same of itself."""
    series = contracts.Series(client, created.address)
    wanted = {
        "expiry": expiry.id,
        "expiry_at": expiry.expiry_at,
        "strike": created.strike,
        "oracle": settings.ORACLE_ADDRESS,
        "collateral": created.collateral,
        "p": created.p,
        "n": created.n,
    }
    if (told := series.tells()) != wanted:
        raise InvalidSeries(f"{created.address} says {told}, wanted is {wanted}: is FACTORY_ADDRESS right?")
    return Series(
        address=created.address,
        expiry=expiry,
        strike=created.strike,
        collateral=created.collateral,
        decimals=series.decimals(),
        p=created.p,
        n=created.n,
        p_symbol=SeriesToken(client, created.p).symbol(),
        n_symbol=SeriesToken(client, created.n).symbol(),
        created_block=created.block_number,
        created_block_hash=created.block_hash,
    )
