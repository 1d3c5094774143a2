"""Doorbells (assize/timetable.py): clock, service, word."""

import structlog
from celery import shared_task

from oracle import clock, selectors
from oracle.services import time

log = structlog.get_logger(__name__)


@shared_task
def pass_time() -> str:
    """Whatever is due by now."""
    return f"{done} due" if (done := time.pass_time(now=clock.now())) else "nothing due"


@shared_task
def beat() -> str:
    """The book's sign of life; and the alarm of every ruling that has no deadline, each time (PROTOCOL 2)."""
    row = time.beat(now=clock.now())
    for slug in selectors.rulings_without_deadline():
        log.error("ruling.waits", expiry=slug)
    return f"beat at {row.at} on #{row.seq}" if row else "this second has its beat"
