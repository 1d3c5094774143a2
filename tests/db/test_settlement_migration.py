"""Rows from before attempts: each becomes a transaction with its payload and one attempt; PROPOSED becomes PLANNED.

In a database of its own, by another connection than the app's, as `manage.py migrate` works.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from settlement.chain.client import Call, Price
from settlement.signers.local import LocalSigner
from settlement.signers.signer import Signed, Unsigned

BEFORE = [("settlement", "0009_series_index")]
AFTER = [("settlement", "0010_transactions")]
PAYLOAD = Call("0x" + "ab" * 20, "0x12345678", 0)
WORD = "0x" + "1" * 64
ALIAS = "before"
SIGNER = LocalSigner("0x" + "22" * 32)


@pytest.fixture
def before(transactional_db: None, django_db_blocker: Any) -> Iterator[BaseDatabaseWrapper]:
    """An empty database, migrated to just before."""
    name = f"{connection.settings_dict['NAME']}_before"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    connections.databases[ALIAS] = {**connection.settings_dict, "NAME": name}
    try:
        # The test's own wrapper refuses every alias that it does not know.
        with django_db_blocker.unblock():
            MigrationExecutor(connections[ALIAS]).migrate(BEFORE)
            yield connections[ALIAS]
    finally:
        connections[ALIAS].close()
        del connections.databases[ALIAS]
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


def test_carry__old_rows__payload_read_from_the_bytes_and_stages_renamed(before: BaseDatabaseWrapper) -> None:
    signed = SIGNER.sign(Unsigned(31337, 7, PAYLOAD, Price(21_000, 30, 2)))
    old = MigrationExecutor(before).loader.project_state(BEFORE).apps
    publications = old.get_model("settlement", "Publication").objects.using(ALIAS)
    mined = publications.create(stage="MINED", transaction=sent(old, signed, state="MINED"), created_at=4)
    failed = publications.create(stage="FAILED", reason="why", created_at=4)
    waits = publications.create(created_at=4)
    assert waits.stage == "PROPOSED"

    executor = MigrationExecutor(before)
    executor.migrate(AFTER)
    new = executor.loader.project_state(AFTER).apps
    row = new.get_model("settlement", "ChainTransaction").objects.using(ALIAS).get()
    assert (row.sender, row.nonce, row.to, row.data, row.value) == (SIGNER.address, 7, PAYLOAD.to, PAYLOAD.data, 0)
    attempt = new.get_model("settlement", "Attempt").objects.using(ALIAS).get()
    assert (attempt.transaction_id, attempt.number, attempt.raw, attempt.hash) == (row.pk, 1, signed.raw, signed.hash)
    assert (attempt.gas, attempt.max_fee, attempt.tip) == (21_000, 30, 2)
    assert (attempt.signed_at, attempt.sent_at, attempt.proposal_id) == (5, 6, None)
    now = {each.pk: each for each in new.get_model("settlement", "Publication").objects.using(ALIAS).all()}
    assert [now[each.pk].stage for each in (mined, failed, waits)] == ["MINED", "FAILED", "PLANNED"]
    assert [now[each.pk].tx_hash for each in (mined, failed, waits)] == [signed.hash, None, None]
    assert (now[mined.pk].block_number, now[mined.pk].block_hash) == (9, WORD)


def sent(apps: Any, signed: Signed, **columns: Any) -> Any:
    return apps.get_model("settlement", "ChainTransaction").objects.using(ALIAS).create(
        chain=WORD, sender=SIGNER.address, nonce=7, purpose="publication:1", raw=signed.raw, hash=signed.hash,
        created_at=5, sent_at=6, block_number=9, block_hash=WORD, succeeded=True, **columns,
    )  # fmt: skip
