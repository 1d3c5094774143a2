"""manage.py reindex"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from oracle import clock
from oracle.management.shell import ShellCommand
from settlement.chain import providers
from settlement.chain.errors import ChainError
from settlement.services import reindex, series_index
from settlement.services.escrow_index import Stopped


class Command(ShellCommand):
    """The escrow's index or the series'. With --check nothing is written; without, it goes on after an alarm."""

    help = (
        "Read the escrow's blocks and logs again above what is credited, and go on after a stop. With"
        " --check: from the start, into memory, and compare."
    )
    when = (
        "--check weekly and after an alarm; without it when the index has stopped and its reason is"
        " understood; --series when the figures of series are doubted"
    )
    changes = "--check: nothing. Else what was read but not credited is read anew; no money moves"
    exits = "0 done, or nothing differs; 1 something differs, or the chain no longer has what was credited"
    example = "manage.py reindex --check --progress"
    long_work = True

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
            for text in reindex.differences(nodes, self.progress):
                found += 1
                self.progress.end()
                self.stdout.write(text)
        except (ChainError, Stopped) as error:
            raise CommandError(str(error)) from error
        if found:
            raise CommandError(f"{found} differ")
        self.stdout.write("the chain gives the same blocks and logs")
