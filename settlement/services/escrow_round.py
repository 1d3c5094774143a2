"""One round of the escrow's index: follow the chain, move what is final, see that it all adds up."""

from __future__ import annotations

from django.conf import settings

from settlement.chain import providers
from settlement.chain.errors import ChainError
from settlement.index_models import EscrowIndex
from settlement.reconcile_escrow import check_escrow
from settlement.services.escrow_credit import credit_final
from settlement.services.escrow_index import Stopped, follow, state, stop


def index_escrow(*, now: int) -> int:
    """Blocks and logs that moved on at unix second `now`; 0 where there is no escrow, or the index has stopped.

    Raises ChainError where the nodes cannot be believed now; that is noted, and the next round asks again.
    """
    if not settings.ESCROW_ADDRESS or state().stopped:
        return 0
    try:
        nodes = providers.connect()
        moved = follow(nodes, now=now) + credit_final(nodes, now=now)
        check_escrow(nodes, now=now)
    except Stopped as problem:
        stop(str(problem))
        return 0
    except ChainError as error:
        EscrowIndex.objects.filter(id=1).update(stale=str(error))
        raise
    EscrowIndex.objects.filter(id=1).exclude(stale="").update(stale="")
    return moved
