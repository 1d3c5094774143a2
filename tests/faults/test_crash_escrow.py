"""Killed after any write between a log of the escrow and its credit: it is credited once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from ledger import selectors
from oracle.models import Act
from oracle.services import listing
from protocol.escrow import Leaf
from settlement.index_models import EscrowLog
from settlement.reconcile import escrow_problem
from settlement.reconcile_escrow import first_row
from tests.cast import person
from tests.chain.conftest import FINALITY, World, deployed, node  # noqa: F401 (fixtures)
from tests.chain.escrow import ALICE, deposit, free, index_all
from tests.chain.node import Node
from tests.chain.test_escrow_reconcile import claim, publish, withdraw
from tests.faults.crash import Killed, killed_after

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None, deployed: Path, node: Node) -> World:  # noqa: F811
    spec = {"pair": "BTC/USD", "min_price": "1", "max_price": str(10**27), "tick": "1"}
    return World(node, listing.list_index(slug="btc-usd", spec=spec))


def crash_points(world: World, prepare: Callable[[int], None]) -> int:
    """`prepare` makes the next log; the rounds that follow it die at each of their writes. How many there were."""
    for write in count(1):
        prepare(write)
        world.node.mine(FINALITY)
        try:
            with killed_after(write):
                index_all(world)
            got_through = True
        except Killed:
            got_through = False
        index_all(world)
        assert escrow_problem() is None, f"killed after write {write}"
        assert not EscrowLog.objects.filter(state="PENDING").exists(), f"killed after write {write}"
        if got_through:
            return write - 1
    raise AssertionError("unreachable")


def test_deposit__killed_at_every_write__credited_once(world: World) -> None:
    def prepare(write: int) -> None:
        deposit(world, ALICE, 2**write)

    writes = crash_points(world, prepare)
    assert writes >= 9, "blocks, the log; entry, transfer, head, the log's state; how far it has come"
    assert free(ALICE) == sum(2**write for write in range(1, writes + 2))
    assert Act.objects.filter(kind="Deposit").count() == writes + 1
    assert first_row() == ""


def test_claim__killed_at_every_write__paid_out_once(world: World) -> None:
    people = [f"claimant {number}" for number in range(40)]
    for name in people[:1]:
        deposit(world, person(name).address, 1)
    leaves = []
    for name in people:
        person(name).deposit(7, world.node.now())
        withdraw(world, name, 7)
        leaves.append(Leaf(person(name).address, 7, 7, 7))
    deposit(world, ALICE, 10**6)
    statement = publish(world, *leaves)
    index_all(world)

    def prepare(write: int) -> None:
        claim(world, statement, person(people[write]).address)

    writes = crash_points(world, prepare)
    assert writes >= 7
    paid = [name for name in people if selectors.balances(person(name).address)["withdrawing"] == 0]
    assert paid == people[1 : writes + 2]
    assert first_row() == ""
