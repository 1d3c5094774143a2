"""Prices on chain beside the book's: what is so is kept, what differs is an alarm (I-16)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ledger.check import Tell
from oracle.models import Expiry
from protocol.stages import Stage
from settlement.alarms import AlarmKind, clear_alarm, open_alarms, raise_alarm
from settlement.chain.contracts import Record
from settlement.chain.quorum import OracleAt
from settlement.models import PublicationItem
from settlement.reconcile import judge
from settlement.reconcile_models import OracleRecord
from settlement.stages import PublicationStage

S = OracleRecord.State
_UPDATED = ("state", "since", "price", "attempt", "final_at", "was_final", "block", "looked_at")
AT_ONCE = 500
"""Expiries read and written at once."""


def compare(
    oracle: OracleAt, expiries: Iterable[str], *, now: int, tell: Tell = lambda what, done, total: None
) -> None:
    """Read these expiries' records in one final block, keep what is so, raise and clear alarms. Raises StaleReads."""
    ids = sorted(set(expiries))
    for start in range(0, len(ids), AT_ONCE):
        tell("comparing prices", start, len(ids))
        some = ids[start : start + AT_ONCE]
        _keep(oracle.records_of(some), oracle.block.number, now)


def _keep(records: dict[str, Record], block: int, now: int) -> None:
    columns = ("id", "slug", "stage", "price", "final_at")
    listed = {each.id: each for each in Expiry.objects.filter(id__in=list(records)).only(*columns)}
    before = OracleRecord.objects.in_bulk(list(records))
    published = _published(records, block)
    rows, wrong, right = [], {}, []
    for id_, record in records.items():
        expiry, old = listed.get(id_), before.get(id_)
        if old and old.block > block:
            continue  # somebody has seen a newer block meanwhile
        price = expiry.price if expiry and expiry.stage == Stage.FINAL else None
        state = judge(price, record, must_be_there=id_ in published or bool(old and old.was_final))
        if state in OracleRecord.WRONG:
            wrong[id_] = _words(expiry, price, record)
        else:
            right.append(id_)
        if expiry and state:
            rows.append(_row(expiry, state, record, old, block, now))
    OracleRecord.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["expiry"], update_fields=_UPDATED
    )
    gone = set(before) & set(records) - {row.expiry_id for row in rows}
    OracleRecord.objects.filter(expiry__in=gone, block__lte=block).delete()
    _tell(wrong, right, block, now)


def _tell(wrong: dict[str, str], right: list[str], block: int, now: int) -> None:
    for id_, words in wrong.items():
        raise_alarm(AlarmKind.PRICE_DIFFERS, id_, words, now=now)
    told = open_alarms().filter(kind=AlarmKind.PRICE_DIFFERS, subject__in=right)
    for subject in told.values_list("subject", flat=True):
        why = f"block {block} says the same as the book"
        clear_alarm(AlarmKind.PRICE_DIFFERS, subject, why=why, now=now)


def _row(
    expiry: Expiry,
    state: OracleRecord.State,
    record: Record,
    old: OracleRecord | None,
    block: int,
    now: int,
) -> OracleRecord:
    since = old.since if old and old.state == state else now
    if state == S.WAITING and expiry.final_at is not None:
        since = expiry.final_at
    values: dict[str, Any] = {
        "state": state,
        "since": since,
        "price": record.price or None,
        "attempt": record.attempt,
        "final_at": record.final_at or None,
        "was_final": state == S.EQUAL or bool(old and old.was_final),
        "block": block,
        "looked_at": now,
    }
    return OracleRecord(expiry=expiry, **values)


def _published(expiries: Iterable[str], block: int) -> set[str]:
    """Those that a publication of ours has made final with its prices in this block or below: they must be there."""
    items = PublicationItem.objects.filter(
        expiry__in=list(expiries),
        live=True,
        publication__stage=PublicationStage.FINAL,
        publication__block_number__lte=block,
    )
    return set(items.values_list("expiry_id", flat=True))


def _words(expiry: Expiry | None, price: int | None, record: Record) -> str:
    name = expiry.slug if expiry else "an expiry that is not listed here"
    if not record.price:
        return f"{name}: was final on chain, but the oracle has no price now"
    till = (
        "for ever"
        if record.is_final
        else f"guardians can cancel it until {datetime.fromtimestamp(record.final_at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    )
    return f"{name}: the oracle has {record.price}, the book {price or 'no price yet'}; {till}"
