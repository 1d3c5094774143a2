"""The queue of work: whatever needs an operator now, in a fixed number of queries whatever there is (EXPERIENCE 3)."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from desk.queue import alarms, chain, expiries, moving, people
from desk.queue.rows import Row, Section, Urgency

__all__ = ["Row", "Section", "Urgency", "queue"]


def queue(person: AbstractBaseUser | AnonymousUser, *, now: int) -> Sequence[Section]:
    """All sections as `person` sees them at unix second `now`, the most urgent first; empty ones last."""
    found = [
        people.proposals(person, now),
        alarms.open_now(),
        *expiries.sections(now),
        *moving.sections(now),
        *chain.sections(now),
    ]
    return sorted(found, key=lambda section: -section.urgency)
