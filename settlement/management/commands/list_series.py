"""manage.py list_series"""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from oracle import clock
from oracle.models import Expiry
from settlement.chain.errors import ChainError
from settlement.models import ETH
from settlement.services.series import InvalidSeries, list_series

UNIT = 10**18


class Command(BaseCommand):
    """A grid of strikes, in one transaction of the factory."""

    help = "Create series at some strikes on a listed expiry, before its instant. Repeatable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("expiry", help="slug or id")
        parser.add_argument("--strikes", nargs="+", required=True, help="decimal prices, as in 17000 17850.5")
        parser.add_argument("--collateral", default=ETH, help="an ERC-20; ETH where left out")

    def handle(self, *args: Any, **options: Any) -> None:
        expiry = Expiry.objects.filter(Q(slug=options["expiry"]) | Q(id=options["expiry"])).first()
        if expiry is None:
            raise CommandError(f"no expiry is called {options['expiry']!r}")
        collateral = options["collateral"].lower()
        if not re.fullmatch(r"0x[0-9a-f]{40}", collateral):
            raise CommandError(f"--collateral: {collateral!r} is no address")
        strikes = [_price(word) for word in options["strikes"]]
        try:
            found = list_series(expiry=expiry, strikes=strikes, collateral=collateral, now=clock.now())
        except (InvalidSeries, ChainError) as error:
            raise CommandError(str(error)) from error
        for series in found:
            self.stdout.write(
                f"{series.address} strike {Decimal(series.strike) / UNIT:f} P {series.p} N {series.n}"
            )


def _price(word: str) -> int:
    """A decimal to 18 decimals, exactly."""
    try:
        scaled = Decimal(word) * UNIT
    except InvalidOperation:
        raise CommandError(f"--strikes: {word!r} is no decimal number") from None
    if not scaled.is_finite() or scaled != int(scaled):
        raise CommandError(f"--strikes: {word!r} has more than 18 decimals")
    return int(scaled)
