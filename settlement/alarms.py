"""Alarms: what is wrong now, since when, and what a person can do about it (docs/operating/alarms.md, test-held).

Whoever checks something raises and clears: raising again is how an alarm stays seen, clearing what is not open does
nothing. An alarm that is cleared stays as a row. Call these outside of a transaction that may be rolled back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import structlog
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Greatest

from operators.services import audit
from settlement.alarm_models import Alarm

log = structlog.get_logger(__name__)

SEEN_SECONDS = 10
"""An alarm that goes on is written again this often: checks run every few seconds."""


class AlarmKind(StrEnum):
    PRICE_DIFFERS = "price_differs"
    ESCROW_DIFFERS = "escrow_differs"
    ESCROW_STOPPED = "escrow_stopped"
    SERIES_STOPPED = "series_stopped"
    BELOW_QUORUM = "below_quorum"
    CLOCKS_APART = "clocks_apart"
    FINALITY_STALLS = "finality_stalls"
    SIGNER_REFUSED = "signer_refused"
    SIGNER_LOW = "signer_low"
    PUBLICATION_STUCK = "publication_stuck"
    FEE_CEILING = "fee_ceiling"
    PRICE_OVERDUE = "price_overdue"
    RULING_WAITS = "ruling_waits"
    ROW_OVERDUE = "row_overdue"
    NO_BEAT = "no_beat"


@dataclass(frozen=True, slots=True)
class About:
    """What an alarm of a kind means, whose name its subject is, and what stands still while one is open."""

    means: str
    subject: str
    stops: str = ""


K = AlarmKind
KINDS: Mapping[AlarmKind, About] = {
    K.PRICE_DIFFERS: About(
        "the chain has a price that the book does not have, or lost one", "the expiry's id", "publishing"
    ),
    K.ESCROW_DIFFERS: About("the escrow does not hold what logs, book and ledger say", "none", "roots"),
    K.ESCROW_STOPPED: About("the escrow's index does not go on", "none", "deposits and roots"),
    K.SERIES_STOPPED: About("what series have split, merged and redeemed is not counted any more", "none"),
    K.BELOW_QUORUM: About(
        "too few nodes say the same", "the task that waits", "whatever needs the chain's word"
    ),
    K.CLOCKS_APART: About(
        "the chain's newest block is too old or too new for our clock", "none", "opening and publishing"
    ),
    K.FINALITY_STALLS: About("the newest final block is old", "none"),
    K.SIGNER_REFUSED: About("the signer does not sign what it was asked for", "the purpose"),
    K.SIGNER_LOW: About("who pays for transactions will soon have nothing to pay with", "its address"),
    K.PUBLICATION_STUCK: About("a transaction of ours gets into no block", "the purpose"),
    K.FEE_CEILING: About("a transaction's fee cannot be raised any more", "the purpose"),
    K.PRICE_OVERDUE: About("final prices have not come on chain for too long", "none"),
    K.RULING_WAITS: About("only its guardians can end an expiry", "the expiry's slug"),
    K.ROW_OVERDUE: About("a deadline has passed and is not processed", "none"),
    K.NO_BEAT: About("the book has had no beat for too long", "none"),
}


def raise_alarm(kind: AlarmKind, subject: str, words: str, *, now: int) -> bool:
    """Say at unix second `now` that this is wrong; `words` tell a person what to do. True where it is new."""
    mine = _open(kind).filter(subject=subject)
    if row := mine.first():
        if row.words != words or row.last_seen + SEEN_SECONDS <= now:
            mine.update(words=words, last_seen=Greatest("last_seen", now))
        return False
    try:
        with transaction.atomic():
            Alarm.objects.create(kind=kind, subject=subject, words=words, since=now, last_seen=now)
            audit.record("alarm.raised", subject, details={"kind": kind, "words": words}, now=now)
    except IntegrityError:
        return False  # another worker raised it at the same moment
    log.error("alarm.raised", kind=kind, subject=subject, words=words)
    return True


def clear_alarm(kind: AlarmKind, subject: str, *, why: str, now: int) -> bool:
    """Say that this is right again; False where no such alarm is open."""
    return _clear(kind, _open(kind).filter(subject=subject), why, now)


def keep_alarms(kind: AlarmKind, found: Mapping[str, str], *, why: str, now: int) -> None:
    """Exactly these alarms of a kind are right now, as words by subject: raise them, clear all others of the kind."""
    for subject, words in found.items():
        raise_alarm(kind, subject, words, now=now)
    _clear(kind, _open(kind).exclude(subject__in=list(found)), why, now)


def open_alarms() -> QuerySet[Alarm]:
    """What is wrong now, the oldest first."""
    return Alarm.objects.filter(cleared_at=None).order_by("since", "id")


def publishing_stops() -> str:
    """Why no publication may be signed or sent now; "" where it may."""
    return _stops("publishing")


def opening_stops() -> str:
    """Why no expiry may be opened now; "" where it may."""
    return _stops("opening")


def _stops(what: str) -> str:
    kinds = [kind for kind, about in KINDS.items() if what in about.stops]
    stopping = open_alarms().filter(kind__in=kinds).first()
    return f"stopped by an alarm: {stopping.words}" if stopping else ""


def _open(kind: AlarmKind) -> QuerySet[Alarm]:
    return Alarm.objects.filter(kind=kind, cleared_at=None)


def _clear(kind: AlarmKind, rows: QuerySet[Alarm], why: str, now: int) -> bool:
    subjects = list(rows.values_list("subject", flat=True))
    if not subjects:
        return False
    with transaction.atomic():
        if not rows.update(cleared_at=Greatest("since", now), cleared_why=why):
            return False
        told = {"kind": kind, "subjects": ", ".join(subjects), "why": why}
        audit.record("alarm.cleared", subjects[0] if len(subjects) == 1 else "", details=told, now=now)
    log.warning("alarm.cleared", kind=kind, subjects=subjects, why=why)
    return True
