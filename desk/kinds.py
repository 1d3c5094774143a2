"""Every kind of proposal, by its name. What each does stands beside the services that do it."""

from __future__ import annotations

from collections.abc import Mapping

from operators.kinds import Kind
from operators.models import Proposal
from operators.services.staff import CHANGE_ROLE
from oracle.services.proposed.intake import PAUSE_INTAKE, RESUME_INTAKE
from oracle.services.proposed.listing import LIST_EXPIRY, LIST_INDEX
from settlement.services.cancelling import CANCEL_TRANSACTION
from settlement.services.changing_attestors import CHANGE_ATTESTORS
from settlement.services.funding_rewards import FUND_REWARD
from settlement.services.listing_grids import LIST_GRID
from settlement.services.rotating import ROTATE_PUBLISHER

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        LIST_INDEX,
        LIST_EXPIRY,
        PAUSE_INTAKE,
        RESUME_INTAKE,
        LIST_GRID,
        FUND_REWARD,
        CANCEL_TRANSACTION,
        ROTATE_PUBLISHER,
        CHANGE_ATTESTORS,
        CHANGE_ROLE,
    )
}


def title_of(row: Proposal) -> str:
    """What a proposal is called, also where this version does not know its kind."""
    kind = KINDS.get(row.kind)
    return f"{kind.title if kind else row.kind}: {row.subject}"
