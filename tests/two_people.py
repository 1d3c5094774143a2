"""What two operators propose and approve, for tests of what comes of it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from desk.kinds import KINDS
from operators.kinds import Plan
from operators.models import Proposal
from operators.services import proposals


def operator(name: str) -> User:
    """One of the staff; made where there is none of this name."""
    return User.objects.get_or_create(username=name, defaults={"is_staff": True})[0]


def plan(kind: str, details: dict[str, Any], now: int) -> Plan:
    """The dry run; NotPossible where there is none."""
    return KINDS[kind].plan(details, now)


def agree(kind: str, details: dict[str, Any], now: int) -> Proposal:
    """Proposed by ada and approved by bob; nothing is done yet."""
    made = proposals.propose(
        kind=KINDS[kind], details=details, reason="it is time", by=operator("ada"), now=now
    )
    seen = plan(kind, made.details, now).hash
    return proposals.approve(
        kind=KINDS[kind], proposal_id=made.pk, seen=seen, by=operator("bob"), now=now
    )


def carry_out(now: int) -> None:
    """One round of the worker."""
    proposals.carry_out(KINDS, now=now)


def outcome(proposal: Proposal) -> str:
    """What came of it; "" before."""
    proposal.refresh_from_db()
    return proposal.outcome


def decide(kind: str, details: dict[str, Any], now: int) -> str:
    """Agree, carry out in one round, and say what came of it."""
    proposal = agree(kind, details, now)
    carry_out(now)
    return outcome(proposal)
