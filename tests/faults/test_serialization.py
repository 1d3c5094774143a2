"""C-15: one statement in twenty fails to serialize while acts come in: each is taken once, or can be sent again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection

from oracle.services.opening import open_expiry
from tests.cast import ETHER, person
from tests.faults.retold import list_for
from tests.faults.test_sessions import NOW, SENDERS, Worker, acts_of, assert_taken_once, rings
from tests.flows.story import START, assert_sound

pytestmark = pytest.mark.django_db(transaction=True)

LEAST_BROKEN = 100
TABLES = ("oracle_act", "oracle_bookhead", "oracle_expiry", "oracle_beat", "ledger_transfer", "ledger_account")
FAILING = """
CREATE FUNCTION fail_to_serialize() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF random() < 0.05 THEN
        RAISE EXCEPTION 'could not serialize access' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NULL;
END $$;
"""
WHEN = {
    "statement": "AFTER INSERT OR UPDATE ON {0}",
    "commit": "AFTER INSERT OR UPDATE ON {0} DEFERRABLE INITIALLY DEFERRED",
}


@contextmanager
def failing(when: str) -> Iterator[None]:
    """The server itself refuses, at a statement or only at the commit, as it does under SERIALIZABLE."""
    with connection.cursor() as cursor:
        cursor.execute(FAILING)
        for table in TABLES:
            kind = "CONSTRAINT TRIGGER" if when == "commit" else "TRIGGER"
            moment = WHEN[when].format(table)
            cursor.execute(f"CREATE {kind} failing {moment} FOR EACH ROW EXECUTE FUNCTION fail_to_serialize()")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION fail_to_serialize CASCADE")


@pytest.mark.parametrize("when", list(WHEN))
def test_serialization__fails_in_one_of_twenty__every_act_is_taken_once(when: str) -> None:
    for name in SENDERS:
        person(name).deposit(2 * ETHER, START)
    expiry = list_for(NOW)
    open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=NOW)
    senders = [Worker(acts_of(name, expiry.id)) for name in SENDERS]
    ringer, enough = Worker(rings()), threading.Event()
    with failing(when), ThreadPoolExecutor(len(senders) + 1) as pool:
        working = [pool.submit(each.work_until, enough) for each in (*senders, ringer)]
        while sum(each.broken for each in senders) < LEAST_BROKEN and not any(each.done() for each in working):
            enough.wait(0.01)
        enough.set()
    for each in working:
        each.result()
    assert sum(each.broken for each in senders) >= LEAST_BROKEN
    for name, sender in zip(SENDERS, senders, strict=True):
        assert_taken_once(name, sender.done)
    assert_sound(expiry)
