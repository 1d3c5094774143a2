"""What the database alone shows to be wrong: time, beats, rulings, the escrow, prices that do not come on chain."""

from __future__ import annotations

from django.conf import settings
from django.db.models import F

from oracle import selectors
from oracle.services.pausing import paused_since
from settlement.alarms import AlarmKind, clear_alarm, keep_alarms, open_alarms
from settlement.models import EscrowIndex
from settlement.reconcile_models import OracleRecord

OVERDUE_SECONDS = 60
"""Ticks come every two seconds: what is due for longer is stuck, or nobody rings."""
BEATS_MISSED = 2
ASKED_SECONDS = 120
"""A signer that is not asked for so long has nothing to refuse any more."""
OF_INTAKE = (AlarmKind.ROW_OVERDUE, AlarmKind.NO_BEAT)
"""What is no fault while operators have paused intake."""
_ON_THE_WAY = (OracleRecord.State.WAITING, OracleRecord.State.CANCELLED)

K = AlarmKind


def watch(*, now: int) -> int:
    """Raise and clear what can be seen at unix second `now`; returns how many alarms are open, of any kind."""
    paused = paused_since() is not None
    for kind, words in {
        K.ROW_OVERDUE: "" if paused else _overdue(now),
        K.NO_BEAT: "" if paused else _beat(now),
        K.PRICE_OVERDUE: _prices(now),
        **_escrow(),
    }.items():
        why = "intake is paused: none is due" if paused and kind in OF_INTAKE else "it is over"
        keep_alarms(kind, {"": words} if words else {}, why=why, now=now)
    waiting = selectors.rulings_without_deadline()
    rulings = {slug: f"{slug}: nobody ever revealed a vote; call the guardians" for slug in waiting}
    keep_alarms(K.RULING_WAITS, rulings, why="the guardians have ruled", now=now)
    for alarm in open_alarms().filter(kind=K.SIGNER_REFUSED, last_seen__lte=now - ASKED_SECONDS):
        clear_alarm(K.SIGNER_REFUSED, alarm.subject, why="the signer is not asked for it any more", now=now)
    return open_alarms().count()


def _overdue(now: int) -> str:
    slug = selectors.overdue(since=now - OVERDUE_SECONDS - 1)
    return f"a deadline of {slug} passed more than {OVERDUE_SECONDS} s ago; is the worker up?" if slug else ""


def _beat(now: int) -> str:
    last = selectors.last_beat_at()
    late = 0 < last < now - BEATS_MISSED * settings.BEAT_SECONDS
    return f"the last beat was at {last}; is celery beat up? manage.py tick sends one" if late else ""


def _prices(now: int) -> str:
    since = now - settings.PRICE_OVERDUE_SECONDS
    late = OracleRecord.objects.filter(state__in=_ON_THE_WAY, since__lte=since).order_by("since", "expiry")
    oldest = late.annotate(slug=F("expiry__slug")).first()
    if oldest is None:
        return ""
    return f"{late.count()} final prices are not on chain; {oldest.slug} since {oldest.since}. See its publication"


def _escrow() -> dict[AlarmKind, str]:
    index = EscrowIndex.objects.filter(id=1).first()
    return {
        K.ESCROW_STOPPED: index.stopped if index else "",
        K.ESCROW_DIFFERS: index.problem if index else "",
    }
