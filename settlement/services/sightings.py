"""Where the chain has transactions of ours, by a quorum of nodes and in one look: it decides what is signed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from settlement.chain import quorum
from settlement.chain.providers import Providers
from settlement.chain.readings import Mined
from settlement.models import Attempt, ChainTransaction


@dataclass(frozen=True, slots=True)
class Sightings:
    """Everything as the chain under its block `head` has it."""

    head: int
    attempts: Mapping[int, Sequence[Attempt]]
    """Of each transaction, by its key: the newest first."""
    mined: Mapping[str, Mined]
    """By the attempt's hash."""
    nonces: Mapping[str, int]
    """By sender: how many of its transactions blocks have."""

    def of(self, row: ChainTransaction) -> tuple[Attempt, Mined] | None:
        """The one attempt that a block has, if one has; they share a nonce, so no two can be there."""
        found = ((each, self.mined[each.hash]) for each in self.attempts[row.pk] if each.hash in self.mined)
        return next(found, None)


def look(nodes: Providers, rows: Sequence[ChainTransaction]) -> Sightings:
    """All attempts of these transactions at once. StaleReads where no quorum says where one is, or that none is."""
    attempts: dict[int, list[Attempt]] = {row.pk: [] for row in rows}
    for each in Attempt.objects.filter(transaction__in=rows).order_by("-number"):
        attempts[each.transaction_id].append(each)
    head = quorum.newest_block(nodes)
    mined = nodes.mined([each.hash for some in attempts.values() for each in some], head)
    nonces = nodes.nonces(sorted({row.sender for row in rows}), head)
    return Sightings(head.number, attempts, mined, nonces)
