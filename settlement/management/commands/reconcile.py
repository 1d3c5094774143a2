"""manage.py reconcile"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from settlement.chain import contracts
from settlement.chain.client import connect
from settlement.chain.errors import ChainError
from settlement.reconcile import differences


class Command(BaseCommand):
    """One line for each expiry of which chain and database differ; exit code 1 if there is any."""

    help = "Compare every price in the database with the price oracle's."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = list(differences(contracts.oracle(connect())))
        except ChainError as error:
            raise CommandError(str(error)) from error
        for difference in found:
            self.stdout.write(difference.text)
        if found:
            raise CommandError(f"{len(found)} differ")
        self.stdout.write("the oracle has no price that the book does not have")
