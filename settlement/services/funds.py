"""What the signer has left to pay gas with: kept with its time, and an alarm below PUBLISHER_LEAST_WEI."""

from __future__ import annotations

from django.conf import settings

from settlement.alarms import AlarmKind, keep_alarms
from settlement.chain.errors import ChainError
from settlement.chain.providers import Providers
from settlement.chain.readings import Header
from settlement.reconcile_models import ChainState
from settlement.signers.configured import configured
from settlement.signers.signer import CannotSign


def look(nodes: Providers, block: Header, *, now: int) -> None:
    """Read it in a block, by a quorum. Without a signer, and where nodes do not agree, what was known stays."""
    try:
        address = configured().address
        wei = nodes.at_block(block.number, [("eth_getBalance", [address])])[0]
    except (CannotSign, ChainError):
        return
    ChainState.objects.filter(id=1).update(signer=address, signer_wei=wei, signer_at=now)
    words = f"{address} has {wei} wei, PUBLISHER_LEAST_WEI is {settings.PUBLISHER_LEAST_WEI}: send it ether"
    low = {address: words} if wei < settings.PUBLISHER_LEAST_WEI else {}
    keep_alarms(AlarmKind.SIGNER_LOW, low, why="it has enough", now=now)
