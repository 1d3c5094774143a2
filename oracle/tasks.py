"""Doorbells (assize/timetable.py): clock, service, word."""

import logging

from celery import shared_task

from oracle import clock
from oracle.services import time

log = logging.getLogger(__name__)


@shared_task
def pass_time() -> str:
    """Whatever is due by now."""
    word = f"{done} due" if (done := time.pass_time(now=clock.now())) else "nothing due"
    log.debug(word)
    return word


@shared_task
def beat() -> str:
    """The book's sign of life."""
    row = time.beat(now=clock.now())
    word = f"beat at {row.at} on #{row.seq}" if row else "this second has its beat"
    log.debug(word)
    return word
