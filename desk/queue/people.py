"""Proposals that wait: for whoever looks, else for somebody else."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Window

from desk import addresses
from desk.kinds import title_of
from desk.queue.rows import SHOWN, Row, Section, Urgency
from operators.models import Proposal


def proposals(person: Any, now: int) -> Section:
    """Open proposals that `person` may approve and did not make. One query, besides those of permissions."""
    waiting = waiting_for(person, now).select_related("proposed_by").order_by("expires_at", "pk")
    rows: Any = waiting.annotate(total=Window(Count("pk")))
    found = list(rows[:SHOWN])
    return Section(
        "Proposals that wait for me",
        "no proposal waits for you",
        addresses.listing(Proposal, waiting="me"),
        [_row(each) for each in found],
        found[0].total if found else 0,
    )


def waiting_for(person: Any, now: int) -> Any:
    """What nobody has approved yet, and `person` could."""
    rows = Proposal.objects.filter(ended_at=None, approved_by=None, expires_at__gt=now)
    return (
        rows.exclude(proposed_by=person.pk) if person.has_perm("operators.change_proposal") else rows.none()
    )


def _row(proposal: Proposal) -> Row:
    return Row(
        what=title_of(proposal),
        why=f"{proposal.proposed_by} asks for it: {proposal.reason}",
        link=addresses.page(proposal),
        urgency=Urgency.NOW,
        at=proposal.expires_at,
        at_word="until",
    )
