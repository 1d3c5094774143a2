"""What Celery beat rings, and how often. A static table: it needs no database and no second place to look.

Every task is a doorbell. One that rings late, twice or never changes no outcome, so one that waited longer than its
own period is dropped (`expires`) instead of piling up behind a worker that was away.
"""

from typing import NamedTuple


class Ring(NamedTuple):
    """A task by name, and seconds between two rings."""

    task: str
    every: int


def timetable(beat_seconds: int) -> tuple[Ring, ...]:
    """All rings; `beat_seconds` is the time between two beats of the book (PROTOCOL 7)."""
    return (
        Ring("oracle.tasks.pass_time", every=2),
        Ring("oracle.tasks.beat", every=beat_seconds),
        Ring("oracle.tasks.place_events", every=2),
        Ring("desk.tasks.carry_out", every=2),
        Ring("settlement.tasks.open_due", every=2),
        Ring("settlement.tasks.index_escrow", every=2),
        Ring("settlement.tasks.index_series", every=10),
        Ring("settlement.tasks.propose", every=2),
        Ring("settlement.tasks.publish", every=2),
        Ring("settlement.tasks.propose_root", every=2),
        Ring("settlement.tasks.post_roots", every=2),
        Ring("settlement.tasks.reconcile_prices", every=10),
        Ring("settlement.tasks.watch", every=10),
        Ring("evidence.tasks.forget", every=60),
        Ring("alerts.tasks.fan_out", every=2),
        Ring("alerts.tasks.remind", every=5),
        Ring("alerts.tasks.send_hooks", every=2),
        Ring("alerts.tasks.send_mails", every=2),
        Ring("alerts.tasks.forget", every=60),
    )


def schedule(rings: tuple[Ring, ...]) -> dict[str, dict[str, object]]:
    """The table as Celery wants it."""
    return {
        ring.task: {"task": ring.task, "schedule": float(ring.every), "options": {"expires": ring.every}}
        for ring in rings
    }
