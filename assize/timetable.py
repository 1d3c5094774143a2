"""What Celery beat rings, and how often. A static table: it needs no database and no second place to look.

Every task is a doorbell. One that rings late, twice or never changes no outcome, so one that waited longer than its
own period is dropped (`expires`) instead of piling up behind a worker that was away.

Each goes to one of three queues, so that a node that answers slowly holds up no deadline, and the key that pays lies
in the one process that takes `publish`. A worker that is given no `-Q` takes all three.
"""

from typing import NamedTuple

BOOK = "book"  # PostgreSQL alone is asked
CHAIN = "chain"  # nodes are read
PUBLISH = "publish"  # transactions are signed and sent
QUEUES = (BOOK, CHAIN, PUBLISH)


class Ring(NamedTuple):
    """A task by name, seconds between two rings, and the queue that it waits in."""

    task: str
    every: int
    queue: str = BOOK


def timetable(beat_seconds: int) -> tuple[Ring, ...]:
    """All rings; `beat_seconds` is the time between two beats of the book (PROTOCOL 7)."""
    return (
        Ring("oracle.tasks.pass_time", every=2),
        Ring("oracle.tasks.beat", every=beat_seconds),
        Ring("oracle.tasks.place_events", every=2),
        Ring("desk.tasks.carry_out", every=2),
        Ring("desk.tasks.carry_out_signed", every=2, queue=PUBLISH),
        Ring("settlement.tasks.open_due", every=2, queue=CHAIN),
        Ring("settlement.tasks.index_escrow", every=2, queue=CHAIN),
        Ring("settlement.tasks.index_series", every=10, queue=CHAIN),
        Ring("settlement.tasks.propose", every=2, queue=CHAIN),
        Ring("settlement.tasks.publish", every=2, queue=PUBLISH),
        Ring("settlement.tasks.propose_root", every=2, queue=CHAIN),
        Ring("settlement.tasks.post_roots", every=2, queue=PUBLISH),
        Ring("settlement.tasks.reconcile_prices", every=10, queue=CHAIN),
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


def routes(rings: tuple[Ring, ...]) -> dict[str, dict[str, str]]:
    """Which queue a task waits in, whoever rings it."""
    return {ring.task: {"queue": ring.queue} for ring in rings}
