"""manage.py reconcile"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from settlement.chain import providers, quorum
from settlement.chain.errors import ChainError
from settlement.reconcile import differences, escrow_problem
from settlement.reconcile_escrow import check_escrow, first_row


class Command(BaseCommand):
    """One line for each expiry of which chain and database differ; exit code 1 if there is any."""

    help = "Compare every price with the price oracle's, and every wei with the escrow's."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = list(differences(quorum.oracle()))
        except ChainError as error:
            raise CommandError(str(error)) from error
        for difference in found:
            self.stdout.write(difference.text)
        if found:
            raise CommandError(f"{len(found)} differ")
        self.stdout.write("the oracle has no price that the book does not have")
        if settings.ESCROW_ADDRESS:
            self._escrow()

    def _escrow(self) -> None:
        """Sums as in every round, and every single row."""
        try:
            problem = check_escrow(providers.connect()) or first_row()
        except ChainError as error:
            raise CommandError(str(error)) from error
        if problem := escrow_problem() or problem:
            raise CommandError(f"escrow: {problem}")
        self.stdout.write("the escrow holds what its logs, the book and the ledger say")
