"""manage.py import_series"""

import re
from typing import Any

from django.core.management.base import CommandError, CommandParser

from oracle import selectors
from oracle.management.shell import ShellCommand
from settlement.chain.errors import ChainError
from settlement.services.foreign import InvalidForeign, import_series
from settlement.strikes import decimal


class Command(ShellCommand):
    """A contract of somebody else that settles by an expiry of ours."""

    help = (
        "Look at a contract of somebody else in the final block, and keep it as a series of an expiry where"
        " it settles by ours. Repeatable."
    )
    when = "somebody asks that it be shown and counted"
    changes = "one row; nothing on the chain"
    example = "manage.py import_series 0x5fc8...5707 --expiry eth-usd-2026-12-25"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="the contract's")
        parser.add_argument("--expiry", required=True, help="slug or id")

    def handle(self, *args: Any, **options: Any) -> None:
        expiry = selectors.find_expiry(options["expiry"])
        if expiry is None:
            raise CommandError(f"no expiry is called {options['expiry']!r}")
        if not re.fullmatch(r"0x[0-9a-fA-F]{40}", options["address"]):
            raise CommandError(f"{options['address']!r} is no address")
        try:
            row = import_series(address=options["address"], expiry=expiry)
        except (InvalidForeign, ChainError) as error:
            raise CommandError(str(error)) from error
        reads = f"the feed {row.feed}" if row.feed else "the oracle"
        strike = f"strike {decimal(row.strike)}" if row.strike else "no strike told"
        self.stdout.write(f"{row.address} reads {reads}, {strike}, looked at in block {row.created_block}")
