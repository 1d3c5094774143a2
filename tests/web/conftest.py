"""A browser's and a client's view of the same expiry that tests/db acts on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ledger import selectors
from ledger.models import Account, Transfer
from oracle import clock, signer
from oracle.models import Act, Expiry
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.db.conftest import GUARDIANS, NOW, expiry, reporting

__all__ = ["expiry", "reporting"]

OPEN = NOW + 86_400


WINDOW = 100
"""Seconds of every window, less than an outage: time passes here without a beat."""


@pytest.fixture
def terms() -> Terms:
    """As in tests/db, with short windows and no second try at reporting."""
    windows = ("report_window", "challenge_window", "commit_window", "reveal_window", "ruling_window")
    guardians = tuple(person(name).address for name in GUARDIANS)
    return Terms(
        service=signer.service_address(),
        guardians=guardians,
        guardian_threshold=2,
        report_extensions=0,
        **dict.fromkeys(windows, WINDOW),
    )


@pytest.fixture
def voters(expiry: Expiry) -> None:
    """Vera and Victor have 10 ETH of seasoned stake each."""
    for name in ("vera", "victor"):
        person(name).deposit(20 * ETHER, NOW)
        assert person(name).stake(10 * ETHER, NOW).refusal is None


class Clock:
    """What time it is for the web process."""

    def __init__(self) -> None:
        self.now = OPEN + 1


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set `at.now` to move the web process through time; it begins a second after the expiry opened."""
    hands = Clock()
    monkeypatch.setattr(clock, "now", lambda: hands.now)
    return hands


@pytest.fixture
def api(client: Client) -> Callable[..., Any]:
    """POST a body, as JSON unless it is bytes, and give the response back."""

    def post(body: Any, path: str = "/api/v1/acts", content_type: str = "application/json") -> Any:
        return client.post(path, body, content_type=content_type)

    return post


@pytest.fixture
def nothing_changes(reporting: Expiry) -> Iterator[None]:
    """At the end of the test the act log and the ledger are what they were when it began."""
    before = _everything()
    yield
    assert _everything() == before
    assert selectors.total() == 0


def queries(work: Callable[[], Any]) -> int:
    """How many queries it takes."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def _everything() -> list[Any]:
    tables = Act.objects.order_by("seq"), Transfer.objects.order_by("id"), Account.objects.order_by("name")
    return [list(rows.values()) for rows in tables]
