"""manage.py reindex"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from oracle import clock
from settlement.chain import providers
from settlement.chain.errors import ChainError
from settlement.services import reindex, series_index
from settlement.services.escrow_index import Stopped


class Command(BaseCommand):
    """The escrow's index or the series'. With --check nothing is written; without, it goes on after an alarm."""

    help = (
        "Read the escrow's blocks and logs again above what is credited, and go on after a stop."
        " --check: from the start, into memory, and compare."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--check", action="store_true", help="write nothing; exit code 1 on a difference")
        which.add_argument(
            "--series", action="store_true", help="forget what series have split and redeemed, and count it anew"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["series"]:
            series_index.start_again(now=clock.now())
            self.stdout.write("series are counted anew from FACTORY_BLOCK, by the next rounds")
            return
        try:
            nodes = providers.connect()
            if not options["check"]:
                self.stdout.write(f"the index goes on from block {reindex.go_on(nodes)}")
                return
            found = 0
            for text in reindex.differences(nodes):
                found += 1
                self.stdout.write(text)
        except (ChainError, Stopped) as error:
            raise CommandError(str(error)) from error
        if found:
            raise CommandError(f"{found} differ")
        self.stdout.write("the chain gives the same blocks and logs")
