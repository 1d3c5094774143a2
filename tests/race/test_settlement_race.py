"""Proposing and publishing by many workers at once, with real commits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from oracle.services import listing
from settlement.chain.errors import ChainError
from settlement.models import ChainTransaction, Publication, PublicationItem
from settlement.services.proposing import propose
from settlement.services.publishing import publish
from settlement.stages import PublicationStage
from tests.cast import ETHER
from tests.chain.conftest import World, deployed, node  # noqa: F401 (fixtures)
from tests.chain.node import Node

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 6


def at_once(work: Callable[[], object]) -> None:
    """Run it in several threads, let go together; a chain that says no is what the next round is for."""
    gate = Barrier(WORKERS, timeout=30)

    def run(_: int) -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            work()
        except ChainError:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(run, range(WORKERS)))


@pytest.fixture
def world(transactional_db: None, deployed: Path, node: Node) -> World:  # noqa: F811
    spec = {"pair": "BTC/USD", "min_price": "1", "max_price": str(10**27), "tick": "1"}
    return World(node, listing.list_index(slug="btc-usd", spec=spec))


def test_propose_and_publish__six_workers_at_once__each_expiry_once_and_one_transaction(world: World) -> None:
    expiries = [world.list_expiry(f"expiry-{number}", 1_000 + number) for number in range(8)]
    now = world.decide(*((each, 2_500 * ETHER) for each in expiries), now=world.pass_expiry(expiries[-1]))
    at_once(lambda: propose(now=now))
    propose(now=now)
    assert PublicationItem.objects.count() == len(expiries)
    publications = list(Publication.objects.all())
    for publication in publications:
        world.sign(publication, 0, 1, 2, now=now)
    for second in range(3):
        at_once(lambda: publish(now=now + second))  # noqa: B023
    world.bury()
    at_once(lambda: publish(now=now + 9))
    assert {each.stage for each in Publication.objects.all()} == {PublicationStage.FINAL}
    rows = ChainTransaction.objects.filter(purpose__startswith="publication")
    assert rows.count() == len(publications)
    assert sorted(rows.values_list("nonce", flat=True)) == _contiguous(rows)


def _contiguous(rows: Any) -> list[int]:
    first = min(rows.values_list("nonce", flat=True))
    return list(range(first, first + rows.count()))
