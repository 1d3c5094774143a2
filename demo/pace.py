"""How slow this machine is. Windows are seconds, and twelve programs at once may take longer than a window lasts."""

from __future__ import annotations

import math

ORDINARY_SECONDS = 20
"""For the deposits, twelve programs at once, on two idle cores."""

_factor = 1.0


def measured(seconds: float) -> None:
    """The deposits took so long: what is still to come has as much more time."""
    global _factor
    _factor = max(1.0, seconds / ORDINARY_SECONDS)


def paced(seconds: int) -> int:
    """As many seconds as these are here."""
    return math.ceil(seconds * _factor)
