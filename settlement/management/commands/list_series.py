"""manage.py list_series"""

import re
from typing import Any

from django.core.management.base import CommandError, CommandParser

from oracle import clock, selectors
from oracle.management.shell import ShellCommand
from oracle.models import Expiry
from settlement.chain.errors import ChainError
from settlement.models import ETH
from settlement.services.series import InvalidSeries, list_series, plan_series
from settlement.strikes import InvalidStrikes, decimal, parse_strikes


class Command(ShellCommand):
    """A grid of strikes, in as few transactions of the factory as fit."""

    help = (
        "Create series at some strikes on a listed expiry, before its instant, in as few transactions of"
        " the factory as fit. Repeatable at any point: what exists is found, what is under way is waited"
        " for. It needs a signer."
    )
    when = "after list_expiry, with --dry-run first"
    changes = "one transaction on the chain for each batch, and a row for each series"
    example = "manage.py list_series eth-usd-2026-12-25 --strikes 2000:4000:100 4250.5 --dry-run"
    long_work = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("expiry", help="slug or id")
        parser.add_argument(
            "--strikes", nargs="+", required=True, help="prices and ranges FROM:TO:STEP, as in 2000:4000:100 4250.5"
        )
        parser.add_argument("--collateral", default=ETH, help="an ERC-20; ETH where left out")
        parser.add_argument("--dry-run", action="store_true", help="print what would be created, and its gas")
        parser.add_argument("--patience", type=float, default=60, help="seconds to wait for the block of each batch")

    def handle(self, *args: Any, **options: Any) -> None:
        expiry = selectors.find_expiry(options["expiry"])
        if expiry is None:
            raise CommandError(f"no expiry is called {options['expiry']!r}")
        collateral = options["collateral"].lower()
        if not re.fullmatch(r"0x[0-9a-f]{40}", collateral):
            raise CommandError(f"--collateral: {collateral!r} is no address")
        try:
            strikes = parse_strikes(options["strikes"])
            if options["dry_run"]:
                self._tell(expiry, strikes, collateral)
            else:
                self._list(expiry, strikes, collateral, options["patience"])
        except InvalidStrikes as error:
            raise CommandError(f"--strikes: {error}") from error
        except (InvalidSeries, ChainError) as error:
            raise CommandError(str(error)) from error

    def _tell(self, expiry: Expiry, strikes: list[int], collateral: str) -> None:
        """One line for each strike, one for each batch."""
        plan = plan_series(expiry=expiry, strikes=strikes, collateral=collateral, now=clock.now())
        batch_of = {strike: number for number, batch in enumerate(plan.batches, start=1) for strike in batch}
        for strike, address in plan.addresses.items():
            place = f"batch {batch_of[strike]}" if strike in batch_of else "exists"
            self.stdout.write(f"{decimal(strike):>24}  {address}  {place}")
        for number, (batch, gas) in enumerate(zip(plan.batches, plan.gas, strict=True), start=1):
            self.stdout.write(f"batch {number}: {len(batch)} series, at most {gas} gas")
        self.stdout.write(f"dry run: {len(batch_of)} of {len(strikes)} would be created, nothing was sent")

    def _list(self, expiry: Expiry, strikes: list[int], collateral: str, patience: float) -> None:
        found = list_series(
            expiry=expiry,
            strikes=strikes,
            collateral=collateral,
            now=clock.now(),
            patience_seconds=patience,
            progress=self.progress.line,
        )
        for series in found:
            self.stdout.write(f"{series.address} strike {decimal(series.strike)} P {series.p} N {series.n}")
