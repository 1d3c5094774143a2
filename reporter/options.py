"""What several commands of the command line have in common: options, and how money, prices and time are typed."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from reporter.units import parse_price, parse_wei

Options = argparse.Namespace
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Commands,
    name: str,
    words: str,
    run: Callable[[Options], int | None],
    *,
    sends: bool = False,
    leaves: bool = False,
) -> argparse.ArgumentParser:
    """A command of the service; one that `sends` has a key, one that `leaves` its receipts knows attestors."""
    command = commands.add_parser(name, help=words, description=words)
    command.set_defaults(run=run)
    command.add_argument("--url", default="http://127.0.0.1:8000", help="the service (default %(default)s)")
    if sends:
        command.add_argument("--key-file", type=Path, required=True, help="file with the private key, mode 600")
        command.add_argument("--out", type=Path, default=Path("receipts"), help="folder for acts, salts and receipts")
        command.add_argument("--send", action="store_true", help="really send it; without, this is a dry run")
    if leaves:
        command.add_argument(
            "--attestor", action="append", default=[], metavar="URL", help="leave the receipt with this attestor too"
        )
    return command


def add_evidence(command: argparse.ArgumentParser) -> None:
    command.add_argument("--reason", default="", help="words that go into the evidence")
    command.add_argument("--link", action="append", default=[], help="an address that goes into it; any number")
    command.add_argument("--file", action="append", default=[], type=Path, help="a small file that goes beside it")


def price(text: str) -> int:
    return _typed(parse_price, text)


def wei(text: str) -> int:
    return _typed(parse_wei, text)


def at_least(least: int) -> Callable[[str], int]:
    """Reads a whole number that is no less."""

    def whole(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least {least}")
        return int(text)

    return whole


def now() -> int:
    return int(time.time())


def _typed(read: Callable[[str], int], text: str) -> int:
    try:
        return read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
