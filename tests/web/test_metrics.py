"""/metrics: every gauge says what the rows say, and moves when its fault is made; who may ask; what asking costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from alerts.models import Delivery, Hook
from assize.metrics import collector, readings
from assize.metrics.table import BY_NAME, TABLE
from bench.fill import Size, fill
from evidence.models import Document
from oracle.models import BookHead, Event, Expiry
from oracle.services.time import beat
from settlement.alarms import AlarmKind, raise_alarm
from settlement.models import (
    Attempt,
    AttestorRefusal,
    AttestorSignature,
    ChainState,
    ChainTransaction,
    EscrowIndex,
    OracleRecord,
    Publication,
    Root,
    SeriesIndex,
)
from tests.cast import person
from tests.web.conftest import OPEN, WINDOW, Clock, queries

TOKEN = "t" * 40
MOST_QUERIES = 12
Told = dict[tuple[str, str], float]


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def scrape(client: Client) -> Told:
    """By metric and label, "" where it has none."""
    response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def well(reporting: Expiry, at: Clock, settings: Any) -> int:
    """A service that has beaten five seconds ago, and looked at everything a second ago; nothing is wrong."""
    settings.RPC_QUORUM = 2
    at.now = now = OPEN + 10
    beat(now=now - 5)
    ChainState.objects.create(
        id=1, chain="0xaa", looked_at=now - 1, good_at=now - 1, nodes=3, agreeing=3, head=90, head_at=now - 12,
        final=80, final_at=now - 100, swept_at=now - 60, signer="0x" + "5" * 40, signer_wei=10**18,
        signer_at=now - 1,
    )  # fmt: skip
    EscrowIndex.objects.update_or_create(
        id=1,
        defaults={
            "looked_at": now - 1, "credited_to": 80, "compared_at": now - 1, "held_wei": 7, "owed_wei": 7,
        },
    )  # fmt: skip
    SeriesIndex.objects.update_or_create(id=1)
    return now


def transaction_row(nonce: int, now: int, **columns: Any) -> ChainTransaction:
    row = {
        "chain": "0xaa", "sender": "0x" + "5" * 40, "nonce": nonce, "purpose": f"publication:{nonce}",
        "to": "0x" + "6" * 40, "data": "0x", "created_at": now, "hash": f"0x{nonce:064x}",
    }  # fmt: skip
    return ChainTransaction.objects.create(**{**row, **columns})


# ---------------------------------------------------------------- what it says


def test_metrics__all_is_well__every_gauge_of_the_table_and_no_other(well: int, client: Client) -> None:
    Root.objects.create(
        epoch=1, root="0x", block=1, seq=1, accounts=1, debt=0, stage="FINAL", created_at=5, final_at=well - 50
    )
    told = scrape(client)
    assert {name for name, _ in told} == set(BY_NAME)
    expected = {
        ("assize_up", ""): 1,
        ("assize_expiries", "REPORTING"): 1,
        ("assize_expiries", "FINAL"): 0,
        ("assize_oldest_due_age_seconds", ""): 0,
        ("assize_beat_age_seconds", ""): 5,
        ("assize_book_life_age_seconds", ""): 5,
        ("assize_ledger_imbalance_wei", ""): 0,
        ("assize_ledger_negative", ""): 0,
        ("assize_escrow_surplus_wei", ""): 0,
        ("assize_providers", ""): 3,
        ("assize_providers_agreeing", ""): 3,
        ("assize_providers_quorum", ""): 2,
        ("assize_chain_head_age_seconds", ""): 12,
        ("assize_chain_final_age_seconds", ""): 100,
        ("assize_prices_compared_age_seconds", ""): 60,
        ("assize_signer_balance_wei", ""): 10**18,
        ("assize_root_age_seconds", ""): 50,
        ("assize_transactions_missing_nonces", ""): 0,
        ("assize_outbox_waiting", "mail"): 0,
    }
    assert {key: told.get(key) for key in expected} == expected
    assert {value for (name, _), value in told.items() if name == "assize_alarms_open"} == {0}


def make_due(now: int) -> None:
    Expiry.objects.update(deadline=now - 300)


def lose_a_wei(now: int) -> None:
    """By the tables' owner past every trigger: the app's role could not."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_account DISABLE TRIGGER USER")
        name = f"free:{person('alice').address}"
        cursor.execute("UPDATE ledger_account SET balance = balance + 1 WHERE name = %s", [name])
        assert cursor.rowcount == 1


def overdraw(now: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_account DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_not_overdrawn")
        cursor.execute("UPDATE ledger_account SET balance = -1 WHERE name LIKE 'free:%'")


def two_publications(now: int) -> None:
    Publication.objects.create(created_at=now - 500)
    Publication.objects.create(created_at=now - 40, stage="SIGNED")


def refuse(now: int) -> None:
    open_, signed = (Publication.objects.create(created_at=now) for _ in range(2))
    for publication in (open_, signed):
        AttestorRefusal.objects.create(publication=publication, attestor="0x" + "7" * 40, text="no", at=now)
    AttestorSignature.objects.create(publication=signed, attestor="0x" + "7" * 40, signature="0x", at=now)


def skip_a_nonce(now: int) -> None:
    old = transaction_row(5, now - 900)
    for number in (1, 2, 3):
        Attempt.objects.create(
            transaction=old, number=number, raw="0x02aa", hash=f"0x{number}", gas=1, max_fee=1, tip=1,
            signed_at=now,
        )  # fmt: skip
    transaction_row(6, now)
    transaction_row(9, now)
    transaction_row(3, now, chain="0xbb")  # of another chain


def mine_twice(now: int) -> None:
    mined = {"state": "MINED", "block_number": 3, "block_hash": "0x", "succeeded": True, "purpose": "publication:1"}
    transaction_row(1, now, **mined)
    transaction_row(2, now, **mined)


def forge_a_price(now: int) -> None:
    row = {"since": 1, "attempt": 0, "block": 1, "looked_at": now, "price": 5}
    OracleRecord.objects.create(expiry=Expiry.objects.get(), state=OracleRecord.State.EARLY, **row)


def leave_in_the_outbox(now: int) -> None:
    hook = Hook.objects.create(account="0x", url="https://x", secret="s", failing_since=3)
    Hook.objects.create(account="0x", url="https://y", secret="s", failing_since=3, disabled_at=5)
    row = {"account": "0x", "purpose": "test", "channel": "webhook", "hook": hook, "created_at": now}
    Delivery.objects.create(next_at=now - 200, **row)
    Delivery.objects.create(next_at=now + 200, **row)
    Delivery.objects.create(next_at=now - 900, state="SENT", **row)
    Event.objects.create(key="x", kind="final")


def pause_intake(now: int) -> None:
    BookHead.objects.update(clock=now - 5, life_at=now - 5, paused_at=now - 5)


def keep_evidence(now: int) -> None:
    Document.objects.create(hash="0x1", expiry=Expiry.objects.get(), canonical="{}", size=70, kept_at=now)


FAULTS: list[tuple[Callable[[int], object], Told]] = [
    (make_due, {("assize_oldest_due_age_seconds", ""): 300}),
    (lose_a_wei, {("assize_ledger_imbalance_wei", ""): 1}),
    (overdraw, {("assize_ledger_negative", ""): 8}),
    (
        two_publications,
        {
            ("assize_publications_open", "PLANNED"): 1,
            ("assize_publications_open", "SIGNED"): 1,
            ("assize_publications_oldest_age_seconds", "PLANNED"): 500,
            ("assize_publications_oldest_age_seconds", "SIGNED"): 40,
        },
    ),
    (
        refuse,
        {("assize_refusals", ""): 1, ("assize_publications_open", "PLANNED"): 2},
    ),
    (
        skip_a_nonce,
        {
            ("assize_transactions_missing_nonces", ""): 2,
            ("assize_transactions_open", "SENT"): 3,
            ("assize_transactions_oldest_age_seconds", ""): 900,
            ("assize_transactions_attempts_most", ""): 3,
        },
    ),
    (
        mine_twice,
        {("assize_publications_sent_twice", ""): 1, ("assize_transactions_open", "MINED"): 2},
    ),
    (forge_a_price, {("assize_prices_wrong", ""): 1, ("assize_prices_on_chain", "EARLY"): 1}),
    (
        leave_in_the_outbox,
        {
            ("assize_outbox_waiting", "webhook"): 2,
            ("assize_outbox_due_age_seconds", "webhook"): 200,
            ("assize_webhooks_failing", ""): 1,
            ("assize_events_unplaced", ""): 2,  # the listing's own is the other
        },
    ),
    (pause_intake, {("assize_intake_paused", ""): 1}),
    (keep_evidence, {("assize_evidence_bytes", ""): 70}),
    (
        lambda now: raise_alarm(AlarmKind.NO_BEAT, "", "x", now=now),
        {("assize_alarms_open", "no_beat"): 1},
    ),
    (
        lambda now: Root.objects.create(
            epoch=1, root="0x", block=1, seq=1, accounts=1, debt=0, stage="SIGNED", created_at=now - 70
        ),
        {("assize_roots_open", "SIGNED"): 1, ("assize_root_open_age_seconds", ""): 70},
    ),
    (lambda now: ChainState.objects.update(problem="too few"), {("assize_providers_agreeing", ""): 0}),
    (lambda now: ChainState.objects.update(agreeing=2), {("assize_providers_agreeing", ""): 2}),
    (lambda now: ChainState.objects.update(head_at=now - 999), {("assize_chain_head_age_seconds", ""): 999}),
    (lambda now: ChainState.objects.update(signer_wei=3), {("assize_signer_balance_wei", ""): 3}),
    (lambda now: EscrowIndex.objects.update(held_wei=4), {("assize_escrow_surplus_wei", ""): -3}),
    (lambda now: EscrowIndex.objects.update(stopped="too deep"), {("assize_escrow_stopped", ""): 1}),
    (lambda now: EscrowIndex.objects.update(problem="a wei"), {("assize_escrow_problem", ""): 1}),
    (lambda now: SeriesIndex.objects.update(stopped="gone"), {("assize_series_index_stopped", ""): 1}),
]


@pytest.mark.parametrize(("fault", "moved"), FAULTS)
def test_metrics__a_fault_is_made__exactly_its_gauges_move(
    well: int, client: Client, fault: Callable[[int], object], moved: Told
) -> None:
    before = scrape(client)
    fault(well)
    after = scrape(client)
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    changed.pop(("assize_clock_ahead_seconds", ""), None)  # the database's clock goes on, ours is the test's
    if fault is overdraw:
        del changed["assize_ledger_imbalance_wei", ""]
    assert changed == moved


def test_metrics__nobody_works_any_more__ages_grow(well: int, client: Client, at: Clock) -> None:
    """Worker and beat are dead, and what they would write stands still."""
    before = scrape(client)
    at.now += WINDOW + 900
    after = scrape(client)
    grown = {name for (name, _), value in after.items() if value > before[name, _]}
    assert {
        "assize_beat_age_seconds", "assize_oldest_due_age_seconds", "assize_chain_looked_age_seconds",
        "assize_escrow_looked_age_seconds", "assize_signer_looked_age_seconds", "assize_book_life_age_seconds",
        "assize_prices_compared_age_seconds", "assize_escrow_compared_age_seconds",
    } <= grown  # fmt: skip


def test_metrics__an_empty_database__what_is_not_known_is_not_told(db: None, client: Client) -> None:
    told = scrape(client)
    names = {name for name, _ in told}
    assert told["assize_book_seq", ""] == told["assize_providers_agreeing", ""] == 0
    unknown = {metric.name for metric in TABLE} - names
    assert {"assize_beat_age_seconds", "assize_signer_balance_wei", "assize_escrow_surplus_wei"} <= unknown


def test_metrics__the_database_does_not_answer__said_not_waited_for(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "PATIENCE", "50ms")
    monkeypatch.setattr(readings, "READINGS", ("SELECT 1 AS x FROM (SELECT pg_sleep(5)) AS long",))
    started = time.monotonic()
    told = scrape(client)
    assert time.monotonic() - started < 4
    assert told["assize_up", ""] == 0
    assert {name for name, _ in told} == {
        "assize_up", "assize_providers_quorum", "assize_signer_least_wei", "assize_evidence_limit_bytes",
    }  # fmt: skip


# ---------------------------------------------------------------- who may ask


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer " + "t" * 39, "Basic " + TOKEN, TOKEN, "Bearer " + "t" * 41]
)
def test_metrics__without_the_token__there_is_no_such_address(
    db: None, client: Client, header: str | None
) -> None:
    response = client.get("/metrics", headers={} if header is None else {"authorization": header})
    assert response.status_code == 404
    assert b"assize_" not in response.content


@pytest.mark.parametrize("header", ["Bearer ", "Bearer " + TOKEN, ""])
def test_metrics__no_token_is_set__nobody(db: None, client: Client, settings: Any, header: str) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": header}).status_code == 404


# ---------------------------------------------------------------- what it costs


@pytest.fixture
def real_time(at: Clock) -> int:
    at.now = int(time.time())
    return at.now


@pytest.mark.usefixtures("db")
def test_metrics__few_rows_and_many__as_many_queries_and_at_most_twelve(real_time: int, client: Client) -> None:
    def counted(size: Size) -> int:
        with transaction.atomic():
            fill(size, start=real_time - 6_000)
            found = queries(lambda: scrape(client))
            transaction.set_rollback(True)
        return found

    few = counted(Size(expiries=150, reports=5, claims=3, voters=4, own=20))
    assert few == counted(Size(expiries=600, reports=30, claims=15, voters=10, own=500)) <= MOST_QUERIES
