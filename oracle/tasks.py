"""Doorbells (assize/timetable.py): clock, service, word."""

from collections.abc import Callable
from functools import wraps

import structlog
from celery import shared_task

from oracle import clock, selectors
from oracle.services import events, time
from oracle.services.book import BookPaused, ClockAhead

log = structlog.get_logger(__name__)


def on_time(work: Callable[[], str]) -> Callable[[], str]:
    """A host whose clock is ahead rings for nothing: the log has said so, and others are on time.

    While intake is paused everybody does.
    """

    @wraps(work)
    def ring() -> str:
        try:
            return work()
        except (BookPaused, ClockAhead) as error:
            return f"{type(error).__name__}: {error}"

    return ring


@shared_task
@on_time
def pass_time() -> str:
    """Whatever is due by now."""
    return f"{done} due" if (done := time.pass_time(now=clock.now())) else "nothing due"


@shared_task
@on_time
def beat() -> str:
    """The book's sign of life; and the alarm of every ruling that has no deadline, each time (PROTOCOL 2)."""
    row = time.beat(now=clock.now())
    for slug in selectors.rulings_without_deadline():
        log.error("ruling.waits", expiry=slug)
    return f"beat at {row.at} on #{row.seq}" if row else "this second has its beat"


@shared_task
@on_time
def place_events() -> str:
    """What was noted outside of the book's lock."""
    return f"{placed} placed" if (placed := events.place_waiting(now=clock.now())) else "no event waits"
