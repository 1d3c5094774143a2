"""What Celery rings (assize/timetable.py). Each: the clock, the service, a word."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import structlog
from celery import shared_task

from oracle import clock
from settlement.chain.errors import ChainError
from settlement.services import opening, proposing, publishing

log = structlog.get_logger(__name__)


def _patiently(work: Callable[[], int]) -> Callable[[], int]:
    """A chain that does not answer is no error of ours: say so in one line, the next ring asks again."""

    @wraps(work)
    def ring() -> int:
        try:
            return work()
        except ChainError as error:
            log.warning("chain.no_answer", task=work.__name__, reason=str(error))
            return 0

    return ring


@shared_task
@_patiently
def open_due() -> int:
    """Expiries whose time has come."""
    return opening.open_due(now=clock.now())


@shared_task
@_patiently
def propose() -> int:
    """Final prices for the attestors."""
    return proposing.propose(now=clock.now())


@shared_task
@_patiently
def publish() -> int:
    """Signed prices for the chain."""
    return publishing.publish(now=clock.now())
