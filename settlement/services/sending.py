"""An operator's transaction, carried to its block: for commands that somebody waits for (series, feeds).

What is stored before a crash is found by its purpose and sent again; nothing is ever signed twice for one purpose that
is still under way.
"""

from __future__ import annotations

import time

from django.conf import settings
from django.db import transaction

from operators.models import Proposal
from operators.services.proposals import people_behind
from settlement.chain.client import Call, Client, Connection
from settlement.chain.contracts import selector
from settlement.chain.errors import ChainDown, ChainError
from settlement.models import ChainTransaction
from settlement.services import sightings, transactions
from settlement.signers.policy import Rebuilt, Refusal
from settlement.stages import TransactionState

POLL_SECONDS = 0.2


class Refused(ChainError):
    """The policy does not let this be signed; the text names the rule, and nothing was sent."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"the signer refuses it: {refusal}")
        self.refusal = refusal


def under_way(client: Client, purpose: str) -> ChainTransaction | None:
    """The stored transaction of that purpose that no block is known to have."""
    rows = ChainTransaction.objects.filter(chain=client.genesis, purpose=purpose, state=TransactionState.SENT)
    return rows.first()


def store(drafted: transactions.Draft, *, purpose: str, now: int) -> ChainTransaction:
    """Store; `wait` sends. A row that says what it is for is stored in the same database transaction."""
    with transaction.atomic():
        return transactions.store(drafted, purpose=purpose, now=now)


def wait(client: Connection, row: ChainTransaction, *, now: int, patience_seconds: float) -> None:
    """Send the stored bytes and return once a block has them. ChainDown where none took them in time: ask again."""
    transactions.broadcast(client, row, now=now)
    deadline = time.monotonic() + patience_seconds
    # The worker may raise its fees meanwhile: any attempt counts.
    while (found := sightings.look(client.nodes, [row]).of(row)) is None:
        if time.monotonic() > deadline:
            raise ChainDown(f"{row.hash} waits for a block; run the command again to look for it")
        time.sleep(POLL_SECONDS)
    attempt, mined = found
    if attempt.proposal_id is not None:
        raise ChainError(f"nonce {row.nonce} was cancelled in block {mined.block_number}")
    if not mined.succeeded:
        raise ChainError(f"{attempt.hash} reverted in block {mined.block_number}")


def draft(
    client: Connection, kind: str, call: Call, *, proposal: Proposal | None = None, now: int
) -> transactions.Draft:
    """What an operator asks for, signed. Reverted where the contract would refuse it, Refused where the signer does.

    No row says yet what is wanted, so the policy holds only contract and function (and fees) to what `kind` may be, and
    the two people to their proposal, where there is one.
    """
    drafted = transactions.draft(client, operators_call(kind, kind, call, proposal), now=now)
    if isinstance(drafted, Refusal):
        raise Refused(drafted)
    return drafted


def operators_call(kind: str, purpose: str, call: Call, proposal: Proposal | None = None) -> Rebuilt:
    """A call with the contract of the settings and the one function that this kind of purpose may call.

    Without a proposal somebody at a shell asks for it, who has the key anyway.
    """
    address, contract, function = _ALLOWED[kind]
    people = None if proposal is None else people_behind(proposal)
    return Rebuilt(purpose, call, getattr(settings, address), selector(contract, function), approved_by=people)


_ALLOWED = {
    "series": ("FACTORY_ADDRESS", "SeriesFactory", "create_grid"),
    "feed": ("FEEDS_ADDRESS", "PriceFeedFactory", "create"),
}
