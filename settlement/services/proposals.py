"""What one operator proposes and another approves (RELIABILITY 4). The worker carries it out, if it still can be.

A kind says what its subject is, why it could not be done now, and does it. Whatever moves meanwhile, `problem` is asked
three times: by whoever proposes, by whoever approves, and when it is carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction

from settlement.chain.client import Connection
from settlement.models import Proposal
from settlement.services import cancelling
from settlement.services.proposal_rows import CANCEL, end, expire

log = structlog.get_logger(__name__)

LIFE_SECONDS = 24 * 3600
"""After which what nobody approved, or no worker could do, is over."""


class NotPossible(ValueError):
    """It cannot be proposed or approved; the text says why."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`problem(subject)`: why it cannot be done, "" where it can. `carry_out`: what came of it, None for not yet."""

    problem: Callable[[str], str]
    carry_out: Callable[[Connection, Proposal, int], str | None]


KINDS: Mapping[str, Kind] = {CANCEL: Kind(cancelling.problem, cancelling.carry_out)}


def propose(*, kind: str, subject: str, reason: str, by: AbstractUser, now: int) -> Proposal:
    """One operator's word. NotPossible where it could not be done, or waits already."""
    if not reason.strip():
        raise NotPossible("say why")
    if problem := KINDS[kind].problem(subject):
        raise NotPossible(problem)
    expire(now=now)
    try:
        with transaction.atomic():
            proposal = Proposal.objects.create(
                kind=kind,
                subject=subject,
                reason=reason.strip(),
                proposed_by_id=by.pk,
                proposed_at=now,
                expires_at=now + LIFE_SECONDS,
            )
    except IntegrityError:
        raise NotPossible("it is proposed already") from None
    log.warning("proposal.made", proposal=proposal.pk, kind=kind, subject=subject, by=by.get_username())
    return proposal


def approve(*, proposal_id: int, by: AbstractUser, now: int) -> Proposal:
    """Another operator's word; the worker does the rest. NotPossible where it is over, approved, or one's own."""
    with transaction.atomic():
        held = Proposal.objects.select_for_update().get(pk=proposal_id)
        if held.ended_at is not None or held.expires_at <= now:
            raise NotPossible("it is over")
        if held.approved_by_id is not None:
            raise NotPossible("it is approved already")
        if held.proposed_by_id == by.pk:
            raise NotPossible("somebody else has to approve what one has proposed oneself")
        if problem := KINDS[held.kind].problem(held.subject):
            raise NotPossible(problem)
        held.approved_by_id, held.approved_at = by.pk, now
        held.save(update_fields=["approved_by", "approved_at"])
    log.warning("proposal.approved", proposal=held.pk, kind=held.kind, subject=held.subject, by=by.get_username())
    return held


def carry_out(client: Connection, *, now: int) -> None:
    """Do what two people want. What cannot be done any more ends with the reason."""
    expire(now=now)
    for proposal in Proposal.objects.filter(ended_at=None, approved_by__isnull=False).order_by("pk"):
        kind = KINDS[proposal.kind]
        outcome = kind.problem(proposal.subject) or kind.carry_out(client, proposal, now)
        if outcome is not None:
            end(proposal, outcome, now=now)
