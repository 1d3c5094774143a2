"""What became of the publisher's transactions: every attempt is looked up, in every round, by a quorum of nodes (I-17).

None is believed lost because nodes say nothing of it: only a deep block that used its nonce otherwise decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.conf import settings
from structlog.contextvars import bound_contextvars

from settlement.chain.answers import Answer
from settlement.chain.client import Connection
from settlement.models import Attempt, ChainTransaction
from settlement.services import bumping, sightings, transactions
from settlement.services.sightings import Sightings
from settlement.stages import UNDER_WAY, TransactionState

log = structlog.get_logger(__name__)

RESEND_SECONDS = 15
_LOOK_AGAIN = (Answer.ALREADY_KNOWN, Answer.NONCE_TOO_LOW)
_S = TransactionState


def follow(client: Connection, *, now: int) -> int:
    """Look where every transaction under way is, send again what no block has, raise the fees of the one that is stuck.

    Returns how many moved.
    """
    under_way = ChainTransaction.objects.filter(chain=client.genesis, state__in=UNDER_WAY)
    rows = list(under_way.order_by("sender", "nonce"))
    moved = 0
    if rows:
        seen = sightings.look(client.nodes, rows)
        for row in rows:
            with bound_contextvars(transaction=row.pk):
                moved += _follow(client, row, seen, now)
    bumping.raise_fees(client, now=now)
    return moved


def _follow(client: Connection, row: ChainTransaction, seen: Sightings, now: int) -> bool:
    """Note; where no block has it, send again and, if a node knows more than we do, look once more."""
    before = row.state
    moved = _note(row, seen)
    last = row.newest
    waits = row.state == _S.SENT and row.overtaken_block is None
    due = last.sent_at is None or row.state != before or last.sent_at + RESEND_SECONDS <= now
    if waits and due and transactions.broadcast(client, row, now=now) in _LOOK_AGAIN:
        moved |= _note(row, sightings.look(client.nodes, [row]))
    return moved


def _note(row: ChainTransaction, sightings: Sightings) -> bool:
    """Write what was seen, unless somebody else has seen something meanwhile."""
    seen = _columns(row, sightings)
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


def _columns(row: ChainTransaction, seen: Sightings) -> dict[str, object]:
    """The columns as the chain has them."""
    found = seen.of(row)
    if found is None:
        return _nowhere(row, seen)
    attempt, mined = found
    deep = seen.head - mined.block_number >= settings.CONFIRMATION_DEPTH
    if attempt.proposal_id is not None and not deep:
        # The payload is in no block, and may yet come: nothing to tell those who wait for it.
        return _unmined(seen.attempts[row.pk], overtaken=mined.block_number)
    columns: dict[str, object] = {
        "state": _S.CONFIRMED if deep else _S.MINED,
        "hash": attempt.hash,
        "block_number": mined.block_number,
        "block_hash": mined.block_hash,
        "gas_used": mined.gas_used,
        "succeeded": mined.succeeded,
        "overtaken_block": None,
    }
    return columns if attempt.proposal_id is None else columns | {"state": _S.CANCELLED, "succeeded": None}


def _nowhere(row: ChainTransaction, seen: Sightings) -> dict[str, object]:
    """In no block; is the nonce still free?"""
    attempts = seen.attempts[row.pk]
    if seen.nonces[row.sender] <= row.nonce:
        return _unmined(attempts, overtaken=None)
    since = seen.head if row.overtaken_block is None else row.overtaken_block
    columns = _unmined(attempts, overtaken=since)
    return columns | {"state": _S.DROPPED} if seen.head - since >= settings.CONFIRMATION_DEPTH else columns


def _unmined(attempts: Sequence[Attempt], *, overtaken: int | None) -> dict[str, object]:
    nowhere: dict[str, object] = dict.fromkeys(("block_number", "block_hash", "gas_used", "succeeded"))
    return nowhere | {"state": _S.SENT, "hash": attempts[0].hash, "overtaken_block": overtaken}
