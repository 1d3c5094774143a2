"""Names of the kinds of proposals that are carried out here, and who is behind one."""

from __future__ import annotations

from operators.models import Proposal

CANCEL = "cancel_transaction"
LIST_GRID = "list_grid"
FUND_REWARD = "fund_reward"
ROTATE_PUBLISHER = "rotate_publisher"
CHANGE_ATTESTORS = "change_attestors"


def newest_of(kind: str, subject: str) -> Proposal | None:
    """The newest proposal that was approved."""
    return Proposal.objects.filter(kind=kind, subject=subject, approved_by__isnull=False).order_by("-pk").first()
