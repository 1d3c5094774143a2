"""manage.py backup"""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from assize import backup
from operators.management.explained import OperatorCommand
from oracle import clock


class Command(OperatorCommand):
    help = (
        "Dump the database into a file, and write beside it a manifest of what is in it: the head of the"
        " book, the balances, every table's rows, the contracts, the hash of the dump. Both are of one"
        " moment; acts are taken meanwhile."
    )
    when = (
        "nightly, and before every upgrade (docs/operating/backup.md); with the tables' owner as"
        " DATABASE_URL"
    )
    changes = "nothing in the database; two new files in FOLDER, which only their owner can read"
    example = "manage.py backup /var/lib/assize-backups"
    long_work = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="where both files go")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = backup.make(options["folder"], now=clock.now(), tell=self.progress)
            content = backup.read(manifest)
        except backup.Failed as error:
            raise CommandError(str(error)) from None
        dump, book = content["dump"], content["book"]
        self.stdout.write(f"{options['folder'] / dump['file']} {dump['bytes']} bytes, up to entry {book['seq']}")
        self.stdout.write(f"{manifest}")
