"""How the demo speaks: one line a step, a line that counts while it waits, tables at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from demo.pace import paced

T = TypeVar("T")

ETHER = 10**18
PRICE_UNIT = 10**18


class Failed(Exception):
    """Something that the demo promises did not hold; the text says what."""


_began = time.monotonic()


def say(text: str) -> None:
    """One step, with the seconds since the demo began."""
    print(f"{time.monotonic() - _began:6.1f} s  {text}", flush=True)


def chapter(title: str) -> None:
    """A part of the story."""
    print(f"\n{title}", flush=True)


def check(holds: bool, what: str) -> None:
    """The demo stops, and exits 1, where what it promises does not hold."""
    if not holds:
        raise Failed(what)


def wait_for(
    what: str, look: Callable[[], T | None], *, seconds: int, left: Callable[[], int] | None = None
) -> T:
    """Look every half second until there is an answer; show that it goes on, and for how long it may.

    Raises Failed after `seconds`, as many as they are on this machine.
    """
    seconds = paced(seconds)
    started, shown = time.monotonic(), -10.0
    while True:
        found = look()
        waited = time.monotonic() - started
        if found is not None:
            _clear()
            return found
        if waited > seconds:
            _clear()
            raise Failed(f"waited {seconds} s for {what}, in vain; the logs of this run say why")
        shown = _show(what, waited, left, shown)
        time.sleep(0.5)


def _show(what: str, waited: float, left: Callable[[], int] | None, shown: float) -> float:
    """A counting line on a terminal, a new line every ten seconds elsewhere; when it was last shown."""
    rest = f", {max(0, left())} s left" if left else ""
    line = f"          ... {what} ({waited:.0f} s{rest})"
    if sys.stdout.isatty():
        print(f"\r\033[K{line}", end="", flush=True)
        return waited
    if waited - shown >= 10:
        print(line, flush=True)
        return waited
    return shown


def _clear() -> None:
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they need to be; the first to the left, figures to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, ["-" * width for width in widths], *rows]:
        first, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("          " + "  ".join([row[0].ljust(len(first)), *rest]), flush=True)


def ether(wei: int, *, sign: bool = False) -> str:
    """Wei as ether, exactly: no digit is dropped but zeros at the end."""
    whole, rest = divmod(abs(wei), ETHER)
    mark = "-" if wei < 0 else "+" if sign and wei > 0 else ""
    return f"{mark}{whole}.{f'{rest:018d}'.rstrip('0').ljust(2, '0')}"


def usd(price: int) -> str:
    """A price as people write it."""
    return f"{price // PRICE_UNIT:,}.{price % PRICE_UNIT // 10**16:02d}"
