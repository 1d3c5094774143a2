"""manage.py list_index"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from oracle.management import options
from oracle.management.shell import ShellCommand
from oracle.services import listing
from protocol.show import decimal
from protocol.terms import Index as Bounds


class Command(ShellCommand):
    help = "List an index, or a new version of it. Its spec is frozen; the same spec again is the same index."
    when = "before the first expiry that it prices"
    changes = "one new index or version, for ever"
    example = "manage.py list_index eth-usd spec.json"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="as in eth-usd")
        parser.add_argument(
            "spec", help="file of the spec, or the JSON itself: pair, min_price, max_price, tick, .."
        )

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            index = listing.list_index(slug=given["slug"], spec=options.document(given["spec"]))
        except listing.InvalidListing as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"index {index.slug} version {index.version} {index.id}")
        bounds = Bounds.from_json(index.spec)
        least, most, tick = map(decimal, (bounds.min_price, bounds.max_price, bounds.tick))
        self.stdout.write(f"prices from {least} to {most}, in steps of {tick}")
