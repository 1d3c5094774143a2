"""Intake is paused and resumed: a standstill of the whole book that somebody meant (docs/time.md).

Nothing new decides anything. Whoever pauses passes what is due and signs a last beat; whoever resumes is the next sign
of life, and finds the gap as one finds any other: an outage, which moves every open deadline by exactly its length.
"""

from __future__ import annotations

import structlog
from django.db import transaction

from oracle import clock
from oracle.models import BookHead
from oracle.services import book
from oracle.services.due import OUTAGE_SECONDS, process_due

log = structlog.get_logger(__name__)


class NotNow(ValueError):
    """It is paused already, or is not; the text says which."""


def pause(*, now: int) -> int:
    """From the second returned on nothing enters the book, no beat is signed and no deadline passes."""
    with transaction.atomic():
        head = book.lock_paused_or_not()
        if head.paused_at is not None:
            raise NotNow("intake is paused already")
        book.advance_clock(head, now)
        process_due(head)
        book.show_life(head)
        book.save(head)
        BookHead.objects.update(paused_at=head.clock)
    log.warning("intake.paused", since=head.clock)
    return head.clock


def resume(*, now: int) -> int | None:
    """Take acts again; returns how many seconds the pause was long, all of which windows get back.

    None before it is longer than OUTAGE_SECONDS: a shorter gap is no outage, and windows would have run while nobody
    could act.
    """
    with transaction.atomic():
        head = book.lock_paused_or_not()
        if head.paused_at is None:
            raise NotNow("intake is not paused")
        since = head.paused_at
        book.advance_clock(head, now)
        if head.clock - since <= OUTAGE_SECONDS:
            return None
        BookHead.objects.update(paused_at=None)
        process_due(head)
        book.show_life(head)
        book.save(head)
    log.warning("intake.resumed", since=since, seconds=head.clock - since)
    return head.clock - since


def paused_since() -> int | None:
    """The second at which intake was paused; None while acts are taken."""
    return BookHead.objects.filter(id=1).values_list("paused_at", flat=True).first()


def words(since: int) -> str:
    """For whoever wonders why nothing moves."""
    return f"intake is paused since {clock.utc(since)}: no act is taken and no window runs"
