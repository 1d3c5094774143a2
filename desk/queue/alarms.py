"""Open alarms, each with what to do about it."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Count, IntegerField, Value, When, Window

from desk import addresses
from desk.queue.rows import SHOWN, Act, Row, Section, Urgency
from settlement.alarms import KINDS, open_alarms
from settlement.models import Alarm
from settlement.status import stops


def open_now() -> Section:
    """Those that stop something before the others, the oldest first. One query."""
    stopping = [str(kind) for kind, about in KINDS.items() if about.stops]
    worst = Case(When(kind__in=stopping, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows: Any = open_alarms().annotate(total=Window(Count("pk"))).order_by(worst, "since", "id")
    found = list(rows[:SHOWN])
    return Section(
        "Alarms",
        "no alarm is open",
        addresses.listing(Alarm, open="yes"),
        [_row(alarm) for alarm in found],
        found[0].total if found else 0,
    )


def _row(alarm: Alarm) -> Row:
    stopped = stops(alarm)
    why = f"{alarm.words}. Stops {stopped}." if stopped else alarm.words
    return Row(
        what=str(alarm),
        why=why,
        link=addresses.page(alarm),
        urgency=Urgency.STOPPED if stopped else Urgency.NOW,
        at=alarm.since,
        act=Act("what to do", addresses.runbook(alarm.kind)),
    )
