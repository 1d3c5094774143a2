"""manage.py doctor"""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from assize.doctor import examine


class Command(BaseCommand):
    """One line for each thing the settings name; exit code 1 if any is not as it should be."""

    help = "Check versions, connections, migrations, chain, contracts, funds and clocks."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        lines = examine()
        for name, well, text in lines:
            self.stdout.write(f"{'OK  ' if well else 'FAIL'} {name:12} {text}")
        if not all(well for _, well, _ in lines):
            sys.exit(1)
