"""An operator's transaction, carried to its block: for commands that somebody waits for (series, feeds).

What is stored before a crash is found by its purpose and sent again; nothing is ever signed twice for one purpose that
is still under way.
"""

from __future__ import annotations

import time

from django.db import transaction

from settlement.chain.client import Call, Client
from settlement.chain.errors import ChainDown, ChainError
from settlement.models import ChainTransaction
from settlement.services import transactions
from settlement.stages import TransactionState

POLL_SECONDS = 0.2


def under_way(client: Client, purpose: str) -> ChainTransaction | None:
    """The stored transaction of that purpose that no block is known to have."""
    rows = ChainTransaction.objects.filter(chain=client.genesis, purpose=purpose, state=TransactionState.SENT)
    return rows.first()


def store(drafted: transactions.Draft, *, purpose: str, now: int) -> ChainTransaction:
    """Sign and store; `wait` sends. A row that says what it is for is stored in the same database transaction."""
    with transaction.atomic():
        return transactions.store(drafted, purpose=purpose, now=now)


def wait(client: Client, row: ChainTransaction, *, now: int, patience_seconds: float) -> None:
    """Send the stored bytes and return once a block has them. ChainDown where none took them in time: ask again."""
    transactions.broadcast(client, row, now=now)
    deadline = time.monotonic() + patience_seconds
    while (receipt := client.receipt(row.hash)) is None:
        if time.monotonic() > deadline:
            raise ChainDown(f"{row.hash} waits for a block; run the command again to look for it")
        time.sleep(POLL_SECONDS)
    if not receipt.succeeded:
        raise ChainError(f"{row.hash} reverted in block {receipt.block_number}")


def draft(client: Client, call: Call) -> transactions.Draft:
    """Gas, fees and nonce; Reverted where the contract would refuse it."""
    return transactions.draft(client, call)
