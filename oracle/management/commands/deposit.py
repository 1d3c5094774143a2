"""manage.py deposit"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from oracle import clock
from oracle.management import options
from oracle.services import funding


class Command(BaseCommand):
    help = (
        "Credit an account on the operator's word alone: no money of the chain stands behind it."
        " For tests and benches, where OPERATOR_DEPOSITS allows it; its entry names block 0, so everybody can tell."
    )

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
