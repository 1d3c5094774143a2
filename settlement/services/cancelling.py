"""Giving a stuck nonce free: an empty transfer to oneself under it, by two operators' proposal (decision 32)."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.db import transaction

from settlement.chain import fees
from settlement.chain.client import GWEI, Connection, Price
from settlement.chain.errors import ChainError
from settlement.chain.fees import Fees
from settlement.models import Attempt, ChainTransaction, Proposal
from settlement.services import authorizing, calls, transactions
from settlement.services.proposal_rows import end
from settlement.signers.policy import Refusal
from settlement.stages import TransactionState

log = structlog.get_logger(__name__)

CEILING = 2
"""Times MAX_FEE_GWEI: a cancel has to outbid what stands at the ceiling already, and costs 21,000 gas."""


def purpose_of(row: ChainTransaction) -> str:
    """What the signer is asked for."""
    return f"cancel:{row.pk}"


def ceiling(*, cancels: bool) -> int:
    """The most wei per gas."""
    return int(settings.MAX_FEE_GWEI) * GWEI * (CEILING if cancels else 1)


def problem(subject: str) -> str:
    """Why this transaction cannot be cancelled now."""
    row = ChainTransaction.objects.filter(pk=int(subject)).first() if subject.isdecimal() else None
    if row is None:
        return f"there is no transaction {subject}"
    if row.state != TransactionState.SENT:
        return f"it is {row.state}: only one that no block has can be cancelled"
    if row.newest.proposal_id is not None:
        return "a cancel of it is under way already"
    return ""


def carry_out(client: Connection, proposal: Proposal, now: int) -> str | None:
    """Sign the empty transfer, store it, send it. Bumps and blocks are for the rounds after; None: it waits."""
    row = ChainTransaction.objects.get(pk=int(proposal.subject))
    if row.chain != client.genesis:
        return "it is a transaction of another chain"
    last = row.newest
    rebuilt = calls.call_for(client, purpose_of(row))
    price = _price(client, row, last)
    if price is None:
        return f"its fee is above the ceiling: raise MAX_FEE_GWEI above {last.max_fee // CEILING // GWEI}"
    try:
        asked = authorizing.ask(client, rebuilt, chain=row.chain, now=now)
        signed = asked if isinstance(asked, Refusal) else authorizing.sign(asked, nonce=row.nonce, price=price, now=now)
    except ChainError as error:
        log.error("proposal.waits", proposal=proposal.pk, reason=str(error))
        return None
    if isinstance(signed, Refusal):
        return f"the signer refuses it: {signed}"
    with transaction.atomic():
        if not transactions.add_attempt(row, last, signed, price, proposal=proposal, now=now):
            return None  # bumped or mined at the same moment: the next round looks again
        end(proposal, f"sent under nonce {row.nonce} as {signed.hash}", now=now)
    transactions.broadcast(client, row, now=now)
    return None


def _price(client: Connection, row: ChainTransaction, last: Attempt) -> Price | None:
    most = ceiling(cancels=True)
    today = fees.suggested(client.fee_history(), least_tip=settings.LEAST_TIP_GWEI * GWEI, ceiling=most)
    more = fees.bumped(Fees(int(last.max_fee), int(last.tip)), today, ceiling=most)
    call = calls.call_for(client, purpose_of(row)).call
    return Price(client.gas(row.sender, call), more.max_fee, more.tip) if more else None

