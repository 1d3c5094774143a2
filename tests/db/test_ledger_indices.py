"""Reads of the ledger that run under the book's lock: their cost follows what they are about."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import selectors

pytestmark = pytest.mark.django_db
MANY = 20_000


@pytest.fixture
def many(db: None) -> None:
    """Deposits without end, and ten stakes among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_transfer (debit, credit, amount, key, at, entry, reason)"
            " SELECT 'outside', kind || ':0x' || lpad(to_hex(mod(n, 50)), 40, '0'), 1, 'many:' || n, n, n,"
            " CASE kind WHEN 'stake' THEN 'stake' ELSE 'deposit' END"
            " FROM (SELECT n, CASE mod(n, 2000) WHEN 0 THEN 'stake' ELSE 'free' END AS kind"
            " FROM generate_series(1, %s) AS n) AS numbered",
            [MANY],
        )
        cursor.execute("ANALYZE ledger_transfer")


def plans(work: Any) -> list[str]:
    """How PostgreSQL finds the rows of each statement."""
    with CaptureQueriesContext(connection) as captured:
        work()
    found = []
    with connection.cursor() as cursor:
        for query in captured.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            found.append("\n".join(row[0] for row in cursor.fetchall()))
    return found


@pytest.mark.parametrize("since", [1, MANY // 2, MANY])
def test_stake_changes__among_many_transfers__by_the_index_of_stakes(many: None, since: int) -> None:
    expected = [n for n in range(2000, MANY + 1, 2000) if n >= since]
    assert sum(len(changes) for changes in selectors.stake_changes(since=since).values()) == len(expected)
    (plan,) = plans(lambda: selectors.stake_changes(since=since))
    assert "ledger_transfer_stakes" in plan, plan
