"""manage.py fund_reward"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from oracle import clock
from oracle.management import options
from oracle.services import funding


class Command(BaseCommand):
    help = (
        "Add to what the right reports of an expiry will share, until it opens."
        " On the operator's word alone, until the escrow contract takes this command's place."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("expiry", help="slug or id")
        parser.add_argument("amount", help="wei, or ether as in 0.3ether")

    def handle(self, *args: Any, **given: Any) -> None:
        expiry, wei = options.expiry(given["expiry"]), options.amount(given["amount"])
        try:
            total = funding.fund_reward(expiry_id=expiry.id, amount=wei, now=clock.now())
        except funding.TooLate as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"reward of {expiry.slug} is {total} wei")
