"""A grid of strikes by two people: series.py in rounds, none of which waits for a block.

A round stores and sends the next batch of strikes that neither exist nor are under way, or finds that all exist. Who
created one meanwhile makes no difference: what two people agree to is which strike is to be listed at which address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import transaction

from operators.kinds import Change, Details, Kind, NotPossible, Plan
from operators.models import Proposal
from oracle.models import Expiry
from settlement.chain.client import Connection, connect
from settlement.models import ETH, ChainTransaction, Series
from settlement.series_models import SeriesBatch
from settlement.services import carrying, proposed, sending, series, transactions
from settlement.services.proposed_calls import expiry_in
from settlement.services.series import InvalidSeries
from settlement.stages import UNDER_WAY, TransactionState
from settlement.strikes import InvalidStrikes, decimal, parse_strikes
from settlement.transaction_models import ADDRESS_FORM


@dataclass(frozen=True, slots=True)
class Grid:
    """Strikes of 18 decimals, ascending, on an expiry."""

    expiry: Expiry
    strikes: list[int]
    collateral: str


def plan(details: Details, now: int) -> Plan:
    """Of `expiry` (id or slug), `strikes` (words as in settlement/strikes.py) and `collateral`; ETH where left out."""
    grid = _grid(details)
    try:
        found = series.plan_series(expiry=grid.expiry, strikes=grid.strikes, collateral=grid.collateral, now=now)
    except InvalidSeries as error:
        raise NotPossible(str(error)) from error
    listed = set(Series.objects.filter(address__in=found.addresses.values()).values_list("address", flat=True))
    if len(listed) == len(grid.strikes):
        raise NotPossible("all of these series are listed already")
    changes = [
        Change(f"strike {decimal(strike)}", "listed" if address in listed else "not listed", address)
        for strike, address in found.addresses.items()
    ]
    collateral = "ETH" if grid.collateral == ETH else grid.collateral
    return Plan(
        f"{grid.expiry.slug} {collateral}",
        f"{len(grid.strikes)} series on {grid.expiry.slug} in {collateral}.",
        tuple(changes),
        (_exist(grid, found), *_batches(found)),
    )


@carrying.clears(series.PURPOSE)
def carry_out(proposal: Proposal, now: int) -> str | None:
    """The next step; what came of it once all strikes exist and our own blocks are deep."""
    grid = _grid(proposal.details)
    try:
        return _round(connect(), proposal, grid, now)
    except InvalidSeries as error:
        raise NotPossible(str(error)) from error


def _round(client: Connection, proposal: Proposal, grid: Grid, now: int) -> str | None:
    ours = _transactions(client, proposal)
    if failed := [row for row in ours if row.succeeded is False]:
        raise NotPossible(f"{failed[0].hash} reverted in block {failed[0].block_number}")
    under_way = _strikes_under_way(client, grid)
    rest = [strike for strike in grid.strikes if strike not in under_way]
    addresses, batches = series.missing(client, grid.expiry, rest, grid.collateral) if rest else ({}, [])
    if batches:
        series.check(grid.expiry, grid.strikes, now)
        _create(client, proposal, grid, batches[0], now)
        return None
    if under_way:
        return None
    found = series.keep(client.nodes, grid.expiry, list(addresses.values()))
    created = sum(len(batch.strikes) for batch in _batches_of(proposal, ours))
    more = f", {len(found) - created} were there" if created < len(found) else ""
    return f"{created} series created{more}"


def _create(client: Connection, proposal: Proposal, grid: Grid, strikes: list[int], now: int) -> None:
    """Sign, store, send one batch; where the signer refuses it an alarm says why."""
    if not transactions.has_room(client):
        return
    where = (grid.expiry, strikes, grid.collateral)
    try:
        drafted = series.draft_batch(client, *where, proposal=proposal, now=now)
    except sending.Refused as error:
        carrying.refused(error.refusal)
        return
    with transaction.atomic():
        held = Proposal.objects.select_for_update().get(pk=proposal.pk)
        if held.ended_at is not None or not _strikes_under_way(client, grid).isdisjoint(strikes):
            return  # another worker was first
        row = series.store_batch(drafted, *where, proposal=proposal, now=now)
    transactions.broadcast(client, row, now=now)


def _strikes_under_way(client: Connection, grid: Grid) -> set[int]:
    """Of any call on this grid, until its block is deep: one that a reorganisation takes is sent again."""
    found: set[int] = set()
    for batch in SeriesBatch.objects.filter(expiry=grid.expiry, collateral=grid.collateral):
        purpose = f"{series.PURPOSE}:{batch.pk}"
        if ChainTransaction.objects.filter(chain=client.genesis, purpose=purpose, state__in=UNDER_WAY).exists():
            found |= {int(strike) for strike in batch.strikes}
    return found


def _transactions(client: Connection, proposal: Proposal) -> list[ChainTransaction]:
    """Of the batches of this proposal that this chain has, or was sent."""
    batches = SeriesBatch.objects.filter(proposal=proposal).values_list("pk", flat=True)
    purposes = [f"{series.PURPOSE}:{pk}" for pk in batches]
    return list(ChainTransaction.objects.filter(chain=client.genesis, purpose__in=purposes))


def _batches_of(proposal: Proposal, ours: list[ChainTransaction]) -> list[SeriesBatch]:
    """Those that a block has, and not a cancel in their place."""
    done = {row.purpose for row in ours if row.state == TransactionState.CONFIRMED}
    batches = SeriesBatch.objects.filter(proposal=proposal)
    return [batch for batch in batches if f"{series.PURPOSE}:{batch.pk}" in done]


def _grid(details: Details) -> Grid:
    words, collateral = details.get("strikes", []), str(details.get("collateral") or ETH).lower()
    if not isinstance(words, list) or not re.fullmatch(ADDRESS_FORM, collateral):
        raise NotPossible("strikes are a list of prices and ranges, collateral is an address")
    try:
        return Grid(expiry_in(details), parse_strikes([str(word) for word in words]), collateral)
    except InvalidStrikes as error:
        raise NotPossible(str(error)) from error


def _exist(grid: Grid, found: series.Plan) -> str:
    missing = {strike for batch in found.batches for strike in batch}
    there = [decimal(strike) for strike in grid.strikes if strike not in missing]
    return f"exist on chain: {', '.join(there) or 'none'}"


def _batches(found: series.Plan) -> list[str]:
    return [
        f"transaction {number}: {len(batch)} series, at most {gas} gas"
        for number, (batch, gas) in enumerate(zip(found.batches, found.gas, strict=True), start=1)
    ]


LIST_GRID = Kind(
    proposed.LIST_GRID,
    "List series at a grid of strikes",
    "The factory creates a series at each strike of an expiry that has none, in as few transactions as fit.",
    plan,
    carry_out,
    signs=True,
)
