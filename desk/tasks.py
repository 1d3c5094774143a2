"""Doorbells (assize/timetable.py): clock, service, word."""

from __future__ import annotations

from celery import shared_task

from desk.kinds import KINDS
from operators.services import proposals
from oracle import clock
from settlement.tasks import patiently


@shared_task
@patiently
def carry_out() -> str:
    """What two operators want."""
    return f"{proposals.carry_out(KINDS, now=clock.now())} proposals ended"


@shared_task
@patiently
def carry_out_signed() -> str:
    """The same, where transactions are signed for it."""
    return f"{proposals.carry_out(KINDS, signs=True, now=clock.now())} proposals ended"
