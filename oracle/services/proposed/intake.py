"""Pausing and resuming intake (oracle/services/pausing.py)."""

from __future__ import annotations

from django.db import transaction

from operators.kinds import Change, Details, Kind, NotPossible, Plan
from operators.models import Proposal
from operators.services import proposals
from oracle.clock import utc
from oracle.services import pausing
from oracle.services.book import BookPaused
from oracle.services.due import OUTAGE_SECONDS
from oracle.services.time import pass_time

TAKEN, PAUSED = "acts are taken, beats are signed, windows run", "nothing is taken, no beat, no window runs"


def plan_pause(details: Details, now: int) -> Plan:
    """That nothing would be taken any more. NotPossible: it is paused already."""
    if pausing.paused_since() is not None:
        raise NotPossible("intake is paused already")
    return Plan(
        "intake",
        "From the moment it is carried out the book stands still, until two operators resume it. Every page says so.",
        (Change("the book", TAKEN, PAUSED),),
        ("Every open deadline will move by the length of the pause. Publications and roots go on.",),
    )


def pause(proposal: Proposal, now: int) -> str | None:
    """Paused and ended in one transaction: carried out twice, it would pause anew what others have resumed."""
    try:
        pass_time(now=now)  # before the proposal is held: a thousand deadlines are many transactions
        with transaction.atomic():
            if proposals.hold(proposal):
                proposals.end(proposal, f"paused since {utc(pausing.pause(now=now))}", now=now)
    except (pausing.NotNow, BookPaused) as error:
        raise NotPossible(str(error)) from None
    return None


def plan_resume(details: Details, now: int) -> Plan:
    """That acts would be taken again. NotPossible: it is not paused."""
    since = pausing.paused_since()
    if since is None:
        raise NotPossible("intake is not paused")
    return Plan(
        "intake",
        f"The pause of {utc(since)} ends: it is recorded as an outage, and every open deadline moves by its length.",
        (Change("the book", PAUSED, TAKEN),),
        (f"Not before {utc(since + OUTAGE_SECONDS + 1)}: a shorter gap is no outage, and windows would lose it.",),
    )


def resume(proposal: Proposal, now: int) -> str | None:
    """Resumed and ended in one transaction; None while the pause is too short to be an outage."""
    try:
        with transaction.atomic():
            if proposals.hold(proposal) and (seconds := pausing.resume(now=now)) is not None:
                proposals.end(proposal, f"resumed after {seconds} s, an outage", now=now)
    except pausing.NotNow as error:
        raise NotPossible(str(error)) from None
    return None


PAUSE_INTAKE = Kind(
    "pause_intake",
    "Pause intake",
    "Nothing enters the book: no act, no beat, no deadline. Windows get the whole time back.",
    plan_pause,
    pause,
)
RESUME_INTAKE = Kind(
    "resume_intake",
    "Resume intake",
    "Acts are taken again. The pause becomes an outage of every running expiry.",
    plan_resume,
    resume,
)
