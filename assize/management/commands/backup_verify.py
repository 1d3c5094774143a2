"""manage.py backup_verify"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from assize import backup
from ledger import check as ledger_check
from ledger.check import Finding
from operators.management.explained import OperatorCommand
from operators.models import AuditEntry
from operators.services import audit
from oracle import check as book_check


class Command(OperatorCommand):
    help = (
        "Prove a restored database: it holds exactly what the manifest of its backup says, its balances"
        " follow from its transfers, its book from its entries, every expiry from its acts, and its audit"
        " log from its first entry. With --file, look at the dump's hash alone, before it is restored."
    )
    when = (
        "after every restore, before any process is started on it; and to practise one"
        " (docs/operating/backup.md)"
    )
    changes = "nothing"
    exits = "0 it is what was backed up, 1 it is not (each difference has a line that begins with FAIL)"
    example = (
        "manage.py backup_verify --file assize-20261125T031700Z.json\n"
        "manage.py backup_verify assize-20261125T031700Z.json"
    )
    long_work = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("manifest", type=Path, help="the .json that `backup` wrote")
        parser.add_argument("--file", action="store_true", help="only whether the dump beside it is the one it names")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["manifest"]
        try:
            manifest = backup.read(path)
            if options["file"]:
                dump = path.parent / manifest["dump"]["file"]
                self._tell([backup.file_finding(manifest, dump, self.progress)])
                return
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except backup.Failed as error:
            raise CommandError(str(error)) from None
        self._tell(backup.differences(manifest, self.progress))
        self._tell(ledger_check.findings(self.progress))
        self._tell(book_check.findings(self.progress))
        wrong = audit.verify(AuditEntry.objects.order_by("seq").iterator(), {})
        self._tell([Finding("the audit log follows from its first entry", wrong or "")])
        book = manifest["book"]
        self.stdout.write(f"what was backed up is all there, up to entry {book['seq']} of the book, {book['book']}")

    def _tell(self, findings: Iterable[Finding]) -> None:
        broken = 0
        for finding in findings:
            broken += not finding.holds
            self.progress.end()
            self.stdout.write(f"{'OK  ' if finding.holds else 'FAIL'} {finding.rule} {finding.row}".rstrip())
        if broken:
            raise SystemExit(1)
