"""What a client hears when acts cannot be taken: 503 and what to do, never 500; the load balancer hears it too."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from oracle.models import Expiry
from tests.cast import person
from tests.web.conftest import Clock

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
    response = client.get("/health/ready")
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
