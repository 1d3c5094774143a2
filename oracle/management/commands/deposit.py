"""manage.py deposit"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from oracle import clock
from oracle.management import options
from oracle.management.shell import ShellCommand
from oracle.services import funding


class Command(ShellCommand):
    help = (
        "Credit accounts on the operator's word alone: no money of the chain stands behind it, and its"
        " entry names block 0, so everybody can tell. OPERATOR_DEPOSITS must allow it."
    )
    when = "in tests and benches; never with real money: attestors refuse roots over it"
    changes = "the book and the ledger: one Deposit for each pair, for ever"
    example = "manage.py deposit 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 1.5ether"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "pairs", nargs="+", metavar="ACCOUNT AMOUNT", help="address, then wei, or ether as in 1.5ether; and so on"
        )

    def handle(self, *args: Any, **given: Any) -> None:
        words = given["pairs"]
        if len(words) % 2:
            raise CommandError("give an amount after each account")
        pairs = zip(words[::2], words[1::2], strict=True)
        for account, wei in [(options.address(who), options.amount(much)) for who, much in pairs]:
            try:
                receipt = funding.deposit(account=account, amount=wei, now=clock.now())
            except funding.NotAllowed as error:
                raise CommandError(str(error)) from None
            self.stdout.write(f"deposit {wei} wei to {account}, entry {receipt.message['seq']} of the book")
