"""What a client hears when acts cannot be taken: 503 and what to do, never 500; the load balancer hears it too."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from oracle.models import Act, Expiry
from oracle.services import effects
from oracle.services.time import pass_time
from tests.cast import person
from tests.web.conftest import OPEN, WINDOW, Clock
from tests.web.story import to_challenge

pytestmark = pytest.mark.django_db


def database_clock() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::bigint")
        return int(cursor.fetchone()[0])


def assert_unavailable(response: Any, *words: str) -> None:
    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert response.json()["code"] == "unavailable"
    for word in words:
        assert word in response.json()["detail"]


def ready(client: Client) -> tuple[int, Any]:
    response = client.get("/readyz")
    return response.status_code, response.json().get("reason")


@pytest.mark.usefixtures("nothing_changes")
def test_act__this_hosts_clock_is_ahead__503_and_send_it_again(
    reporting: Expiry, api: Any, at: Clock, settings: Any
) -> None:
    settings.CLOCK_TOLERANCE_SECONDS = 60
    at.now = database_clock() + 300
    act = person("dave").sign("Stake", {"amount": 1, "nonce": 1})
    assert_unavailable(api(act), "ahead of the database's", "Send it again")


def test_ready__this_hosts_clock_is_ahead__no(client: Client, at: Clock, settings: Any) -> None:
    settings.CLOCK_TOLERANCE_SECONDS = 60
    at.now = database_clock()
    assert ready(client) == (200, None)
    at.now += 300
    status, reason = ready(client)
    assert status == 503
    assert "ahead of the database's" in reason


@pytest.fixture
def stuck(reporting: Expiry, monkeypatch: pytest.MonkeyPatch) -> Expiry:
    """Its challenge ends at OPEN + 2 * WINDOW, and the payment of its FINAL raises."""
    to_challenge(reporting)
    monkeypatch.setattr(effects, "settle", lambda *_: 1 // 0)
    return reporting


def test_act__a_deadline_cannot_be_processed__503_that_names_the_expiry(
    stuck: Expiry, api: Any, at: Clock
) -> None:
    at.now = OPEN + 2 * WINDOW
    act = person("dave").sign("Stake", {"amount": 1, "nonce": 1})
    response = api(act)
    assert_unavailable(response, stuck.slug, "operator")
    assert "division" not in response.json()["detail"]
    assert not Act.objects.filter(kind="Stake").exists()


def test_ready__a_deadline_overdue_by_more_than_a_minute__no(
    stuck: Expiry, client: Client, at: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.now = OPEN + 2 * WINDOW + 60
    assert ready(client) == (200, None)
    at.now += 1
    status, reason = ready(client)
    assert status == 503
    assert stuck.slug in reason
    monkeypatch.undo()
    pass_time(now=at.now)
    assert ready(client) == (200, None)
