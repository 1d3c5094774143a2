"""Rows of proposals: how they end, and who is behind one. What each kind does is in proposals.py."""

from __future__ import annotations

import structlog
from django.contrib.auth.models import User

from settlement.models import Proposal

log = structlog.get_logger(__name__)

CANCEL = "cancel_transaction"


def end(proposal: Proposal, outcome: str, *, now: int) -> None:
    """What came of it; the first word stays."""
    if Proposal.objects.filter(pk=proposal.pk, ended_at=None).update(ended_at=now, outcome=outcome):
        log.warning("proposal.ended", proposal=proposal.pk, kind=proposal.kind, outcome=outcome)


def expire(*, now: int) -> None:
    """What was not carried out in time never is."""
    for proposal in Proposal.objects.filter(ended_at=None, expires_at__lte=now):
        end(proposal, "expired: nobody approved it" if proposal.approved_by_id is None else "expired", now=now)


def people_behind(kind: str, subject: str) -> tuple[str, ...]:
    """Names of those who want it and are staff today, of the newest proposal that was approved."""
    approved = Proposal.objects.filter(kind=kind, subject=subject, approved_by__isnull=False)
    newest = approved.order_by("-pk").first()
    if newest is None:
        return ()
    people = User.objects.filter(pk__in=[newest.proposed_by_id, newest.approved_by_id], is_staff=True, is_active=True)
    return tuple(people.order_by("pk").values_list("username", flat=True))
