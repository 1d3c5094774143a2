"""A strike grid as an operator writes it: `2000:4000:100 4250 4500.5`. Pure; decimal words to 18 decimals, exactly."""

from __future__ import annotations

import re
from collections.abc import Sequence

from protocol.terms import MAX_PRICE

UNIT = 10**18
MAX_STRIKES = 1_000
"""In one call."""
_DECIMAL = re.compile(r"([0-9]{1,38})(?:\.([0-9]{1,18}))?")


class InvalidStrikes(ValueError):
    """The words name no grid; the text says which word and why."""


def parse_strikes(words: Sequence[str]) -> list[int]:
    """All strikes, ascending. A word is one price, or FROM:TO:STEP, whose last step must land on TO."""
    found: list[int] = []
    for word in words:
        found += _range(word) if ":" in word else [_price(word)]
        if len(found) > MAX_STRIKES:
            raise InvalidStrikes(f"more than {MAX_STRIKES} strikes: list them in several calls")
    found.sort()
    for below, strike in zip(found, found[1:], strict=False):
        if below == strike:
            raise InvalidStrikes(f"{decimal(strike)} is named twice")
    if not found:
        raise InvalidStrikes("no strike is named")
    return found


def decimal(strike: int) -> str:
    """18 decimals as a word: `4500.5`."""
    whole, rest = divmod(strike, UNIT)
    return f"{whole}.{rest:018d}".rstrip("0").rstrip(".")


def _range(word: str) -> list[int]:
    parts = word.split(":")
    if len(parts) != 3:
        raise InvalidStrikes(f"{word!r}: a range is FROM:TO:STEP, as in 2000:4000:100")
    first, last, step = (_price(part) for part in parts)
    if last < first:
        raise InvalidStrikes(f"{word!r} ends before it begins")
    if (last - first) % step:
        raise InvalidStrikes(f"{word!r}: steps of {parts[2]} from {parts[0]} do not land on {parts[1]}")
    if (last - first) // step >= MAX_STRIKES:
        raise InvalidStrikes(f"{word!r}: more than {MAX_STRIKES} strikes")
    return list(range(first, last + 1, step))


def _price(word: str) -> int:
    found = _DECIMAL.fullmatch(word)
    if found is None:
        raise InvalidStrikes(f"{word!r} is no decimal number of at most 18 decimals")
    price = int(found[1]) * UNIT + int((found[2] or "").ljust(18, "0"))
    if not 0 < price < MAX_PRICE:
        raise InvalidStrikes(f"{word!r}: a price is above 0 and below 2^120 / 10^18")
    return price
