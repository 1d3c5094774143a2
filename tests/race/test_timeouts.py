"""Nobody waits for ever: for a lock that somebody keeps, or on a process that stopped inside a transaction."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from oracle import clock
from oracle.models import Act
from oracle.services import acts, book
from oracle.services.due import process_due
from oracle.services.time import beat
from tests.cast import ETHER, person
from tests.flows.story import START

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stake(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An act that can be taken."""
    monkeypatch.setattr(clock, "now", lambda: START)
    person("dave").deposit(10 * ETHER, START)
    return person("dave").sign("Stake", {"amount": ETHER, "nonce": 1})


def limit(name: str, milliseconds: int) -> None:
    """Shorter than in production; for this connection."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET {name} = {milliseconds}")


def send(act: dict[str, Any]) -> Any:
    return Client().post("/api/v1/acts", act, content_type="application/json")


@contextmanager
def somebody_keeps_the_lock() -> Iterator[None]:
    held, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            book.lock()
            held.set()
            enough.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    try:
        yield
    finally:
        enough.set()
        holder.join()


def test_act__the_books_lock_is_kept_too_long__503_and_taken_when_sent_again(stake: dict[str, Any]) -> None:
    limit("lock_timeout", 200)
    with somebody_keeps_the_lock():
        response = send(stake)
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert send(stake).status_code == 201


def test_act__its_process_stops_inside_the_lock__others_go_on_and_it_gets_503(
    stake: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit("idle_in_transaction_session_timeout", 200)
    others: list[float] = []

    def act_meanwhile() -> None:
        beat(now=START + 1)
        others.append(time.monotonic())
        connection.close()

    other = threading.Thread(target=act_meanwhile)

    def stop(head: Any) -> int:
        other.start()
        time.sleep(1)
        return process_due(head)

    with monkeypatch.context() as stopped:
        stopped.setattr(acts, "process_due", stop)
        started = time.monotonic()
        response = send(stake)
    other.join()
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert others[0] - started < 0.9, "the server ended the transaction, not the process"
    assert not Act.objects.filter(kind="Stake").exists()
    assert send(stake).status_code == 201
