"""manage.py reindex"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from settlement.chain import providers
from settlement.chain.errors import ChainError
from settlement.services import reindex
from settlement.services.escrow_index import Stopped


class Command(BaseCommand):
    """With --check nothing is written; without, the index goes on after an alarm."""

    help = (
        "Read the escrow's blocks and logs again above what is credited, and go on after a stop."
        " --check: from the start, into memory, and compare."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 on a difference")

    def handle(self, *args: Any, **options: Any) -> None:
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
