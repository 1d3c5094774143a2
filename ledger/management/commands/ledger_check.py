"""`manage.py ledger_check`: prove the ledger, or show the first row that is wrong."""

from typing import Any

from ledger import check
from operators.management.explained import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Prove the ledger: balances sum to zero, follow from the transfers, are whole and not negative, and"
        " the guards of the tables stand. The first row that breaks a rule is shown."
    )
    when = "daily, and after every restore; it may run beside a working service"
    changes = "nothing"
    exits = "0 every rule holds, 1 one does not"
    example = "manage.py ledger_check"
    long_work = True

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(", ".join(f"{count} {thing}" for thing, count in check.counts().items()))
        broken = 0
        for finding in check.findings(self.progress):
            broken += not finding.holds
            self.progress.end()
            self.stdout.write(f"{'OK  ' if finding.holds else 'FAIL'} {finding.rule} {finding.row}".rstrip())
        if broken:
            raise SystemExit(1)
