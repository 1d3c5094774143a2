"""Commands that change something tell the audit log who ran them, with what, and what came of it."""

from __future__ import annotations

import getpass
import os
from typing import Any

from django.core.management.base import CommandParser

from operators.management.explained import OperatorCommand
from operators.services import audit
from oracle import clock

MOST_CHARACTERS = 500
"""Of one argument: a spec may be given as JSON."""


class ShellCommand(OperatorCommand):
    """Told before it begins, so that one that was killed has left a word too. `reads` says where nothing changes."""

    def reads(self, given: dict[str, Any]) -> bool:
        """Whether it only looks, with these arguments."""
        return bool(given.get("dry_run") or given.get("check"))

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        self.name = subcommand
        return super().create_parser(prog_name, subcommand, **kwargs)

    def execute(self, *args: Any, **options: Any) -> Any:
        if self.reads(options):
            return super().execute(*args, **options)
        self._record("command.began", **self._arguments(options))
        outcome = "it was ended"
        try:
            said = super().execute(*args, **options)
            outcome = "done"
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"[:MOST_CHARACTERS]
            raise
        finally:
            self._record("command.ended", outcome=outcome)
        return said

    def _record(self, what: str, **details: str) -> None:
        audit.record(what, self.name, by=audit.shell(who()), details=details, now=clock.now())

    def _arguments(self, options: dict[str, Any]) -> dict[str, str]:
        """Its own, not Django's. No command of this class takes a secret: keys stand in files, named by settings."""
        mine = CommandParser()
        self.add_arguments(mine)
        names = {action.dest for action in mine._actions} - {"help"}
        return {name: str(value)[:MOST_CHARACTERS] for name, value in options.items() if name in names and value}


def who() -> str:
    """Whoever runs this, as the host knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return f"uid-{os.getuid()}"
