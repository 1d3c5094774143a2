"""`manage.py ledger_check`: prove the ledger, or show the first row that is wrong."""

from typing import Any

from django.core.management.base import BaseCommand

from ledger import check


class Command(BaseCommand):
    help = "Proves that balances sum to zero and follow from the transfers. Exits with 1 when they do not."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(", ".join(f"{count} {thing}" for thing, count in check.counts().items()))
        broken = 0
        for finding in check.findings():
            broken += not finding.holds
            self.stdout.write(f"{'OK  ' if finding.holds else 'FAIL'} {finding.rule} {finding.row}".rstrip())
        if broken:
            raise SystemExit(1)
