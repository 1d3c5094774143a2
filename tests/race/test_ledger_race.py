"""The ledger under real commits from many connections at once."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from ledger import check, names, selectors
from ledger.models import Reason, Transfer
from ledger.services import DuplicateTransfer, LedgerError, Move, Overdrawn, post

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 16
ADDRESSES = [f"0x{i:040x}" for i in range(6)]


def at_once(work: Callable[[int], object], threads: int = THREADS) -> list[object]:
    """Run work(0), work(1).. each in its own thread and connection, let go together; what each returned.

    A LedgerError is a result; any other error (a deadlock above all) fails the test.
    """
    gate = Barrier(threads, timeout=30)

    def run(number: int) -> object:
        try:
            connection.ensure_connection()
            gate.wait()
            return work(number)
        except LedgerError as refused:
            return type(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def post_alone(*moves: Move) -> None:
    with transaction.atomic():
        post(moves, at=1, entry=1)


def deposit(address: str, amount: int) -> None:
    post_alone(Move(names.OUTSIDE, names.free(address), amount, f"deposit:{address}", Reason.DEPOSIT))


def assert_proved() -> None:
    assert [finding for finding in check.findings() if not finding.holds] == []


def test_ledger__one_wei_spent_by_fifty__exactly_one_gets_it() -> None:
    [payer, payee] = map(names.free, ADDRESSES[:2])
    deposit(ADDRESSES[0], 1)
    results = at_once(lambda i: post_alone(Move(payer, payee, 1, f"spend:{i}", Reason.PAYOUT)), threads=50)
    assert results.count(None) == 1
    assert results.count(Overdrawn) == 49
    assert selectors.balance(payer) == 0
    assert selectors.balance(payee) == 1
    assert_proved()


def test_ledger__same_key_from_every_thread__moves_once() -> None:
    account = names.free(ADDRESSES[0])
    results = at_once(lambda _: post_alone(Move(names.OUTSIDE, account, 7, "deposit", Reason.DEPOSIT)))
    assert results.count(None) == 1
    assert results.count(DuplicateTransfer) == THREADS - 1
    assert selectors.balance(account) == 7
    assert_proved()


def test_ledger__transfers_in_opposing_directions__neither_deadlock_nor_lose_a_wei() -> None:
    accounts = [names.free(address) for address in ADDRESSES]
    for address in ADDRESSES:
        deposit(address, 1000)

    def shuffle(number: int) -> int:
        chance = random.Random(number)
        moved = 0
        for step in range(25):
            ring = chance.sample(accounts, chance.randint(2, 4))
            pairs = zip(ring, ring[1:], strict=False)
            moves = [
                Move(a, b, chance.randint(1, 9), f"{number}:{step}:{a}", Reason.PAYOUT) for a, b in pairs
            ]
            post_alone(*moves)
            moved += len(moves)
        return moved

    moved = at_once(shuffle)
    assert Transfer.objects.count() == len(ADDRESSES) + sum(moved)  # type: ignore[arg-type]
    assert sum(map(selectors.balance, accounts)) == 1000 * len(ADDRESSES)
    assert_proved()


def wait_until_blocked(connections: int) -> None:
    """Until so many connections to this database wait for a lock."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] == connections:
                return
        time.sleep(0.01)
    raise AssertionError(f"{connections} connections were expected to wait")


def test_ledger__accounts_that_nobody_had_yet__are_made_once_without_a_deadlock() -> None:
    accounts = [names.free(f"0x{i:040x}") for i in range(40)]
    deposit("0x" + "f" * 40, 1)

    def found(number: int) -> None:
        order = random.Random(number).sample(accounts, len(accounts))
        post_alone(*(Move(names.OUTSIDE, name, 1, f"{number}:{name}", Reason.DEPOSIT) for name in order))

    # While one of the accounts is being made, everybody comes to a halt with the others half made: whoever made
    # them in an order of their own would now hold what the next one wants.
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            post([Move(names.OUTSIDE, accounts[20], 1, "first", Reason.DEPOSIT)], at=1, entry=1)
            racing = pool.submit(at_once, found)
            wait_until_blocked(THREADS)
        assert set(racing.result()) == {None}
    assert selectors.balance(accounts[0]) == THREADS
    assert selectors.balance(accounts[20]) == THREADS + 1
    assert_proved()
