"""How far long work is, on standard error: what it prints for other programs on standard output stays clean."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

EVERY_SECONDS = 10
ON_A_TERMINAL = 0.2


def add_option(parser: CommandParser) -> None:
    """`--progress`, for logs and pipes; on a terminal it is shown anyway."""
    parser.add_argument(
        "--progress", action="store_true", help="say on standard error how far it is, also where that is no terminal"
    )


def of(command: BaseCommand, options: dict[str, Any]) -> Progress:
    """The progress of a command: shown on a terminal or with --progress, nothing otherwise."""
    return Progress(command.stderr, always=bool(options.get("progress")))


class Progress:
    """One line that is written over on a terminal; else a line when something begins and every ten seconds."""

    def __init__(self, stream: Any, *, always: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._terminal = bool(stream.isatty())
        self._shown = self._terminal or always
        self._what, self._next, self._open = "", 0.0, False

    def __call__(self, what: str, done: int, total: int) -> None:
        """A `Tell`: what is being done, how much of it is done, and how much there is (0: not known)."""
        now = self._clock()
        if not self._shown or (what == self._what and now < self._next and done != total):
            return
        self._what, self._next = what, now + (ON_A_TERMINAL if self._terminal else EVERY_SECONDS)
        share = f" {done:,} of {total:,} ({100 * done // total} %)" if total else f" {done:,}" if done else ""
        self._write(f"{what}{share}")

    def line(self, text: str) -> None:
        """A step that is worth a line of its own."""
        if self._shown:
            self.end()
            self._stream.write(text)

    def end(self) -> None:
        """Leave a terminal's line empty for what comes next."""
        if self._open:
            self._stream.write("\r\x1b[K", ending="")
            self._stream.flush()
        self._open = False

    def _write(self, text: str) -> None:
        if not self._terminal:
            self._stream.write(text)
            return
        self._stream.write(f"\r\x1b[K{text}", ending="")
        self._stream.flush()
        self._open = True
