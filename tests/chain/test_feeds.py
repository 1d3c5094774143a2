"""Price feeds of listed expiries, and the program that docs/integrating.md prints."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from web3 import Web3

from oracle.models import Expiry
from oracle.services import listing
from settlement.chain import quorum
from settlement.chain.errors import ChainDown
from settlement.chain.feeds import PriceFeed, feeds
from settlement.models import ChainTransaction
from settlement.services.feeds import InvalidFeed, check_feed, create_feed
from settlement.services.publishing import publish
from tests.cast import ETHER
from tests.chain.conftest import World

PAGE = Path(__file__).parents[2] / "docs" / "integrating.md"


def checked(world: World, address: str, expiry: Expiry) -> int:
    nodes = world.client.nodes
    return check_feed(nodes, quorum.newest_block(nodes), address, expiry)


def test_create_feed__again__the_same_address_and_one_transaction(world: World) -> None:
    expiry = world.list_expiry()
    foretold = feeds(world.client).address_of(expiry.id, 18)
    assert create_feed(expiry=expiry, now=1) == foretold
    assert create_feed(expiry=expiry, now=2) == foretold
    row = ChainTransaction.objects.get()
    assert row.purpose == f"feed:{expiry.id}"
    feed = PriceFeed(world.client, foretold)
    assert (feed.expiry(), feed.decimals(), checked(world, foretold, expiry)) == (expiry.id, 18, 18)


def test_create_feed__interrupted_before_a_block__the_same_transaction_is_sent_again(world: World) -> None:
    expiry = world.list_expiry()
    world.node.hold()
    with pytest.raises(ChainDown, match="run the command again"):
        create_feed(expiry=expiry, now=1, patience_seconds=0)
    world.node.rpc("anvil_dropAllTransactions")
    with pytest.raises(ChainDown):
        create_feed(expiry=expiry, now=2, patience_seconds=0)
    world.node.mine()
    assert world.client.has_code(create_feed(expiry=expiry, now=3))
    assert ChainTransaction.objects.count() == 1


@pytest.mark.parametrize(("decimals", "tick", "why"), [
    ("19", "1", "a feed has 0 to 18"), ("x", "1", "a feed has 0 to 18"), ("8", str(10**9), "its tick is finer"),
])
def test_create_feed__scale_that_cannot_say_the_prices__refused(
    world: World, decimals: str, tick: str, why: str
) -> None:
    spec = {**world.index.spec, "decimals": decimals, "tick": tick}
    other = World(world.node, listing.list_index(slug="other", spec=spec))
    with pytest.raises(InvalidFeed, match=why):
        create_feed(expiry=other.list_expiry(), now=1)
    assert not ChainTransaction.objects.exists()


def test_check_feed__of_another_expiry_factory_or_scale__refused(world: World) -> None:
    expiry, other = world.list_expiry("one"), world.list_expiry("two", 2_000)
    with pytest.raises(InvalidFeed, match="is of expiry"):
        checked(world, create_feed(expiry=other, now=1), expiry)
    world.holder().send(feeds(world.client).create(expiry.id, 8))
    with pytest.raises(InvalidFeed, match="has 8 decimals, the index 18"):
        checked(world, feeds(world.client).address_of(expiry.id, 8), expiry)
    with pytest.raises(InvalidFeed, match="no feed of our factory"):
        checked(world, str(feeds(world.client).read("FEED")), expiry)


def test_create_feed_command__prints_the_address(world: World) -> None:
    expiry, out = world.list_expiry(), StringIO()
    call_command("create_feed", expiry.slug, stdout=out)
    assert out.getvalue().strip() == feeds(world.client).address_of(expiry.id, 18)
    with pytest.raises(CommandError, match="no expiry is called"):
        call_command("create_feed", "nothing")


def test_integrating_page__program__gives_the_price_once_it_is_final(world: World, settings: Any) -> None:
    publication, now = world.signed()
    expiry = publication.items.get().expiry
    feed = create_feed(expiry=expiry, now=now)
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names = {
        "RPC_URL": world.node.url,
        "ORACLE": settings.ORACLE_ADDRESS,
        "FEEDS": settings.FEEDS_ADDRESS,
        "EXPIRY": expiry.id,
    }
    exec(program, before := dict(names))
    assert (before["is_final"], before["price"]) == (False, 0)
    publish(now=now)
    world.bury()
    exec(program, after := dict(names))
    assert after["feed"].address == Web3.to_checksum_address(feed)
    assert (after["is_final"], after["price"], after["answer"]) == (True, 2_500 * ETHER, 2_500 * ETHER)
    assert after["became_final_at"] == quorum.oracle().records_of([expiry.id])[expiry.id].final_at
