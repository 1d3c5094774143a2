"""One story under a real Redis, worker and beat, whatever befalls them: one outcome (C-1, C-2, C-8 to C-11).

The clock is the test's, so that every telling can be compared to the bit with what its acts fold to in memory.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction

from oracle.models import Beat
from oracle.services import book
from tests.faults.processes import CLOCK_FILE, Celery, celery
from tests.faults.retold import LENGTH, STEPS, enrich, tell
from tests.flows.story import START

Step = Callable[[int], None]

pytestmark = pytest.mark.django_db(transaction=True)


class Town:
    """The processes, and the clock on the wall that all of them read."""

    def __init__(self, processes: Celery, wall: Path) -> None:
        self.processes, self.wall = processes, wall

    def set_clock(self, now: int) -> None:
        fresh = self.wall.with_suffix(".new")
        fresh.write_text(str(now))
        os.replace(fresh, self.wall)

    def live(self, now: int) -> None:
        """Let Celery live until `now`: until a beat of the book has been rung then."""
        self.set_clock(now)
        self.processes.wait_until(Beat.objects.filter(at=now).exists, f"the beat of {now}")

    def flushed(self, now: int) -> None:
        """C-8, at every step and while it is waited for."""
        self.set_clock(now)

        def beat_in_spite_of_a_flush() -> bool:
            self.processes.flush()
            return Beat.objects.filter(at=now).exists()

        self.processes.wait_until(beat_in_spite_of_a_flush, f"the beat of {now}, flushed all the while")

    def redis_killed(self, now: int) -> None:
        """C-9: messages, bindings and connections are gone."""
        start_again = self.processes.kill_redis()
        self.set_clock(now)
        start_again()
        self.live(now)

    def redis_frozen(self, now: int) -> None:
        """C-10: it is there and says nothing for longer than a ring's period."""
        redis = self.processes.children["redis"].process
        redis.send_signal(signal.SIGSTOP)
        self.set_clock(now)
        time.sleep(2.5)
        redis.send_signal(signal.SIGCONT)
        self.live(now)

    def worker_killed(self, now: int) -> None:
        """C-1: with a task that is inside of its transaction."""
        with self.caught_in_the_act(now):
            self.processes.kill("worker")
        self.processes.worker()
        self.live(now)

    def pool_children_killed(self, now: int) -> None:
        """C-2: the worker lives, the processes in which its tasks run do not."""
        worker = self.processes.children["worker"].process.pid
        with self.caught_in_the_act(now):
            for child in Path(f"/proc/{worker}/task/{worker}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
        self.live(now)

    def second_beat(self) -> None:
        """C-11: from now on everything is rung twice."""
        self.processes.beat("second beat")
        log = self.processes.children["second beat"].log
        self.processes.wait_until(lambda: "Sending due task" in log.read_text(), "a second beat that rings")

    @contextmanager
    def caught_in_the_act(self, now: int) -> Iterator[None]:
        """Hold the book's lock until a task waits for it."""
        with transaction.atomic():
            book.lock()
            self.set_clock(now)
            self.processes.wait_until(somebody_waits_for_a_lock, "a task in its transaction")
            yield


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() is not None


@pytest.fixture
def town(transactional_db: None, tmp_path: Path) -> Iterator[Town]:
    wall = tmp_path / "clock"
    wall.write_text(str(START))
    with celery("tests.faults.driven", BEAT_SECONDS="1", **{CLOCK_FILE: str(wall)}) as processes:
        processes.worker()
        processes.beat()
        yield Town(processes, wall)


def test_celery__whatever_befalls_its_processes__same_story(town: Town) -> None:
    enrich(START)
    town.live(START + 1)
    tellings: list[list[Step]] = [
        [town.live] * STEPS,
        [town.flushed] * STEPS,
        [town.redis_killed, town.worker_killed, town.pool_children_killed, town.redis_frozen],
    ]
    for number, steps in enumerate(tellings):
        tell(START + 100 + number * LENGTH, one_after_another(steps))
    town.second_beat()
    tell(START + 100 + len(tellings) * LENGTH, town.live)


def one_after_another(steps: list[Step]) -> Step:
    """Each step of the story under another fault."""
    assert len(steps) == STEPS
    left = iter(steps)
    return lambda now: next(left)(now)
