"""Prices and wei as people write them, from and to integers; no float anywhere (PROTOCOL 1)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction

ETHER = 10**18
PRICE_UNIT = 10**18
PPM = 10**6


def parse_price(text: str) -> int:
    """A price such as 17891.07 as an integer with 18 decimals; ValueError where it is none, or has more decimals."""
    return _scaled(text, PRICE_UNIT, "a price such as 17891.07")


def parse_wei(text: str) -> int:
    """An amount in wei, or in ether as 0.5ether; ValueError where it is none or below one wei."""
    if text.endswith("ether"):
        return _scaled(text.removesuffix("ether").strip(), ETHER, "an amount such as 0.5ether")
    return _scaled(text, 1, "an amount in wei, or one such as 0.5ether")


def _scaled(text: str, unit: int, words: str) -> int:
    try:
        value = Fraction(Decimal(text)) * unit
    except (InvalidOperation, ValueError, OverflowError):
        raise ValueError(f"{text!r} is not {words}") from None
    if value.denominator != 1 or value <= 0:
        raise ValueError(f"{text!r} is not {words}: it must be positive and have no finer part")
    return int(value)


def show_price(price: int) -> str:
    """A price with 18 decimals as a decimal number, at least two places."""
    whole, rest = divmod(price, PRICE_UNIT)
    return f"{whole:,}.{f'{rest:018d}'.rstrip('0').ljust(2, '0')}"


def show_ether(wei: int) -> str:
    """An amount in wei as ether, exactly."""
    whole, rest = divmod(wei, ETHER)
    return f"{whole:,}.{f'{rest:018d}'.rstrip('0') or '0'} ether"


def show_ppm(ppm: int) -> str:
    """Parts per million as per cent."""
    return f"{ppm // 10_000}.{ppm % 10_000:04d} %"


def show_time(at: int) -> str:
    """A unix second in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def show_table(rows: list[tuple[str, str]]) -> str:
    """Two columns, the first as wide as its longest."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name.ljust(width)}  {value}" for name, value in rows)
