"""Doorbells (assize/timetable.py): clock, service, word."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import structlog
from celery import shared_task

from oracle import clock
from oracle.tasks import on_time
from settlement import reconcile
from settlement.alarms import AlarmKind, clear_alarm, raise_alarm
from settlement.chain.errors import ChainError, WrongChain
from settlement.chain.providers import StaleReads
from settlement.services import (
    escrow_round,
    opening,
    proposing,
    publishing,
    reconciling,
    root_posting,
    roots,
    series_index,
    watching,
)

log = structlog.get_logger(__name__)


def patiently(work: Callable[[], str]) -> Callable[[], str]:
    """A chain that does not answer is no error of ours: one line, and the next ring asks again.

    Below a quorum, or with all nodes on another chain, that is an alarm of the task, until it rings well again.
    """

    punctual = on_time(work)

    @wraps(work)
    def ring() -> str:
        task = work.__name__
        try:
            word = punctual()
        except ChainError as error:
            word = f"{type(error).__name__}: {error}"
            log.warning("chain.no_answer", reason=word)
            if isinstance(error, (StaleReads, WrongChain)):
                raise_alarm(AlarmKind.BELOW_QUORUM, task, f"{task} waits: {error}", now=clock.now())
            return word
        clear_alarm(AlarmKind.BELOW_QUORUM, task, why="a quorum agrees again", now=clock.now())
        return word

    return ring


@shared_task
@patiently
def open_due() -> str:
    """Expiries whose time has come."""
    return f"{opening.open_due(now=clock.now())} opened"


@shared_task
@patiently
def index_escrow() -> str:
    """Deposits and claims, as the chain says."""
    moved = escrow_round.index_escrow(now=clock.now())
    why = reconcile.escrow_problem()
    return f"roots wait: {why}" if why else f"{moved} blocks and logs"


@shared_task
@patiently
def index_series() -> str:
    """Splits, merges and redemptions, as final blocks say."""
    return f"{series_index.index_series(now=clock.now())} blocks"


@shared_task
@patiently
def propose() -> str:
    """Final prices for the attestors."""
    return f"{proposing.propose(now=clock.now())} proposed"


@shared_task
@patiently
def publish() -> str:
    """Signed prices for the chain."""
    return f"{publishing.publish(now=clock.now())} moved"


@shared_task
@patiently
def propose_root() -> str:
    """What the escrow owes, for the attestors."""
    root = roots.propose_root(now=clock.now())
    return f"{root} proposed" if root else "no root is due"


@shared_task
@patiently
def post_roots() -> str:
    """Signed roots for the chain."""
    return f"{root_posting.post_roots(now=clock.now())} moved"


@shared_task
@patiently
def reconcile_prices() -> str:
    """Prices on chain beside the book's."""
    return f"{reconciling.look(now=clock.now())} compared"


@shared_task
@patiently
def watch() -> str:
    """What the database alone shows to be wrong."""
    return f"{watching.watch(now=clock.now())} alarms"
