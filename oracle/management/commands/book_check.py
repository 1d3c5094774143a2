"""manage.py book_check"""

from typing import Any

from operators.management.explained import OperatorCommand
from oracle import check


class Command(OperatorCommand):
    help = (
        "Prove the book: read it from its first entry, hash every message and every link again, and fold"
        " every expiry from its acts. The first row that is wrong is shown."
    )
    when = (
        "after anybody has touched the database by hand, and weekly on a copy; nobody may write meanwhile."
        " About a millisecond for each act"
    )
    changes = "nothing"
    exits = "0 all of it follows, 1 it does not"
    example = "manage.py book_check --progress"
    long_work = True

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for finding in check.findings(self.progress):
            broken += not finding.holds
            self.progress.end()
            self.stdout.write(f"{'OK  ' if finding.holds else 'FAIL'} {finding.rule} {finding.row}".rstrip())
        if broken:
            raise SystemExit(1)
