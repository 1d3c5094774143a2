"""Price feeds of listed expiries: created once, at an address that is known before (contracts/PriceFeed.vy)."""

from __future__ import annotations

from django.conf import settings

from oracle.models import Expiry
from settlement.chain import quorum, views
from settlement.chain.client import connect
from settlement.chain.errors import NotDeployed, Reverted
from settlement.chain.feeds import feeds
from settlement.chain.providers import Providers
from settlement.chain.readings import Header
from settlement.chain.views import View
from settlement.services import sending

ORACLE_DECIMALS = 18


class InvalidFeed(ValueError):
    """This is no feed of an expiry of ours, or none can be made; the text says why."""


def decimals_of(expiry: Expiry) -> int:
    """The scale of the expiry's index, in which its feed answers. InvalidFeed where that would round its prices."""
    named = str(expiry.index.spec.get("decimals", ORACLE_DECIMALS))
    decimals = int(named) if named.isascii() and named.isdigit() else -1
    if not 0 <= decimals <= ORACLE_DECIMALS:
        raise InvalidFeed(f"the index of {expiry.slug} says decimals {named!r}; a feed has 0 to {ORACLE_DECIMALS}")
    if int(expiry.index.spec.get("tick", 1)) % 10 ** (ORACLE_DECIMALS - decimals):
        raise InvalidFeed(f"{expiry.slug} has prices that {decimals} decimals cannot say: its tick is finer")
    return decimals


def create_feed(*, expiry: Expiry, now: int, patience_seconds: float = 60) -> str:
    """The address of the expiry's feed, which is created where it does not exist yet. Repeatable.

    Raises InvalidFeed, or a ChainError where the chain does not answer or no block takes it in time.
    """
    client, decimals = connect(), decimals_of(expiry)
    nodes, factory = client.nodes, feeds(client)
    head = quorum.newest_block(nodes)
    (address,) = views.read(nodes, head, [_factory("address_of", expiry.id, decimals)])
    if not nodes.has_code(head, address):
        purpose = f"feed:{expiry.id}"
        row = sending.under_way(client, purpose)
        if row is None:
            try:
                drafted = sending.draft(client, "feed", factory.create(expiry.id, decimals), now=now)
            except Reverted as error:
                raise InvalidFeed(f"the factory would refuse it: {error}") from error
            row = sending.store(drafted, purpose=purpose, now=now)
        sending.wait(client, row, now=now, patience_seconds=patience_seconds)
    return str(address)


def check_feed(nodes: Providers, block: Header, address: str, expiry: Expiry) -> int:
    """The decimals of a feed, once a quorum says that it is ours and this expiry's. InvalidFeed says what is wrong."""
    asked = [View("PriceFeed", address.lower(), name) for name in ("expiry", "decimals")]
    try:
        told, decimals = views.read_or_refused(nodes, block, asked)
        whose = [_factory("address_of", told, decimals)] if None not in (told, decimals) else []
        ours = views.read_or_refused(nodes, block, whose) == [address.lower()]
    except NotDeployed:
        ours = False
    if not ours:
        raise InvalidFeed(f"{address} is no feed of our factory")
    if told != expiry.id:
        raise InvalidFeed(f"the feed {address} is of expiry {told}, not of {expiry.slug}")
    if decimals != (wanted := decimals_of(expiry)):
        raise InvalidFeed(f"the feed {address} has {decimals} decimals, the index {wanted}")
    return int(decimals)


def _factory(function: str, *arguments: object) -> View:
    return View("PriceFeedFactory", settings.FEEDS_ADDRESS, function, arguments)
