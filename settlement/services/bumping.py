"""Raising the fees of a transaction that gets into no block: another attempt, same nonce, same payload."""

from __future__ import annotations

import structlog
from django.conf import settings
from structlog.contextvars import bound_contextvars

from settlement import alarms
from settlement.alarms import AlarmKind
from settlement.chain import fees
from settlement.chain.answers import Answer
from settlement.chain.client import GWEI, Connection, Price
from settlement.chain.fees import Fees, History
from settlement.models import Attempt, ChainTransaction
from settlement.services import authorizing, calls, cancelling, transactions
from settlement.signers.policy import Refusal
from settlement.signers.signer import CannotSign
from settlement.stages import TransactionState

log = structlog.get_logger(__name__)

OUTBID_SECONDS = 15
"""After which a node that wants more to replace what it has is given more."""
STUCK_BUMPS = 10
"""So many times BUMP_SECONDS without a block are an alarm."""


def raise_fees(client: Connection, *, now: int) -> None:
    """Bump the lowest nonce that waits, of each sender: what is behind it cannot be mined before it."""
    waiting = list(
        ChainTransaction.objects.filter(
            chain=client.genesis, state=TransactionState.SENT, overtaken_block=None
        ).order_by("sender", "-nonce")
    )
    lowest = {row.sender: row for row in waiting}
    history = client.fee_history() if lowest else None
    at_ceiling: dict[str, str] = {}
    for row in lowest.values():
        assert history is not None
        with bound_contextvars(transaction=row.pk):
            if words := _raise(client, row, history, now):
                at_ceiling[row.purpose] = words
    alarms.keep_alarms(AlarmKind.FEE_CEILING, at_ceiling, why="a block has it, or its fee was raised", now=now)
    since = now - STUCK_BUMPS * settings.BUMP_SECONDS
    stuck = {row.purpose: _stuck(row) for row in waiting if row.created_at <= since}
    alarms.keep_alarms(AlarmKind.PUBLICATION_STUCK, stuck, why="a block has it", now=now)


def wait(row: ChainTransaction, reason: str) -> None:
    """Say why it waits, for the operator; nothing moves."""
    changed = ChainTransaction.objects.filter(pk=row.pk).exclude(reason=reason).update(reason=reason)
    if changed and reason:
        log.error("transaction.waits", hash=row.hash, nonce=row.nonce, purpose=row.purpose, reason=reason)


def _raise(client: Connection, row: ChainTransaction, history: History, now: int) -> str:
    """Bump it if it is time. Returns why not where that is the ceiling."""
    last = row.newest
    if last.answer == Answer.NO_FUNDS:
        wait(row, f"{row.sender} has not enough ether: {last.words}")
        return ""
    stopped = row.purpose.startswith("publication:") and last.proposal_id is None and alarms.publishing_stops()
    if stopped or not _is_due(last, history, now):
        return ""
    price = _price(last, history)
    if price is None:
        words = f"it pays {last.max_fee} wei per gas at most, {last.tip} of it as tip: raised, above the ceiling"
        wait(row, words)
        return words
    wait(row, _sign(client, row, last, price, now))
    return ""


def _is_due(last: Attempt, history: History, now: int) -> bool:
    waited = now - last.signed_at
    outbid = last.answer == Answer.UNDERPRICED and waited >= OUTBID_SECONDS
    return last.sent_at is not None and (waited >= settings.BUMP_SECONDS or outbid or history.base_fee > last.max_fee)


def _price(last: Attempt, history: History) -> Price | None:
    most = cancelling.ceiling(cancels=last.proposal_id is not None)
    today = fees.suggested(history, least_tip=settings.LEAST_TIP_GWEI * GWEI, ceiling=most)
    more = fees.bumped(Fees(last.max_fee, last.tip), today, ceiling=most)
    return Price(last.gas, more.max_fee, more.tip) if more else None


def _sign(client: Connection, row: ChainTransaction, last: Attempt, price: Price, now: int) -> str:
    """Sign, store, send the same payload at this price; returns why not, or nothing."""
    cancels = last.proposal_id is not None
    rebuilt = calls.call_for(client, cancelling.purpose_of(row) if cancels else row.purpose)
    try:
        asked = authorizing.ask(client, rebuilt, stored=None if cancels else row.call, under=row, now=now)
        signed = (
            asked
            if isinstance(asked, Refusal)
            else authorizing.sign(asked, nonce=row.nonce, price=price, now=now)
        )
    except CannotSign as error:
        return f"its fee is not raised: {error}"
    if isinstance(signed, Refusal):
        return f"its fee is not raised: {signed}"
    if transactions.add_attempt(row, last, signed, price, proposal=last.proposal, now=now):
        log.warning("transaction.bumped", hash=signed.hash, nonce=row.nonce, purpose=row.purpose, max_fee=price.max_fee)
        transactions.broadcast(client, row, now=now)
    return ""


def _stuck(row: ChainTransaction) -> str:
    last = row.newest
    return (
        f"nonce {row.nonce} of {row.sender} is in no block after {last.number} attempts; the node said"
        f" {last.answer or 'nothing'} {last.words}".strip()
    )
