"""Numbers as people type them, to integers: exact, never guessed at, no float. The way back is protocol/show.py."""

from __future__ import annotations

import re

from protocol.show import DECIMALS

_PLAIN = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
# As our own pages write it. `1,234` alone is refused: to many people it is a little more than one.
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+\.[0-9]+|[0-9]{1,3}(,[0-9]{3}){2,}")
_MOST_DIGITS = 60


def decimal(text: str, decimals: int = DECIMALS) -> int:
    """`2500.25` as an integer with so many decimals. ValueError, in words, for all that is not one positive number."""
    text = text.strip().replace("\u00a0", "").replace(" ", "")
    if len(text) > _MOST_DIGITS:
        raise ValueError("This is longer than any number can be here.")
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        raise ValueError(
            "Write a number such as 2500.25: a point before the decimals, nothing between thousands."
        )
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > decimals:
        raise ValueError(f"This has more than {decimals} decimals.")
    return int((whole or "0") + fraction.ljust(decimals, "0"))
