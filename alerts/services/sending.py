"""What waits is sent: taken for a while by a write, sent outside of any transaction, and marked.

A process that dies between sending and marking sends again after LEASE_SECONDS, under the same id: receivers tell it
by `webhook-id`, mail programs by `Message-ID`. Retries are rows with a time, never a task's delay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from alerts.models import Attempt, Delivery

LEASE_SECONDS = 120
ROUND_SECONDS = 10
"""No new round begins later than this: a worker has other bells to hear."""
KEEP_SECONDS = 30 * 86_400
DELAYS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each retry, as Standard Webhooks proposes; three days in all."""

S = Delivery.State


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. `final`: another would end the same."""

    sent: bool
    milliseconds: int
    status: int | None = None
    said: str = ""
    final: bool = False


def mark(delivery: Delivery, outcome: Outcome, *, now: int) -> None:
    """Write a try down, and when the next one is."""
    Attempt.objects.create(
        delivery=delivery, at=now, milliseconds=outcome.milliseconds, status=outcome.status, said=outcome.said
    )
    delivery.tries += 1
    if outcome.sent:
        delivery.state = S.SENT
    elif outcome.final or delivery.tries > len(DELAYS):
        delivery.state = S.GAVE_UP
    else:
        delivery.next_at = now + DELAYS[delivery.tries - 1]
    delivery.save(update_fields=["state", "tries", "next_at"])


def take(candidates: str, given: dict[str, int], *, now: int) -> list[Delivery]:
    """Deliveries whose ids the query `candidates` gives, for LEASE_SECONDS nobody's but the caller's."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(candidates, {**given, "now": now})
            ids = [row[0] for row in cursor.fetchall()]
        waiting = Delivery.objects.filter(id__in=ids, state=S.WAITING, next_at__lte=now)
        taken = [row.pk for row in waiting.select_for_update(skip_locked=True).order_by("id")]
        Delivery.objects.filter(id__in=taken).update(next_at=now + LEASE_SECONDS)
    found = Delivery.objects.filter(id__in=taken).select_related("hook", "mailbox", "follow")
    return list(found.order_by("id"))


def in_rounds(send_some: Callable[[], int], *, clock: Callable[[], float] = time.monotonic) -> int:
    """Call `send_some` until nothing is due or the time is up; returns how many tries there were."""
    began, done = clock(), 0
    while (tried := send_some()) and clock() - began < ROUND_SECONDS:
        done += tried
    return done + (tried or 0)


@contextmanager
def alone(key: int) -> Iterator[bool]:
    """Whether nobody else holds this key: slow targets must not take one worker after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def forget_old(*, now: int, most: int = 5_000) -> int:
    """Drop what was told more than KEEP_SECONDS ago; returns how many."""
    old = (
        Delivery.objects.filter(created_at__lt=now - KEEP_SECONDS).order_by("created_at").values("id")[:most]
    )
    return Delivery.objects.filter(id__in=list(old.values_list("id", flat=True))).delete()[0]
