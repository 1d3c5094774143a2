"""Price feeds (contracts/PriceFeed.vy): an expiry's price for contracts that want AggregatorV3Interface."""

from __future__ import annotations

from django.conf import settings

from protocol.hashing import to_hex
from settlement.chain.client import Call, Client
from settlement.chain.contracts import Contract


class PriceFeed(Contract):
    """The price of one expiry, in decimals of its own."""

    name = "PriceFeed"

    def expiry(self) -> str:
        """Id of the expiry whose price it gives."""
        return to_hex(self.read("expiry"))

    def decimals(self) -> int:
        """Of its answers; at most 18."""
        return int(self.read("decimals"))


class PriceFeedFactory(Contract):
    """Creates feeds, for anybody."""

    name = "PriceFeedFactory"

    def address_of(self, expiry: str, decimals: int) -> str:
        """Where a feed is, or would be."""
        return str(self.read("address_of", expiry, decimals)).lower()

    def create(self, expiry: str, decimals: int) -> Call:
        """Create a feed that does not exist yet."""
        return self.call("create", expiry, decimals)


def feeds(client: Client) -> PriceFeedFactory:
    """The factory of the settings."""
    return PriceFeedFactory(client, settings.FEEDS_ADDRESS)
