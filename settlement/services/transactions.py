"""Transactions of the publisher: sign, store, then send, and follow until a deep block has them (I-17).

A crash at any point is answered by doing the next thing again: what was not stored was never sent, and what is
stored is sent again, the same bytes, until a block has it. Broadcasting twice is harmless; signing twice for one nonce
is not, and the database refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Max, QuerySet

from settlement.alarms import publishing_stops
from settlement.chain.client import Client, Price, Receipt
from settlement.chain.errors import ChainDown, ChainError, NodeRefused
from settlement.models import ChainTransaction
from settlement.services import authorizing
from settlement.signers.configured import configured
from settlement.signers.policy import Rebuilt, Refusal
from settlement.signers.signer import CannotSign, Signed
from settlement.stages import TransactionState

log = structlog.get_logger(__name__)

RESEND_SECONDS = 15
_UNDER_WAY = (TransactionState.SENT, TransactionState.MINED)


class CannotSend(ChainError):
    """This process cannot sign it now; what waits, waits."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A signed transaction that nobody has stored or sent."""

    client: Client
    sender: str
    nonce: int
    price: Price
    signed: Signed


def draft(client: Client, rebuilt: Rebuilt, *, now: int) -> Draft | Refusal:
    """Judge it, ask for gas, fees and nonce, and sign. Reverted says that the contract would refuse it.

    The nonce follows both the chain's and our own: somebody else may use the key, and not all of ours has been sent.
    Outside of any database transaction: chain and signer may take seconds to answer.
    """
    try:
        sender = configured().address
        asked = authorizing.ask(client, rebuilt)
        if isinstance(asked, Refusal):
            return asked
        price, nonce = client.price(sender, rebuilt.call), client.nonce(sender)
        last = _ours(client, sender).aggregate(last=Max("nonce"))["last"]
        nonce = nonce if last is None else max(nonce, last + 1)
        signed = authorizing.sign(asked, nonce=nonce, price=price, now=now)
    except CannotSign as error:
        raise CannotSend(str(error)) from error
    return signed if isinstance(signed, Refusal) else Draft(client, sender, nonce, price, signed)


def store(drafted: Draft, *, purpose: str, now: int) -> ChainTransaction:
    """Store it, inside the transaction that says what for. Nothing has been sent when it returns."""
    if not connection.in_atomic_block:
        raise RuntimeError("store() belongs into the transaction that says what it is for")
    try:
        with transaction.atomic():
            return ChainTransaction.objects.create(
                chain=drafted.client.genesis,
                sender=drafted.sender,
                nonce=drafted.nonce,
                purpose=purpose,
                raw=drafted.signed.raw,
                hash=drafted.signed.hash,
                created_at=now,
            )
    except IntegrityError:
        raise CannotSend(f"nonce {drafted.nonce} was taken at the same moment; the next round signs anew") from None


def _ours(client: Client, sender: str) -> QuerySet[ChainTransaction]:
    return ChainTransaction.objects.filter(chain=client.genesis, sender=sender)


def broadcast(client: Client, row: ChainTransaction, *, now: int) -> None:
    """Send the stored bytes. Whether they landed is for `follow` to see, whatever the node says here.

    A publication's are not sent while an alarm stops publishing.
    """
    if row.purpose.startswith("publication:") and publishing_stops():
        return
    try:
        client.broadcast(row.raw)
    except (NodeRefused, ChainDown) as error:
        log.warning("transaction.not_taken", hash=row.hash, purpose=row.purpose, reason=str(error))
    ChainTransaction.objects.filter(pk=row.pk).update(sent_at=now)


def follow(client: Client, *, now: int) -> int:
    """Look where every transaction under way is, send again what no block has; returns how many moved."""
    head = client.block().number
    moved = 0
    under_way = ChainTransaction.objects.filter(chain=client.genesis, state__in=_UNDER_WAY)
    for row in under_way.order_by("nonce"):
        seen = _look(client, row, head)
        moved += _note(row, seen)
        due = row.sent_at is None or row.state != seen["state"] or row.sent_at + RESEND_SECONDS <= now
        if seen["state"] == TransactionState.SENT and due:
            broadcast(client, row, now=now)
    return moved


def _look(client: Client, row: ChainTransaction, head: int) -> dict[str, object]:
    """The columns as the chain has them now."""
    receipt = client.receipt(row.hash)
    # A node may still show the receipt of a block that is no longer part of the chain.
    if receipt is not None and client.hash_at(receipt.block_number) == receipt.block_hash:
        return _mined(receipt, head)
    nowhere: dict[str, object] = dict.fromkeys(
        ("block_number", "block_hash", "gas_used", "succeeded", "overtaken_block")
    )
    nowhere["state"] = TransactionState.SENT
    if client.nonce(row.sender, pending=False) > row.nonce:
        since = head if row.overtaken_block is None else row.overtaken_block
        nowhere["overtaken_block"] = since
        if head - since >= settings.CONFIRMATION_DEPTH:
            nowhere["state"] = TransactionState.DROPPED
            log.error("transaction.nonce_taken", hash=row.hash, nonce=row.nonce, purpose=row.purpose)
    return nowhere


def _mined(receipt: Receipt, head: int) -> dict[str, object]:
    deep = head - receipt.block_number >= settings.CONFIRMATION_DEPTH
    return {
        "state": TransactionState.CONFIRMED if deep else TransactionState.MINED,
        "block_number": receipt.block_number,
        "block_hash": receipt.block_hash,
        "gas_used": receipt.gas_used,
        "succeeded": receipt.succeeded,
        "overtaken_block": None,
    }


def _note(row: ChainTransaction, seen: dict[str, object]) -> bool:
    """Write what was seen, unless somebody else has seen something meanwhile."""
    if all(getattr(row, name) == value for name, value in seen.items()):
        return False
    if row.state == TransactionState.MINED and seen["state"] == TransactionState.SENT:
        log.warning("transaction.reorged", hash=row.hash, purpose=row.purpose, block=row.block_number)
    as_it_was = ChainTransaction.objects.filter(pk=row.pk, state=row.state, block_hash=row.block_hash)
    return as_it_was.update(**seen) > 0


def any_under_way() -> bool:
    """Whether there is anything to follow, on whatever chain."""
    return ChainTransaction.objects.filter(state__in=_UNDER_WAY).exists()
