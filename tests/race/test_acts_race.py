"""Many connections at once: one book without gaps, every bond locked once (I-5, I-10, C-11)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction

from oracle.models import Act, Expiry
from oracle.services.acts import take_act
from oracle.services.opening import open_expiry
from oracle.services.time import beat, pass_time
from protocol.acts import Refusal
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.db.conftest import terms  # noqa: F401
from tests.flows.conftest import list_short_expiry
from tests.flows.story import LIE, OPENS_AT, PRICE, START, WINDOW, assert_sound, tick_along

REPORTERS = [f"reporter {number}" for number in range(12)]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def opened(terms: Terms) -> Expiry:  # noqa: F811
    for name in (*REPORTERS, "mallory"):
        person(name).deposit(10 * ETHER, START)
    expiry = list_short_expiry(terms)
    beat(now=OPENS_AT)
    open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=OPENS_AT)
    return expiry


def together(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run all jobs at the same moment, each on a connection of its own; what each returned."""
    results: list[Any] = []
    start = threading.Barrier(len(jobs))

    def work(job: Callable[[], Any]) -> None:
        start.wait()
        try:
            results.append(job())
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(jobs), "a thread died"
    return results


def test_reports__from_twelve_at_once__all_taken_in_one_sequence(opened: Expiry) -> None:
    answers = together(
        [lambda who=name: person(who).report(opened.id, PRICE, ETHER, OPENS_AT + 1) for name in REPORTERS]
    )
    assert all(answer.refusal is None for answer in answers)
    assert len({answer.receipt.message["seq"] for answer in answers if answer.receipt}) == len(REPORTERS)
    assert_sound(opened)


def test_same_act__sent_eight_times_at_once__taken_once_and_one_receipt(opened: Expiry) -> None:
    """C-3: a client that retries gets the receipt of the first."""
    act = person(REPORTERS[0]).sign(
        "Report",
        {
            "expiry": opened.id,
            "price": PRICE,
            "bond": ETHER,
            "evidence": "0x" + "0" * 64,
            "salt": "0x" + "1" * 64,
        },
    )
    answers = together([lambda: take_act(**act, now=OPENS_AT + 1)] * 8)
    assert [answer.refusal for answer in answers] == [None] * 8
    assert len({answer.receipt.signature for answer in answers if answer.receipt}) == 1
    assert Act.objects.filter(kind="Report").count() == 1
    assert_sound(opened)


def test_one_balance__spent_by_many_pledges_at_once__never_overdrawn(opened: Expiry) -> None:
    """C-36 for bonds: 10 ETH cover three pledges of 3."""
    for name in REPORTERS[:3]:
        person(name).report(opened.id, PRICE, 2 * ETHER, OPENS_AT + 1)
    tick_along(OPENS_AT + 1, OPENS_AT + WINDOW)
    pledges = [
        lambda n=number: person("mallory").pledge(
            opened.id, 1, LIE + n * 20 * ETHER, 3 * ETHER, OPENS_AT + WINDOW + 1
        )
        for number in range(8)
    ]
    refusals = [answer.refusal for answer in together(pledges)]
    assert refusals.count(None) == 3
    assert refusals.count(Refusal.INSUFFICIENT_BALANCE) == 5
    assert_sound(opened)


def test_ticks_beats_and_acts__all_at_once_at_a_deadline__it_passes_once(opened: Expiry) -> None:
    for name in REPORTERS[:3]:
        person(name).report(opened.id, PRICE, ETHER, OPENS_AT + 1)
    tick_along(OPENS_AT + 1, OPENS_AT + 2 * WINDOW - 1)
    now = OPENS_AT + 2 * WINDOW
    jobs: list[Callable[[], object]] = [lambda: pass_time(now=now), lambda: beat(now=now)] * 4
    jobs.append(lambda: person("mallory").pledge(opened.id, 1, LIE, ETHER, now))
    together(jobs)
    assert Act.objects.filter(kind="Final").count() == 1
    assert_sound(opened)
    assert opened.stage == "FINAL"


def test_tick__somebody_is_at_it__rings_do_not_queue_behind_them(opened: Expiry, terms: Terms) -> None:  # noqa: F811
    """Of two that are due somebody has the first: whoever waited would be a process less for everything else."""
    other = list_short_expiry(replace(terms, fee_ppm=1), slug="eth-usd-other")
    open_expiry(expiry_id=other.id, block=1, value_secured=0, now=OPENS_AT)
    first = Expiry.objects.order_by("deadline", "id")[0]
    now = OPENS_AT + WINDOW
    tick_along(OPENS_AT + 1, now - 1)

    def ring() -> int:
        try:
            return pass_time(now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Expiry.objects.select_for_update().get(id=first.id)
        assert pool.submit(ring).result(timeout=5) == 0
    assert pass_time(now=now) == 2
    assert_sound(opened, other)
