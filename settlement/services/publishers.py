"""Who may sign our transactions. The first one is whoever signs first; from then on two people name another."""

from __future__ import annotations

import structlog
from django.db import IntegrityError, transaction

from operators.models import Proposal
from operators.services import audit
from settlement.models import PublisherKey

log = structlog.get_logger(__name__)


def current() -> str:
    """The account that signs what is new; empty as long as nobody has signed anything."""
    return PublisherKey.objects.filter(until=None).values_list("address", flat=True).first() or ""


def named(signer: str, *, now: int) -> str:
    """The same, and `signer` from now on where nobody has been it yet."""
    if found := current():
        return found
    try:
        with transaction.atomic():
            PublisherKey.objects.create(address=signer, since=now)
            audit.record("publisher.adopted", signer, now=now)
    except IntegrityError:
        return current()  # another process was first
    log.warning("publisher.adopted", address=signer)
    return signer


def change(*, address: str, proposal: Proposal, now: int) -> None:
    """From now on `address` signs what is new, because two people want it. Repeatable: once for a proposal."""
    with transaction.atomic():
        running = PublisherKey.objects.select_for_update().filter(until=None).first()
        if running is not None:
            if running.proposal_id == proposal.pk:
                return
            running.until = max(now, running.since)
            running.save(update_fields=["until"])
        PublisherKey.objects.create(address=address, since=now, proposal=proposal)
        told = {"before": running.address if running else "", "proposal": proposal.pk}
        audit.record("publisher.named", address, details=told, now=now)
    log.warning("publisher.named", address=address, proposal=proposal.pk)
