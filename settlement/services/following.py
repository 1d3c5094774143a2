"""What became of the publisher's transactions: every attempt is looked up, in every round (I-17).

None is believed lost because a node says nothing of it: only a deep block that used its nonce otherwise decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.conf import settings

from settlement.chain.answers import Answer
from settlement.chain.client import Client
from settlement.models import Attempt, ChainTransaction
from settlement.services import bumping, transactions
from settlement.stages import UNDER_WAY, TransactionState

log = structlog.get_logger(__name__)

RESEND_SECONDS = 15
_LOOK_AGAIN = (Answer.ALREADY_KNOWN, Answer.NONCE_TOO_LOW)
_S = TransactionState


def follow(client: Client, *, now: int) -> int:
    """Look where every transaction under way is, send again what no block has, raise the fees of the one that is stuck.

    Returns how many moved.
    """
    rows = ChainTransaction.objects.filter(chain=client.genesis, state__in=UNDER_WAY)
    moved = sum(_follow(client, row, now) for row in rows.order_by("sender", "nonce"))
    bumping.raise_fees(client, now=now)
    return moved


def _follow(client: Client, row: ChainTransaction, now: int) -> bool:
    """Look, note; where no block has it, send again and, if the node knows more than we do, look once more."""
    before = row.state
    moved = _look_and_note(client, row)
    last = row.newest
    waits = row.state == _S.SENT and row.overtaken_block is None
    due = last.sent_at is None or row.state != before or last.sent_at + RESEND_SECONDS <= now
    if waits and due and transactions.broadcast(client, row, now=now) in _LOOK_AGAIN:
        moved |= _look_and_note(client, row)
    return moved


def _look_and_note(client: Client, row: ChainTransaction) -> bool:
    """Write what was seen, unless somebody else has seen something meanwhile."""
    seen = _look(client, row)
    if all(getattr(row, name) == value for name, value in seen.items()):
        return False
    if row.state == _S.MINED and seen["state"] == _S.SENT:
        log.warning("transaction.reorged", hash=row.hash, purpose=row.purpose, block=row.block_number)
    if seen["state"] == _S.DROPPED:
        log.error("transaction.nonce_taken", hash=row.hash, nonce=row.nonce, purpose=row.purpose)
    if seen["state"] != _S.SENT:
        seen["reason"] = ""
    as_it_was = ChainTransaction.objects.filter(
        pk=row.pk, state=row.state, block_hash=row.block_hash, hash=row.hash
    )
    moved = as_it_was.update(**seen) > 0
    row.refresh_from_db()
    return moved


def _look(client: Client, row: ChainTransaction) -> dict[str, object]:
    """The columns as the chain has them now."""
    head = client.block().number
    attempts = list(row.attempts.order_by("-number"))
    found = transactions.mined_of(client, attempts)
    if found is None:
        return _nowhere(client, row, attempts, head)
    attempt, receipt = found
    deep = head - receipt.block_number >= settings.CONFIRMATION_DEPTH
    if attempt.proposal_id is not None and not deep:
        # The payload is in no block, and may yet come: nothing to tell those who wait for it.
        return _unmined(attempts, overtaken=receipt.block_number)
    columns: dict[str, object] = {
        "state": _S.CONFIRMED if deep else _S.MINED,
        "hash": attempt.hash,
        "block_number": receipt.block_number,
        "block_hash": receipt.block_hash,
        "gas_used": receipt.gas_used,
        "succeeded": receipt.succeeded,
        "overtaken_block": None,
    }
    return columns if attempt.proposal_id is None else columns | {"state": _S.CANCELLED, "succeeded": None}


def _nowhere(client: Client, row: ChainTransaction, attempts: Sequence[Attempt], head: int) -> dict[str, object]:
    """In no block; is the nonce still free?"""
    if client.nonce(row.sender, pending=False) <= row.nonce:
        return _unmined(attempts, overtaken=None)
    since = head if row.overtaken_block is None else row.overtaken_block
    columns = _unmined(attempts, overtaken=since)
    return columns | {"state": _S.DROPPED} if head - since >= settings.CONFIRMATION_DEPTH else columns


def _unmined(attempts: Sequence[Attempt], *, overtaken: int | None) -> dict[str, object]:
    nowhere: dict[str, object] = dict.fromkeys(("block_number", "block_hash", "gas_used", "succeeded"))
    return nowhere | {"state": _S.SENT, "hash": attempts[0].hash, "overtaken_block": overtaken}
