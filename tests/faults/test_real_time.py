"""An undisputed expiry by Celery alone, in real time on a real chain: opened, decided, paid, published, final.

People report and attestors sign; everything else is rung by worker and beat, while Redis is flushed all the time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from dev import accounts
from ledger import selectors
from oracle.models import Act, Expiry
from settlement.models import ChainTransaction, Publication
from settlement.stages import PublicationStage
from tests.cast import ETHER, person
from tests.chain.conftest import DELAY, World, deployed, node  # noqa: F401 (fixtures)
from tests.chain.node import Node
from tests.faults.processes import Celery, celery
from tests.faults.retold import list_for
from tests.flows.following import assert_followed
from tests.flows.story import PRICE, assert_sound

pytestmark = pytest.mark.django_db(transaction=True)
REPORTERS = ("alice", "bob", "carol")
WINDOW = 4
HAND_OVER = (
    "ORACLE_ADDRESS",
    "FACTORY_ADDRESS",
    "FEEDS_ADDRESS",
    "FACTORY_BLOCK",
    "RPC_URL",
    "FINALITY_DEPTH",
    "CONFIRMATION_DEPTH",
)


@pytest.fixture
def processes(transactional_db: None, deployed: Path, node: Node) -> Iterator[Celery]:  # noqa: F811
    """Worker and beat on a chain that makes a block every second."""
    node.rpc("evm_setIntervalMining", 1)
    given = {name: str(getattr(settings, name)) for name in HAND_OVER}
    with celery(BEAT_SECONDS="2", **given) as found:
        found.worker()
        found.beat()
        yield found


def now() -> int:
    return int(time.time())


def test_undisputed__by_celery_alone__final_on_chain(processes: Celery, node: Node) -> None:  # noqa: F811
    for name in REPORTERS:
        person(name).deposit(ETHER, now())
    # Windows of seconds; should this machine be slow to report, there are two extensions.
    expiry = list_for(now() + 3, window=WINDOW)
    world = World(node, expiry.index)

    def reached(stage: str) -> bool:
        processes.flush()
        expiry.refresh_from_db()
        return expiry.stage == stage

    processes.wait_until(lambda: reached("REPORTING"), "opened")
    for name in REPORTERS:
        assert person(name).report(expiry.id, PRICE, ETHER // 5, now()).refusal is None
    # A ring may come so late that the challenge window has passed with it: nobody may have seen that stage.
    processes.wait_until(lambda: reached("FINAL"), "decided")
    assert_sound(expiry)
    assert (expiry.price, expiry.decided_by) == (PRICE, "silence")

    processes.wait_until(Publication.objects.exists, "proposed")
    publication = Publication.objects.get()
    world.sign(publication, *range(accounts.ATTESTOR_THRESHOLD), now=now())
    processes.wait_until(lambda: stage_of(publication) == PublicationStage.MINED, "published")
    node.rpc("evm_increaseTime", DELAY)  # in which guardians could have cancelled it
    processes.wait_until(lambda: stage_of(publication) == PublicationStage.FINAL, "final on chain")
    assert world.oracle.price_of(expiry.id) == PRICE
    assert ChainTransaction.objects.filter(purpose=f"publication:{publication.pk}").count() == 1
    assert_nothing_was_late(expiry)


def stage_of(publication: Publication) -> str:
    publication.refresh_from_db()
    return publication.stage


def assert_nothing_was_late(expiry: Expiry) -> None:
    """However late the rings came, every window was as long as the terms say, and everybody has their bond back."""
    assert expiry.opened_at is not None
    windows = 2 + expiry.extensions
    assert expiry.final_at == expiry.opened_at + windows * WINDOW
    assert [selectors.balances(person(name).address)["free"] for name in REPORTERS] == [ETHER] * 3
    assert list(Act.objects.filter(expiry=expiry).order_by("seq").values_list("kind", flat=True)) == [
        "Opened",
        *("Report" for _ in REPORTERS),
        "Final",
    ]
    assert_followed(now())
