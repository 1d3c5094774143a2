"""What everybody sees while intake is paused: that it is meant, since when, and what that means for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from oracle.models import Act, Expiry
from oracle.services import pausing
from oracle.services.time import beat
from settlement.alarms import AlarmKind, open_alarms
from settlement.models import Alarm
from settlement.services.watching import watch
from tests.cast import person
from tests.web.conftest import OPEN, WINDOW, Clock, queries

pytestmark = pytest.mark.django_db
LATE = OPEN + WINDOW + 10 * 86_400


@pytest.fixture
def paused(reporting: Expiry, at: Clock) -> int:
    """Paused a while after it opened; now it is days behind its deadline."""
    since = pausing.pause(now=OPEN + 10)
    at.now = LATE
    return since


def test_act__while_paused__503_of_its_own_code_that_says_since_when(paused: int, api: Any) -> None:
    act = person("dave").sign("Stake", {"amount": 1, "nonce": 1})
    response = api(act)
    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert response["Retry-After"] == "60"
    assert response.json()["code"] == "intake_paused"
    for word in ("since 2", " UTC", "no window runs meanwhile", "Send it again"):
        assert word in response.json()["detail"]
    pausing.resume(now=LATE)
    assert api(act).status_code == 201
    assert Act.objects.filter(kind="Outage").exists()


def test_ready__while_paused__yes_and_why_no_acts_are_taken(paused: int, client: Client) -> None:
    """A load balancer that took away every process would take away the words, too."""
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["ready"] is True
    assert response.json()["paused"].startswith("intake is paused since ")
    pausing.resume(now=LATE)
    assert client.get("/readyz").json() == {"ready": True}


def test_status__while_paused__says_so_and_nothing_is_called_broken(paused: int, client: Client) -> None:
    parts = {part["name"]: part for part in client.get("/api/v1/status").json()["parts"]}
    assert b"Acts are taken" not in client.get("/status").content
    assert parts["intake"]["word"] == "stopped"
    assert parts["intake"]["words"].startswith("intake is paused since ")
    assert (parts["beats"]["word"], parts["deadlines"]["word"]) == ("ok", "ok")
    pausing.resume(now=LATE)
    parts = {part["name"]: part for part in client.get("/api/v1/status").json()["parts"]}
    assert (parts["intake"]["word"], parts["beats"]["word"]) == ("ok", "ok")


def test_alarms__while_paused__those_of_silence_are_over_and_do_not_rise(reporting: Expiry) -> None:
    beat(now=OPEN + 1)
    watch(now=OPEN + 1 + 170)
    assert {alarm.kind for alarm in open_alarms()} >= {AlarmKind.NO_BEAT}
    pausing.pause(now=OPEN + 1 + 170)
    for now in (OPEN + 180, LATE):
        watch(now=now)
        assert not open_alarms().filter(kind__in=(AlarmKind.NO_BEAT, AlarmKind.ROW_OVERDUE)).exists()
    assert Alarm.objects.get(kind=AlarmKind.NO_BEAT).cleared_why == "intake is paused: none is due"
    pausing.resume(now=LATE)
    watch(now=LATE + 1)
    assert not open_alarms().filter(kind=AlarmKind.NO_BEAT).exists()


def test_pages__while_paused__every_one_says_so_in_one_query(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    addresses = ("/", "/expiries/", f"/expiries/{reporting.slug}/", "/vote/", "/status", "/nowhere/")
    before = {address: queries(lambda address=address: client.get(address)) for address in addresses}
    for address in addresses:
        assert "Intake is paused" not in client.get(address).content.decode()
    pausing.pause(now=OPEN + 10)
    for address in addresses:
        assert "Intake is paused since 2" in client.get(address).content.decode(), address
        assert queries(lambda address=address: client.get(address)) <= before[address]
