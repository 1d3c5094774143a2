"""Who takes part, each with a key of the development chain, and each acting through programs of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.tell import Failed
from dev import accounts
from dev.services import signer

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Person:
    """Somebody with a key in a file that only they read."""

    name: str
    key: str
    address: str
    folder: Path

    @classmethod
    def number(cls, place: int, name: str, folder: Path) -> Person:
        """The account after the service's own, `place` from 0; makes their folder and key file."""
        index = accounts.FIRST_PERSON + place
        own = folder / name
        own.mkdir(mode=0o700, parents=True)
        person = cls(name, accounts.key(index), accounts.address(index), own)
        person.key_file.touch(mode=0o600)
        person.key_file.write_text(person.key + "\n")
        return person

    @property
    def key_file(self) -> Path:
        return self.folder / "key"

    def command(self, url: str, *arguments: str) -> list[str]:
        """The reporter program, run as this person, meaning it (`--send`)."""
        own = ["--url", url, "--key-file", str(self.key_file), "--out", str(self.folder), "--send"]
        return [sys.executable, "-m", "reporter", *arguments, *own]


def run(command: Sequence[str]) -> str:
    """Run one program to its end; what it printed. Raises Failed with its last words where it did not exit 0."""
    return run_all([command])[0]


def run_all(commands: Sequence[Sequence[str]]) -> list[str]:
    """The same for several at once, each a process of its own, as they are in life."""
    started = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(command),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for command in commands
    ]
    printed = [process.communicate(timeout=120)[0] for process in started]
    for process, command, text in zip(started, commands, printed, strict=True):
        if process.returncode != 0:
            words = " ".join(command[1:5])
            raise Failed(f"{words} ... exited {process.returncode}: {text.strip()[-600:]}")
    return printed


def _environment(command: Sequence[str]) -> dict[str, str]:
    """The stack's; only the command that pays gas is given the key that pays."""
    pays = signer() if "list_series" in command else {}
    return {**os.environ, **pays}


def manage(*arguments: str) -> list[str]:
    """The operator's command line."""
    return [sys.executable, "manage.py", *arguments]
