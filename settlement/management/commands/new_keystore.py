"""manage.py new_keystore"""

import re
from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from operators.management.explained import OperatorCommand
from settlement.signers.local import write_keystore

LEAST_CHARACTERS = 12


class Command(OperatorCommand):
    """The password is asked for and never shown; the file has mode 600 and replaces none."""

    help = (
        "Make a key that pays for transactions, in a new encrypted keystore file of mode 600"
        " (PUBLISHER_KEYSTORE). The password is asked for twice and never shown."
    )
    when = "before the first start, and when the key is to be changed"
    changes = "one new file; none is replaced"
    example = "manage.py new_keystore /etc/assize/publisher/keystore"
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="where it goes; must not exist")
        parser.add_argument("--import", action="store_true", dest="given", help="ask for a key that exists already")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if file.exists():
            raise CommandError(f"{file} is there already")
        key = _key() if options["given"] else None
        password = getpass("Password: ")
        if len(password) < LEAST_CHARACTERS:
            raise CommandError(f"a password has at least {LEAST_CHARACTERS} characters")
        if getpass("Again: ") != password:
            raise CommandError("the two passwords differ; nothing was made")
        try:
            signer = write_keystore(file, password, key)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        self.stdout.write(f"{signer.address} in {file}")


def _key() -> str:
    key = getpass("Private key: ").strip().lower().removeprefix("0x")
    if not re.fullmatch(r"[0-9a-f]{64}", key) or int(key, 16) == 0:
        raise CommandError("a private key is 64 hex digits, with or without 0x")
    return f"0x{key}"
