"""Two hundred withdrawals of one balance at once: it leaves once (C-36)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection

from ledger.dues import Due, dues
from ledger.selectors import balances, total
from oracle.services.answer import Answer
from protocol.acts import Refusal
from tests.cast import ETHER, person
from tests.flows.story import START

pytestmark = pytest.mark.django_db(transaction=True)

TRIES, CONNECTIONS = 200, 20


def test_withdrawals__200_of_the_whole_balance_at_once__one_is_taken() -> None:
    alice = person("alice")
    alice.deposit(10 * ETHER, START)

    def withdraw(number: int) -> Answer:
        return alice.send("Withdrawal", {"amount": 10 * ETHER, "nonce": number}, START)

    assert sorted(str(each.refusal) for each in _at_once(withdraw)) == sorted(
        ["None"] + [str(Refusal.INSUFFICIENT_BALANCE)] * (TRIES - 1)
    )
    assert balances(alice.address)["withdrawing"] == 10 * ETHER
    assert balances(alice.address)["free"] == total() == 0
    assert dues(settings.TREASURY_ADDRESS)[1] == [Due(alice.address, 10 * ETHER, 10 * ETHER, 10 * ETHER)]


def test_withdrawals__200_of_a_hundredth_each__a_hundred_are_taken() -> None:
    alice = person("alice")
    alice.deposit(100, START)
    answers = _at_once(lambda number: alice.send("Withdrawal", {"amount": 1, "nonce": number}, START))
    assert sum(each.refusal is None for each in answers) == 100
    assert dues(settings.TREASURY_ADDRESS)[1] == [Due(alice.address, 100, 100, 100)]


def _at_once(work: object) -> list[Answer]:
    def on_own_connection(numbers: list[int]) -> list[Answer]:
        try:
            return [work(number) for number in numbers]  # type: ignore[operator]
        finally:
            connection.close()

    shares = [list(range(start, TRIES, CONNECTIONS)) for start in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [answer for answers in pool.map(on_own_connection, shares) for answer in answers]
