"""Another account signs our transactions from now on: what two people ask for before a host is given its key.

The old key can go on with the nonces that it has used, and with nothing else (docs/operating/keys.md).
"""

from __future__ import annotations

import re

from operators.kinds import Change, Details, Kind, NotPossible, Plan
from operators.models import Proposal
from settlement.chain import quorum
from settlement.chain.client import Connection, connect
from settlement.models import ChainTransaction
from settlement.services import proposed, publishers
from settlement.stages import UNDER_WAY
from settlement.strikes import decimal
from settlement.transaction_models import ADDRESS_FORM


def plan(details: Details, now: int) -> Plan:
    """Of `address`. NotPossible where it is none, or signs already."""
    new, old = _address(details), publishers.current()
    if not old:
        raise NotPossible("nobody has signed anything yet: whoever signs first is taken")
    if new == old:
        raise NotPossible(f"{new} signs already")
    return Plan(
        "publisher",
        f"{new} signs whatever is new; {old} can only finish what it has begun.",
        (Change("who signs our transactions", old, new),),
        _notes(connect(), old, new),
    )


def carry_out(proposal: Proposal, now: int) -> str | None:
    """Write it down: every process that signs looks there first."""
    new = _address(proposal.details)
    publishers.change(address=new, proposal=proposal, now=now)
    return f"{new} signs whatever is new: give the worker its key"


def _address(details: Details) -> str:
    address = str(details.get("address", "")).lower()
    if not re.fullmatch(ADDRESS_FORM, address):
        raise NotPossible(f"{address!r} is no address")
    return address


def _notes(client: Connection, old: str, new: str) -> tuple[str, ...]:
    rows = ChainTransaction.objects.filter(chain=client.genesis, sender=old, state__in=UNDER_WAY)
    purposes = list(rows.order_by("nonce").values_list("purpose", flat=True))
    notes = [
        f"under way of {old}: {', '.join(purposes) or 'nothing'}; only its key can raise their fees",
        f"{new} has {decimal(client.balance(new))} ETH",
    ]
    if quorum.oracle(client.nodes).signers().owner == old:
        notes.append(f"{old} stays the owner of the price oracle: it alone proposes attestor sets")
    return tuple(notes)


ROTATE_PUBLISHER = Kind(
    proposed.ROTATE_PUBLISHER,
    "Change who signs transactions",
    "Another account signs our transactions. Carry it out before a worker is given the new key.",
    plan,
    carry_out,
    signs=True,
)
