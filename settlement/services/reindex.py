"""The escrow's index, made anew and compared; and the way on after an alarm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from django.conf import settings
from django.db import transaction

from ledger.check import Tell
from settlement.chain.providers import Providers
from settlement.index_models import EscrowBlock, EscrowIndex, EscrowLog
from settlement.services.escrow_index import CHUNK, Stopped, read_blocks, rows_of


def differences(nodes: Providers, tell: Tell = lambda what, done, total: None) -> Iterator[str]:
    """Every block and log that reading the chain from the start gives otherwise than the index has it."""
    tip = EscrowBlock.objects.order_by("-number").values_list("number", flat=True).first()
    first = settings.ESCROW_BLOCK
    while tip is not None and first <= tip:
        tell("reading the escrow's blocks", first - settings.ESCROW_BLOCK, tip + 1 - settings.ESCROW_BLOCK)
        read = read_blocks(nodes, first, min(first + CHUNK - 1, tip))
        last = read.blocks[-1].number
        blocks = EscrowBlock.objects.filter(number__range=(first, last)).order_by("number")
        ours = [(b.number, b.hash, b.parent, b.timestamp) for b in blocks]
        theirs = [(b.number, b.hash, b.parent, b.timestamp) for b in read.blocks]
        yield from _unlike("block", ours, theirs)
        logs = EscrowLog.objects.exclude(state=EscrowLog.State.GONE).filter(block__range=(first, last))
        here = [_facts(row) for row in logs.order_by("block", "log_index")]
        yield from _unlike("log", here, [_facts(row) for row in rows_of(read.logs)])
        first = last + 1


def go_on(nodes: Providers) -> int:
    """Begin again above the last block that was credited, and lift the stop; that block's number.

    Raises Stopped where the chain no longer has that block: then money was credited that may not be there.
    """
    with transaction.atomic():
        index = EscrowIndex.objects.select_for_update().get(id=1)
        kept = EscrowBlock.objects.filter(number=index.credited_to).first()
        if kept is not None and nodes.headers([kept.number])[0].hash != kept.hash:
            raise Stopped(f"the chain has no block {kept.hash} any more, up to which deposits were credited")
        above = EscrowLog.objects.filter(block__gt=index.credited_to, state=EscrowLog.State.PENDING)
        above.update(state=EscrowLog.State.GONE)
        EscrowBlock.objects.filter(number__gt=index.credited_to).delete()
        index.stopped = ""
        index.save(update_fields=["stopped"])
        return int(index.credited_to)


def _facts(row: EscrowLog) -> tuple[object, ...]:
    return row.block, row.block_hash, row.log_index, row.tx, row.kind, row.account, row.amount, row.message


def _unlike(what: str, ours: Sequence[object], theirs: Sequence[object]) -> Iterator[str]:
    for here, there in zip_longest(ours, theirs):
        if here != there:
            yield f"{what}: the index has {here}, the chain {there}"
