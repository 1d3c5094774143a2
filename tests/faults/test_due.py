"""What is due is found by an index: the cost of time passing follows what is due, not what is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from oracle.models import Expiry
from oracle.services import book, time
from oracle.services import due as time_due
from oracle.services.opening import open_expiry
from oracle.services.time import beat, pass_time
from settlement.chain.contracts import Record
from settlement.models import FinalPrice, Publication, PublicationItem
from settlement.services import proposing
from settlement.services.opening import open_due
from tests.faults.retold import list_for
from tests.flows.story import PRICE, START

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


def assert_indexed(statements: list[str], *tables: str) -> None:
    """No statement about expiries, or these tables, reads all of them."""
    for table in tables or ("oracle_expiry",):
        about = [each for each in statements if table in each and not each.startswith(("INSERT", "SAVEPOINT"))]
        assert about, f"these are the statements meant: {table}"
        for statement in about:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
                (plan,) = cursor.fetchone()
            assert table not in scanned(plan[0]["Plan"]), f"reads all of them: {statement}"


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


def finds_and_locks(statements: list[str]) -> tuple[int, int]:
    """How often what is due was looked for under the lock, and how often the book's lock was taken."""
    looks = [each for each in statements if 'ORDER BY "oracle_expiry"."deadline" ASC' in each and "FOR UPDATE" in each]
    return len(looks), len([each for each in statements if "oracle_bookhead" in each and "FOR UPDATE" in each])


def test_due__many_at_once__one_look_for_all_of_them(due: list[Expiry]) -> None:
    """A look for each would walk the index past everything that this transaction has moved before it."""
    assert finds_and_locks(queries(lambda: pass_time(now=NOW))) == (2, 1), "the second finds that nothing is left"


def test_due__more_than_a_transaction_takes__others_get_the_lock_in_between(
    due: list[Expiry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "AT_ONCE", 2)
    statements = queries(lambda: time.pass_time(now=NOW))
    assert finds_and_locks(statements) == (3, 2), "two, then one, then nothing"
    assert {Expiry.objects.get(id=each.id).extensions for each in due} == {1}


def test_due__the_next_deadline_comes_before_anothers__order_is_kept(
    due: list[Expiry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One look finds all three, and the first is due again before the last of them is due at all."""
    Expiry.objects.filter(id=due[0].id).update(deadline=NOW - 170)
    Expiry.objects.filter(id=due[1].id).update(deadline=NOW - 169)
    order: list[tuple[int, str]] = []
    carry_out = time_due.carry_out

    def noted(head: Any, expiry: Expiry, *others: Any, cause: str) -> None:
        order.append((int(cause.removeprefix("deadline:")), expiry.id))
        carry_out(head, expiry, *others, cause=cause)

    monkeypatch.setattr(time_due, "carry_out", noted)
    pass_time(now=NOW)
    assert [expiry for _, expiry in order] == [due[0].id, due[1].id, due[0].id, due[1].id, due[2].id]
    assert order == sorted(order)


def publish_many() -> None:
    """Every one of the many that is FINAL has its Final in the book, and was proposed long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO oracle_act (seq, at, kind, digest, expiry_id, message, signatures, book, receipt_signature)"
            " SELECT %s + row_number() OVER (), 1, 'Final', 'digest of ' || id, id, '{}', '[]', '', ''"
            " FROM oracle_expiry WHERE slug LIKE 'many-%%' AND stage = 'FINAL'",
            [-MANY],
        )
        cursor.execute(
            "INSERT INTO settlement_finalprice (seq, expiry_id, waiting)"
            " SELECT seq, expiry_id, false FROM oracle_act WHERE kind = 'Final' AND seq < 0"
        )
        for table in ("oracle_act", "settlement_finalprice"):
            cursor.execute(f"ANALYZE {table}")


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """An oracle that has none of the prices yet."""
    fresh = Record(price=0, set_at=0, final_at=0, attempt=0, is_final=False)
    oracle = SimpleNamespace(records_of=lambda ids: dict.fromkeys(ids, fresh))
    monkeypatch.setattr(proposing.quorum, "oracle", lambda nodes: oracle)
    monkeypatch.setattr(proposing, "connect", lambda: SimpleNamespace(nodes=None, block_gas=lambda: 30_000_000))


@pytest.mark.usefixtures("chain")
def test_propose__among_thousands_of_finals__costs_what_is_new(due: list[Expiry]) -> None:
    list_many(like=due[0])
    publish_many()
    assert FinalPrice.objects.count() == 2 * MANY // 5
    nothing = queries(lambda: proposing.propose(now=NOW))
    assert_indexed(nothing, "oracle_act", "settlement_finalprice")
    assert not any("oracle_expiry" in statement for statement in nothing)
    assert len(nothing) <= 4
    for expiry in due:
        make_final(expiry)
    some = queries(lambda: proposing.propose(now=NOW))
    assert_indexed(some, "oracle_act", "settlement_finalprice", "oracle_expiry")
    assert set(PublicationItem.objects.values_list("expiry", flat=True)) == {each.id for each in due}
    assert proposing.propose(now=NOW) == 0


@pytest.mark.usefixtures("chain")
def test_propose__more_than_a_batch__all_of_them_in_one_ring(
    due: list[Expiry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposing, "BATCH", 2)
    for expiry in due:
        make_final(expiry)
    assert proposing.propose(now=NOW) == 3
    batches = [list(each.items.values_list("expiry", flat=True)) for each in Publication.objects.order_by("pk")]
    assert batches == [[due[0].id, due[1].id], [due[2].id]], "in the order of the book"


def make_final(expiry: Expiry) -> None:
    """As its Final is written: the row, and the entry of the book."""
    Expiry.objects.filter(id=expiry.id).update(
        stage="FINAL", deadline=None, price=PRICE, final_at=NOW, decided_by="silence"
    )
    head = book.lock()
    head.clock = NOW
    message = {"expiry": expiry.id, "price": PRICE, "payouts": "0x" + "0" * 64}
    book.append(head, book.sign_as_service("Final", message), expiry)
    book.save(head)
