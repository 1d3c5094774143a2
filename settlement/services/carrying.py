"""One transaction for a proposal by two people: signed once, found again by its purpose, whatever crashed in between.

following.py and bumping.py carry it to its block, as they carry any other; the kind of the proposal says what it waits
for. What was signed before is never signed again: a cancel by two people is an end, and so is a nonce that was taken.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.db import transaction

from operators.kinds import NotPossible
from operators.models import Proposal
from settlement.alarms import AlarmKind, clear_alarm
from settlement.chain.client import Client, Connection
from settlement.models import ChainTransaction
from settlement.services import calls, transactions
from settlement.signers.policy import Refusal
from settlement.stages import TransactionState

CarryOut = Callable[[Proposal, int], str | None]
_S = TransactionState


def clears(*purposes: str) -> Callable[[CarryOut], CarryOut]:
    """However the proposal ends, nobody is told any more that the signer refused these; {pk}, {subject} are its own."""

    def around(round_: CarryOut) -> CarryOut:
        def clear(proposal: Proposal, now: int) -> None:
            for each in purposes:
                purpose = each.format(pk=proposal.pk, subject=proposal.subject)
                why = f"proposal {proposal.pk} has ended"
                clear_alarm(AlarmKind.SIGNER_REFUSED, purpose, why=why, now=now)

        @wraps(round_)
        def carry_out(proposal: Proposal, now: int) -> str | None:
            try:
                outcome = round_(proposal, now)
            except NotPossible:
                clear(proposal, now)
                raise
            if outcome is not None:
                clear(proposal, now)
            return outcome

        return carry_out

    return around


def of(client: Client, purpose: str) -> ChainTransaction | None:
    """The transaction that was stored for it, if one was."""
    return ChainTransaction.objects.filter(chain=client.genesis, purpose=purpose).first()


def start(client: Connection, proposal: Proposal, purpose: str, *, now: int) -> None:
    """Sign, store, send. Where the signer refuses it an alarm says why, and the next round asks again.

    Reverted where the contract would refuse it, NotPossible where two people do not want it any more.
    """
    if not transactions.has_room(client):
        return
    drafted = transactions.draft(client, calls.call_for(client, purpose), now=now)
    if isinstance(drafted, Refusal):
        refused(drafted)
        return
    with transaction.atomic():
        held = Proposal.objects.select_for_update().get(pk=proposal.pk)
        if held.ended_at is not None or of(client, purpose) is not None:
            return  # another worker was first
        row = transactions.store(drafted, purpose=purpose, now=now)
    transactions.broadcast(client, row, now=now)


def refused(refusal: Refusal) -> None:
    """An alarm says why, and the next round asks again: NotPossible only where that could never help."""
    if refusal.rule == "two_people":
        raise NotPossible(f"the signer refuses it: {refusal}")


def is_done(row: ChainTransaction) -> bool:
    """Whether it has done what it was for, in a block deep enough; NotPossible where it never will."""
    if row.state == _S.CANCELLED:
        raise NotPossible(f"nonce {row.nonce} was cancelled by two people")
    if row.state == _S.DROPPED:
        raise NotPossible(f"nonce {row.nonce} was taken by another transaction: who else uses the key?")
    if row.state != _S.CONFIRMED:
        return False
    if not row.succeeded:
        raise NotPossible(f"{row.hash} reverted in block {row.block_number}")
    return True
