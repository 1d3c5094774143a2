"""Importing contracts of others that settle by an expiry of ours."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from eth_abi import encode

from contracts.build import compile_contract
from oracle.models import Expiry
from oracle.services import listing
from settlement.chain.client import Call
from settlement.models import Series
from settlement.services.feeds import create_feed
from settlement.services.foreign import InvalidForeign, import_series
from settlement.services.series import list_series
from tests.cast import ETHER
from tests.chain.conftest import FINALITY, World

MOCKS = Path(__file__).parents[1] / "contracts" / "mocks"
ZERO = "0x" + "00" * 20
HOLDER = "0x" + "42" * 20


def put(world: World, mock: str, types: list[str], values: list[Any], *, final: bool = True) -> str:
    code = compile_contract(MOCKS / f"{mock}.vy")["bytecode"]
    receipt = world.holder().send(Call(None, code + encode(types, values).hex()))
    assert receipt.contract is not None
    if final:
        world.node.mine(FINALITY)
    return receipt.contract


def option(world: World, feed: str, strike: int, **more: Any) -> str:
    return put(world, "BinaryOption", ["address", "uint256", "address"], [feed, strike, HOLDER], **more)


def reader(world: World, oracle: str, expiry: str) -> str:
    return put(world, "PlainReader", ["address", "bytes32"], [oracle, bytes.fromhex(expiry[2:])])


def refused(address: str, expiry: Expiry, why: str) -> None:
    with pytest.raises(InvalidForeign, match=why):
        import_series(address=address, expiry=expiry)
    assert not Series.objects.filter(origin="foreign").exists()


def test_import_series__by_a_feed__kept_with_what_it_says(world: World) -> None:
    expiry = world.list_expiry()
    feed = create_feed(expiry=expiry, now=1)
    address = option(world, feed, 3_000 * ETHER)
    row = import_series(address=address, expiry=expiry)
    assert (row.origin, row.feed, row.strike, row.collateral) == ("foreign", feed, 3_000 * ETHER, ZERO)
    assert (row.p, row.n, row.created_block) == ("", "", world.node.height() - FINALITY)
    assert import_series(address=address.upper().replace("0X", "0x"), expiry=expiry) == row
    assert Series.objects.count() == 1


def test_import_series__feed_of_fewer_decimals__its_strike_is_scaled(world: World) -> None:
    spec = {**world.index.spec, "decimals": "8", "tick": str(10**10)}
    other = World(world.node, listing.list_index(slug="other", spec=spec))
    expiry = other.list_expiry()
    feed = create_feed(expiry=expiry, now=1)
    assert import_series(address=option(world, feed, 3_000 * 10**8), expiry=expiry).strike == 3_000 * ETHER
    absurd = import_series(address=option(world, feed, 2**255), expiry=expiry)
    assert absurd.strike == 0


def test_import_series__by_the_oracle_itself__kept_though_it_says_no_strike(world: World, settings: Any) -> None:
    expiry = world.list_expiry()
    row = import_series(address=reader(world, settings.ORACLE_ADDRESS, expiry.id), expiry=expiry)
    assert (row.feed, row.strike, row.collateral) == ("", 0, "")


def test_import_series__two_of_the_same_strike__both_kept_beside_ours(world: World) -> None:
    expiry = world.list_expiry()
    list_series(expiry=expiry, strikes=[3_000 * ETHER], now=world.node.now())
    feed = create_feed(expiry=expiry, now=1)
    for _ in range(2):
        import_series(address=option(world, feed, 3_000 * ETHER), expiry=expiry)
    assert Series.objects.filter(expiry=expiry, strike=3_000 * ETHER).count() == 3


def test_import_series__nothing_there_or_not_yet_final__refused(world: World) -> None:
    expiry = world.list_expiry()
    world.node.mine(FINALITY)
    refused("0x" + "77" * 20, expiry, "no contract at 0x7777.* in the final block")
    refused(option(world, create_feed(expiry=expiry, now=1), 1, final=False), expiry, "no contract at")


def test_import_series__another_expiry_or_oracle__refused(world: World, settings: Any) -> None:
    expiry, other = world.list_expiry("one"), world.list_expiry("two", 2_000)
    others = option(world, create_feed(expiry=other, now=1), 1)
    refused(others, expiry, "reads a feed that is not ours: .* is of expiry")
    refused(reader(world, settings.ORACLE_ADDRESS, other.id), expiry, "is of expiry 0x.*, not of one")
    refused(reader(world, "0x" + "99" * 20, expiry.id), expiry, "reads the oracle 0x9999")


def test_import_series__feed_that_only_looks_like_one__refused(world: World, settings: Any) -> None:
    expiry = world.list_expiry()
    fake = reader(world, settings.ORACLE_ADDRESS, expiry.id)
    refused(option(world, fake, 1), expiry, "no feed of our factory")


def test_import_series__contract_that_says_nothing__refused(world: World, settings: Any) -> None:
    expiry = world.list_expiry()
    refused(settings.ORACLE_ADDRESS, expiry, "answers neither feed")


def test_import_series__our_own_series__refused(world: World) -> None:
    expiry = world.list_expiry()
    (series,) = list_series(expiry=expiry, strikes=[ETHER], now=world.node.now())
    world.node.mine(FINALITY)
    refused(series.address, expiry, "kept already, as a factory series")
    Series.objects.all().delete()
    refused(series.address, expiry, "is of our own factory")


def test_import_series_command__one_line(world: World) -> None:
    expiry, out = world.list_expiry(), StringIO()
    feed = create_feed(expiry=expiry, now=1)
    address = option(world, feed, 3_000_500_000_000_000_000_000)
    call_command("import_series", address, "--expiry", expiry.slug, stdout=out)
    assert out.getvalue().startswith(f"{address} reads the feed {feed}, strike 3000.5, looked at in block ")
    for wrong, slug in (("0x12", expiry.slug), (address, "nothing"), ("0x" + "77" * 20, expiry.slug)):
        with pytest.raises(CommandError):
            call_command("import_series", wrong, "--expiry", slug)
