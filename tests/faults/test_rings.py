"""However the rings of the timetable come, or whether they come at all: one outcome (C-5, C-6, C-7, C-12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.core.management import call_command
from django.utils.module_loading import import_string

from assize.timetable import timetable
from oracle.services.time import beat
from tests.cast import person
from tests.faults.retold import enrich, tell
from tests.flows.story import START

pytestmark = pytest.mark.django_db
RINGS = [ring.task for ring in timetable(60)]


def at_their_time(*tasks: str) -> Callable[[int], None]:
    """Ring these, in this order, at the second that it is."""

    def live(now: int) -> None:
        with mock.patch("time.time", return_value=now):
            for task in tasks:
                import_string(task)()

    return live


def by_command(now: int) -> None:
    with mock.patch("time.time", return_value=now):
        call_command("tick", verbosity=0)


def late(now: int) -> None:
    """The rings of the last minute come now, the oldest last; only signs of life went out before."""
    beat(now=now - 1)
    for second in range(now, now - 60, -20):
        at_their_time(*reversed(RINGS))(second)


def by_the_next_act(now: int) -> None:
    assert person("alice").stake(1, now).refusal is None


@pytest.mark.parametrize(
    "live",
    [
        pytest.param(at_their_time(*RINGS), id="once each"),
        pytest.param(at_their_time(*(3 * tuple(reversed(RINGS)))), id="three times, in reverse order"),
        pytest.param(at_their_time(*(10 * RINGS)), id="ten times"),
        pytest.param(late, id="late, newest first"),
        pytest.param(by_command, id="by manage.py tick"),
        pytest.param(by_the_next_act, id="never: whatever act comes next finds what is due"),
    ],
)
def test_rings__however_they_come__same_story(live: Callable[[int], None], settings: Any) -> None:
    settings.RPC_URL, settings.RPC_URLS = "http://127.0.0.1:1", ["http://127.0.0.1:1"]  # no chain answers either
    at = START + 150
    enrich(START)
    tell(at, live)
