"""Transactions of the publisher: sign, store, then send (I-17). following.py looks what became of them.

A crash at any point is answered by doing the next thing again: what was not stored was never sent, and what is stored
is sent again until a block has it. One nonce has one payload for ever, and any number of attempts, each of which pays
more than the one before; the database refuses anything else.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from structlog.contextvars import bound_contextvars

from operators.models import Proposal
from operators.services import audit
from settlement.alarms import publishing_stops
from settlement.chain import quorum
from settlement.chain.answers import Answer, together
from settlement.chain.client import Call, Connection, Price
from settlement.chain.errors import ChainError, TooDear
from settlement.models import Attempt, ChainTransaction
from settlement.services import authorizing
from settlement.signers.configured import configured
from settlement.signers.policy import Rebuilt, Refusal
from settlement.signers.signer import CannotSign, Signed
from settlement.stages import UNDER_WAY, TransactionState

log = structlog.get_logger(__name__)

MOST_WAITING = 16
"""Transactions of one sender that a node keeps for sure until a block has them (geth's `txpool.accountslots`)."""


class CannotSend(ChainError):
    """This process cannot sign it now; what waits, waits."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A signed transaction that nobody has stored or sent."""

    client: Connection
    sender: str
    nonce: int
    call: Call
    price: Price
    signed: Signed


def draft(client: Connection, rebuilt: Rebuilt, *, now: int) -> Draft | Refusal:
    """Judge it, ask for gas, fees and nonce, and sign. Reverted says that the contract would refuse it.

    The nonce follows both the chain's and our own: somebody else may use the key, and not all of ours has been sent. A
    quorum says the chain's, as blocks have it: one that is too high would never be mined, nor anything after it.
    Outside of any database transaction: chain and signer may take seconds to answer.
    """
    try:
        sender = configured().address
        asked = authorizing.ask(client, rebuilt, now=now)
        if isinstance(asked, Refusal):
            return asked
        price, nonce = client.price(sender, rebuilt.call), _nonce(client, sender)
        signed = authorizing.sign(asked, nonce=nonce, price=price, now=now)
    except (CannotSign, TooDear) as error:
        raise CannotSend(str(error)) from error
    if isinstance(signed, Refusal):
        return signed
    return Draft(client, sender, nonce, rebuilt.call, price, signed)


def store(drafted: Draft, *, purpose: str, now: int) -> ChainTransaction:
    """Store it, inside the transaction that says what for. Nothing has been sent when it returns."""
    if not connection.in_atomic_block:
        raise RuntimeError("store() belongs into the transaction that says what it is for")
    call = drafted.call
    assert call.to is not None, "a contract is created by Wallet, which stores nothing"
    try:
        with transaction.atomic():
            row = ChainTransaction.objects.create(
                chain=drafted.client.genesis,
                sender=drafted.sender,
                nonce=drafted.nonce,
                purpose=purpose,
                to=call.to,
                data=call.data,
                value=call.value,
                hash=drafted.signed.hash,
                created_at=now,
            )
    except IntegrityError:
        raise CannotSend(f"nonce {drafted.nonce} was taken at the same moment; the next round signs anew") from None
    _create(row, 1, drafted.signed, drafted.price, None, now)
    _record("transaction.signed", row, drafted.price, now)
    return row


def add_attempt(
    row: ChainTransaction, last: Attempt, signed: Signed, price: Price, *, proposal: Proposal | None = None, now: int
) -> Attempt | None:
    """Store another attempt behind `last`; None where another worker was first, or a block has one by now."""
    with transaction.atomic():
        held = ChainTransaction.objects.select_for_update().get(pk=row.pk)
        if held.state != TransactionState.SENT or held.newest.pk != last.pk:
            return None
        attempt = _create(held, last.number + 1, signed, price, proposal, now)
        held.hash = row.hash = signed.hash
        held.save(update_fields=["hash"])
        if proposal == last.proposal:
            _record("transaction.bumped", held, price, now)
        else:
            _record("transaction.cancelled", held, price, now)
    return attempt


def _record(what: str, row: ChainTransaction, price: Price, now: int) -> None:
    told = {
        "purpose": row.purpose, "sender": row.sender, "nonce": row.nonce, "hash": row.hash, "max_fee": price.max_fee,
    }  # fmt: skip
    audit.record(what, str(row.pk), details=told, now=now)


def _create(
    row: ChainTransaction, number: int, signed: Signed, price: Price, proposal: Proposal | None, now: int
) -> Attempt:
    return Attempt.objects.create(
        transaction=row,
        number=number,
        raw=signed.raw,
        hash=signed.hash,
        gas=price.gas,
        max_fee=price.max_fee,
        tip=price.tip,
        proposal=proposal,
        signed_at=now,
    )


def broadcast(client: Connection, row: ChainTransaction, *, now: int) -> Answer:
    """Send the newest attempt's bytes to all nodes. Whether any landed is for `follow` to see, whatever they say.

    A publication's are not sent while an alarm stops publishing.
    """
    attempt = row.newest
    if row.purpose.startswith("publication:") and attempt.proposal_id is None and publishing_stops():
        return Answer.NO_ANSWER
    answer, words = together(client.nodes.send(attempt.raw))
    if answer not in (Answer.TAKEN, Answer.ALREADY_KNOWN, attempt.answer):
        with bound_contextvars(transaction=row.pk):  # a first broadcast is no round of following.py
            log.warning(
                "transaction.not_taken", hash=attempt.hash, purpose=row.purpose, answer=answer, reason=words
            )
    Attempt.objects.filter(pk=attempt.pk).update(sent_at=now, answer=answer, words=words)
    return answer


def has_room(client: Connection) -> bool:
    """Whether nodes will keep one more behind those that no block has yet; of what they drop nobody is told."""
    waiting = ChainTransaction.objects.filter(chain=client.genesis, state=TransactionState.SENT)
    return waiting.count() < MOST_WAITING


def any_under_way() -> bool:
    """Whether there is anything to follow, on whatever chain."""
    return ChainTransaction.objects.filter(state__in=UNDER_WAY).exists()


def _nonce(client: Connection, sender: str) -> int:
    ours = ChainTransaction.objects.filter(chain=client.genesis, sender=sender)
    last = ours.aggregate(last=Max("nonce"))["last"]
    mined = client.nodes.nonces([sender], quorum.newest_block(client.nodes))[sender]
    return mined if last is None else max(mined, int(last) + 1)
