"""manage.py reconcile"""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from operators.management.explained import OperatorCommand
from oracle import clock
from settlement.alarms import AlarmKind, open_alarms
from settlement.chain import providers, quorum
from settlement.chain.errors import ChainError
from settlement.chain.quorum import OracleAt
from settlement.reconcile import counts, escrow_problem
from settlement.reconcile_escrow import check_escrow, first_row
from settlement.services.reconciling import compare_all


class Command(OperatorCommand):
    """One line for each expiry of which chain and database differ; exit code 1 if there is any."""

    help = (
        "Compare every price with the price oracle's, and every wei with the escrow's, in a final block and"
        " by a quorum of nodes. One line for each expiry that differs, the first row of the escrow that"
        " does."
    )
    when = "hourly, and after an alarm; the workers do the same in slices all the time"
    changes = "the record of what was compared, and alarms"
    exits = "0 all agree, 1 something differs or too few nodes answer"
    example = "manage.py reconcile"
    long_work = True

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            nodes = providers.connect()
            final = quorum.final_block(nodes)
            if final is None:
                raise CommandError("the chain has no final block yet")
            compared = compare_all(OracleAt(nodes, final), now=clock.now(), tell=self.progress)
        except ChainError as error:
            raise CommandError(f"unknown: {error}") from error
        self.progress.end()
        found = list(open_alarms().filter(kind=AlarmKind.PRICE_DIFFERS).values_list("words", flat=True))
        for words in found:
            self.stdout.write(words)
        states = ", ".join(f"{count} {state}" for state, count in counts().items())
        self.stdout.write(
            f"{compared} expiries compared in block {final.number}; FINAL ones: {states or 'none'}"
        )
        if found:
            raise CommandError(f"{len(found)} differ")
        self.stdout.write("the oracle has no price that the book does not have")
        if settings.ESCROW_ADDRESS:
            self._escrow()

    def _escrow(self) -> None:
        """Sums as in every round, and every single row."""
        try:
            self.progress("adding up the escrow", 0, 0)
            problem = check_escrow(providers.connect(), now=clock.now()) or first_row()
        except ChainError as error:
            raise CommandError(str(error)) from error
        self.progress.end()
        if problem := escrow_problem() or problem:
            raise CommandError(f"escrow: {problem}")
        self.stdout.write("the escrow holds what its logs, the book and the ledger say")
