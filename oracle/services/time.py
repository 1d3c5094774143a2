"""What the passing of time does, whoever notices it: Celery, `manage.py tick`, or the next act."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from oracle.models import Beat, BookHead, Expiry, Unbonding
from oracle.services import book
from oracle.services.due import OUTAGE_SECONDS, process_due

AT_ONCE = 100
"""Deadlines in one transaction, a second or two of the book's lock."""


def pass_time(*, now: int) -> int:
    """Process everything due at unix second `now`; returns how many things were. Any number of callers may do so.

    AT_ONCE to a transaction: others get the book's lock in between, and a task that is killed has got somewhere. A beat
    follows whatever was due: attestors sign a silence only with one at or after its end, and would wait a minute.
    """
    passed, done = 0, AT_ONCE
    while done >= AT_ONCE and _anything_due(now):
        with transaction.atomic():
            head = book.lock()
            book.advance_clock(head, now)
            if done := process_due(head, most=AT_ONCE):
                book.show_life(head)
            book.save(head)
        passed += done
    return passed


def beat(*, now: int) -> Beat | None:
    """Sign the head of the book as a sign of life (PROTOCOL 7, Beat); None where this second has one already."""
    with transaction.atomic():
        head = book.lock()
        book.advance_clock(head, now)
        process_due(head, most=AT_ONCE)
        sign = book.show_life(head)
        book.save(head)
    return sign


def _anything_due(now: int) -> bool:
    """Look before locking: most ticks find nothing. Where somebody holds the row that comes first, they are at it.

    Else each ring would wait for them, until all of the worker's processes do and nothing else rings.
    """
    head = BookHead.objects.filter(id=1).values_list("clock", "life_at").first()
    if head is None:
        return False
    clock, life_at = max(now, head[0]), head[1]
    if clock - life_at > OUTAGE_SECONDS:
        return True
    first = Expiry.objects.filter(deadline__lte=clock).order_by("deadline", "id").values("id")[:1]
    due = Expiry.objects.filter(id__in=first).select_for_update(skip_locked=True).values("id")
    unbonded = Unbonding.objects.filter(Q(done=False, due_at__lte=clock))
    with transaction.atomic():
        return bool(due) or unbonded.exists()
