"""manage.py deposit"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from oracle import clock
from oracle.management import options
from oracle.services import funding


class Command(BaseCommand):
    help = (
        "Credit an account on the operator's word alone: no money of the chain stands behind it."
        " The escrow contract will take this command's place; its entry names block 0, so everybody can tell."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="address")
        parser.add_argument("amount", help="wei, or ether as in 1.5ether")

    def handle(self, *args: Any, **given: Any) -> None:
        account, wei = options.address(given["account"]), options.amount(given["amount"])
        receipt = funding.deposit(account=account, amount=wei, now=clock.now())
        self.stdout.write(f"deposit {wei} wei to {account}, entry {receipt.message['seq']} of the book")
