"""manage.py create_feed"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from oracle import clock, selectors
from oracle.management.shell import ShellCommand
from settlement.chain.errors import ChainError
from settlement.services.feeds import InvalidFeed, create_feed


class Command(ShellCommand):
    """An expiry's price for contracts that want AggregatorV3Interface."""

    help = (
        "Create the price feed of an expiry, a contract with AggregatorV3Interface that reads its price, or"
        " find the one that exists; prints its address. It needs a signer."
    )
    when = "somebody's contract wants to read the expiry that way"
    changes = "one transaction on the chain, where there is no feed yet"
    example = "manage.py create_feed eth-usd-2026-12-25"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("expiry", help="slug or id")

    def handle(self, *args: Any, **options: Any) -> None:
        expiry = selectors.find_expiry(options["expiry"])
        if expiry is None:
            raise CommandError(f"no expiry is called {options['expiry']!r}")
        try:
            self.stdout.write(create_feed(expiry=expiry, now=clock.now()))
        except (InvalidFeed, ChainError) as error:
            raise CommandError(str(error)) from error
