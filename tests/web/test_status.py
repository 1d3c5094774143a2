"""/status and its JSON: every part by what the rows say, right also when nobody watches any more."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from oracle.models import Expiry
from oracle.services.time import beat
from settlement import status as subject
from settlement.alarms import KINDS, AlarmKind, clear_alarm, raise_alarm
from settlement.models import Alarm, ChainState, EscrowIndex, OracleRecord, Publication
from settlement.services.watching import watch
from tests.web.conftest import OPEN, WINDOW, Clock, queries

K = AlarmKind


def told(client: Client) -> dict[str, Any]:
    response = client.get("/api/v1/status")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def parts(client: Client) -> dict[str, str]:
    return {part["name"]: part["word"] for part in told(client)["parts"]}


@pytest.fixture
def well(reporting: Expiry, at: Clock, settings: Any) -> int:
    """A service that has just beaten, looked at the chain with three of three nodes, and read its escrow."""
    settings.RPC_QUORUM = 2
    at.now = now = OPEN + 10
    beat(now=now)
    chain = {"looked_at": now, "good_at": now, "nodes": 3, "agreeing": 3, "head": 90, "head_at": now - 5}
    ChainState.objects.create(id=1, final=80, final_hash="0x", final_at=now - 100, **chain)
    EscrowIndex.objects.update_or_create(id=1, defaults={"looked_at": now, "credited_to": 80})
    return now


def test_status__all_well__ok_and_when_each_was_seen_so(well: int, client: Client) -> None:
    found = told(client)
    assert (found["word"], found["alarms"], found["alarms_open"], found["at"]) == ("ok", [], "0", str(well))
    assert set(parts(client).values()) == {"ok"}
    by_name = {part["name"]: part for part in found["parts"]}
    assert by_name["nodes"]["words"] == "3 of 3 agree, 2 must"
    assert by_name["chain"]["words"] == "newest block 90, 5 s old; final block 80, 100 s old"
    assert by_name["beats"]["well_at"] == str(well)
    assert client.get("/status/")["Location"] == "/status"
    page = client.get("/status")
    assert page.status_code == 200
    assert "<h1>Status: ok</h1>" in page.content.decode()
    assert 'href="/status"' in client.get("/").content.decode()


def test_status__nobody_watches_any_more__said_all_the_same(well: int, client: Client, at: Clock) -> None:
    """Worker and beat are gone, so no alarm is raised: the page judges by age."""
    at.now = well + WINDOW - 20
    assert parts(client)["nodes"] == "attention"
    assert parts(client)["escrow"] == "attention"
    assert told(client)["word"] == "attention"
    at.now = well + WINDOW + 100
    found = parts(client)
    assert (found["beats"], found["deadlines"], found["nodes"]) == ("stopped", "stopped", "attention")
    at.now = well + 1_000
    assert parts(client)["chain"] == "stopped"
    assert told(client)["word"] == "stopped"
    assert not Alarm.objects.exists()


WRONG: list[tuple[str, Any, str, str]] = [
    ("ChainState", {"problem": "fewer than 2"}, "nodes", "stopped"),
    ("ChainState", {"agreeing": 2}, "nodes", "attention"),
    ("ChainState", {"final_at": 5}, "chain", "attention"),
    ("ChainState", {"head_at": 5}, "chain", "stopped"),
    ("EscrowIndex", {"problem": "a wei"}, "escrow", "stopped"),
    ("EscrowIndex", {"stopped": "too deep"}, "escrow", "stopped"),
    ("EscrowIndex", {"stale": "too few"}, "escrow", "attention"),
]


@pytest.mark.parametrize(("model", "columns", "name", "word"), WRONG)
def test_status__one_part_is_not_well__that_one_and_the_whole(
    well: int, client: Client, model: str, columns: dict[str, Any], name: str, word: str
) -> None:
    {"ChainState": ChainState, "EscrowIndex": EscrowIndex}[model].objects.update(**columns)
    found = parts(client)
    assert {each: said for each, said in found.items() if said != "ok"} == {name: word}
    assert told(client)["word"] == word


def test_status__a_wrong_price_and_an_old_publication__named(well: int, client: Client, at: Clock) -> None:
    expiry = Expiry.objects.get()
    row = {"since": 1, "attempt": 0, "block": 1, "looked_at": well}
    OracleRecord.objects.create(expiry=expiry, state=OracleRecord.State.EARLY, price=5, **row)
    Publication.objects.create(created_at=well - 10_000)
    found = parts(client)
    assert (found["prices on chain"], found["publications"]) == ("stopped", "attention")


@pytest.mark.parametrize("kind", K)
def test_status__an_alarm_is_open__its_words_and_the_worst_of_all(
    well: int, client: Client, kind: AlarmKind
) -> None:
    raise_alarm(kind, "<b>x</b>", "do <i>this</i>", now=well)
    found = told(client)
    assert found["word"] == ("stopped" if KINDS[kind].stops else "attention")
    (alarm,) = found["alarms"]
    assert alarm == {
        "kind": kind,
        "subject": "<b>x</b>",
        "words": "do <i>this</i>",
        "stops": KINDS[kind].stops,
        "since": str(well),
        "last_seen": str(well),
    }
    page = client.get("/status").content.decode()
    assert "do &lt;i&gt;this&lt;/i&gt;" in page
    assert "<b>x</b>" not in page
    clear_alarm(kind, "<b>x</b>", why="gone", now=well)
    assert told(client)["word"] == "ok"


def test_status__database_does_not_answer__503_that_says_so(
    well: int, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any, **__: Any) -> Any:
        raise OperationalError("connection refused")

    monkeypatch.setattr(subject.transaction, "atomic", down)
    page, answer = client.get("/status"), client.get("/api/v1/status")
    assert (page.status_code, answer.status_code) == (503, 503)
    assert "Status: stopped" in page.content.decode()
    assert "it does not answer" in page.content.decode()
    assert (answer.json()["word"], [part["name"] for part in answer.json()["parts"]]) == (
        "stopped",
        ["database"],
    )


def test_status__database_hardly_lives__gives_up_after_two_seconds(
    well: int, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(**_: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")
        return 0

    monkeypatch.setattr(subject, "PATIENCE", "100ms")
    monkeypatch.setattr("oracle.selectors.last_beat_at", slow)
    assert client.get("/status").status_code == 503


def test_status__more_alarms_and_rows__as_many_queries(well: int, client: Client) -> None:
    client.get("/status")
    few = queries(lambda: client.get("/status"))
    for number in range(20):
        raise_alarm(K.RULING_WAITS, f"e{number}", "call them", now=well)
        Publication.objects.create(created_at=well)
    assert queries(lambda: client.get("/status")) == few <= 12


def test_status__nothing_yet__attention_and_no_error(db: None, client: Client, at: Clock) -> None:
    at.now = OPEN
    assert told(client)["word"] == "attention"
    assert client.get("/status").status_code == 200


def test_watch__what_the_database_shows__raised_and_cleared(well: int, at: Clock) -> None:
    EscrowIndex.objects.update(problem="a wei", stopped="too deep")
    raise_alarm(K.SIGNER_REFUSED, "publication:1", "cap", now=well)

    def seen(now: int) -> set[str]:
        watch(now=now)
        return set(Alarm.objects.filter(cleared_at=None).values_list("kind", flat=True))

    assert seen(well) == {"escrow_differs", "escrow_stopped", "signer_refused"}
    late = well + 61 + WINDOW
    EscrowIndex.objects.update(problem="", stopped="")
    assert seen(late) == {"no_beat", "row_overdue"}
    assert seen(well + 1) == set()


def test_watch__a_ruling_without_a_deadline__alarm_until_it_is_final(well: int, client: Client) -> None:
    expiry = Expiry.objects.get()
    Expiry.objects.filter(pk=expiry.pk).update(stage="RULING", deadline=None)
    watch(now=well)
    (alarm,) = Alarm.objects.all()
    assert (alarm.kind, alarm.subject) == ("ruling_waits", expiry.slug)
    Expiry.objects.filter(pk=expiry.pk).update(stage="REPORTING", deadline=well + 50)
    watch(now=well)
    assert Alarm.objects.get().cleared_at == well
