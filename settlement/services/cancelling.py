"""Giving a stuck nonce free: an empty transfer to oneself under it, by two operators' proposal (decision 32)."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from operators.kinds import Change, Details, Kind, NotPossible, Plan
from operators.models import Proposal
from operators.services.proposals import end
from settlement.chain import fees
from settlement.chain.client import GWEI, Connection, Price, connect
from settlement.chain.fees import Fees
from settlement.models import Attempt, ChainTransaction
from settlement.services import authorizing, calls, carrying, transactions
from settlement.services.proposed import CANCEL
from settlement.signers.policy import Refusal
from settlement.stages import TransactionState

CEILING = 2
"""Times MAX_FEE_GWEI: a cancel has to outbid what stands at the ceiling already, and costs 21,000 gas."""


def purpose_of(row: ChainTransaction) -> str:
    """What the signer is asked for."""
    return f"cancel:{row.pk}"


def ceiling(*, cancels: bool) -> int:
    """The most wei per gas."""
    return int(settings.MAX_FEE_GWEI) * GWEI * (CEILING if cancels else 1)


def plan(details: Details, now: int) -> Plan:
    """What stands under the nonce of `transaction` (its id), and that nothing would. NotPossible: too late."""
    row = _stuck(str(details.get("transaction", "")))
    return Plan(
        str(row.pk),
        f"An empty transfer under nonce {row.nonce} of {row.sender}, in the place of {row.purpose}.",
        (Change(f"nonce {row.nonce}", row.purpose, "nothing"),),
    )


@carrying.clears("cancel:{subject}")
def carry_out(proposal: Proposal, now: int) -> str | None:
    """Sign the empty transfer, store it, send it. Bumps and blocks are for the rounds after; None: it waits."""
    row = _stuck(proposal.subject)
    client = connect()
    if row.chain != client.genesis:
        raise NotPossible("it is a transaction of another chain")
    last = row.newest
    price = _price(client, row, last)
    if price is None:
        raise NotPossible(
            f"its fee is above the ceiling: raise MAX_FEE_GWEI above {last.max_fee // CEILING // GWEI}"
        )
    rebuilt = calls.call_for(client, purpose_of(row))
    asked = authorizing.ask(client, rebuilt, under=row, now=now)
    signed = (
        asked
        if isinstance(asked, Refusal)
        else authorizing.sign(asked, nonce=row.nonce, price=price, now=now)
    )
    if isinstance(signed, Refusal):
        carrying.refused(signed)
        return None
    with transaction.atomic():
        if not transactions.add_attempt(row, last, signed, price, proposal=proposal, now=now):
            return None  # bumped or mined at the same moment: the next round looks again
        # Here and not by who called: after a crash behind this, the attempt would be taken for somebody else's.
        end(proposal, f"sent under nonce {row.nonce} as {signed.hash}", now=now)
    transactions.broadcast(client, row, now=now)
    return None


def _stuck(number: str) -> ChainTransaction:
    row = ChainTransaction.objects.filter(pk=int(number)).first() if number.isdecimal() else None
    if row is None:
        raise NotPossible(f"there is no transaction {number}")
    if row.state != TransactionState.SENT:
        raise NotPossible(f"it is {row.state}: only one that no block has can be cancelled")
    if row.newest.proposal_id is not None:
        raise NotPossible("a cancel of it is under way already")
    return row


def _price(client: Connection, row: ChainTransaction, last: Attempt) -> Price | None:
    most = ceiling(cancels=True)
    today = fees.suggested(client.fee_history(), least_tip=settings.LEAST_TIP_GWEI * GWEI, ceiling=most)
    more = fees.bumped(Fees(int(last.max_fee), int(last.tip)), today, ceiling=most)
    call = calls.call_for(client, purpose_of(row)).call
    return Price(client.gas(row.sender, call), more.max_fee, more.tip) if more else None


CANCEL_TRANSACTION = Kind(
    CANCEL,
    "Cancel a stuck transaction",
    "An empty transfer takes the nonce of a transaction that no block takes; what it was for is signed anew.",
    plan,
    carry_out,
    signs=True,
)
