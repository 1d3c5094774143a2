"""Counts what every series has split, merged and redeemed, from final blocks alone (I-18, I-19).

Final blocks do not go, so there is nothing to take back: a chain on which they did is another chain, and the index
stops. What stands here is a copy that can be made anew. Any number of workers may ring: the chain is asked before
anything is locked, and who comes too late finds the index moved on and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.conf import settings
from django.db import transaction

from protocol.payoff import redeem_n, redeem_p
from settlement.alarms import AlarmKind, clear_alarm, raise_alarm
from settlement.chain import providers, series_logs
from settlement.chain.providers import Providers
from settlement.chain.series_logs import Read, Told
from settlement.series_models import SUMS, ChainSeries, SeriesIndex, SeriesLog

log = structlog.get_logger(__name__)

CHUNK = 2_000
"""Blocks read and written at once."""
CHUNKS = 10
"""In one round: catching up must not hold a worker for ever."""


class Stopped(Exception):
    """Nothing more may be read until an operator has looked."""


def index_series(*, now: int) -> int:
    """Follow the final blocks; how many blocks were read. 0 where there is no factory, or the index has stopped.

    Raises ChainError where the nodes cannot be believed now; the next round asks again.
    """
    if not settings.FACTORY_ADDRESS or _state().stopped:
        return 0
    try:
        return follow(providers.connect(), now=now)
    except Stopped as problem:
        stop(str(problem), now=now)
        return 0


def stop(reason: str, *, now: int) -> None:
    """Alarm, and count nothing any more."""
    SeriesIndex.objects.filter(id=1).update(stopped=reason)
    raise_alarm(AlarmKind.SERIES_STOPPED, "", reason, now=now)


def start_again(*, now: int) -> None:
    """Forget all that was counted and count anew from FACTORY_BLOCK: for an operator, after a stop."""
    with transaction.atomic():
        SeriesIndex.objects.select_for_update().filter(id=1).delete()
        SeriesLog.objects.all().delete()
        ChainSeries.objects.all().delete()
    clear_alarm(AlarmKind.SERIES_STOPPED, "", why="counted anew by an operator", now=now)


def follow(nodes: Providers, *, now: int) -> int:
    """Read up to the newest final block, at most CHUNKS chunks. Raises Stopped."""
    index = _state()
    _check_chain(nodes, index)
    final, before = nodes.final(nodes.head()), index.read_to
    for _ in range(CHUNKS):
        first = max(index.read_to + 1, settings.FACTORY_BLOCK)
        if first > final:
            break
        known = ChainSeries.objects.values_list("address", flat=True)
        read = series_logs.read(nodes, list(known), first, min(first + CHUNK - 1, final))
        if not _write(nodes, read, index.read_to):
            break
        index = _state()
    return max(0, index.read_to - max(before, settings.FACTORY_BLOCK - 1))


def _state() -> SeriesIndex:
    return SeriesIndex.objects.get_or_create(id=1)[0]


def _check_chain(nodes: Providers, index: SeriesIndex) -> None:
    if index.chain and index.chain != nodes.genesis:
        raise Stopped(f"the nodes are on the chain that begins with {nodes.genesis}, the index on {index.chain}")
    if index.read_to >= 0 and nodes.headers([index.read_to])[0].hash != index.read_to_hash:
        raise Stopped(f"block {index.read_to}, which was final, is no longer {index.read_to_hash}")


def _write(nodes: Providers, read: Read, read_to: int) -> bool:
    """Count what was read on top of block `read_to`; False where somebody was faster."""
    with transaction.atomic():
        index = SeriesIndex.objects.select_for_update().get(id=1)
        if index.read_to != read_to or index.stopped:
            return False
        ChainSeries.objects.bulk_create([_created(each) for each in read.created])
        touched = ChainSeries.objects.in_bulk({each.place.address for each in read.moved})
        SeriesLog.objects.bulk_create([_count(touched[each.place.address], each) for each in read.moved])
        ChainSeries.objects.bulk_update(touched.values(), [*SUMS, "price", "is_redeemed"])
        _check_sums(list(touched.values()))
        index.chain, index.read_to = nodes.genesis, read.last.number
        index.read_to_hash, index.read_at = read.last.hash, read.last.timestamp
        index.save()
        return True


def _created(told: Told) -> ChainSeries:
    names = ("expiry", "expiry_at", "strike", "collateral", "p", "n")
    place = {"block": told.place.block, "block_hash": told.place.block_hash}
    return ChainSeries(address=told.arguments["series"], **{name: told.arguments[name] for name in names}, **place)


def _count(series: ChainSeries, told: Told) -> SeriesLog:
    """Add one log to the sums of its series; the row that keeps it."""
    said = told.arguments
    if told.name == SeriesLog.Kind.REDEEM:
        p, n, amount = said["p_amount"], said["n_amount"], said["paid"]
        _redeem(series, p, n, said["price"], amount)
    else:
        p = n = amount = said["amount"]
        if told.name == SeriesLog.Kind.SPLIT:
            series.split += amount
        else:
            series.merged += amount
    series.is_redeemed = series.pays_no_more
    return SeriesLog(
        series=series,
        kind=told.name,
        block=told.place.block,
        block_hash=told.place.block_hash,
        at=told.at,
        tx=told.place.tx,
        log_index=told.place.log_index,
        account=said["account"],
        p_amount=p,
        n_amount=n,
        amount=amount,
    )


def _redeem(series: ChainSeries, p: int, n: int, price: int, paid: int) -> None:
    """Count a redemption, which must have paid what PROTOCOL 8 says."""
    paid_p, paid_n = redeem_p(p, series.strike, price), redeem_n(n, series.strike, price)
    if paid_p + paid_n != paid:
        raise Stopped(f"{series.address} paid {paid} for {p} P and {n} N at {price}, not {paid_p + paid_n}")
    series.redeemed_p += p
    series.redeemed_n += n
    series.paid_p += paid_p
    series.paid_n += paid_n
    series.price = price


def _check_sums(touched: Sequence[ChainSeries]) -> None:
    """I-19: redeemed P + redeemed N <= collateral, of each series that moved."""
    for series in touched:
        if not series.adds_up:
            sums = ", ".join(f"{name} {getattr(series, name)}" for name in SUMS)
            raise Stopped(f"{series.address} paid out more than was put in: {sums}")
