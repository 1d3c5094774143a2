"""A host whose clock runs ahead moves nothing (C-17): the book's clock cannot be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from structlog.testing import capture_logs

import oracle.tasks
import settlement.tasks
from oracle import clock
from oracle.models import Beat, BookHead, Expiry
from oracle.services.book import ClockAhead
from oracle.services.opening import open_expiry
from oracle.services.time import beat, pass_time
from settlement.services import opening
from tests.cast import ETHER, person
from tests.flows.story import START, assert_sound

FAST = 300


@pytest.fixture
def real(scheduled: Expiry, settings: Any) -> int:
    """What time it is for the database; from now on clocks are compared with it."""
    settings.CLOCK_TOLERANCE_SECONDS = 60
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::bigint")
        return int(cursor.fetchone()[0])


WAYS: dict[str, Callable[[Expiry, int], object]] = {
    "act": lambda expiry, now: person("dave").stake(ETHER, now),
    "deposit": lambda expiry, now: person("dave").deposit(ETHER, now),
    "tick": lambda expiry, now: pass_time(now=now),
    "beat": lambda expiry, now: beat(now=now),
    "opening": lambda expiry, now: open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=now),
}


@pytest.mark.parametrize("way", WAYS)
def test_clock__five_minutes_ahead__moves_nothing(scheduled: Expiry, real: int, way: str) -> None:
    before = BookHead.objects.values().get()
    with capture_logs() as logs, pytest.raises(ClockAhead), transaction.atomic():
        WAYS[way](scheduled, real + FAST)
    assert BookHead.objects.values().get() == before
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["clock.ahead"]
    assert_sound(scheduled)


def test_clock__ahead_within_the_tolerance__acts(scheduled: Expiry, real: int) -> None:
    assert person("dave").stake(ETHER, real + 50).refusal is None
    assert BookHead.objects.get().clock == real + 50


def test_clock__behind__acts_at_the_books_time(scheduled: Expiry, real: int) -> None:
    beat(now=real)
    assert person("dave").stake(ETHER, real - FAST).refusal is None
    assert BookHead.objects.get().clock == real


def test_first_entry_ever__by_a_clock_ahead__makes_no_book(db: None, settings: Any) -> None:
    settings.CLOCK_TOLERANCE_SECONDS = 60
    with pytest.raises(ClockAhead):
        beat(now=2**33)
    assert not BookHead.objects.exists()


def test_tasks__of_a_host_ahead__say_so_and_do_nothing(
    scheduled: Expiry, real: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: real + FAST)
    monkeypatch.setattr(opening, "open_due", lambda *, now: WAYS["opening"](scheduled, now))
    for task in (oracle.tasks.pass_time, oracle.tasks.beat, settlement.tasks.open_due):
        with capture_logs() as logs:
            assert task().startswith("ClockAhead: "), task
        assert [line["event"] for line in logs] == ["clock.ahead"]
    assert BookHead.objects.get().clock == START
    assert not Beat.objects.exists()
