"""Moves the money that final logs of the escrow tell of, each once (PROTOCOL 8).

A log is final when its block is (by FINALITY_TAG, or FINALITY_DEPTH below the newest indexed one), and a quorum of
nodes, asked once more, gives that very block and the transaction's receipt with that very log. Book, ledger and the
log's row change in one transaction: a crash leaves all or nothing, and the next round does the same again.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from oracle.services import funding
from settlement.chain.providers import Providers, StaleReads
from settlement.index_models import EscrowBlock, EscrowIndex, EscrowLog
from settlement.services.escrow_index import Stopped, rows_of

log = structlog.get_logger(__name__)

AT_ONCE = 100


def credit_final(nodes: Providers, *, now: int) -> int:
    """Credit and pay out what has become final; how many logs. Raises StaleReads, and Stopped."""
    tip = EscrowBlock.objects.order_by("-number").values_list("number", flat=True).first()
    final = -1 if tip is None else nodes.final(tip)
    if not EscrowBlock.objects.filter(number=final).exists():
        return 0
    moved = 0
    while rows := _due(final):
        if not _confirmed(nodes, rows):
            return moved
        moved += sum(_move(row, now) for row in rows)
    EscrowIndex.objects.filter(id=1, credited_to__lt=final, stopped="").update(credited_to=final)
    return moved


def _due(final: int) -> list[EscrowLog]:
    pending = EscrowLog.objects.filter(state=EscrowLog.State.PENDING, block__lte=final)
    return list(pending.order_by("block", "log_index")[:AT_ONCE])


def _confirmed(nodes: Providers, rows: list[EscrowLog]) -> bool:
    """Ask a quorum for the blocks and receipts of these logs. False where the chain has changed."""
    numbers = sorted({row.block for row in rows})
    hashes = {header.number: header.hash for header in nodes.headers(numbers)}
    if any(hashes.get(row.block) != row.block_hash for row in rows):
        return False
    receipts = nodes.receipts(sorted({row.tx for row in rows}))
    for row in rows:
        receipt = receipts[row.tx]
        of_escrow = (each for each in receipt.logs if each.address == settings.ESCROW_ADDRESS)
        told = {_facts(each) for each in rows_of(of_escrow)}
        if not receipt.succeeded or receipt.block_hash != row.block_hash or _facts(row) not in told:
            raise StaleReads(f"the receipt of {row.tx} has no log {row.log_index} as it was read")
    return True


def _facts(row: EscrowLog) -> tuple[object, ...]:
    return row.kind, row.block_hash, row.tx, row.log_index, row.account, row.amount


def _move(row: EscrowLog, now: int) -> bool:
    """Move one log's money; False where another worker has, or a reorganisation took it in this very moment."""
    with transaction.atomic():
        entry = _book(row, now)
        mine = EscrowLog.objects.filter(pk=row.pk, state=EscrowLog.State.PENDING, block_hash=row.block_hash)
        if not mine.update(state=EscrowLog.State.FINAL, entry=entry):
            transaction.set_rollback(True)
            return False
    log.info("escrow.final", kind=row.kind, account=row.account, amount=str(row.amount), tx=row.tx, entry=entry)
    return True


def _book(row: EscrowLog, now: int) -> int | None:
    """What the log means to the book; the seq of its entry, if it makes one."""
    where: dict[str, Any] = {"tx": row.tx, "log_index": row.log_index, "now": now}
    if row.kind in EscrowLog.OF_MONEY:
        assert row.account is not None and row.amount is not None
        where |= {"account": row.account, "amount": row.amount}
    if row.kind == EscrowLog.Kind.DEPOSITED:
        return funding.credit(block=row.block, **where)
    if row.kind == EscrowLog.Kind.CLAIMED:
        try:
            funding.pay_out(**where)
        except funding.NotOwed as error:
            raise Stopped(str(error)) from error
    return None
