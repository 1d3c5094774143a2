"""Two people and the worker, in few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User

from desk.kinds import KINDS
from operators.models import Proposal
from operators.services import proposals
from settlement.services.publishing import publish
from tests.chain.conftest import World


def person(name: str) -> User:
    return User.objects.get_or_create(username=name, is_staff=True)[0]


def propose(kind: str, details: dict[str, Any], now: int) -> Proposal:
    return proposals.propose(kind=KINDS[kind], details=details, reason="because", by=person("one"), now=now)


def approve(made: Proposal, now: int) -> Proposal:
    kind = KINDS[made.kind]
    seen = kind.plan(made.details, now).hash
    return proposals.approve(kind=kind, proposal_id=made.pk, seen=seen, by=person("two"), now=now)


def wanted_by_two(kind: str, details: dict[str, Any], now: int) -> Proposal:
    return approve(propose(kind, details, now), now)


def carry_out(now: int) -> None:
    """The worker's round for what two people want."""
    proposals.carry_out(KINDS, signs=True, now=now)


def outcome_of(proposal: Proposal) -> str:
    proposal.refresh_from_db()
    return proposal.outcome


def to_the_end(world: World, proposal: Proposal, *, more: Callable[[], object] = lambda: None, rounds: int = 12) -> str:
    """Rounds of the worker, a block between any two, until it has ended: what came of it."""
    for _ in range(rounds):
        now = world.node.now()
        carry_out(now)
        publish(now=now)
        more()
        if outcome_of(proposal):
            break
        world.node.mine()
    return proposal.outcome
