"""manage.py list_expiry"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from oracle import clock
from oracle.management import options
from oracle.management.shell import ShellCommand
from oracle.services import listing


class Command(ShellCommand):
    help = (
        "List an expiry that lies ahead. Its index, instant and terms are frozen and hashed into its id; a"
        " mistake is put right by another expiry."
    )
    when = "as soon as its instant is known: series can be created and the reward funded only until then"
    changes = "one new expiry, for ever"
    example = (
        "manage.py list_expiry eth-usd-2026-12-25 --index eth-usd --at 2026-12-25T08:00Z \\\n"
        "    --guardians 0x90f7...b906,0x15d3...6a65,0x9965...a4dc"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="as in eth-usd-2026-12-25")
        parser.add_argument("--index", required=True, help="slug (newest version) or id of an index")
        parser.add_argument("--at", required=True, help="the instant: unix seconds, or 2026-12-25T08:00Z")
        parser.add_argument(
            "--terms", default="{}", help="JSON, or a file of it: terms other than the defaults"
        )
        parser.add_argument("--guardians", default="", help="addresses, comma-separated")
        parser.add_argument(
            "--guardian-threshold", type=int, help="how many of them rule; a majority if not given"
        )

    def handle(self, *args: Any, **given: Any) -> None:
        index, expiry_at = options.index(given["index"]), options.instant(given["at"])
        guardians = [options.address(each) for each in given["guardians"].split(",") if each]
        try:
            terms = listing.read_terms(
                options.document(given["terms"]),
                guardians=guardians,
                guardian_threshold=given["guardian_threshold"],
            )
            expiry = listing.list_expiry(
                slug=given["slug"],
                index=index,
                expiry_at=expiry_at,
                terms=terms,
                now=clock.now(),
            )
        except listing.InvalidListing as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"expiry {expiry.slug} at {expiry.expiry_at} {expiry.id}")
