"""What `manage.py COMMAND --help` tells an operator: what it does, when to run it, what it changes, how it exits.

docs/operating/commands.md is made from the same words (`make manual`).
"""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from django.core.management.base import BaseCommand, CommandParser, DjangoHelpFormatter

from operators.management import progress

NOTHING = "nothing"
FAILS = "0 done, 1 not done, with one line that says why"


class Formatter(DjangoHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keeps our lines as they are."""


class Explained:
    """A mixin for commands. `long_work`: it takes --progress; `self.progress` then says how far it is."""

    help: str
    when: str
    changes: str
    exits: str = FAILS
    example: str
    long_work = False
    progress: progress.Progress

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs = {"epilog": self.epilog(), "formatter_class": Formatter, **kwargs}
        parser: CommandParser = super().create_parser(prog_name, subcommand, **kwargs)  # type: ignore[misc]
        parser.description = textwrap.fill(self.help, 100)
        if self.long_work:
            progress.add_option(parser)
        return parser

    def execute(self, *args: Any, **options: Any) -> Any:
        self.progress = progress.of(self, options)  # type: ignore[arg-type]
        try:
            return super().execute(*args, **options)  # type: ignore[misc]
        finally:
            self.progress.end()

    @classmethod
    def epilog(cls) -> str:
        """The words below the options."""
        words = {"when": cls.when, "changes": cls.changes, "exit code": cls.exits, "example": cls.example}
        return "\n".join(_paragraph(title, text) for title, text in words.items())


class OperatorCommand(Explained, BaseCommand):
    """What all of our commands are."""


def _paragraph(title: str, text: str) -> str:
    head = f"{title}:".ljust(12)
    lines = text.splitlines() if title == "example" else textwrap.wrap(text, 88)
    return textwrap.indent("\n".join(lines), " " * 12).replace(" " * 12, head, 1)
