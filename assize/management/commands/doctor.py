"""manage.py doctor"""

import sys
from typing import Any

from assize.doctor import examine
from operators.management.explained import OperatorCommand


class Command(OperatorCommand):
    """One line for each thing the settings name; exit code 1 if any is not as it should be."""

    help = (
        "Look at everything that the settings name: versions, connections, migrations, rights, chain,"
        " contracts, signer, funds and clocks. One line for each, with what to do where it is wrong."
    )
    when = "after every change of settings, version or machine, and first of all when something is wrong"
    changes = "nothing"
    exits = "0 all is well, 1 a line begins with FAIL"
    example = "manage.py doctor"
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        lines = examine()
        for name, well, text in lines:
            self.stdout.write(f"{'OK  ' if well else 'FAIL'} {name:12} {text}")
        if not all(well for _, well, _ in lines):
            sys.exit(1)
