"""What is due is found by an index: the cost of time passing follows what is due, not what is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from oracle.models import Expiry
from oracle.services.opening import open_expiry
from oracle.services.time import beat, pass_time
from settlement.services.opening import open_due
from tests.faults.retold import list_for
from tests.flows.story import START

pytestmark = pytest.mark.django_db
MANY = 10_000
NOW = START + 1_000


@pytest.fixture
def due(db: None) -> list[Expiry]:
    """Three expiries whose reporting closes at NOW."""
    expiries = []
    for at in range(START + 1, START + 4):
        expiry = list_for(at)
        open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=NOW - 150)
        expiries.append(expiry)
    return expiries


def list_many(like: Expiry) -> None:
    """Rows of every stage, copies of one; not one of them is due."""
    names = [field.column for field in Expiry._meta.concrete_fields]
    ways = {
        "id": "'0x' || lpad(to_hex(n), 64, '0')",
        "slug": "'many-' || n",
        "stage": "(ARRAY['SCHEDULED', 'REPORTING', 'CHALLENGE', 'FINAL', 'FINAL'])[1 + mod(n, 5)]",
        "deadline": "CASE WHEN mod(n, 5) IN (1, 2) THEN %(later)s + n END",
        "opens_at": "%(later)s + n",
        "price": "CASE WHEN mod(n, 5) > 2 THEN 1 END",
        "final_at": "CASE WHEN mod(n, 5) > 2 THEN 1 END",
        "decided_by": "CASE WHEN mod(n, 5) > 2 THEN 'silence' END",
    }
    copied = ", ".join(ways.get(name, name) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO oracle_expiry ({', '.join(names)}) SELECT {copied}"
            " FROM oracle_expiry, generate_series(1, %(many)s) AS n WHERE id = %(like)s",
            {"later": NOW + 86_400, "many": MANY, "like": like.id},
        )
        cursor.execute("ANALYZE oracle_expiry")


def queries(work: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        work()
    return [query["sql"] for query in captured.captured_queries]


def scanned(plan: Any) -> Iterator[str]:
    """Tables that a plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from scanned(part)


def assert_indexed(statements: list[str]) -> None:
    """No statement about expiries reads all of them."""
    about = [each for each in statements if "oracle_expiry" in each and not each.startswith("INSERT")]
    assert about, "these are the statements meant"
    for statement in about:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
            (plan,) = cursor.fetchone()
        assert "oracle_expiry" not in scanned(plan[0]["Plan"]), f"reads all of them: {statement}"


def test_due__among_ten_thousand__found_by_the_index(due: list[Expiry]) -> None:
    list_many(like=due[0])
    statements = queries(lambda: pass_time(now=NOW))
    assert {Expiry.objects.get(id=each.id).extensions for each in due} == {1}, "all three were processed"
    assert_indexed(statements)


def test_due__among_ten_thousand__as_many_queries_as_alone(due: list[Expiry]) -> None:
    with transaction.atomic():
        alone = len(queries(lambda: pass_time(now=NOW)))
        transaction.set_rollback(True)
    list_many(like=due[0])
    assert len(queries(lambda: pass_time(now=NOW))) == alone


def test_nothing_due__among_ten_thousand__a_look_and_no_lock(due: list[Expiry]) -> None:
    list_many(like=due[0])
    statements = queries(lambda: pass_time(now=NOW - 1)) + queries(lambda: open_due(now=NOW))
    assert_indexed(statements)
    assert not any("oracle_bookhead" in statement and "FOR UPDATE" in statement for statement in statements)
    assert len(statements) <= 7


def test_beat__among_ten_thousand__found_by_the_index(due: list[Expiry]) -> None:
    list_many(like=due[0])
    assert_indexed(queries(lambda: beat(now=NOW)))
