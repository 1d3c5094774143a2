"""A transcript is folded once for every state of its expiry, however often anybody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from oracle.models import Expiry
from oracle.services.time import beat, pass_time
from protocol import transcript
from tests.cast import ETHER, person
from tests.web.conftest import OPEN, WINDOW, queries
from tests.web.story import PRICE, close_reporting, send_secret_report, to_ballot
from tests.web.test_api_reads import list_more


@pytest.fixture
def folds(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many transcripts have been folded."""
    built: list[str] = []
    plain = transcript.build

    def build(**pieces: Any) -> Any:
        document = plain(**pieces)
        built.append(document["expiry"])
        return document

    monkeypatch.setattr(transcript, "build", build)
    return lambda: len(built)


def ask(client: Client, expiry: Expiry) -> Any:
    response = client.get(f"/api/v1/expiries/{expiry.slug}/transcript")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    return response.json()


def test_transcript__asked_for_again__is_not_folded_again(
    reporting: Expiry, client: Client, folds: Callable[[], int]
) -> None:
    send_secret_report(reporting)
    first = ask(client, reporting)
    beat(now=OPEN + 5)
    assert queries(lambda: ask(client, reporting)) == 1
    assert ask(client, reporting) == first
    assert folds() == 1


def test_transcript__one_more_act__is_in_it(
    reporting: Expiry, client: Client, folds: Callable[[], int]
) -> None:
    before = len(ask(client, reporting)["acts"])
    person("alice").report(reporting.id, PRICE, ETHER, OPEN + 1)
    assert len(ask(client, reporting)["acts"]) == before + 1
    assert folds() == 2


def test_transcript__of_each_expiry__its_own(reporting: Expiry, client: Client, terms: Any) -> None:
    list_more(1, terms)
    other = Expiry.objects.get(slug="more-0")
    assert ask(client, reporting)["expiry"] == reporting.id
    assert ask(client, other)["expiry"] == other.id


def test_transcript__reporting_closes__is_unsealed_at_once(reporting: Expiry, client: Client) -> None:
    send_secret_report(reporting)
    assert ask(client, reporting)["sealed"] is True
    close_reporting()
    document = ask(client, reporting)
    assert document["sealed"] is False
    assert transcript.verify(document).passed


@pytest.mark.usefixtures("voters")
def test_transcript__deadlines_that_leave_no_act__each_state_is_told(reporting: Expiry, client: Client) -> None:
    """Nobody votes: COMMIT, REVEAL, the next ballot's COMMIT and so on have one head."""
    now, seen = to_ballot(reporting), []
    for _ in range(7):
        reporting.refresh_from_db()
        document = ask(client, reporting)
        assert document["outcome"]["stage"] == reporting.stage
        assert transcript.verify(document).passed
        seen.append((reporting.head, reporting.stage))
        assert reporting.deadline is not None or reporting.stage == "RULING"
        now += WINDOW
        pass_time(now=now)
    assert [stage for _, stage in seen] == ["COMMIT", "REVEAL"] * 3 + ["RULING"]
    assert len({head for head, _ in seen}) == 1


def test_transcripts__many__only_so_many_are_kept(reporting: Expiry, client: Client) -> None:
    for n in range(40):
        caches["transcripts"].set(str(n), b"")
    assert sum(caches["transcripts"].has_key(str(n)) for n in range(40)) <= 16
