"""The escrow's index by many workers at once, with real commits: each deposit is credited once."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.models import Act
from oracle.services import listing
from settlement.index_models import EscrowBlock, EscrowLog
from settlement.reconcile import escrow_problem
from settlement.reconcile_escrow import first_row
from settlement.services.escrow_round import index_escrow
from tests.chain.conftest import FINALITY, World, deployed, node  # noqa: F401 (fixtures)
from tests.chain.escrow import ALICE, BOB, assert_follows, deposit, free, the_index
from tests.chain.node import Node
from tests.race.test_settlement_race import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None, deployed: Path, node: Node) -> World:  # noqa: F811
    spec = {"pair": "BTC/USD", "min_price": "1", "max_price": str(10**27), "tick": "1"}
    return World(node, listing.list_index(slug="btc-usd", spec=spec))


def test_index__six_workers_at_once__each_deposit_once(world: World) -> None:
    for amount in range(1, 11):
        deposit(world, ALICE, amount)
    world.node.mine(FINALITY)
    now = world.node.now()
    at_once(lambda: index_escrow(now=now))
    index_escrow(now=now)
    assert (free(ALICE), Act.objects.count()) == (55, 10)
    assert (the_index().stopped, escrow_problem(), first_row()) == ("", None, "")
    assert_follows(world)


def test_index__six_workers_meet_a_reorganisation__one_rewrites_it(world: World) -> None:
    index_escrow(now=world.node.now())
    for _ in range(3):
        deposit(world, BOB, 7)
        now = world.node.now()
        at_once(lambda now=now: index_escrow(now=now))  # type: ignore[misc]
        world.node.reorg(1)
        at_once(lambda now=now: index_escrow(now=now))  # type: ignore[misc]
    deposit(world, ALICE, 5)
    world.node.mine(FINALITY)
    now = world.node.now()
    at_once(lambda: index_escrow(now=now))
    index_escrow(now=now)
    assert (free(ALICE), free(BOB), EscrowLog.objects.filter(state="GONE").count()) == (5, 0, 3)
    assert EscrowBlock.objects.count() == len(set(EscrowBlock.objects.values_list("hash", flat=True)))
    assert (the_index().stopped, escrow_problem()) == ("", None)
    assert_follows(world)
