"""C-14: PostgreSQL ends sessions at random while acts come in: each is receipted once, or can be sent again."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from django.db import Error, connection

from ledger import selectors
from oracle.models import Act
from oracle.services.acts import take_act
from oracle.services.answer import Answer
from oracle.services.opening import open_expiry
from oracle.services.time import beat, pass_time
from tests.cast import ETHER, NO_EVIDENCE, person
from tests.faults.retold import list_for
from tests.flows.story import PRICE, START, assert_sound

pytestmark = pytest.mark.django_db(transaction=True)

SENDERS = ("alice", "bob", "carol", "dave")
NOW = START + 1
LEAST_BROKEN = 100
"""Sends that found their session ended; acts go on coming until there were so many."""


@dataclass
class Worker:
    """Does one thing after another on a session of its own; what breaks is done again."""

    jobs: Iterator[Callable[[], Any]]
    done: list[Any] = field(default_factory=list)
    broken: int = 0

    def work_until(self, enough: threading.Event) -> None:
        try:
            for job in self.jobs:
                self.done.append(self._insist(job))
                if enough.is_set():
                    return
        finally:
            connection.close()

    def _insist(self, job: Callable[[], Any]) -> Any:
        while True:
            try:
                return job()
            except Error:
                self.broken += 1
                connection.close()


def acts_of(name: str, expiry: str) -> Iterator[Callable[[], Answer]]:
    """A report, and then a wei of stake after the other. What is sent again is the same act to the bit."""
    who = person(name)
    report = {"expiry": expiry, "price": PRICE, "bond": ETHER, "evidence": NO_EVIDENCE, "salt": NO_EVIDENCE}
    yield partial(take_act, **who.sign("Report", report), now=NOW)
    for nonce in range(100_000):
        yield partial(take_act, **who.sign("Stake", {"amount": 1, "nonce": nonce}), now=NOW)


def rings() -> Iterator[Callable[[], object]]:
    while True:
        yield lambda: beat(now=NOW)
        yield lambda: pass_time(now=NOW + 1)


def end_sessions_until(enough: Callable[[], bool]) -> None:
    """End whatever session is at work at that moment, one at a time."""
    chance = random.Random(14)
    while not enough():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            at_work = [pid for (pid,) in cursor.fetchall()]
            if at_work:
                cursor.execute("SELECT pg_terminate_backend(%s)", [chance.choice(at_work)])
        threading.Event().wait(chance.uniform(0, 0.02))


def test_sessions__terminated_at_random__every_act_is_taken_once() -> None:
    for name in SENDERS:
        person(name).deposit(2 * ETHER, START)
    expiry = list_for(NOW)
    open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=NOW)
    senders = [Worker(acts_of(name, expiry.id)) for name in SENDERS]
    ringer, enough = Worker(rings()), threading.Event()
    with ThreadPoolExecutor(len(senders) + 1) as pool:
        working = [pool.submit(each.work_until, enough) for each in (*senders, ringer)]
        try:
            end_sessions_until(
                lambda: (
                    sum(each.broken for each in senders) >= LEAST_BROKEN
                    or any(each.done() for each in working)
                )
            )
        finally:
            enough.set()
    for each in working:
        each.result()
    assert sum(each.broken for each in senders) >= LEAST_BROKEN
    for name, sender in zip(SENDERS, senders, strict=True):
        assert_taken_once(name, sender.done)
    assert_sound(expiry)


def assert_taken_once(name: str, answers: list[Answer]) -> None:
    """Whoever was answered holds the receipt of an entry; there is no entry but theirs, and their money moved once."""
    who = person(name).address
    assert [answer.refusal for answer in answers] == [None] * len(answers)
    given = {answer.receipt.message["seq"]: answer.receipt.signature for answer in answers if answer.receipt}
    entries = Act.objects.filter(account=who, kind__in=["Report", "Stake"])
    assert dict(entries.values_list("seq", "receipt_signature")) == given
    assert len(given) == len(answers)
    staked = len(answers) - 1
    balances = selectors.balances(who)
    assert (balances["stake"], balances["free"]) == (staked, ETHER - staked)
