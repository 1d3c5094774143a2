"""C-1 for what goes on chain: killed after any write of proposing, signing or publishing, one transaction results."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from oracle.models import Act, Expiry
from oracle.services import listing
from oracle.services.time import pass_time
from settlement.models import ChainTransaction, Publication, PublicationItem
from settlement.services import finals
from settlement.services.opening import open_due
from settlement.services.proposing import propose
from settlement.services.publishing import publish
from settlement.stages import PublicationStage, TransactionState
from tests.cast import ETHER, person
from tests.chain.conftest import World, deployed, node  # noqa: F401 (fixtures)
from tests.chain.node import Node
from tests.faults.crash import Killed, killed_after, survive_every_crash

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 2_500 * ETHER


@pytest.fixture
def world(transactional_db: None, deployed: Path, node: Node) -> World:  # noqa: F811
    spec = {"pair": "BTC/USD", "min_price": "1", "max_price": str(10**27), "tick": "1"}
    return World(node, listing.list_index(slug="btc-usd", spec=spec))


def test_open_and_propose__killed_at_every_write__once(world: World) -> None:
    expiry = world.list_expiry()
    now = world.pass_expiry(expiry)
    opened, crashes = survive_every_crash(lambda: open_due(now=now))
    assert (opened, open_due(now=now)) == (1, 0)
    assert crashes >= 3
    person("alice").deposit(ETHER, now)
    assert person("alice").report(expiry.id, PRICE, ETHER, now).refusal is None
    survive_every_crash(lambda: pass_time(now=now + 60))
    survive_every_crash(lambda: pass_time(now=now + 120))
    survive_every_crash(finals.note_new)
    proposed, crashes = survive_every_crash(lambda: propose(now=now + 120))
    assert (proposed, propose(now=now + 120)) == (1, 0)
    assert crashes >= 3, "a publication, its item, and that it waits no more"
    assert PublicationItem.objects.get().price == PRICE
    assert Act.objects.filter(kind="Opened").count() == 1


def test_publish__killed_at_every_write__one_transaction_and_final(world: World) -> None:
    """Every publication dies at another write, first while it is sent, then while it is followed to the end."""
    sending = until_it_gets_through(world, "send", lambda now: publish(now=now))
    following = until_it_gets_through(world, "follow", lambda now: follow_to_the_end(world, now))
    assert sending >= 4, "the transaction, the publication's stage, when it was sent"
    assert following >= 4
    assert set(Publication.objects.values_list("stage", flat=True)) == {PublicationStage.FINAL}
    rows = ChainTransaction.objects.filter(purpose__startswith="publication:")
    assert rows.count() == Publication.objects.count(), "each was signed once"
    assert set(rows.values_list("state", "succeeded")) == {(TransactionState.CONFIRMED, True)}
    nonces = sorted(rows.values_list("nonce", flat=True))
    assert nonces == list(range(nonces[0], nonces[0] + len(nonces)))
    for expiry in Expiry.objects.all():
        assert world.oracle.price_of(expiry.id) == PRICE


def until_it_gets_through(world: World, name: str, work: Callable[[int], object]) -> int:
    """A fresh publication for each crash point of `work`; afterwards the service runs on. How many there were."""
    for write in count(1):
        publication, now = world.signed(f"{name}-{write}")
        try:
            with killed_after(write):
                work(now)
            got_through = True
        except Killed:
            got_through = False
        follow_to_the_end(world, now)
        publication.refresh_from_db()
        assert publication.stage == PublicationStage.FINAL, f"{name}: killed after write {write}"
        if got_through:
            return write - 1
    raise AssertionError("unreachable")


def follow_to_the_end(world: World, now: int) -> None:
    """Rounds of the publisher as blocks come: sent, mined, confirmed, final."""
    publish(now=now)
    publish(now=now)
    world.bury()
    publish(now=now)
